#include "engine/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace godwit {
namespace {

constexpr std::string_view yes[] = {"true", "1", "y", "yes", "on"};
constexpr std::string_view no[] = {"false", "0", "n", "no", "off"};

std::string list_of(std::span<const std::string_view> words) {
  std::vector<std::string> out;
  for (const std::string_view word : words)
    if (!word.empty()) out.emplace_back(word);
  return join(out, ", ");
}

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return !word.empty() && std::ranges::find(words, word) != words.end();
}

Result<void> check_value(const Attribute& attribute, std::string_view given) {
  const std::string value = lower_ascii(trim(given));
  int64_t number = 0;
  switch (attribute.form) {
    case Attribute::Form::text:
      if (!value.empty()) return {};
      return Failure(bad_attribute(attribute.name, given, "a text"));
    case Attribute::Form::flag:
      if (is_one_of(yes, value) || is_one_of(no, value)) return {};
      return Failure(bad_attribute(attribute.name, given, "true or false"));
    case Attribute::Form::word:
      if (is_one_of(attribute.words, value)) return {};
      return Failure(bad_attribute(attribute.name, given, "one of " + list_of(attribute.words)));
    case Attribute::Form::number:
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error == std::errc{} && end == value.data() + value.size() && number >= attribute.least &&
          number <= attribute.most)
        return {};
      return Failure(bad_attribute(attribute.name, given,
                                   fmt::format("a whole number from {} to {}", attribute.least, attribute.most)));
  }
  return {};
}

}  // namespace

Error bad_attribute(std::string_view name, std::string_view given, std::string_view wanted) {
  return {ErrorKind::usage, "endpoint.attribute",
          fmt::format("connection attribute {} is \"{}\"; write {}.", name, given, wanted), ""};
}

const Attribute* find_attribute(std::span<const Attribute> known, std::string_view name) {
  const std::string wanted = lower_ascii(name);
  const auto at = std::ranges::find_if(known, [&](const Attribute& one) { return lower_ascii(one.name) == wanted; });
  return at == known.end() ? nullptr : &*at;
}

bool is_set(const Endpoint& endpoint, std::string_view flag, bool otherwise) {
  const auto given = endpoint.parameter(flag);
  return given ? is_one_of(yes, lower_ascii(trim(*given))) : otherwise;
}

Result<std::vector<std::string>> check_attributes(const Endpoint& endpoint, EndpointRole role,
                                                  std::span<const Attribute> known) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : endpoint.parameters) {
    const Attribute* attribute = find_attribute(known, name);
    if (attribute == nullptr) continue;
    TRY(check_value(*attribute, value));
    const auto other = role == EndpointRole::target ? Attribute::On::source : Attribute::On::target;
    if (attribute->on == other)
      warnings.push_back(fmt::format("Connection attribute {} is without effect: it belongs to the {} of a task",
                                     attribute->name, role == EndpointRole::target ? "source" : "target"));
    else if (!attribute->needless.empty())
      warnings.push_back(
          fmt::format("Connection attribute {} is without effect: {}", attribute->name, attribute->needless));
  }
  return warnings;
}

}  // namespace godwit
