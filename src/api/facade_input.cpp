#include "api/facade_input.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/clock.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr double time_s_max = 253'402'300'799;  // the end of the year 9999

std::optional<int64_t> whole_number(const json& value) {
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    const bool whole = std::abs(number) < 9e15 && number == std::floor(number);
    return whole ? std::optional(static_cast<int64_t>(number)) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// "2026-03-01T09:30:05Z", with a fraction or none, with an offset "+01:00", "+0100" or none; or a number's digits.
std::optional<int64_t> time_ms_of(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size())
    return std::abs(seconds) <= time_s_max ? std::optional(std::llround(seconds * 1e3)) : std::nullopt;
  std::string stamp(text);
  if (stamp.size() == 10) stamp += "T00:00:00";
  if (stamp.size() == 16) stamp += ":00";
  int64_t offset_minutes = 0;
  const size_t sign = stamp.find_first_of("+-", 19 <= stamp.size() ? 19 : stamp.size());
  if (sign != std::string::npos) {
    const std::string offset = stamp.substr(sign + 1);
    const bool colon = offset.size() == 5 && offset[2] == ':';
    const std::string digits = colon ? offset.substr(0, 2) + offset.substr(3) : offset;
    int hours_and_minutes = 0;
    const auto [last, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), hours_and_minutes);
    if (digits.size() != 4 || wrong != std::errc{} || last != digits.data() + 4) return std::nullopt;
    offset_minutes = hours_and_minutes / 100 * 60 + hours_and_minutes % 100;
    if (stamp[sign] == '-') offset_minutes = -offset_minutes;
    stamp.resize(sign);
  }
  const size_t dot = stamp.find('.');
  if (dot != std::string::npos && stamp.size() > dot + 7) {  // finer than microseconds
    const bool zulu = stamp.back() == 'Z';
    stamp.resize(dot + 7);
    if (zulu) stamp += 'Z';
  }
  int64_t us = 0;
  if (!parse_utc(stamp, us)) return std::nullopt;
  return us / 1000 - offset_minutes * 60'000;
}

}  // namespace

std::string shortened(std::string_view value) {
  constexpr size_t most = 100;
  std::string out;
  for (const char c : value.substr(0, most))
    out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E ? '?' : c;
  return value.size() > most ? out + "…" : out;
}

const json* FacadeInput::find(std::string_view member) const {
  if (!object_->is_object()) return nullptr;
  const auto found = object_->find(member);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

std::string FacadeInput::path_of(std::string_view member) const {
  return path_.empty() ? std::string(member) : path_ + "." + std::string(member);
}

Error FacadeInput::invalid(std::string_view member, std::string_view value, std::string_view constraint) const {
  return refuse_(fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: {}",
                             shortened(value), path_of(member), constraint));
}

Error FacadeInput::wrong_kind(std::string_view member, std::string_view wanted) const {
  return refuse_(
      fmt::format("1 validation error detected: Value at '{}' failed to satisfy constraint: Member must "
                  "be {}",
                  path_of(member), wanted));
}

Error FacadeInput::missing(std::string_view member) const {
  return invalid(member, "null", "Member must not be null");
}

Result<std::optional<std::string>> FacadeInput::text(std::string_view member, size_t bytes_max) const {
  const json* value = find(member);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return Failure(wrong_kind(member, "a string"));
  const auto& found = value->get_ref<const std::string&>();
  if (found.size() > bytes_max)
    return Failure(
        invalid(member, found, fmt::format("Member must have length less than or equal to {}", bytes_max)));
  return found;
}

Result<std::string> FacadeInput::required_text(std::string_view member, size_t bytes_max) const {
  const auto found = TRY(text(member, bytes_max));
  if (!found) return Failure(missing(member));
  if (found->empty()) return Failure(invalid(member, "", "Member must have length greater than or equal to 1"));
  return *found;
}

