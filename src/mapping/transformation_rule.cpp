// Transformation rules of the document (spec/table-mappings.md §4).

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mapping/errors.h"
#include "mapping/rule_reader.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

enum class Target : unsigned { schema = 1, table = 2, column = 4, table_tablespace = 8, index_tablespace = 16 };
constexpr std::array<std::string_view, 5> target_names = {"schema", "table", "column", "table-tablespace",
                                                          "index-tablespace"};
constexpr unsigned named_objects = 7;  // schema, table, column
constexpr unsigned anything = 31;
constexpr unsigned columns = 4;
constexpr unsigned tables = 2;

constexpr std::array<std::string_view, 12> transformation_keys = {
    "rule-type", "rule-id",   "rule-name",  "rule-action", "rule-target",     "object-locator",
    "value",     "old-value", "expression", "data-type",   "primary-key-def", "before-image-def"};
constexpr std::array<std::string_view, 6> transformation_locator_keys = {
    "schema-name", "table-name", "column-name", "data-type", "table-tablespace-name", "index-tablespace-name"};
struct TransformationInput {
  const RuleInput& rule;
  Target target;
  std::string action;
};

// The locator, as deep as the target lies; `add-column` and before images speak of whole tables.
Result<Locator> read_target_locator(const TransformationInput& in) {
  const bool whole_table = in.action == "add-column" || in.action == "add-before-image-columns";
  const LocatorDepth depth = in.target == Target::schema                   ? LocatorDepth::schema
                             : in.target == Target::column && !whole_table ? LocatorDepth::column
                                                                           : LocatorDepth::table;
  Locator locator = TRY(read_locator(in.rule, depth));
  const JsonFields fields = TRY(locator_fields(in.rule));
  if (fields.has("data-type")) locator.data_type = TRY(read_data_type_name(in.rule, fields, "data-type"));
  return locator;
}

// A deeper name than the target needs would narrow the rule if it were heeded: say that it is not.
Result<void> warn_deeper_names(const TransformationInput& in, ParsedRules& out) {
  const JsonFields fields = TRY(locator_fields(in.rule));
  for (const auto& [key, target] : {std::pair("table-name", Target::schema), std::pair("column-name", Target::schema),
                                    std::pair("column-name", Target::table)}) {
    const std::optional<std::string> name = TRY(fields.text(key));
    if (in.target == target && name && !name->empty() && *name != "%")
      warn_without_effect(in.rule, fields.path_of(key),
                          "the rule-target lies above it, so the rule applies to every one", out);
  }
  return {};
}

// --- names ---

constexpr std::array name_actions = {
    NameAction::rename,        NameAction::convert_lowercase, NameAction::convert_uppercase,
    NameAction::add_prefix,    NameAction::add_suffix,        NameAction::remove_prefix,
    NameAction::remove_suffix, NameAction::replace_prefix,    NameAction::replace_suffix};

Result<void> parse_tablespace_rule(const TransformationInput& in, ParsedRules& out) {
  const JsonFields locator = TRY(locator_fields(in.rule));
  if (locator.has("table-tablespace-name") && locator.has("index-tablespace-name"))
    return invalid_rule(in.rule, "give table-tablespace-name or index-tablespace-name, not both.");
  TRY(required_text(in.rule, locator,
                    in.target == Target::table_tablespace ? "table-tablespace-name" : "index-tablespace-name"));
  warn_without_effect(in.rule, fmt::format("rule-target {}", in.rule.fields.find("rule-target")->get<std::string>()),
                      "tablespaces concern Oracle ends only; tables and rows stay the same", out);
  return {};
}

// The parts of the new name; an empty `value` takes a prefix or suffix away only where it replaces one.
Result<void> read_name_parts(const RuleInput& rule, NameRule& name) {
  if (name.action == NameAction::convert_lowercase || name.action == NameAction::convert_uppercase) return {};
  if (name.action != NameAction::replace_prefix && name.action != NameAction::replace_suffix) {
    name.value = TRY(required_text(rule, rule.fields, "value"));
    return {};
  }
  name.old_value = TRY(required_text(rule, rule.fields, "old-value"));
  const std::optional<std::string> value = TRY(rule.fields.text("value"));
  if (!value) return invalid_rule(rule, fmt::format("{} is missing.", rule.fields.path_of("value")));
  if (!value->empty()) name.value = TRY(required_text(rule, rule.fields, "value"));
  return {};
}

