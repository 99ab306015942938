// Tables that come to the task while it runs, and partitions that come and go between its tables.

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "task/errors.h"
#include "task/runner.h"

namespace godwit {
namespace {

bool makes_tables(std::string_view command) {
  return command == "CREATE TABLE" || command == "CREATE TABLE AS" || command == "SELECT INTO";
}

Result<void> nothing(ChangeWriter&) {
  return {};
}

// The table as it is once the partition is none of it any more.
TargetTable without_leaf(TargetTable table, uint32_t log_id) {
  const auto leaf = std::ranges::find(table.source->leaves, log_id, &LeafDef::log_id);
  if (leaf == table.source->leaves.end()) return table;
  const auto at = leaf - table.source->leaves.begin();
  for (std::shared_ptr<const TableDef>* definition : {&table.source, &table.layout}) {
    TableDef without = **definition;
    without.leaves.erase(without.leaves.begin() + at);
    *definition = std::make_shared<const TableDef>(std::move(without));
  }
  return table;
}

}  // namespace

// Nothing where the table is gone again, renamed again or a partition of another by now: what comes later in the log
// says what to do.
Result<std::optional<PlannedTable>> TaskRunner::plan_newcomer(const TableRef& name, uint32_t log_id) {
  const std::vector<TableRef> there = TRY(source_->catalog().list_tables());
  if (std::ranges::find(there, name) == there.end()) return std::nullopt;
  std::vector<PlannedTable> planned = TRY(plan_tables(std::span(&name, 1)));
  if (planned.empty() || planned.front().target.source->log_id != log_id) return std::nullopt;
  std::vector<TargetTable> all;
  for (const PlannedTable& other : context_.tables)
    if (other.target.source->ref != name) all.push_back(without_leaf(other.target, log_id));
  all.push_back(planned.front().target);
  TRY(check_target_names(options_.rules, own_plan_options(), all));
  return std::optional(std::move(planned.front()));
}

// Recorded first, then part of this run; it is loaded as any other, under a snapshot of its own.
Result<void> TaskRunner::take_in(PlannedTable planned, bool was_empty) {
  const TableRef name = planned.target.source->ref;
  TableRecord record;
  record.table = name;
  record.target = planned.target.layout->ref;
  record.structure = structure_fingerprint(*planned.target.source);
  record.definition = *planned.target.source;
  record.created = planned.created;
  record.was_empty = was_empty;
  record.pending = true;
  record.rebuild = record.created;
  // An earlier table of the name (renamed out of the selection, say) is no longer followed.
  for (size_t t = context_.tables.size(); t-- > 0;)
    if (context_.tables[t].target.source->ref == name) forget_table(t);
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    std::erase_if(document.tables, [&](const TableRecord& table) { return table.table == record.table; });
    document.tables.push_back(record);
  }));
  TableStatistics shown;
  shown.table = name;
  context_.tables.push_back(std::move(planned));
  progress_.add_table(std::move(shown));
  return {};
}

// A table that came to the source, or to a selected name.
Result<bool> TaskRunner::adopt_table(Apply& apply, const SchemaChange& change) {
  const bool selected = !select_tables(options_.rules, std::span(&change.name, 1)).tables.empty();
  auto planned = selected ? plan_newcomer(change.name, change.log_id) : std::optional<PlannedTable>();
  if (!planned && is_recoverable(planned.error())) return Failure(planned.error());
  if (!planned)
    TRY(note_standing(fmt::format("Table {} came to the source and cannot be taken into the task: {}",
                                  to_string(change.name), planned.error().message)));
  if (!planned || !*planned) {
    TRY(apply.pass_structure(nothing));
    return false;
  }
  PlannedTable& table = **planned;
  const std::vector<TargetTableState> states = TRY(inspect(std::span(&table.target, 1)));
  const PrepareMode mode = options_.settings.full_load_settings.target_table_prep_mode;
  table.created = !states.front().exists || mode == PrepareMode::drop_and_create;
  TRY(take_in(std::move(table), !states.front().exists || states.front().empty || mode != PrepareMode::do_nothing));
  count_ddl(context_.tables.size() - 1, false);
  count_ddl(context_.tables.size() - 1, true);
  log_info(Component::task_manager, "Table {} came to the source ({}) and is loaded", log_name(change.name),
           makes_tables(change.command) ? "new" : "by its name");
  TRY(apply.pass_structure(nothing));
  TRY(settle_alterations());
  return true;
}

// Partitions of `root` that are tables of their own by now. `created`: Godwit made the root on the target, and them
// with it.
Result<void> TaskRunner::adopt_detached(const TargetTable& root, bool created, const SchemaChange& change) {
  for (const LeafDef& leaf : root.source->leaves) {
    if (std::ranges::find(change.table.leaves, leaf.log_id, &LeafDef::log_id) != change.table.leaves.end()) continue;
    if (table_by_id(leaf.log_id) || select_tables(options_.rules, std::span(&leaf.ref, 1)).tables.empty()) continue;
    auto planned = plan_newcomer(leaf.ref, leaf.log_id);
    if (!planned && is_recoverable(planned.error())) return Failure(planned.error());
    if (!planned)
      TRY(note_standing(fmt::format("Table {} is no partition of {} any more and cannot be taken into the task: {}",
                                    to_string(leaf.ref), to_string(root.source->ref), planned.error().message)));
    if (!planned || !*planned) continue;
    PlannedTable& table = **planned;
    bool was_empty = true;
    if (created)
      table.created = true;
    else {
      const std::vector<TargetTableState> states = TRY(inspect(std::span(&table.target, 1)));
      table.created = !states.front().exists;
      was_empty = !states.front().exists || states.front().empty;
    }
    TRY(take_in(std::move(table), was_empty));
    log_info(Component::task_manager, "Table {} is no partition of {} any more and is loaded for itself",
             log_name(leaf.ref), log_name(root.source->ref));
  }
  return {};
}

// Tables of the task that are partitions of a table to be loaded by now: their place is the partition's.
Result<void> TaskRunner::absorb_partitions() {
  if (!context_.tells_schema) return {};
  std::vector<TableRef> names;
  const std::set<size_t> unfinished = TRY(unfinished_tables());
  const std::set<size_t> pending = pending_tables();
  for (size_t t = 0; t < context_.tables.size(); ++t)
    if (context_.tables[t].target.source->partitioned && !is_suspended(t) &&
        (unfinished.contains(t) || pending.contains(t)))
      names.push_back(context_.tables[t].target.source->ref);
  if (names.empty()) return {};
  for (const TableDef& root : TRY(source_->catalog().describe(names)))
    for (const LeafDef& leaf : root.leaves) {
      const std::optional<size_t> table = table_by_id(leaf.log_id);
      if (!table) continue;
      const TargetTable absorbed = context_.tables[*table].target;
      log_info(Component::task_manager, "Table {} is a partition of {} by now and is loaded with it",
               log_name(absorbed.source->ref), log_name(root.ref));
      if (context_.tables[*table].created) TRY(target_->drop_tables(std::span(&absorbed.layout->ref, 1)));
      TRY(record_->update([&](std::string&, TaskDocument& document) {
        std::erase_if(document.tables, [&](const TableRecord& r) { return r.table == absorbed.source->ref; });
      }));
      forget_table(*table);
    }
  return {};
}

}  // namespace godwit