Result<std::optional<int64_t>> FacadeInput::integer(std::string_view member, int64_t least, int64_t most) const {
  const json* value = find(member);
  if (value == nullptr) return std::nullopt;
  const auto number = whole_number(*value);
  if (!number) return Failure(wrong_kind(member, "a whole number"));
  if (*number < least)
    return Failure(invalid(member, std::to_string(*number),
                           fmt::format("Member must have value greater than or equal to {}", least)));
  if (*number > most)
    return Failure(invalid(member, std::to_string(*number),
                           fmt::format("Member must have value less than or equal to {}", most)));
  return number;
}

Result<int64_t> FacadeInput::required_integer(std::string_view member, int64_t least, int64_t most) const {
  const auto number = TRY(integer(member, least, most));
  if (!number) return Failure(missing(member));
  return *number;
}

Result<bool> FacadeInput::flag(std::string_view member, bool otherwise) const {
  const json* value = find(member);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_string() && *value == "true") return true;
  if (value->is_string() && *value == "false") return false;
  return Failure(wrong_kind(member, "true or false"));
}

Result<int64_t> FacadeInput::required_time_ms(std::string_view member) const {
  const json* value = find(member);
  if (value == nullptr) return Failure(missing(member));
  std::optional<int64_t> ms;
  if (value->is_number()) {
    const double seconds = value->get<double>();
    if (std::abs(seconds) <= time_s_max) ms = std::llround(seconds * 1e3);
  } else if (value->is_string()) {
    ms = time_ms_of(value->get_ref<const std::string&>());
  }
  if (!ms) return Failure(wrong_kind(member, "a timestamp"));
  return *ms;
}

Result<const json*> FacadeInput::list(std::string_view member, size_t count_max) const {
  static const json none = json::array();
  const json* value = find(member);
  if (value == nullptr || (value->is_string() && *value == "")) return &none;  // the query protocol's empty list
  if (!value->is_array()) return Failure(wrong_kind(member, "a list"));
  if (value->size() > count_max)
    return Failure(invalid(member, fmt::format("{} elements", value->size()),
                           fmt::format("Member must have length less than or equal to {}", count_max)));
  return value;
}

Result<std::vector<std::string>> FacadeInput::texts(std::string_view member, size_t count_max,
                                                    size_t bytes_max) const {
  std::vector<std::string> out;
  for (const json& element : *TRY(list(member, count_max))) {
    if (!element.is_string() || element.get_ref<const std::string&>().size() > bytes_max)
      return Failure(wrong_kind(member, fmt::format("a list of strings of at most {} bytes", bytes_max)));
    out.push_back(element.get<std::string>());
  }
  return out;
}

Result<std::vector<FacadeInput>> FacadeInput::objects(std::string_view member, size_t count_max) const {
  std::vector<FacadeInput> out;
  for (const json& element : *TRY(list(member, count_max))) {
    if (!element.is_object()) return Failure(wrong_kind(member, "a list of structures"));
    out.emplace_back(element, refuse_, fmt::format("{}.{}.member", path_of(member), out.size() + 1));
  }
  return out;
}

Result<std::optional<FacadeInput>> FacadeInput::object(std::string_view member) const {
  const json* value = find(member);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) return Failure(wrong_kind(member, "a structure"));
  return FacadeInput(*value, refuse_, path_of(member));
}

Result<std::vector<std::pair<std::string, std::string>>> FacadeInput::text_map(std::string_view member,
                                                                               size_t count_max) const {
  std::vector<std::pair<std::string, std::string>> out;
  const json* value = find(member);
  if (value == nullptr) return out;
  if (!value->is_object()) return Failure(wrong_kind(member, "a map"));
  if (value->size() > count_max) return Failure(wrong_kind(member, fmt::format("at most {} entries", count_max)));
  for (const auto& [key, text] : value->items()) {
    if (!text.is_string()) return Failure(wrong_kind(member, "a map of strings"));
    out.emplace_back(key, text.get<std::string>());
  }
  return out;
}

}  // namespace godwit
