#include "task/merge.h"

#include <fmt/format.h>

#include "base/log.h"
#include "task/errors.h"
#include "task/load_slice.h"
#include "task/row_look_up.h"

namespace godwit {
namespace {

constexpr size_t keys_bytes = 1U << 20U;
constexpr int read_wait_ms = 500;

// The key's columns by their source names, in key order. The stream is read unshaped and unfiltered here: a row that
// has left the filter is deleted like any other that changed.
std::shared_ptr<const TableDef> key_layout(const TargetTable& table, std::span<const uint32_t> columns) {
  auto out = std::make_shared<TableDef>();
  out->ref = table.source->ref;
  for (const uint32_t c : columns) out->columns.push_back(table.read->columns[c]);
  return out;
}

// Gathers the keys of one table.
class Gathering {
 public:
  Gathering(const TargetTable& table, const MergeTable& plan)
      : table_(table), plan_(plan), columns_(source_key(table).value_or(std::vector<uint32_t>())) {
    batch_.layout = key_layout(table, columns_);
  }

  Result<void> open(const TaskContext& context) {
    session_ = TRY(context.open_target(fmt::format("lane-merge-{}", plan_.index)));
    busy_.emplace(context.interrupter, nullptr, session_.get());
    auto keys = session_->gather_keys(context.task_id, table_, batch_.layout);
    if (!keys) return settle(keys.error());
    keys_ = std::move(*keys);
    return {};
  }

  Result<void> take(const Change& change, const RowBatch& images) {
    if (!refused_.empty()) return {};
    if (change.op == Op::truncate) {
      refuse("it was truncated on the source meanwhile");
      return {};
    }
    const bool was = change.before_row != Change::no_row && append(images, change.before_row, Change::no_row);
    const bool is = change.after_row != Change::no_row && append(images, change.after_row, change.before_row);
    // Without its new key a row that came could not be told from one that is loaded.
    if (!is && (!was || change.after_row != Change::no_row)) refuse("its log names changed rows by another key");
    if (count_ > plan_.keys_max) refuse("more of its rows changed meanwhile than had been loaded");
    return batch_.arena.size() < keys_bytes ? Result<void>() : flush();
  }

  // What goes wrong with this table alone is no reason to end the task.
  Result<void> settle(const Error& error) {
    const bool of_table = error.kind == ErrorKind::table || error.kind == ErrorKind::data ||
                          error.kind == ErrorKind::conflict || error.sqlstate == "42883";  // no = for the key
    if (!of_table) return Failure(error);
    refuse(error.message);
    return {};
  }

  void refuse(std::string why) {
    if (refused_.empty()) refused_ = std::move(why);
  }

  Result<SliceResult> merge(const TaskContext& context, const MergePlan& plan, Source& source,
                            const std::stop_token& stop) {
    SliceJob job;
    job.table = &table_;
    job.range = plan_.line;
    job.task_id = context.task_id;
    job.snapshot_id = plan.snapshot_id;
    job.snapshot = plan.snapshot;
    job.context = &context;
    job.table_index = plan_.index;
    return merge_changed_rows(source, *keys_, job, plan_.storage, session_->accepts(*table_.layout), stop);
  }

  Result<void> flush() {
    if (!refused_.empty()) return {};
    auto added = keys_->add(batch_);
    if (!added) return settle(added.error());
    const auto layout = batch_.layout;
    batch_.clear();
    batch_.layout = layout;
    return {};
  }

  const TargetTable& table() const { return table_; }
  const std::string& refused() const { return refused_; }
  uint64_t count() const { return count_; }

 private:
  // An old row that the log carries in part is named by the new image; what an update did not touch of the key stands
  // in the old one.
  bool append(const RowBatch& images, uint32_t row, uint32_t old_row) {
    const auto cell_of = [&](uint32_t c) -> const Cell& {
      const Cell& cell = images.cell(row, c);
      return cell.length == Cell::unchanged && old_row != Change::no_row ? images.cell(old_row, c) : cell;
    };
    for (const uint32_t c : columns_)
      if (cell_of(c).length < 0) return false;
    for (const uint32_t c : columns_) batch_.append_value(images.bytes(cell_of(c)));
    batch_.end_row();
    ++count_;
    return true;
  }

