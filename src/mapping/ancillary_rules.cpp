// Rules that concern comparison, object stores and document targets (spec/table-mappings.md §7): none of them touches
// a row on its way to a relational target, so they are checked and answered with a warning.

#include <fmt/format.h>

#include "mapping/errors.h"
#include "mapping/rule_reader.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 1> validation_actions = {"override-validation-function"};
constexpr std::array<std::string_view, 1> post_processing_actions = {"add-tag"};
constexpr std::array<std::string_view, 2> object_mapping_actions = {"map-record-to-record", "map-record-to-document"};
constexpr std::array<std::string_view, 8> validation_keys = {"rule-type",       "rule-id",        "rule-name",
                                                             "rule-action",     "rule-target",    "object-locator",
                                                             "source-function", "target-function"};
constexpr std::array<std::string_view, 6> post_processing_keys = {"rule-type",   "rule-id",        "rule-name",
                                                                  "rule-action", "object-locator", "tag-set"};
constexpr std::array<std::string_view, 8> object_mapping_keys = {
    "rule-type",   "rule-id",        "rule-name",         "rule-action",
    "rule-target", "object-locator", "target-table-name", "mapping-parameters"};

}  // namespace

Result<void> parse_validation_rule(const RuleInput& rule, ParsedRules& out) {
  const std::string action = TRY(required_action(rule, validation_actions));
  TRY(read_locator(rule, LocatorDepth::column));
  TRY(required_text(rule, rule.fields, "source-function"));
  TRY(required_text(rule, rule.fields, "target-function"));
  warn_unknown(rule.fields, validation_keys, out);
  warn_without_effect(rule, action, "data validation is not carried out by this version", out);
  return {};
}

Result<void> parse_post_processing_rule(const RuleInput& rule, ParsedRules& out) {
  const std::string action = TRY(required_action(rule, post_processing_actions));
  TRY(read_locator(rule, LocatorDepth::table));
  const std::vector<JsonFields> tags = TRY(rule.fields.objects("tag-set"));
  for (const JsonFields& tag : tags) TRY(required_text(rule, tag, "key"));
  warn_unknown(rule.fields, post_processing_keys, out);
  warn_without_effect(rule, action, "only objects in an object store carry tags", out);
  return {};
}

Result<void> parse_object_mapping_rule(const RuleInput& rule, ParsedRules& out) {
  const std::string action = TRY(required_action(rule, object_mapping_actions));
  TRY(read_locator(rule, LocatorDepth::table));
  TRY(rule.fields.object("mapping-parameters"));
  warn_unknown(rule.fields, object_mapping_keys, out);
  warn_without_effect(rule, action, "only key and document targets take mapped records", out);
  return {};
}

}  // namespace godwit