Result<void> parse_name_rule(const TransformationInput& in, NameAction action, ParsedRules& out) {
  NameRule name;
  name.id = in.rule.id;
  name.action = action;
  name.where = TRY(read_target_locator(in));
  const std::optional<std::string> expression = TRY(in.rule.fields.text("expression"));
  if (action == NameAction::rename && expression && !expression->empty())
    name.expression = TRY(read_expression(in.rule));
  else
    TRY(read_name_parts(in.rule, name));
  if (in.target == Target::table_tablespace || in.target == Target::index_tablespace)
    return parse_tablespace_rule(in, out);
  name.target = in.target == Target::schema  ? NameTarget::schema
                : in.target == Target::table ? NameTarget::table
                                             : NameTarget::column;
  TRY(warn_deeper_names(in, out));
  out.rules.names.push_back(std::move(name));
  return {};
}

// --- which columns there are ---

Result<void> parse_presence_rule(const RuleInput& rule, const Locator& where, ParsedRules& out) {
  const std::string action = TRY(required_text(rule, rule.fields, "rule-action"));
  out.rules.presences.push_back(
      {rule.id, action == "include-column" ? ColumnPresence::include : ColumnPresence::remove, where});
  return {};
}

// --- which action may be done to what ---

using Parser = Result<void> (*)(const RuleInput&, const Locator&, ParsedRules&);
struct Action {
  std::string_view name;
  unsigned targets;
  Parser parse;  // null: one of name_actions
};
constexpr std::array actions = {
    Action{"rename", anything, nullptr},
    Action{"convert-lowercase", named_objects, nullptr},
    Action{"convert-uppercase", named_objects, nullptr},
    Action{"add-prefix", anything, nullptr},
    Action{"add-suffix", anything, nullptr},
    Action{"remove-prefix", anything, nullptr},
    Action{"remove-suffix", anything, nullptr},
    Action{"replace-prefix", anything, nullptr},
    Action{"replace-suffix", anything, nullptr},
    Action{"remove-column", columns, parse_presence_rule},
    Action{"include-column", columns, parse_presence_rule},
    Action{"add-column", columns, parse_add_column_rule},
    Action{"change-data-type", columns, parse_type_rule},
    Action{"define-primary-key", tables, parse_key_rule},
    Action{"add-before-image-columns", columns, parse_before_image_rule},
    Action{"data-masking-digits-mask", columns, parse_mask_rule},
    Action{"data-masking-digits-randomize", columns, parse_mask_rule},
    Action{"data-masking-hash-mask", columns, parse_mask_rule},
    Action{"rename-schema", 1, nullptr},
    Action{"rename-table", 2, nullptr},
    Action{"rename-column", 4, nullptr},
};

const Action* find_action(std::string_view name) {
  const auto known = std::ranges::find(actions, name, &Action::name);
  return known == actions.end() ? nullptr : &*known;
}

// rename-schema and its like say their target themselves.
Result<Target> read_target(const RuleInput& rule, const Action& action) {
  std::string name;
  if (rule.fields.has("rule-target") || !action.name.starts_with("rename-"))
    name = TRY(required_choice(rule, "rule-target", target_names));
  else
    name = action.name.substr(std::string_view("rename-").size());
  const auto bit = 1U << static_cast<unsigned>(std::ranges::find(target_names, name) - target_names.begin());
  if ((action.targets & bit) == 0)
    return invalid_rule(rule, fmt::format("rule-action {} is not allowed for rule-target {}.", action.name, name));
  return static_cast<Target>(bit);
}

NameAction name_action(const Action& action) {
  for (const NameAction known : name_actions)
    if (to_string(known) == action.name) return known;
  return NameAction::rename;
}

}  // namespace

Result<void> parse_transformation_rule(const RuleInput& rule, ParsedRules& out) {
  std::array<std::string_view, actions.size()> names;
  std::ranges::transform(actions, names.begin(), &Action::name);
  const std::string action_name = TRY(required_action(rule, names));
  const Action& action = *find_action(action_name);
  const JsonFields locator = TRY(locator_fields(rule));
  const Target target = TRY(read_target(rule, action));
  const TransformationInput in{rule, target, action_name};
  warn_unknown(rule.fields, transformation_keys, out);
  warn_unknown(locator, transformation_locator_keys, out);
  if (action.parse == nullptr) return parse_name_rule(in, name_action(action), out);
  const Locator where = TRY(read_target_locator(in));
  return action.parse(rule, where, out);
}

}  // namespace godwit
