#include "mapping/row_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "mapping/errors.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

void warn_once(std::vector<std::string>& warnings, std::string warning) {
  if (std::ranges::find(warnings, warning) == warnings.end()) warnings.push_back(std::move(warning));
}

void warn_overruled(const std::vector<const NameRule*>& found, std::vector<std::string>& warnings) {
  for (size_t i = 1; i < found.size(); ++i)
    warn_once(warnings,
              fmt::format("transformation rule {} ({} {}) has no effect where rule {} ({}) applies: of the rules "
                          "that name one object, only the one with the lowest rule-id counts",
                          found[i]->id, to_string(found[i]->action), to_string(found[i]->target), found.front()->id,
                          to_string(found.front()->action)));
}

// "schema rule 2, table rule 5", "TargetSchema" or "not renamed"
std::string reasons_of(const MappingRules& rules, const PlanOptions& options, const TableRef& table) {
  const std::vector<const NameRule*> by_schema = schema_name_rules(rules, table.schema);
  const std::vector<const NameRule*> by_table = table_name_rules(rules, table);
  std::vector<std::string> reasons;
  if (!by_schema.empty())
    reasons.push_back(fmt::format("schema rule {}", by_schema.front()->id));
  else if (!options.target_schema.empty())
    reasons.emplace_back("TargetSchema");
  if (!by_table.empty()) reasons.push_back(fmt::format("table rule {}", by_table.front()->id));
  return reasons.empty() ? "not renamed" : fmt::format("{}", fmt::join(reasons, ", "));
}

// Plans the columns of one table.
class ColumnPlanner {
 public:
  ColumnPlanner(const MappingRules& rules, const PlanOptions& options, const TableDef& source,
                std::vector<std::string>& warnings)
      : rules_(rules), options_(options), source_(source), warnings_(warnings) {
    for (const PresenceRule& rule : rules.presences)
      if (matches_table(rule.where, source.ref)) presences_.push_back(&rule);
    only_included_ = std::ranges::any_of(
        presences_, [](const PresenceRule* rule) { return rule->presence == ColumnPresence::include; });
  }

  Result<void> plan() {
    for (uint32_t i = 0; i < source_.columns.size(); ++i)
      if (moves(source_.columns[i])) TRY(add(i));
    warn_about_absent_columns();
    if (moved_.empty() && !source_.columns.empty()) return Failure(mapped_table_empty(source_.ref));
    return {};
  }

  // A table of the moved columns, under source or target names.
  TableDef table_with(const std::vector<std::string>& names) const {
    TableDef table = source_;
    table.columns.clear();
    for (size_t i = 0; i < moved_.size(); ++i) {
      table.columns.push_back(source_.columns[moved_[i]]);
      table.columns.back().name = names[i];
    }
    table.key = moved_key();
    if (!table.key && table.identity == RowIdentity::key) table.identity = RowIdentity::none;
    return table;
  }

  std::vector<std::string> source_names() const {
    std::vector<std::string> names;
    for (const uint32_t column : moved_) names.push_back(source_.columns[column].name);
    return names;
  }
  const std::vector<std::string>& target_names() const { return names_; }

  void warn_about_lost_key() const {
    if (!source_.key || moved_key()) return;
    std::vector<std::string> lost;
    for (const uint32_t column : source_.key->columns)
      if (!moved_index(column)) lost.push_back(source_.columns[column].name);
    const bool by_row = source_.identity == RowIdentity::full;
    warn_once(warnings_,
              fmt::format("table {}: key column {} is not moved, so the target has no key; {}",
                          to_string(source_.ref), fmt::join(lost, ", "),
                          by_row ? "updates and deletes are matched by all moved columns, which is slow"
                                 : "updates and deletes cannot be applied. Keep the column to have them applied"));
  }

 private:
  // Removal is decided first: remove-column wins over include-column, as exclude does over include.
  bool moves(const ColumnDef& column) {
    if (column.generated || (!options_.support_lobs && is_lob(column.type))) return false;
    const PresenceRule* removed = nullptr;
    const PresenceRule* included = nullptr;
    for (const PresenceRule* rule : presences_) {
      if (!matches_column(rule->where, source_.ref, column)) continue;
      const PresenceRule*& first = rule->presence == ColumnPresence::remove ? removed : included;
      if (first == nullptr) first = rule;
    }
    if (removed != nullptr && included != nullptr)
      warn_once(warnings_,
                fmt::format("transformation rule {} (include-column) has no effect where rule {} (remove-column) "
                            "applies: removal is decided first",
                            included->id, removed->id));
    return removed == nullptr && (included != nullptr || !only_included_);
  }

