// Tables that a user asked to be loaded again, and what an earlier worker counted.

#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "task/errors.h"
#include "task/runner.h"

namespace godwit {

void TaskRunner::reload(std::vector<TableRef> tables, std::function<void()> taken) {
  // While tables are loaded the state is the lanes' to move.
  if (progress_.phase() == "change processing")
    progress_.change([&](TaskStatistics& statistics) {
      for (TableStatistics& table : statistics.tables) {
        if (std::ranges::find(tables, table.table) == tables.end()) continue;
        table.state = TableState::reloading;
        table.reloaded = true;
      }
    });
  const std::lock_guard lock(orders_mutex_);
  orders_.push_back({std::move(tables), std::move(taken)});
  reloads_wanted_ = true;
}

// Under DO_NOTHING a table is emptied only if it was empty before its load (engine.md §1), or is now.
Result<bool> TaskRunner::may_be_emptied(size_t table) {
  const TaskDocument document = record_->document();
  const TargetTable& target = context_.tables[table].target;
  const auto known = std::ranges::find(document.tables, target.source->ref, &TableRecord::table);
  if (known->was_empty) return true;
  return TRY(inspect(std::span(&target, 1)))
  .front().empty;
}

// Those of the names that can be loaded again; the log says why the others cannot.
Result<std::vector<size_t>> TaskRunner::reloadable(std::span<const TableRef> tables) {
  std::vector<size_t> out;
  const TaskDocument document = record_->document();
  for (const TableRef& name : tables) {
    const auto at = std::ranges::find_if(context_.tables,
                                         [&](const PlannedTable& table) { return table.target.source->ref == name; });
    const auto known = std::ranges::find(document.tables, name, &TableRecord::table);
    if (at == context_.tables.end() || known == document.tables.end()) {
      log_error(Component::task_manager, "{}", errors::reload_unknown(name).message);
      continue;
    }
    const auto t = static_cast<size_t>(at - context_.tables.begin());
    const bool may = TRY(may_be_emptied(t));
    if (!may) {
      log_error(Component::task_manager, "{}", errors::reload_would_empty(name).message);
      progress_.change_table(t, [&](TableStatistics& s) {
        if (s.state != TableState::reloading) return;
        s.state = known->suspended.empty() ? TableState::completed : TableState::error;
        s.reloaded = false;
      });
      continue;
    }
    if (std::ranges::find(out, t) == out.end()) out.push_back(t);
  }
  return out;
}

// From here on the record says that these rows are to come. Their order stands until it does.
Result<void> TaskRunner::take_up_reloads() {
  std::vector<TableRef> names;
  size_t orders = 0;
  {
    const std::lock_guard lock(orders_mutex_);
    orders = orders_.size();
    for (const ReloadOrder& order : orders_) names.insert(names.end(), order.tables.begin(), order.tables.end());
  }
  const std::vector<size_t> wanted = TRY(reloadable(names));
  if (!wanted.empty())
    TRY(record_->update([&](std::string& phase, TaskDocument& document) {
      for (const size_t t : wanted) {
        TableRecord* record = record_of(document, context_.tables[t].target.source->ref);
        record->pending = true;
        record->was_empty = true;
        record->suspended.clear();
        record->suspend_reason.clear();
        record->may_be.reset();
      }
      phase = "loading";
    }));
  failpoint(failpoints::reload_taken);
  for (const size_t t : wanted) {
    const TableRef& name = context_.tables[t].target.source->ref;
    reloads_.erase(t);  // what was rewritten meanwhile has nothing to do with it
    log_info(Component::task_manager, "Table {} is loaded again, as a user asked", log_name(name));
    progress_.change_table(t, [](TableStatistics& s) {
      s.state = TableState::reloading;
      s.reloaded = true;
      s.reason.clear();
    });
    if (auto told = target_->write_suspended(context_.task_id, name, "", false); !told)
      log_error(Component::task_manager, "{}",
                errors::control_table_unwritten("awsdms_suspended_tables", told.error()).message);
  }
  capture_.reset();  // the stream is opened again with the tables as they are then
  spool_.reset();
  std::vector<ReloadOrder> done;
  {
    const std::lock_guard lock(orders_mutex_);
    const auto end = orders_.begin() + static_cast<std::ptrdiff_t>(orders);
    done.assign(std::move_iterator(orders_.begin()), std::move_iterator(end));
    orders_.erase(orders_.begin(), end);
    reloads_wanted_ = !orders_.empty();
  }
  for (const ReloadOrder& order : done)
    if (order.taken) order.taken();
  return {};
}

// What a reload has recorded and not yet emptied: by this worker, or by one that died in between.
Result<void> TaskRunner::clear_tables() {
  const TaskDocument document = record_->document();
  bool any = false;
  for (const PlannedTable& table : context_.tables) {
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    if (known == document.tables.end() || !known->clearing || known->pending) continue;
    any = true;
    TRY(target_->empty_for_reload(context_.task_id, table.target));
  }
  if (!any) return {};
  return record_->update([](std::string&, TaskDocument& stored) {
    for (TableRecord& table : stored.tables) table.clearing = table.clearing && table.pending;
  });
}

// Counters go on from what an earlier worker told. What it had captured and not yet applied is captured again.
void TaskRunner::carry_statistics() {
  const bool loaded = record_->phase() == "following" || record_->phase() == "finished";
  progress_.change([&](TaskStatistics& statistics) {
    for (TableStatistics& table : statistics.tables) {
      const auto before = std::ranges::find(options_.carried, table.table, &TableStatistics::table);
      if (before == options_.carried.end()) continue;
      TableStatistics carried = *before;
      uint64_t left = unaccounted(carried);
      const auto take = [&](uint64_t& captured, uint64_t applied) {
        const uint64_t waits = std::min(left, captured - std::min(captured, applied));
        captured -= waits;
        left -= waits;
      };
      take(carried.inserts, carried.applied_inserts);
      take(carried.updates, carried.applied_updates);
      take(carried.deletes, carried.applied_deletes);
      carried.truncates = std::min(carried.truncates, carried.applied_truncates);
      carried.ddls = std::min(carried.ddls, carried.applied_ddls);
      carried.reason = table.reason;
      carried.estimated_rows = table.estimated_rows;
      carried.estimated_bytes = table.estimated_bytes;
      carried.slices = table.slices;
      carried.slices_done = table.slices_done;
      const bool completed = carried.state == TableState::completed && table.state != TableState::error;
      carried.state = loaded || !completed ? table.state : TableState::completed;
      table = std::move(carried);
    }
  });
}

}  // namespace godwit
