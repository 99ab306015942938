#include "mapping/row_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "mapping/errors.h"
#include "mapping/table_draft.h"
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

// Which columns of a table move, and under which names.
class ColumnPlanner {
 public:
  explicit ColumnPlanner(TableDraft& draft) : draft_(draft), rules_(draft.rules), source_(draft.source) {
    for (const PresenceRule& rule : rules_.presences)
      if (matches_table(rule.where, source_.ref)) presences_.push_back(&rule);
    only_included_ = std::ranges::any_of(
        presences_, [](const PresenceRule* rule) { return rule->presence == ColumnPresence::include; });
  }

  Result<void> plan() {
    for (uint32_t i = 0; i < source_.columns.size(); ++i) {
      if (!moves(source_.columns[i])) continue;
      if (!source_.columns[i].generated)
        TRY(add(i));
      else
        add_computed(source_.columns[i]);
    }
    warn_about_absent_columns();
    draft_.moved = draft_.read.size();
    if (draft_.moved == 0 && !source_.columns.empty()) return Failure(mapped_table_empty(source_.ref));
    return {};
  }

 private:
  // Removal is decided first: remove-column wins over include-column, as exclude does over include.
  bool moves(const ColumnDef& column) {
    if (!draft_.options.support_lobs && is_lob(column.type)) return false;
    const PresenceRule* removed = nullptr;
    const PresenceRule* included = nullptr;
    for (const PresenceRule* rule : presences_) {
      if (!matches_column(rule->where, source_.ref, column)) continue;
      const PresenceRule*& first = rule->presence == ColumnPresence::remove ? removed : included;
      if (first == nullptr) first = rule;
    }
    if (removed != nullptr && included != nullptr)
      draft_.warn(
          fmt::format("transformation rule {} (include-column) has no effect where rule {} (remove-column) "
                      "applies: removal is decided first",
                      included->id, removed->id));
    return removed == nullptr && (included != nullptr || !only_included_);
  }

  Result<void> add(uint32_t index) {
    ColumnDef column = source_.columns[index];
    const std::vector<const NameRule*> found = column_name_rules(rules_, source_.ref, column);
    warn_overruled(found, draft_.warnings);
    std::string reason = fmt::format("\"{}\" ({})", column.name,
                                     found.empty() ? "not renamed" : fmt::format("rule {}", found.front()->id));
    ColumnShape shape;
    shape.column = static_cast<uint32_t>(draft_.read.size());
    shape.name = column.name;
    column.name = target_name(column);
    if (column.name.empty())
      return Failure(mapped_name_empty(fmt::format("column \"{}\" of table {}", shape.name, to_string(source_.ref)),
                                       found.empty() ? 0 : found.front()->id));
    draft_.read.push_back(index);
    return draft_.add_column(std::move(column), std::move(shape), std::move(reason));
  }

  // What a rule makes of its values no server computes.
  void add_computed(ColumnDef column) {
    const auto names_it = [&](const auto& rule) { return matches_column(rule.where, source_.ref, column); };
    const bool changed = std::ranges::any_of(rules_.masks, names_it) || std::ranges::any_of(rules_.types, names_it);
    column.name = target_name(column);
    if (column.name.empty()) return;
    draft_.unwritten.push_back(column.name);
    if (!changed) draft_.computed.push_back(std::move(column));
  }

  std::string target_name(const ColumnDef& column) const {
    const std::vector<const NameRule*> found = column_name_rules(rules_, source_.ref, column);
    if (found.empty()) return column.name;
    return apply_name_rule(*found.front(),
                           {source_.ref.schema, source_.ref.name, column.name, to_string(column.type.type_class)});
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
      draft_.warn(
          fmt::format("transformation rule {} has no effect: table {} has no column \"{}\". Names are "
                      "compared with upper and lower case",
                      rule_id, to_string(source_.ref), where.column));
  }

  TableDraft& draft_;
  const MappingRules& rules_;
  const TableDef& source_;
  std::vector<const PresenceRule*> presences_;  // those of this table
  bool only_included_ = false;
};

// The columns that are read, under source names; its key is the source's, where all of it is read.
TableDef read_table(const TableDraft& draft) {
  TableDef table = draft.source;
  table.columns.clear();
  for (const uint32_t column : draft.read) table.columns.push_back(draft.source.columns[column]);
  table.key = std::nullopt;
  if (draft.source.key) {
    KeyDef key{draft.source.key->name, {}};
    for (const uint32_t column : draft.source.key->columns) {
      const auto at = std::ranges::find(draft.read, column);
      if (at != draft.read.end()) key.columns.push_back(static_cast<uint32_t>(at - draft.read.begin()));
    }
    if (key.columns.size() == draft.source.key->columns.size()) table.key = std::move(key);
  }
  if (!table.key && table.identity == RowIdentity::key) table.identity = RowIdentity::none;
  return table;
}

// Null when every row of the layout is the row that is read.
std::shared_ptr<const RowShape> finished_shape(TableDraft& draft) {
  RowShape& shape = draft.shape;
  shape.shapes_rows =
      draft.read.size() != draft.columns.size() || !std::ranges::all_of(shape.columns, &ColumnShape::plain);
  if (!shape.shapes_rows && !shape.filter) return nullptr;
  shape.in_source_key.assign(draft.read.size(), false);
  if (draft.source.key && draft.source.identity != RowIdentity::none)
    for (const uint32_t column : draft.source.key->columns)
      if (const auto at = std::ranges::find(draft.read, column); at != draft.read.end())
        shape.in_source_key[static_cast<size_t>(at - draft.read.begin())] = true;
  if (draft.key) shape.key = draft.key->columns;
  return std::make_shared<const RowShape>(std::move(shape));
}

// What the target's form has no value for is NULL there, as on the record; all else stays what it is.
bool keeps_values(const ColumnShape& column) {
  if (column.plain) return true;
  const bool is_changed = column.limit_bytes || column.converts || column.mask;
  return !is_changed && column.form_change != nullptr && column.type.form == column.target_type.form;
}

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
  TableDraft draft{rules, options, *source, warnings};
  TRY(ColumnPlanner(draft).plan());
  TRY(plan_moved_columns(draft));
  TRY(plan_before_images(draft));
  TRY(plan_added_columns(draft));
  TRY(plan_key(draft));
  TargetTable table;
  table.filter = TRY(plan_filter(draft));
  table.parallel_load = TRY(plan_parallel_load(draft));
  TRY(plan_target_types(draft));
  TableDef layout = draft.layout();
  layout.ref = TRY(checked_name(rules, source->ref, target_table_name(rules, options, source->ref)));
  for (LeafDef& leaf : layout.leaves)
    leaf.ref = TRY(checked_name(rules, leaf.ref, target_leaf_name(rules, options, leaf.ref)));
  table.read = std::make_shared<TableDef>(read_table(draft));
  table.layout = std::make_shared<TableDef>(std::move(layout));
  table.computed = std::move(draft.computed);
  table.unwritten = std::move(draft.unwritten);
  for (size_t i = 0; i < draft.moved; ++i)
    if (keeps_values(draft.shape.columns[i])) table.as_read.push_back(draft.columns[i].number);
  table.shape = finished_shape(draft);
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