  Result<void> add(uint32_t index) {
    const ColumnDef& column = source_.columns[index];
    const std::vector<const NameRule*> found = column_name_rules(rules_, source_.ref, column);
    warn_overruled(found, warnings_);
    std::string name = found.empty() ? column.name : apply_name_rule(*found.front(), column.name);
    if (name.empty())
      return Failure(mapped_name_empty(fmt::format("column \"{}\" of table {}", column.name, to_string(source_.ref)),
                                       found.empty() ? 0 : found.front()->id));
    std::string reason = fmt::format("\"{}\" ({})", column.name,
                                     found.empty() ? "not renamed" : fmt::format("rule {}", found.front()->id));
    const auto [other, is_new] = reason_of_name_.emplace(name, reason);
    if (!is_new) return Failure(mapped_columns_collide(source_.ref, name, other->second, reason));
    moved_.push_back(index);
    names_.push_back(std::move(name));
    return {};
  }

  std::optional<uint32_t> moved_index(uint32_t source_column) const {
    const auto at = std::ranges::find(moved_, source_column);
    if (at == moved_.end()) return std::nullopt;
    return static_cast<uint32_t>(at - moved_.begin());
  }

  std::optional<KeyDef> moved_key() const {
    if (!source_.key) return std::nullopt;
    KeyDef key{source_.key->name, {}};
    for (const uint32_t column : source_.key->columns) {
      const std::optional<uint32_t> index = moved_index(column);
      if (!index) return std::nullopt;
      key.columns.push_back(*index);
    }
    return key;
  }

  // A misspelt column in a rule for just this table would go unnoticed, and move what was to be removed.
  void warn_about_absent_columns() {
    for (const PresenceRule* rule : presences_) warn_about_absent_column(rule->id, rule->where);
    for (const NameRule& rule : rules_.names)
      if (rule.target == NameTarget::column) warn_about_absent_column(rule.id, rule.where);
  }

  void warn_about_absent_column(int64_t rule_id, const Locator& where) {
    if (has_wildcard(where.column) || !names_exactly(where.table, source_.ref.name) ||
        !names_exactly(where.schema, source_.ref.schema))
      return;
    const auto is_meant = [&](const ColumnDef& column) { return matches_wildcard(where.column, column.name); };
    if (std::ranges::none_of(source_.columns, is_meant))
      warn_once(warnings_,
                fmt::format("transformation rule {} has no effect: table {} has no column \"{}\". Names are "
                            "compared with upper and lower case",
                            rule_id, to_string(source_.ref), where.column));
  }

  const MappingRules& rules_;
  const PlanOptions& options_;
  const TableDef& source_;
  std::vector<std::string>& warnings_;
  std::vector<const PresenceRule*> presences_;  // those of this table
  bool only_included_ = false;
  std::vector<uint32_t> moved_;  // indexes into the source's columns
  std::vector<std::string> names_;
  std::map<std::string, std::string> reason_of_name_;
};

Result<TableRef> checked_name(const MappingRules& rules, const TableRef& source, TableRef target) {
  const auto first_id = [](const std::vector<const NameRule*>& found) {
    return found.empty() ? 0 : found.front()->id;
  };
  if (target.schema.empty() && !source.schema.empty())
    return Failure(mapped_name_empty(fmt::format("schema {}", source.schema),
                                     first_id(schema_name_rules(rules, source.schema))));
  if (target.name.empty())
    return Failure(
        mapped_name_empty(fmt::format("table {}", to_string(source)), first_id(table_name_rules(rules, source))));
  return target;
}

}  // namespace

Result<TargetTable> plan_table(const MappingRules& rules, const PlanOptions& options,
                               std::shared_ptr<const TableDef> source, std::vector<std::string>& warnings) {
  warn_overruled(schema_name_rules(rules, source->ref.schema), warnings);
  warn_overruled(table_name_rules(rules, source->ref), warnings);
  ColumnPlanner columns(rules, options, *source, warnings);
  TRY(columns.plan());
  columns.warn_about_lost_key();
  TableDef layout = columns.table_with(columns.target_names());
  layout.ref = TRY(checked_name(rules, source->ref, target_table_name(rules, options, source->ref)));
  for (LeafDef& leaf : layout.leaves)
    leaf.ref = TRY(checked_name(rules, leaf.ref, target_leaf_name(rules, options, leaf.ref)));
  TargetTable table;
  table.read = std::make_shared<TableDef>(columns.table_with(columns.source_names()));
  table.layout = std::make_shared<TableDef>(std::move(layout));
  table.source = std::move(source);
  return table;
}

Result<void> check_target_names(const MappingRules& rules, const PlanOptions& options,
                                std::span<const TargetTable> tables) {
  std::map<TableRef, TableRef> source_of_target;
  const auto claim = [&](const TableRef& target, const TableRef& source) -> Result<void> {
    const auto [other, is_new] = source_of_target.emplace(target, source);
    if (is_new) return {};
    const auto described = [&](const TableRef& table) {
      return fmt::format("{} ({})", to_string(table), reasons_of(rules, options, table));
    };
    return Failure(mapped_tables_collide(target, described(other->second), described(source)));
  };
  for (const TargetTable& table : tables) {
    TRY(claim(table.layout->ref, table.source->ref));
    for (size_t i = 0; i < table.layout->leaves.size(); ++i)
      TRY(claim(table.layout->leaves[i].ref, table.source->leaves[i].ref));
  }
  return {};
}

}  // namespace godwit
