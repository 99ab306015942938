#include "control/extra_attributes.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "control/endpoint_faults.h"

namespace godwit {
namespace {

bool is_driver_parameter(const EndpointForm& form, std::string_view name) {
  return std::ranges::any_of(form.driver_parameters,
                             [&](std::string_view one) { return lower_ascii(one) == lower_ascii(name); });
}

// A value that a user wrote, as the engines take it: DMS's words in one spelling.
std::string plain_value(const Attribute& attribute, std::string_view value) {
  if (attribute.form == Attribute::Form::text) return std::string(value);
  if (attribute.form == Attribute::Form::word)
    if (const auto word = find_word(attribute, value)) return std::string(*word);
  return std::string(trim(value));
}

Result<void> check_pair(const ExtraAttribute& pair, const EndpointForm& form) {
  const Attribute* attribute = find_attribute(form.attributes, pair.name);
  if (attribute == nullptr && is_driver_parameter(form, pair.name)) return {};
  if (attribute == nullptr || attribute->only_in_uri) return Failure(extra_attribute_refused(pair.name));
  if (auto checked = check_setting(*attribute, pair.value); !checked)
    return Failure(extra_value_refused(pair.name, checked.error()));
  return {};
}

}  // namespace

ExtraAttributes::iterator find_extra(ExtraAttributes& attributes, std::string_view name) {
  return std::ranges::find_if(attributes,
                              [&](const ExtraAttribute& one) { return lower_ascii(one.name) == lower_ascii(name); });
}

Result<ExtraAttributes> parse_extra_attributes(std::string_view text, const EndpointForm& form) {
  ExtraAttributes out;
  int part = 0;
  for (const std::string& piece : split(text, ';')) {
    ++part;
    if (trim(piece).empty()) continue;
    const size_t equals = piece.find('=');
    if (equals == std::string::npos || trim(std::string_view(piece).substr(0, equals)).empty())
      return Failure(extra_part_refused(part));
    const std::string_view view = piece;
    ExtraAttribute pair{std::string(trim(view.substr(0, equals))), std::string(trim(view.substr(equals + 1)))};
    TRY(check_pair(pair, form));
    const Attribute* attribute = find_attribute(form.attributes, pair.name);
    const auto earlier = find_extra(out, pair.name);
    if (earlier == out.end() || (attribute != nullptr && attribute->repeats))
      out.push_back(std::move(pair));
    else
      *earlier = std::move(pair);
  }
  return out;
}

std::string to_text(const ExtraAttributes& attributes) {
  std::string out;
  for (const ExtraAttribute& one : attributes) out += one.name + "=" + one.value + ";";
  return out;
}

Result<void> check_setting(const Attribute& attribute, std::string_view value) {
  if (value.find('\0') != std::string_view::npos)
    return Failure(bad_attribute(attribute.name, "", "a text without NUL characters"));
  Endpoint endpoint;
  endpoint.parameters.emplace(attribute.name, plain_value(attribute, value));
  TRY(check_attributes(endpoint, EndpointRole::source, std::span(&attribute, 1)));
  return {};
}

nlohmann::json setting_of(const Attribute& attribute, std::string_view value) {
  const std::string plain = plain_value(attribute, value);
  switch (attribute.form) {
    case Attribute::Form::text:
    case Attribute::Form::word:
      return plain;
    case Attribute::Form::flag: {
      Endpoint endpoint;
      endpoint.parameters.emplace(attribute.name, plain);
      return is_set(endpoint, attribute.name);
    }
    case Attribute::Form::number:
      int64_t number = 0;
      std::from_chars(plain.data(), plain.data() + plain.size(), number);
      return number;
  }
  return plain;
}

std::string parameter_of(const nlohmann::json& setting) {
  return setting.is_string() ? setting.get<std::string>() : setting.dump();
}

}  // namespace godwit
