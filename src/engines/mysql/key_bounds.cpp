// Bounds of slices as text and as SQL.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "engines/mysql/splitting.h"

namespace godwit::mysql {
namespace {

std::vector<std::string> texts(const nlohmann::json& root, const char* name, bool& fine) {
  std::vector<std::string> out;
  const auto at = root.find(name);
  if (at == root.end()) return out;
  fine = fine && at->is_array();
  if (!fine) return out;
  for (const nlohmann::json& value : *at) {
    fine = fine && value.is_string();
    if (fine) out.push_back(value.get<std::string>());
  }
  return out;
}

std::string text(const nlohmann::json& root, const char* name, bool& fine) {
  const auto at = root.find(name);
  if (at == root.end()) return {};
  fine = fine && at->is_string();
  return fine ? at->get<std::string>() : std::string();
}

}  // namespace

std::string bounds_text(const KeyBounds& bounds) {
  nlohmann::json out = nlohmann::json::object();
  if (!bounds.columns.empty()) out["columns"] = bounds.columns;
  if (!bounds.from.empty()) out["from"] = bounds.from;
  if (!bounds.to.empty()) out["to"] = bounds.to;
  if (!bounds.partition.empty()) out["partition"] = bounds.partition;
  if (!bounds.where.empty()) out["where"] = bounds.where;
  return out.empty() ? std::string() : out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<KeyBounds> parse_bounds(std::string_view given) {
  if (given.empty()) return KeyBounds{};
  const auto root = parse_json(given, "bounds");
  if (!root || !root->is_object()) return std::nullopt;
  bool fine = true;
  KeyBounds out{texts(*root, "columns", fine), texts(*root, "from", fine), texts(*root, "to", fine),
                text(*root, "partition", fine), text(*root, "where", fine)};
  const size_t literals = std::max(out.from.size(), out.to.size());
  if (!fine || out.columns.size() < literals) return std::nullopt;
  return out;
}

std::string beside_key(const std::vector<std::string>& columns, const std::vector<std::string>& literals,
                       KeySide side) {
  // From the last column outwards: (a > x OR (a = x AND …)).
  const bool from = side == KeySide::from;
  const std::string_view last_sign = from ? ">=" : side == KeySide::before ? "<" : "<=";
  std::string out;
  for (size_t i = literals.size(); i-- > 0;) {
    const bool last = i + 1 == literals.size();
    if (last)
      out = fmt::format("{} {} {}", columns[i], last_sign, literals[i]);
    else
      out = fmt::format("({} {} {} OR ({} = {} AND {}))", columns[i], from ? ">" : "<", literals[i], columns[i],
                        literals[i], out);
  }
  // The range that the optimizer sees at once.
  if (literals.size() > 1) out = fmt::format("{} {} {} AND {}", columns[0], from ? ">=" : "<=", literals[0], out);
  return out;
}

RangeSql range_sql(const KeyBounds& bounds) {
  RangeSql out;
  if (!bounds.partition.empty()) out.partition = fmt::format(" PARTITION ({})", quote_name(bounds.partition));
  std::vector<std::string> conditions, columns;
  for (const std::string& column : bounds.columns) columns.push_back(quote_name(column));
  if (!bounds.where.empty()) conditions.push_back(bounds.where);
  if (!bounds.from.empty()) conditions.push_back("(" + beside_key(columns, bounds.from, KeySide::from) + ")");
  if (!bounds.to.empty()) conditions.push_back("(" + beside_key(columns, bounds.to, KeySide::before) + ")");
  out.condition = join(conditions, " AND ");
  return out;
}

}  // namespace godwit::mysql
