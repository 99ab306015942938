#include "migration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace godwit::conformance {
namespace {

std::shared_ptr<const TableDef> moved_columns(const TableDef& full) {
  TableDef moved = full;
  moved.columns.clear();
  std::vector<uint32_t> new_index(full.columns.size(), 0);
  for (uint32_t i = 0; i < full.columns.size(); ++i) {
    if (full.columns[i].generated) continue;
    new_index[i] = static_cast<uint32_t>(moved.columns.size());
    moved.columns.push_back(full.columns[i]);
  }
  if (moved.key)
    for (uint32_t& column : moved.key->columns) column = new_index[column];
  return std::make_shared<const TableDef>(std::move(moved));
}

bool same_key(const ChangeView& change) {
  if (change.op != Op::update || change.before == nullptr || !change.table->layout->key) return true;
  return std::ranges::all_of(change.table->layout->key->columns, [&](uint32_t column) {
    const Cell& after = change.after->cell(change.after_row, column);
    return after.length == Cell::unchanged || change.finder_bytes(column) == change.after->bytes(after);
  });
}

std::vector<std::string> key_of(const ChangeView& change) {
  std::vector<std::string> key;
  for (const uint32_t column : change.table->layout->key->columns) key.emplace_back(change.finder_bytes(column));
  return key;
}

// Whether the changes may stand in a set: no truncation, no key that changes, no key twice.
bool fits_sets(const std::vector<ChangeView>& changes) {
  std::vector<std::vector<std::string>> keys;
  for (const ChangeView& change : changes) {
    if (change.op == Op::truncate || !same_key(change)) return false;
    if (change.table->layout->key) keys.push_back(key_of(change));
  }
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) == keys.end();
}

bool fits_sets(const Migration& migration, const Delivered& transaction, uint32_t tables) {
  for (uint32_t i = 0; i < tables; ++i)
    if (!fits_sets(transaction.views(i, migration.table(i)))) return false;
  return true;
}

// False, and `why`: the sets of one table did not fit.
bool apply_as_sets(ChangeWriter& writer, const Migration& migration, const Delivered& transaction, uint32_t tables,
                   std::string& why) {
  for (uint32_t i = 0; i < tables; ++i) {
    const TargetTable& table = migration.table(i);
    const NetChanges net = net_of(transaction.views(i, table));
    if (must(writer.apply_sets(table, net, why))) continue;
    why = to_string(table.layout->ref) + ": " + why;
    return false;
  }
  return true;
}

std::string outcome_text(const ChangeView& change, const ChangeOutcome& outcome) {
  const std::string what = std::string(to_string(change.op)) + " on " + to_string(change.table->layout->ref);
  return outcome.kind == ChangeOutcome::Kind::no_row ? what + " found no row"
                                                     : what + " was refused: " + outcome.error.message;
}

// For the failure's message.
std::string tables_of(const Migration& migration, const Delivered& transaction) {
  std::set<std::string> names;
  for (const Delivered::Part& part : transaction.parts)
    for (uint32_t i = 0; i < part.part.count; ++i) {
      const TargetTable& table = migration.table(part.batch->changes[part.part.first + i].table);
      const std::string type = table.source->columns.back().type.native;
      names.insert(to_string(table.source->ref) + " (last column: " + type + ")");
    }
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void apply_run(ChangeWriter& writer, std::vector<ChangeView>& run) {
  const auto progress = must(writer.apply_in_order(run));
  if (progress.done < run.size()) throw std::runtime_error(outcome_text(run[progress.done], progress.stopped_at));
  run.clear();
}

void truncate_one(ChangeWriter& writer, const TargetTable& table, const Change& change) {
  const bool leaf = change.before_row != Change::no_row;
  const TableRef ref = leaf ? table.source->leaves[change.before_row].ref : table.layout->ref;
  must(writer.truncate(std::span(&ref, 1)));
}

void apply_in_order(ChangeWriter& writer, const Migration& migration, const Delivered& transaction) {
  std::vector<ChangeView> run;
  for (const Delivered::Part& part : transaction.parts)
    for (uint32_t i = 0; i < part.part.count; ++i) {
      const Change& change = part.batch->changes[part.part.first + i];
      const TargetTable& table = migration.table(change.table);
      if (change.op != Op::truncate) {
        run.push_back(view_of(table, *part.batch, change));
        continue;
      }
      apply_run(writer, run);
      truncate_one(writer, table, change);
    }
  apply_run(writer, run);
}

void apply_or_skip(ChangeWriter& writer, const Migration& migration, const Delivered& transaction, ApplyMode mode,
                   const Position& expected) {
  try {
    apply(writer, migration, transaction, mode, expected);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "a transaction on " << tables_of(migration, transaction) << " was not applied: " << error.what();
    writer.rollback();
    must(writer.begin(expected));
    must(writer.commit(transaction.commit().end));
  }
}

}  // namespace

