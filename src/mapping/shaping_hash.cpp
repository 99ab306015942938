// schema_shaping_hash of row_plan.h: the rules are written out in one normal form, and that text is hashed.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mapping/row_plan.h"

namespace godwit {
namespace {

// Each field with its length, so that no two rules give one text.
std::string normal_form(std::initializer_list<std::string_view> fields) {
  std::string out;
  for (const std::string_view field : fields) out += fmt::format("{}:{}", field.size(), field);
  return out + "\n";
}

// Neither order nor repetition of these rules means anything.
std::string sorted_text(std::vector<std::string> lines) {
  std::ranges::sort(lines);
  const auto repeated = std::ranges::unique(lines);
  lines.erase(repeated.begin(), repeated.end());
  return join(lines, "");
}

std::string filter_text(const SelectionRule& rule) {
  std::vector<std::string> lines;
  for (const ColumnFilter& filter : rule.filters)
    for (const FilterCondition& condition : filter.conditions)
      lines.push_back(normal_form({"filter", filter.column, fmt::format("{}", static_cast<int>(condition.op)),
                                   condition.value, condition.end_value}));
  // Which conditions belong to one filter does not show in the lines when two filters are for one column.
  for (const ColumnFilter& filter : rule.filters) lines.push_back(fmt::format("{},", filter.conditions.size()));
  return join(lines, "");
}

std::string selection_text(const MappingRules& rules) {
  std::vector<std::string> lines;
  lines.reserve(rules.selections.size());
  for (const SelectionRule& rule : rules.selections)
    lines.push_back(
        normal_form({"selection", fmt::format("{}", static_cast<int>(rule.action)),
                     fmt::format("{}", static_cast<int>(rule.kind)), rule.where.schema, rule.where.table}) +
        filter_text(rule));
  return sorted_text(std::move(lines));
}

std::string type_text(const Type& type) {
  const auto number = [](const std::optional<int32_t>& n) { return n ? fmt::format("{}", *n) : "-"; };
  return normal_form({to_string(type.type_class), number(type.precision), number(type.scale), number(type.length)});
}

// A mask and a type, or an added column, of one column: only the lower id may be the latter's.
std::string mask_order_text(const MappingRules& rules) {
  std::string out;
  for (const MaskRule& mask : rules.masks) {
    const auto is_lower = [&](const auto& rule) { return rule.id < mask.id; };
    if (!rules.types.empty() || !rules.added_columns.empty())
      out += fmt::format("mask after {} {}\n", std::ranges::count_if(rules.types, is_lower),
                         std::ranges::count_if(rules.added_columns, is_lower));
  }
  return out;
}

std::string locator_text(const Locator& where) {
  return normal_form({where.schema, where.table, where.column, where.data_type});
}

// What rows are made of, in the order of rule-ids, which decides between the rules of one action.
std::string row_text(const MappingRules& rules) {
  std::string out;
  for (const TypeRule& rule : rules.types) out += "type " + locator_text(rule.where) + type_text(rule.type);
  for (const AddColumnRule& rule : rules.added_columns)
    out += "add " + locator_text(rule.where) + normal_form({rule.name, rule.expression}) + type_text(rule.type);
  for (const MaskRule& rule : rules.masks)
    out += normal_form({to_string(rule.action), std::string(1, rule.digit)}) + locator_text(rule.where);
  for (const KeyRule& rule : rules.keys)
    out += "key " + normal_form({rule.table.schema, rule.table.name, rule.name,
                                 fmt::format("{}", static_cast<int>(rule.origin)),
                                 fmt::format("{}", fmt::join(rule.columns, "\n"))});
  for (const BeforeImageRule& rule : rules.before_images)
    out += "before " + locator_text(rule.where) +
           normal_form({rule.prefix, rule.suffix, fmt::format("{}", static_cast<int>(rule.columns))});
  return out + mask_order_text(rules);
}

std::string presence_text(const MappingRules& rules) {
  std::vector<std::string> lines;
  lines.reserve(rules.presences.size());
  for (const PresenceRule& rule : rules.presences)
    lines.push_back(normal_form({rule.presence == ColumnPresence::include ? "include-column" : "remove-column",
                                 rule.where.schema, rule.where.table, rule.where.column, rule.where.data_type}));
  return sorted_text(std::move(lines));
}

// The order by rule-id decides within one target, not between targets.
std::string name_text(const MappingRules& rules, NameTarget target) {
  std::string out;
  for (const NameRule& rule : rules.names)
    if (rule.target == target)
      out += normal_form({to_string(target), to_string(rule.action), rule.where.schema, rule.where.table,
                          rule.where.column, rule.where.data_type, rule.value, rule.old_value}) +
             (rule.expression.empty() ? "" : normal_form({"expression", rule.expression}));
  return out;
}

}  // namespace

uint64_t row_shaping_hash(const MappingRules& rules, const PlanOptions& options) {
  MappingRules filtered = rules;
  // Beside a filter every rule counts: one without a filter lifts those of the others from the tables that it
  // selects.
  if (std::ranges::all_of(rules.selections, [](const SelectionRule& rule) { return rule.filters.empty(); }))
    filtered.selections.clear();
  return schema_shaping_hash(filtered, options);
}

uint64_t schema_shaping_hash(const MappingRules& rules, const PlanOptions& options) {
  std::string text = selection_text(rules) + presence_text(rules);
  for (const NameTarget target : {NameTarget::schema, NameTarget::table, NameTarget::column})
    text += name_text(rules, target);
  text += row_text(rules);
  text += normal_form({"options", options.target_schema, options.support_lobs ? "lobs" : "no lobs"});
  // Only what is not by default: tasks of earlier versions go on.
  if (options.type_mapping != TypeMapping::lossless) text += normal_form({"types", "dms"});
  if (options.zero_dates != ZeroDates::null)
    text += normal_form({"zero dates", options.zero_dates == ZeroDates::error ? "error" : "first"});
  return fnv1a(text);
}

}  // namespace godwit
