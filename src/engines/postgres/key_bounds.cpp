#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engines/postgres/key_ranges.h"

namespace godwit::postgres {
namespace {

using nlohmann::json;

constexpr std::string_view columns_member = "columns", collated_member = "collated", order_member = "order",
                           from_member = "from", to_member = "to";

// False for what is no array of strings. A member that is not there leaves `out` empty.
bool take_strings(const json& object, std::string_view member, std::vector<std::string>& out) {
  const auto found = object.find(member);
  if (found == object.end()) return true;
  if (!found->is_array()) return false;
  for (const json& item : *found) {
    if (!item.is_string()) return false;
    out.push_back(item.get<std::string>());
  }
  return true;
}

std::string row_of_columns(const KeyBounds& bounds) {
  std::vector<std::string> names;
  for (const std::string& column : bounds.columns) names.push_back(quote_name(column));
  return "(" + join(names, ", ") + ")";
}

// Bare literals: they take the types of the columns.
std::string row_of_values(const std::vector<std::string>& values) {
  std::vector<std::string> literals;
  for (const std::string& value : values) literals.push_back(quote_literal(value));
  return "(" + join(literals, ", ") + ")";
}

}  // namespace

std::optional<std::string> to_text(const KeyBounds& bounds) {
  json object = {{columns_member, bounds.columns}, {collated_member, bounds.collated}, {order_member, bounds.order}};
  if (!bounds.from.empty()) object[from_member] = bounds.from;
  if (!bounds.to.empty()) object[to_member] = bounds.to;
  std::string text = object.dump(-1, ' ', false, json::error_handler_t::replace);
  if (parse_key_bounds(text) != bounds) return std::nullopt;
  return text;
}

bool is_key_bounds(std::string_view bounds) {
  return bounds.starts_with('{');
}

std::optional<KeyBounds> parse_key_bounds(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  KeyBounds bounds;
  const auto order = object.find(order_member);
  if (order == object.end() || !order->is_string() || !take_strings(object, columns_member, bounds.columns) ||
      !take_strings(object, collated_member, bounds.collated) || !take_strings(object, from_member, bounds.from) ||
      !take_strings(object, to_member, bounds.to))
    return std::nullopt;
  bounds.order = order->get<std::string>();
  const auto fits = [&](const std::vector<std::string>& values) {
    return values.empty() || values.size() == bounds.columns.size();
  };
  if (bounds.columns.empty() || !fits(bounds.from) || !fits(bounds.to) || (bounds.from.empty() && bounds.to.empty()))
    return std::nullopt;
  return bounds;
}

std::string key_condition(const KeyBounds& bounds) {
  const std::string columns = row_of_columns(bounds);
  std::vector<std::string> terms;
  if (!bounds.from.empty()) terms.push_back(fmt::format("{} >= {}", columns, row_of_values(bounds.from)));
  if (!bounds.to.empty()) terms.push_back(fmt::format("{} < {}", columns, row_of_values(bounds.to)));
  return " WHERE " + join(terms, " AND ");
}

}  // namespace godwit::postgres