ChangeView view_of(const TargetTable& table, const ChangeBatch& batch, const Change& change) {
  const RowBatch* images = change.op == Op::truncate ? nullptr : &batch.images[change.table];
  ChangeView view;
  view.table = &table;
  view.op = change.op;
  view.before_row = change.before_row;
  view.after_row = change.after_row;
  if (change.before_row != Change::no_row) view.before = images;
  if (change.after_row != Change::no_row) view.after = images;
  return view;
}

NetChanges net_of(const std::vector<ChangeView>& views) {
  NetChanges net;
  for (const ChangeView& view : views) {
    auto& set = view.op == Op::insert ? net.inserted : view.op == Op::update ? net.updated : net.erased;
    set.push_back(view);
  }
  return net;
}

std::vector<ChangeView> Delivered::views(uint32_t index, const TargetTable& table) const {
  std::vector<ChangeView> out;
  for (const Part& part : parts)
    for (uint32_t i = 0; i < part.part.count; ++i) {
      const Change& change = part.batch->changes[part.part.first + i];
      if (change.table == index) out.push_back(view_of(table, *part.batch, change));
    }
  return out;
}

size_t Delivered::changes() const {
  size_t count = 0;
  for (const Part& part : parts) count += part.part.count;
  return count;
}

std::vector<Delivered> read_until(ChangeReader& reader, const Source& source, const Position& until) {
  std::vector<Delivered> out;
  Delivered open;
  for (Position read_to; !open.parts.empty() || source.compare(read_to, until) < 0;) {
    auto batch = std::make_shared<ChangeBatch>();
    must(reader.read(*batch, 1000, {}));
    if (!batch->schema.empty()) throw std::runtime_error("unexpected change of structure: " + batch->schema[0].what);
    for (const TxnPart& part : batch->parts) {
      if (open.batches.empty() || open.batches.back() != batch) open.batches.push_back(batch);
      open.parts.push_back({batch.get(), part});
      if (part.kind == TxnPart::Kind::commit) out.push_back(std::exchange(open, Delivered()));
    }
    read_to = batch->read_to;
  }
  return out;
}

void apply(ChangeWriter& writer, const Migration& migration, const Delivered& transaction, ApplyMode mode,
           const Position& expected) {
  const auto tables = static_cast<uint32_t>(transaction.batches[0]->images.size());
  bool in_order = mode == ApplyMode::in_order || !fits_sets(migration, transaction, tables);
  must(writer.begin(expected));
  std::string why;
  if (!in_order && !apply_as_sets(writer, migration, transaction, tables, why)) {
    if (mode == ApplyMode::sets) throw std::runtime_error("sets did not fit " + why);
    writer.rollback();
    must(writer.begin(expected));
    in_order = true;
  }
  if (in_order) apply_in_order(writer, migration, transaction);
  must(writer.check_constraints());
  must(writer.commit(transaction.commit().end));
}

Migration::Migration(Pair& quirks) : quirks_(quirks) {
  source_ = open_source("main");
  lane_ = open_source("lane-1");
  target_ = open_target("main");
}

std::unique_ptr<Source> Migration::open_source(std::string_view role) const {
  return must(quirks_.engine(Side::source)
                  .open_source(quirks_.endpoint(Side::source), {std::string(task_id), std::string(role), {}}));
}

std::unique_ptr<Target> Migration::open_target(std::string_view role) const {
  return must(quirks_.engine(Side::target)
                  .open_target(quirks_.endpoint(Side::target), {std::string(task_id), std::string(role), {}}));
}

void Migration::plan(const std::vector<const TableSpec*>& tables, uint64_t range_bytes) {
  std::vector<TableRef> names;
  for (const TableSpec* table : tables) names.push_back(table->ref);
  for (TableDef& def : must(source_->catalog().describe(names))) {
    auto full = std::make_shared<const TableDef>(std::move(def));
    auto moved = moved_columns(*full);
    ranges_.push_back(must(source_->split(*full, range_bytes)));
    tables_.push_back({std::move(full), moved, layout_of(*moved)});
  }
  if (tables_.size() != tables.size()) throw std::runtime_error("the source's catalog lacks a table");
  must(target_->create_control_tables());
}