  const TargetTable& table_;
  const MergeTable& plan_;
  const std::vector<uint32_t> columns_;  // of `read`, that make the key
  std::unique_ptr<Target> session_;
  std::optional<Interrupter::Busy> busy_;
  std::unique_ptr<ChangedKeys> keys_;
  RowBatch batch_;
  uint64_t count_ = 0;
  std::string refused_;
};

using Gatherings = std::map<uint32_t, Gathering>;  // by table

// Changes of other tables are not asked for: their streams start behind the last that is read here.
std::vector<CapturedTable> captured(const TaskContext& context, const MergePlan& plan) {
  std::vector<CapturedTable> out;
  for (const PlannedTable& table : context.tables) out.push_back({table.target.source, table.target.read, plan.mark});
  for (const MergeTable& table : plan.tables) out[table.index].from = table.since;
  return out;
}

bool concerns(const SchemaChange& change, const TableDef& table) {
  if (change.kind != SchemaChange::Kind::table && change.kind != SchemaChange::Kind::dropped) return false;
  if (!change.was.name.empty()) return change.was == table.ref;
  return change.log_id == table.log_id ||
         std::ranges::find(table.leaves, change.log_id, &LeafDef::log_id) != table.leaves.end();
}

// What the log tells of structure changes: the keys gathered so far may not be those of the table that is there now.
Result<void> take_structure(const SchemaEvent& event, Source& source, Gatherings& tables) {
  const SchemaChange change = TRY(source.read_schema_change(event.document));
  for (auto& [index, gathering] : tables)
    if (concerns(change, *gathering.table().source))
      gathering.refuse("its structure changed on the source meanwhile: " + change.command);
  return {};
}

// True: the snapshot's position is reached.
Result<bool> take_batch(const ChangeBatch& batch, const MergePlan& plan, Source& order, Gatherings& tables) {
  for (const SchemaEvent& event : batch.schema) {
    if (!event.document.empty() && order.compare(event.at, plan.snapshot) < 0)
      TRY(take_structure(event, order, tables));
    if (const auto at = tables.find(event.table); at != tables.end())
      at->second.refuse(event.unreadable ? event.what
                                         : "its structure changed on the source meanwhile: " + event.what);
  }
  for (const TxnPart& part : batch.parts) {
    if (order.compare(part.commit, plan.snapshot) >= 0) return true;
    for (uint32_t i = part.first; i < part.first + part.count; ++i) {
      const Change& change = batch.changes[i];
      const auto at = tables.find(change.table);
      if (at != tables.end()) TRY(at->second.take(change, batch.images[change.table]));
    }
  }
  const bool told_later = std::ranges::any_of(batch.schema, [&](const SchemaEvent& event) {
    return !event.document.empty() && order.compare(event.at, plan.mark) >= 0;
  });
  return told_later || order.compare(batch.read_to, plan.mark) >= 0;
}

Result<void> gather(const TaskContext& context, const MergePlan& plan, Source& source, Gatherings& tables,
                    const std::stop_token& stop) {
  const std::vector<CapturedTable> wanted = captured(context, plan);
  std::unique_ptr<ChangeReader> reader = TRY(source.read_changes(context.capture_spec(), plan.stream_start, wanted));
  log_debug(Component::source_capture,
            "A change stream for the keys that changed is open at position {}, for {} tables", plan.stream_start.text,
            wanted.size());
  ChangeBatch batch;
  for (;;) {
    if (stop.stop_requested()) return Failure(errors::stopped());
    TRY(reader->read(batch, read_wait_ms, stop));
    const bool reached = TRY(take_batch(batch, plan, source, tables));
    if (reached) return {};
    reader->go_on();  // a structure change that was told is taken
  }
}

}  // namespace

Result<std::map<size_t, std::string>> merge_tables(const TaskContext& context, const MergePlan& plan, Source& source,
                                                   const std::stop_token& stop) {
  std::map<size_t, std::string> refused;
  Gatherings tables;
  for (const MergeTable& table : plan.tables) {
    const auto [at, fresh] =
        tables.try_emplace(static_cast<uint32_t>(table.index), context.tables[table.index].target, table);
    TRY(at->second.open(context));
  }
  TRY(gather(context, plan, source, tables, stop));
  for (auto& [index, table] : tables) {
    TRY(table.flush());
    if (!table.refused().empty()) {
      refused[index] = table.refused();
      continue;
    }
    std::unique_ptr<Source> reader = TRY(context.open_source("merge"));
    const Interrupter::Busy busy(context.interrupter, reader.get(), nullptr);
    auto merged = table.merge(context, plan, *reader, stop);
    if (!merged) {
      TRY(table.settle(merged.error()));
      refused[index] = table.refused();
      continue;
    }
    log_info(Component::task_manager,
             "Load of table {} goes on from position {}: {} keys of changed rows were gathered from the log, {} rows "
             "merged",
             log_name(table.table().source->ref), plan.snapshot.text, table.count(), merged->rows_read);
  }
  return refused;
}

}  // namespace godwit
