#include "mapping/transformation.h"

#include "base/text.h"
#include "mapping/expression.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

template <class Matches>
std::vector<const NameRule*> matching(const MappingRules& rules, NameTarget target, Matches matches) {
  std::vector<const NameRule*> found;
  for (const NameRule& rule : rules.names)
    if (rule.target == target && matches(rule.where)) found.push_back(&rule);
  return found;
}

std::string replace_prefix(std::string_view name, std::string_view prefix, std::string_view replacement) {
  if (!name.starts_with(prefix)) return std::string(name);
  return std::string(replacement).append(name.substr(prefix.size()));
}

std::string replace_suffix(std::string_view name, std::string_view suffix, std::string_view replacement) {
  if (!name.ends_with(suffix)) return std::string(name);
  return std::string(name.substr(0, name.size() - suffix.size())).append(replacement);
}

std::string_view name_of(NameTarget target, const NamedObject& object) {
  return target == NameTarget::schema ? object.schema : target == NameTarget::table ? object.table : object.column;
}

std::string computed_name(const NameRule& rule, const NamedObject& object) {
  return evaluate_name(rule.expression, {{"SCHEMA_NAME_VAR", object.schema},
                                         {"TABLE_NAME_VAR", object.table},
                                         {"COLUMN_NAME_VAR", object.column},
                                         {"AR_M_SOURCE_SCHEMA", object.schema},
                                         {"AR_M_SOURCE_TABLE_NAME", object.table},
                                         {"AR_M_SOURCE_COLUMN_NAME", object.column},
                                         {"AR_M_SOURCE_COLUMN_DATATYPE", object.column_type}});
}

}  // namespace

std::vector<const NameRule*> schema_name_rules(const MappingRules& rules, std::string_view schema) {
  return matching(rules, NameTarget::schema,
                  [&](const Locator& where) { return matches_wildcard(where.schema, schema); });
}

std::vector<const NameRule*> table_name_rules(const MappingRules& rules, const TableRef& table) {
  return matching(rules, NameTarget::table, [&](const Locator& where) { return matches_table(where, table); });
}

std::vector<const NameRule*> column_name_rules(const MappingRules& rules, const TableRef& table,
                                               const ColumnDef& column) {
  return matching(rules, NameTarget::column,
                  [&](const Locator& where) { return matches_column(where, table, column); });
}

std::string apply_name_rule(const NameRule& rule, const NamedObject& object) {
  const std::string_view name = name_of(rule.target, object);
  switch (rule.action) {
    case NameAction::rename:
      return rule.expression.empty() ? rule.value : computed_name(rule, object);
    case NameAction::convert_lowercase:
      return lower_utf8(name);
    case NameAction::convert_uppercase:
      return upper_utf8(name);
    case NameAction::add_prefix:
      return rule.value + std::string(name);
    case NameAction::add_suffix:
      return std::string(name) + rule.value;
    case NameAction::remove_prefix:
      return replace_prefix(name, rule.value, "");
    case NameAction::remove_suffix:
      return replace_suffix(name, rule.value, "");
    case NameAction::replace_prefix:
      return replace_prefix(name, rule.old_value, rule.value);
    case NameAction::replace_suffix:
      return replace_suffix(name, rule.old_value, rule.value);
  }
  return std::string(name);
}

std::string target_schema_name(const MappingRules& rules, const PlanOptions& options, std::string_view schema) {
  const std::vector<const NameRule*> found = schema_name_rules(rules, schema);
  if (!found.empty()) return apply_name_rule(*found.front(), {schema, "", "", ""});
  return options.target_schema.empty() ? std::string(schema) : options.target_schema;
}

TableRef target_table_name(const MappingRules& rules, const PlanOptions& options, const TableRef& table) {
  const std::vector<const NameRule*> found = table_name_rules(rules, table);
  return {target_schema_name(rules, options, table.schema),
          found.empty() ? table.name : apply_name_rule(*found.front(), {table.schema, table.name, "", ""})};
}

TableRef target_leaf_name(const MappingRules& rules, const PlanOptions& options, const TableRef& leaf) {
  const std::vector<const NameRule*> found = table_name_rules(rules, leaf);
  const bool keeps_name =
      found.empty() || (found.front()->action == NameAction::rename && found.front()->expression.empty() &&
                        !names_exactly(found.front()->where.table, leaf.name));
  return {target_schema_name(rules, options, leaf.schema),
          keeps_name ? leaf.name : apply_name_rule(*found.front(), {leaf.schema, leaf.name, "", ""})};
}

}  // namespace godwit
