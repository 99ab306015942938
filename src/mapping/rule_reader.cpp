#include "mapping/rule_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/errors.h"

namespace godwit {
namespace {

// No engine has longer identifiers; the bound keeps pattern matching cheap.
constexpr size_t name_bytes_max = 1024;

Result<std::string> read_name(const RuleInput& rule, const JsonFields& locator, std::string_view key) {
  std::string name = TRY(required_text(rule, locator, key));
  if (name.size() > name_bytes_max)
    return invalid_rule(rule, fmt::format("{} is longer than {} bytes.", locator.path_of(key), name_bytes_max));
  return name;
}

bool is_empty_value(const nlohmann::json& value) {
  return value.is_null() || value == "" || (value.is_structured() && value.empty());
}

}  // namespace

Result<JsonFields> locator_fields(const RuleInput& rule) {
  const std::optional<JsonFields> locator = TRY(rule.fields.object("object-locator"));
  if (!locator) return Failure(mapping_locator_missing(rule.id_text));
  return *locator;
}

Result<Locator> read_locator(const RuleInput& rule, LocatorDepth depth) {
  const JsonFields fields = TRY(locator_fields(rule));
  Locator locator;
  locator.schema = TRY(read_name(rule, fields, "schema-name"));
  if (depth >= LocatorDepth::table) locator.table = TRY(read_name(rule, fields, "table-name"));
  if (depth >= LocatorDepth::column) locator.column = TRY(read_name(rule, fields, "column-name"));
  return locator;
}

Failure invalid_rule(const RuleInput& rule, const std::string& detail) {
  return Failure(mapping_rule_invalid(rule.id_text, detail));
}

Result<std::string> required_text(const RuleInput& rule, const JsonFields& fields, std::string_view key) {
  std::optional<std::string> text = TRY(fields.text(key));
  if (!text || text->empty())
    return invalid_rule(rule, fmt::format("{} is {}.", fields.path_of(key), text ? "empty" : "missing"));
  if (text->find('\0') != std::string::npos)
    return invalid_rule(rule, fmt::format("{} holds the character U+0000.", fields.path_of(key)));
  return *text;
}

Result<std::string> required_choice(const RuleInput& rule, std::string_view key,
                                    std::span<const std::string_view> known) {
  std::string word = TRY(required_text(rule, rule.fields, key));
  if (std::ranges::find(known, word) == known.end())
    return invalid_rule(rule, fmt::format("{} is {}; allowed here: {}.", rule.fields.path_of(key),
                                          json_for_people(word), quoted_list(known)));
  return word;
}

Result<std::string> required_action(const RuleInput& rule, std::span<const std::string_view> known) {
  const std::optional<std::string> action = TRY(rule.fields.text("rule-action"));
  if (!action || std::ranges::find(known, *action) == known.end())
    return Failure(mapping_kind_unknown(rule.id_text, rule.fields.path_of("rule-action"),
                                        action ? json_for_people(*action) : "missing", quoted_list(known)));
  return *action;
}

void warn_unknown(const JsonFields& fields, std::span<const std::string_view> known, ParsedRules& out) {
  for (const std::string& key : fields.keys()) {
    const nlohmann::json* value = fields.find(key);
    if (value == nullptr || is_empty_value(*value) || std::ranges::find(known, key) != known.end()) continue;
    out.rules.warnings.push_back(fmt::format(
        "table mappings {}: this key is not known in a rule of this type and has no effect", fields.path_of(key)));
  }
}

void warn_without_effect(const RuleInput& rule, std::string_view what, std::string_view why, ParsedRules& out) {
  out.rules.warnings.push_back(fmt::format("table mappings rule {}: {} has no effect: {}", rule.id_text, what, why));
}

std::string quoted_list(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace godwit
