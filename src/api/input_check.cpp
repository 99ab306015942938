#include "api/input_check.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <limits>
#include <optional>

#include "api/errors.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/json_fields.h"
#include "base/text.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr size_t shown_characters_max = 100;
// Where the model has no bound: what is stored and shown again must not be without end.
constexpr size_t text_characters_max = 2048, secret_characters_max = 65'536, blob_characters_max = 1'048'576;
constexpr size_t elements_max = 1000;
constexpr double latest_time_s = 253'402'300'799;  // the end of the year 9999

// The first `most` characters of UTF-8 text.
std::string_view beginning(std::string_view text, size_t most) {
  size_t at = 0;
  for (size_t characters = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && characters++ == most) break;
  return text.substr(0, at);
}

size_t characters_of(std::string_view text) {
  size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return characters;
}

// Paths as AWS writes them: "tags.1.member.key".
std::string member_path(const std::string& parent, std::string_view name) {
  std::string path = parent.empty() ? std::string() : parent + ".";
  const size_t start = path.size();
  path += beginning(name, shown_characters_max);
  if (path.size() > start) path[start] = static_cast<char>(std::tolower(static_cast<unsigned char>(path[start])));
  return path;
}

std::string shown(const json& value) {
  if (value.is_null()) return "null ";
  if (value.is_structured()) return {};
  const std::string text =
      value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
  const std::string_view first = beginning(text, shown_characters_max);
  return fmt::format("'{}{}' ", first, first.size() < text.size() ? "…" : "");
}

std::optional<int64_t> whole_number(const json& value, int64_t lowest, int64_t highest) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(highest)) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) {
    const auto number = value.get<int64_t>();
    return number < lowest || number > highest ? std::nullopt : std::optional(number);
  }
  if (!value.is_number_float()) return std::nullopt;
  const auto number = value.get<double>();
  constexpr double exact_max = 9'007'199'254'740'992.0;  // 2^53
  if (!(std::fabs(number) <= exact_max) || std::trunc(number) != number) return std::nullopt;
  const auto whole = static_cast<int64_t>(number);
  return whole < lowest || whole > highest ? std::nullopt : std::optional(whole);
}

class InputCheck {
 public:
  json structure(const Structure& shape, const json& value, const std::string& path) {
    json out = json::object();
    for (const Member& member : shape.members) {
      const auto found = value.find(member.name);
      const std::string where = member_path(path, member.name);
      if (found != value.end() && !found->is_null())
        out[member.name] = checked(member.shape, *found, where);
      else if (member.required)
        violation(member.shape, json(), where, "Member must not be null");
    }
    for (const auto& [name, ignored] : value.items())
      if (ignored_.size() < violations_max && shape.find(name) == nullptr)
        ignored_.push_back(json_path(path, beginning(name, shown_characters_max)));
    return out;
  }

  const std::vector<std::string>& violations() const { return violations_; }
  std::vector<std::string>& ignored() { return ignored_; }

 private:
  void violation(const Shape& shape, const json& value, const std::string& path, std::string_view constraint) {
    if (violations_.size() >= violations_max) return;
    const bool hidden = shape.kind == ShapeKind::secret && !value.is_null();
    violations_.push_back(fmt::format("Value {}at '{}' failed to satisfy constraint: {}", hidden ? "" : shown(value),
                                      path, constraint));
  }

  void too_long(const Shape& shape, const json& value, const std::string& path, size_t most) {
    violation(shape, value, path, fmt::format("Member must have length less than or equal to {}", most));
  }