// Within a family the types are the source's. Across families they are those of the target's table, which is there;
// how its rows are identified is the source's still.
std::shared_ptr<const TableDef> Migration::layout_of(const TableDef& moved) {
  TableDef layout = moved;
  if (!quirks_.same_family()) {
    const TableDef there = must(target_->catalog().describe(std::vector{moved.ref})).at(0);
    for (ColumnDef& column : layout.columns)
      column.type = there.columns.at(find_column(there, column.name).value()).type;
  }
  return std::make_shared<const TableDef>(std::move(layout));
}

std::vector<Encoding> Migration::encodings_of(const TargetTable& table) const {
  const auto accepted = target_->accepts(*table.layout);
  if (quirks_.same_family()) return {accepted.begin(), accepted.end()};
  if (std::ranges::find(accepted, Encoding::canonical) == accepted.end())
    throw std::runtime_error("the target does not take canonical rows");
  return {Encoding::canonical};
}

CaptureSpec Migration::capture_spec() const {
  CaptureSpec spec;
  spec.task_id = task_id;
  spec.target_system = must(target_->identity()).system;
  spec.open_transactions_timeout_s = 60;
  for (const TargetTable& table : tables_) spec.tables.push_back(table.source.get());
  return spec;
}

void Migration::begin_capture() {
  snapshot_ = must(source_->begin_capture(capture_spec()));
  must(target_->start_position(task_id, snapshot_.position));
}

void Migration::load_slice(const TargetTable& table, const TableRange& range, Encoding encoding) {
  must(lane_->join_snapshot(snapshot_.id));
  try {
    copy_slice(table, range, encoding);
  } catch (...) {
    must(lane_->leave_snapshot());
    throw;
  }
  must(lane_->leave_snapshot());
}

void Migration::copy_slice(const TargetTable& table, const TableRange& range, Encoding encoding) {
  auto reader = must(lane_->read_table(range, table.read, std::span(&encoding, 1)));
  auto writer = must(target_->load_table(task_id, table, range, encoding, {}));
  RowBatch batch;
  while (must(reader->read(batch, {}))) {
    if (batch.encoding != encoding)
      throw std::runtime_error("the source wrote another encoding than it was asked for");
    must(writer->write(batch, nullptr));
  }
  must(writer->finish(reader->rows_sent(), snapshot_.position));
}

std::vector<RowBatch> Migration::read_slice(const TargetTable& table, const TableRange& range, Encoding encoding) {
  must(lane_->join_snapshot(snapshot_.id));
  auto reader = must(lane_->read_table(range, table.read, std::span(&encoding, 1)));
  std::vector<RowBatch> batches(1);
  while (must(reader->read(batches.back(), {}))) batches.emplace_back();
  batches.pop_back();
  reader.reset();
  must(lane_->leave_snapshot());
  return batches;
}

void Migration::load() {
  for (size_t i = 0; i < tables_.size(); ++i)
    for (const TableRange& range : ranges_[i]) load_slice(tables_[i], range, encoding_of(tables_[i]));
}

std::unique_ptr<ChangeReader> Migration::open_reader(Source& session, const Position& after) const {
  std::vector<CapturedTable> captured;
  for (const TargetTable& table : tables_) captured.push_back({table.source, table.read, {}});
  return must(session.read_changes(capture_spec(), after, captured));
}

void Migration::follow(ApplyMode mode) {
  if (!capture_) capture_ = open_source("capture");
  Position expected = position();
  auto reader = open_reader(*capture_, expected);
  auto writer = must(target_->apply_changes(task_id));
  for (const Delivered& transaction : read_until(*reader, *lane_, must(lane_->mark_now()))) {
    apply_or_skip(*writer, *this, transaction, mode, expected);
    expected = transaction.commit().end;
  }
  reader->release_until(must(writer->durable(true)));
  must(reader->keep_alive());
  reader.reset();
  capture_.reset();  // a session may follow the log once
}

const TargetTable& Migration::table(const TableSpec& spec) const {
  return *std::ranges::find_if(tables_, [&](const TargetTable& table) { return table.source->ref == spec.ref; });
}

const std::vector<TableRange>& Migration::ranges(const TableSpec& spec) const {
  return *std::ranges::find_if(ranges_, [&](const auto& ranges) { return ranges[0].table == spec.ref; });
}

Position Migration::position() {
  const auto stored = must(target_->read_position(task_id));
  if (!stored) throw std::runtime_error("the target holds no position for the task");
  return *stored;
}

}  // namespace godwit::conformance
