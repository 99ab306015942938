// Table mappings that were modified while the task was stopped: other tables are selected, and rows are shaped as
// before. Tables that came to the selection are loaded under a snapshot of their own; nothing further is applied to
// those that left it. The command line asks for another task instead.

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "task/errors.h"
#include "task/runner.h"

namespace godwit {

bool TaskRunner::selects_other_tables(const TaskDocument& document) const {
  const PlanOptions options = plan_options(options_.settings);
  return options_.fresh_run != 0 && document.mapping_hash != hex64(schema_shaping_hash(options_.rules, options)) &&
         document.shape_hash == hex64(row_shaping_hash(options_.rules, options));
}

// The tables on the source whose names the rules select and that the record does not have, under any name.
Result<std::vector<PlannedTable>> TaskRunner::newly_selected(const std::vector<TableRef>& selected) {
  const TaskDocument document = record_->document();
  std::vector<TableRef> names;
  for (const TableRef& name : selected)
    if (std::ranges::find(document.tables, name, &TableRecord::table) == document.tables.end()) names.push_back(name);
  if (names.empty()) return std::vector<PlannedTable>();
  std::vector<PlannedTable> out = TRY(plan_tables(names));
  std::erase_if(out, [&](const PlannedTable& table) {  // renamed on the source: the log says so later
    return std::ranges::any_of(document.tables, [&](const TableRecord& record) {
      return record.definition && record.definition->log_id == table.target.source->log_id;
    });
  });
  std::vector<TargetTable> all = context_.targets();
  for (const PlannedTable& table : out) all.push_back(table.target);
  TRY(check_target_names(options_.rules, own_plan_options(), all));
  return out;
}

Result<void> TaskRunner::leave_unselected(const std::vector<TableRef>& selected,
                                          const std::vector<TableRef>& available) {
  std::vector<TableRef> left;
  const auto has = [](const std::vector<TableRef>& names, const TableRef& name) {
    return std::ranges::find(names, name) != names.end();
  };
  for (const TableRecord& table : record_->document().tables)
    if (!has(selected, table.table) && has(available, table.table)) left.push_back(table.table);
  if (left.empty()) return {};
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    std::erase_if(document.tables, [&](const TableRecord& table) { return has(left, table.table); });
  }));
  // Last: while the record has a table, its lines say which of its slices are there.
  for (const TableRef& name : left) TRY(target_->forget_lines(context_.task_id, name));
  for (const TableRef& name : left)
    log_info(Component::tables_manager, "Table {} is not selected any more; nothing further is applied to it",
             log_name(name));
  for (size_t t = context_.tables.size(); t-- > 0;)
    if (has(left, context_.tables[t].target.source->ref)) forget_table(t);
  return {};
}

// Repeatable until the record holds the rules' own hash.
Result<void> TaskRunner::take_up_rules() {
  const std::vector<TableRef> available = TRY(source_->catalog().list_tables());
  const Selection selection = select_tables(options_.rules, available);
  for (const std::string& warning : selection.warnings) log_warning(Component::tables_manager, "{}", warning);
  std::vector<TableRef> selected;
  for (const SelectedTable& table : selection.tables) selected.push_back(table.table);
  std::vector<PlannedTable> fresh = TRY(newly_selected(selected));
  if (!fresh.empty() && !loads()) return Failure(errors::other_rules(context_.task_id));
  show_tables();
  TRY(leave_unselected(selected, available));
  for (PlannedTable& table : fresh) {
    const std::vector<TargetTableState> states = TRY(inspect(std::span(&table.target, 1)));
    const PrepareMode mode = options_.settings.full_load_settings.target_table_prep_mode;
    const bool exists = states.front().exists;
    table.created = !exists || mode == PrepareMode::drop_and_create;
    log_info(Component::tables_manager, "Table {} was selected while the task was stopped, and is loaded",
             log_name(table.target.source->ref));
    // Of an earlier time in the selection, should a worker have died before it forgot them.
    TRY(target_->forget_lines(context_.task_id, table.target.source->ref));
    TRY(take_in(std::move(table), !exists || states.front().empty || mode != PrepareMode::do_nothing));
  }
  if (context_.tables.empty() && options_.settings.error_behavior.fail_on_no_tables_captured)
    return Failure(errors::no_tables());
  return record_->update([&](std::string& phase, TaskDocument& document) {
    document.mapping_hash = hex64(schema_shaping_hash(options_.rules, plan_options(options_.settings)));
    const bool pending = std::ranges::any_of(document.tables, &TableRecord::pending);
    if (pending && (phase == "following" || phase == "ending" || phase == "finished")) phase = "loading";
  });
}

}  // namespace godwit