  json checked(const Shape& shape, const json& value, const std::string& path) {
    switch (shape.kind) {
      case ShapeKind::text:
      case ShapeKind::secret:
        return text(shape, value, path);
      case ShapeKind::integer:
        return whole(shape, value, path, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
      case ShapeKind::long_integer:
        return whole(shape, value, path, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
      case ShapeKind::number:
        if (!value.is_number()) violation(shape, value, path, "Member must be a number");
        return value;
      case ShapeKind::flag:
        if (!value.is_boolean()) violation(shape, value, path, "Member must be true or false");
        return value;
      case ShapeKind::timestamp:
      case ShapeKind::iso_time:
        return time(shape, value, path);
      case ShapeKind::blob:
        return blob(shape, value, path);
      case ShapeKind::choice:
        return choice(shape, value, path);
      case ShapeKind::list:
        return list(shape, value, path);
      case ShapeKind::structure:
        break;
    }
    if (value.is_object()) return structure(*shape.structure, value, path);
    violation(shape, value, path, "Member must be a structure");
    return {};
  }

  json text(const Shape& shape, const json& value, const std::string& path) {
    if (!value.is_string()) {
      violation(shape, value, path, "Member must be a string");
      return {};
    }
    const auto& text = value.get_ref<const std::string&>();
    if (text.find('\0') != std::string::npos)
      violation(shape, json(json::value_t::object), path, "Member must not contain the character U+0000");
    const size_t unless_said = shape.kind == ShapeKind::secret ? secret_characters_max : text_characters_max;
    const size_t most = shape.characters_max > 0 ? shape.characters_max : unless_said;
    if (characters_of(text) > most) too_long(shape, value, path, most);
    return value;
  }

  json whole(const Shape& shape, const json& value, const std::string& path, int64_t lowest, int64_t highest) {
    if (const auto number = whole_number(value, lowest, highest)) return *number;
    violation(shape, value, path, fmt::format("Member must be an integer between {} and {}", lowest, highest));
    return {};
  }

  json time(const Shape& shape, const json& value, const std::string& path) {
    int64_t us = 0;
    if (value.is_number()) {
      if (std::fabs(value.get<double>()) <= latest_time_s) return value;
    } else if (value.is_string() && parse_utc(value.get_ref<const std::string&>(), us)) {
      return us % 1'000'000 == 0 ? json(us / 1'000'000) : json(static_cast<double>(us) / 1e6);
    }
    violation(shape, value, path, "Member must be a timestamp: seconds since 1970, or an ISO 8601 text in UTC");
    return {};
  }

  json blob(const Shape& shape, const json& value, const std::string& path) {
    if (value.is_string() && value.get_ref<const std::string&>().size() > blob_characters_max)
      too_long(shape, json(json::value_t::object), path, blob_characters_max);
    else if (value.is_string() && from_base64(value.get_ref<const std::string&>()))
      return value;
    else
      violation(shape, json(json::value_t::object), path, "Member must be base64 text");
    return {};
  }

  json choice(const Shape& shape, const json& value, const std::string& path) {
    if (value.is_string()) {
      const auto& given = value.get_ref<const std::string&>();
      for (const std::string& allowed : shape.choices)
        if (given == allowed || (shape.any_case && lower_ascii(given) == lower_ascii(allowed))) return allowed;
    }
    violation(shape, value, path, fmt::format("Member must satisfy enum value set: [{}]", join(shape.choices, ", ")));
    return {};
  }

  json list(const Shape& shape, const json& value, const std::string& path) {
    if (!value.is_array()) {
      violation(shape, value, path, "Member must be a list");
      return {};
    }
    if (value.size() > elements_max) {
      too_long(shape, value, path, elements_max);
      return {};
    }
    json out = json::array();
    for (size_t i = 0; i < value.size() && violations_.size() < violations_max; ++i) {
      const std::string where = fmt::format("{}.{}.member", path, i + 1);
      if (value[i].is_null())
        violation(*shape.element, value[i], where, "Member must not be null");
      else
        out.push_back(checked(*shape.element, value[i], where));
    }
    return out;
  }

  std::vector<std::string> violations_, ignored_;
};

}  // namespace

Result<CheckedInput> read_input(const ModelOperation& operation, std::string_view body) {
  json document = json::object();
  if (body.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    auto parsed = parse_json(body, "the body");
    if (!parsed) return Failure(not_a_json_object(parsed.error().message));
    document = std::move(*parsed);
  }
  if (!document.is_object()) return Failure(not_a_json_object(fmt::format("it is {}.", document.type_name())));
  InputCheck check;
  CheckedInput out{.input = check.structure(operation.input, document, "")};
  if (!check.violations().empty()) return Failure(validation_failed(check.violations()));
  out.ignored = std::move(check.ignored());
  return out;
}

}  // namespace godwit
