// Selection rules of the document (spec/table-mappings.md §3).

#include <fmt/format.h>

#include <algorithm>

#include "mapping/errors.h"
#include "mapping/rule_reader.h"
#include "mapping/selection.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 3> actions = {"include", "exclude", "explicit"};
constexpr std::array<std::string_view, 3> table_types = {"table", "view", "all"};
constexpr std::array<std::string_view, 7> selection_keys = {
    "rule-type", "rule-id", "rule-name", "rule-action", "load-order", "object-locator", "filters"};
constexpr std::array<std::string_view, 3> selection_locator_keys = {"schema-name", "table-name", "table-type"};

// What an operator takes: nothing, one value, or both ends of a range.
enum class Operands { none, one, range };
struct KnownOperator {
  std::string_view name;
  FilterOperator op;
  Operands operands;
};
constexpr std::array filter_operators = {
    KnownOperator{"eq", FilterOperator::eq, Operands::one},
    KnownOperator{"gte", FilterOperator::gte, Operands::one},
    KnownOperator{"lte", FilterOperator::lte, Operands::one},
    KnownOperator{"ste", FilterOperator::lte, Operands::one},
    KnownOperator{"between", FilterOperator::between, Operands::range},
    KnownOperator{"null", FilterOperator::null, Operands::none},
    KnownOperator{"noteq", FilterOperator::noteq, Operands::one},
    KnownOperator{"notbetween", FilterOperator::notbetween, Operands::range},
    KnownOperator{"notnull", FilterOperator::notnull, Operands::none},
};

Result<std::string> read_filter_operand(const RuleInput& rule, const JsonFields& condition, std::string_view key) {
  const nlohmann::json* operand = condition.find(key);
  if (operand == nullptr || (!operand->is_string() && !operand->is_number()))
    return invalid_rule(
        rule, fmt::format("{} must be a string or a number for this filter-operator.", condition.path_of(key)));
  if (operand->is_number()) return operand->dump();
  std::string text = operand->get<std::string>();
  if (text.find('\0') == std::string::npos) return text;
  return invalid_rule(rule, fmt::format("{} holds the character U+0000.", condition.path_of(key)));
}

Result<FilterCondition> read_condition(const RuleInput& rule, const JsonFields& condition) {
  const std::string name = TRY(required_text(rule, condition, "filter-operator"));
  const auto known = std::ranges::find(filter_operators, name, &KnownOperator::name);
  if (known == filter_operators.end())
    return invalid_rule(
        rule, fmt::format("{} is {}; allowed: eq, gte, lte, ste, between, null, noteq, notbetween, notnull.",
                          condition.path_of("filter-operator"), json_for_people(name)));
  FilterCondition out{known->op};
  if (known->operands == Operands::one) out.value = TRY(read_filter_operand(rule, condition, "value"));
  if (known->operands == Operands::range) {
    out.value = TRY(read_filter_operand(rule, condition, "start-value"));
    out.end_value = TRY(read_filter_operand(rule, condition, "end-value"));
  }
  return out;
}

Result<ColumnFilter> read_filter(const RuleInput& rule, const JsonFields& filter) {
  const std::string type = TRY(required_text(rule, filter, "filter-type"));
  if (type != "source")
    return invalid_rule(rule, fmt::format("{} must be \"source\".", filter.path_of("filter-type")));
  ColumnFilter out;
  out.column = TRY(required_text(rule, filter, "column-name"));
  const std::vector<JsonFields> conditions = TRY(filter.objects("filter-conditions"));
  if (conditions.empty())
    return invalid_rule(rule, fmt::format("{} is missing or empty.", filter.path_of("filter-conditions")));
  for (const JsonFields& condition : conditions) out.conditions.push_back(TRY(read_condition(rule, condition)));
  return out;
}

Result<std::vector<ColumnFilter>> read_filters(const RuleInput& rule, SelectionAction action, ParsedRules& out) {
  const std::vector<JsonFields> filters = TRY(rule.fields.objects("filters"));
  std::vector<ColumnFilter> read;
  if (filters.empty()) return read;
  if (action == SelectionAction::exclude) {
    warn_without_effect(rule, "filters", "an exclude rule leaves whole tables out", out);
    return read;
  }
  for (const JsonFields& filter : filters) read.push_back(TRY(read_filter(rule, filter)));
  return read;
}

Result<TableKind> read_table_kind(const RuleInput& rule) {
  const JsonFields locator = TRY(locator_fields(rule));
  const std::optional<std::string> type = TRY(locator.text("table-type"));
  if (!type) return TableKind::table;
  const auto known = std::ranges::find(table_types, *type);
  if (known == table_types.end())
    return invalid_rule(rule, fmt::format("{} is {}; allowed: {}.", locator.path_of("table-type"),
                                          json_for_people(*type), quoted_list(table_types)));
  return static_cast<TableKind>(known - table_types.begin());
}

Result<void> check_explicit(const RuleInput& rule, const Locator& where) {
  for (const std::string* name : {&where.schema, &where.table})
    if (has_wildcard(*name))
      return invalid_rule(
          rule, fmt::format("an explicit rule names one table literally, but {} is a pattern. Use rule-action "
                            "include for patterns.",
                            json_for_people(*name)));
  if (is_control_table(where.table))
    return invalid_rule(rule, fmt::format("{}.{} is a control table; it describes a task and cannot be moved by one.",
                                          where.schema, where.table));
  return {};
}

}  // namespace

Result<void> parse_selection_rule(const RuleInput& rule, ParsedRules& out) {
  const std::string action = TRY(required_action(rule, actions));
  SelectionRule selection;
  selection.id = rule.id;
  selection.action = static_cast<SelectionAction>(std::ranges::find(actions, action) - actions.begin());
  selection.where = TRY(read_locator(rule, LocatorDepth::table));
  selection.kind = TRY(read_table_kind(rule));
  const std::optional<int64_t> load_order = TRY(rule.fields.integer("load-order", 1, INT32_MAX));
  selection.load_order = load_order.value_or(0);
  if (selection.action == SelectionAction::explicit_only) TRY(check_explicit(rule, selection.where));
  selection.filters = TRY(read_filters(rule, selection.action, out));
  warn_unknown(rule.fields, selection_keys, out);
  const JsonFields locator = TRY(locator_fields(rule));
  warn_unknown(locator, selection_locator_keys, out);
  if (selection.action != SelectionAction::exclude && selection.kind != TableKind::table)
    warn_without_effect(rule, fmt::format("table-type {}", table_types[static_cast<size_t>(selection.kind)]),
                        "views are not moved by this version, only tables", out);
  out.rules.selections.push_back(std::move(selection));
  return {};
}

}  // namespace godwit
