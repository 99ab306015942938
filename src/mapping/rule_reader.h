#pragma once
// What the parsers of the rule types share; internal to mapping/. Each parser checks the shape of one rule completely
// before it says that the rule is not supported, so that a mistake is not hidden behind a refusal.

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json_fields.h"
#include "mapping/rules.h"

namespace godwit {

// One rule as it stands in the document. Errors of `fields` are given the rule's id by parse_rules.
struct RuleInput {
  JsonFields fields;
  int64_t id = 0;
  std::string id_text;
};

struct ParsedRules {
  MappingRules rules;
  std::optional<Error> refusal;  // of the first rule that is well-formed and not supported

  void refuse(Error error) {
    if (!refusal) refusal = std::move(error);
  }
};

Result<void> parse_selection_rule(const RuleInput& rule, ParsedRules& out);
Result<void> parse_transformation_rule(const RuleInput& rule, ParsedRules& out);
Result<void> parse_table_settings_rule(const RuleInput& rule, ParsedRules& out);
// validation, post-processing, object-mapping: nothing they ask for touches rows on relational targets.
Result<void> parse_validation_rule(const RuleInput& rule, ParsedRules& out);
Result<void> parse_post_processing_rule(const RuleInput& rule, ParsedRules& out);
Result<void> parse_object_mapping_rule(const RuleInput& rule, ParsedRules& out);

// The transformations that shape rows (shape_rules.cpp); their locators are checked by the caller.
Result<void> parse_add_column_rule(const RuleInput& rule, const Locator& where, ParsedRules& out);
Result<void> parse_type_rule(const RuleInput& rule, const Locator& where, ParsedRules& out);
Result<void> parse_key_rule(const RuleInput& rule, const Locator& where, ParsedRules& out);
Result<void> parse_before_image_rule(const RuleInput& rule, const Locator& where, ParsedRules& out);
Result<void> parse_mask_rule(const RuleInput& rule, const Locator& where, ParsedRules& out);

// The member `expression`, checked to be one SQLite takes.
Result<std::string> read_expression(const RuleInput& rule);

// A DMS type's name in lower case ("int4").
Result<std::string> read_data_type_name(const RuleInput& rule, const JsonFields& fields, std::string_view key);

// Which names the locator must give.
enum class LocatorDepth { schema, table, column };

Result<JsonFields> locator_fields(const RuleInput& rule);
Result<Locator> read_locator(const RuleInput& rule, LocatorDepth depth);

// What a parser of rules answers: `detail` is a sentence about the rule.
Failure invalid_rule(const RuleInput& rule, const std::string& detail);

// A member that must be there and not be empty.
Result<std::string> required_text(const RuleInput& rule, const JsonFields& fields, std::string_view key);
// A member that must be one of `known`; an absent one is an error too.
Result<std::string> required_choice(const RuleInput& rule, std::string_view key,
                                    std::span<const std::string_view> known);
// As above for an action: DMS answers an unknown one with words of its own.
Result<std::string> required_action(const RuleInput& rule, std::span<const std::string_view> known);

// A line for each member that is not `known` and not empty: it has no effect.
void warn_unknown(const JsonFields& fields, std::span<const std::string_view> known, ParsedRules& out);
void warn_without_effect(const RuleInput& rule, std::string_view what, std::string_view why, ParsedRules& out);

std::string quoted_list(std::span<const std::string_view> words);

}  // namespace godwit
