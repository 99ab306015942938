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

std::string selection_text(const MappingRules& rules) {
  std::vector<std::string> lines;
  for (const SelectionRule& rule : rules.selections)
    lines.push_back(
        normal_form({"selection", fmt::format("{}", static_cast<int>(rule.action)),
                     fmt::format("{}", static_cast<int>(rule.kind)), rule.where.schema, rule.where.table}));
  return sorted_text(std::move(lines));
}

std::string presence_text(const MappingRules& rules) {
  std::vector<std::string> lines;
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
                          rule.where.column, rule.where.data_type, rule.value, rule.old_value});
  return out;
}

}  // namespace

uint64_t schema_shaping_hash(const MappingRules& rules, const PlanOptions& options) {
  std::string text = selection_text(rules) + presence_text(rules);
  for (const NameTarget target : {NameTarget::schema, NameTarget::table, NameTarget::column})
    text += name_text(rules, target);
  text += normal_form({"options", options.target_schema, options.support_lobs ? "lobs" : "no lobs"});
  return fnv1a(text);
}

}  // namespace godwit
