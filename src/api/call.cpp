#include "api/call.h"

#include <cmath>

namespace godwit {
namespace {

using nlohmann::json;

const json* member_of(const json& input, std::string_view member) {
  const auto found = input.find(member);
  return found == input.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

std::string Call::text(std::string_view member) const {
  return maybe_text(member).value_or("");
}

std::optional<std::string> Call::maybe_text(std::string_view member) const {
  const json* value = member_of(input, member);
  return value != nullptr && value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
}

std::optional<int64_t> Call::maybe_integer(std::string_view member) const {
  const json* value = member_of(input, member);
  return value != nullptr && value->is_number_integer() ? std::optional(value->get<int64_t>()) : std::nullopt;
}

std::optional<bool> Call::maybe_flag(std::string_view member) const {
  const json* value = member_of(input, member);
  return value != nullptr && value->is_boolean() ? std::optional(value->get<bool>()) : std::nullopt;
}

std::vector<std::string> Call::texts(std::string_view member) const {
  std::vector<std::string> out;
  const json* value = member_of(input, member);
  if (value == nullptr || !value->is_array()) return out;
  for (const json& element : *value)
    if (element.is_string()) out.push_back(element.get<std::string>());
  return out;
}

std::optional<int64_t> Call::maybe_time_us(std::string_view member) const {
  const json* value = member_of(input, member);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  if (value->is_number_integer()) return value->get<int64_t>() * 1'000'000;
  return std::llround(value->get<double>() * 1e6);
}

nlohmann::json json_time(int64_t time_us) {
  return static_cast<double>(time_us / 1'000) / 1e3;
}

}  // namespace godwit
