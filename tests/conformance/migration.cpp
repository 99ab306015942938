#include "migration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "mapping/row_shaper.h"
#include "mapping/rules.h"

namespace godwit::conformance {
namespace {

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

// What the plans make of changes, as a task's capture does it. What becomes of values is seen on the target.
class ShapingChangeReader : public ChangeReader {
 public:
  ShapingChangeReader(std::unique_ptr<ChangeReader> inner, std::vector<TargetTable> tables)
      : inner_(std::move(inner)), tables_(std::move(tables)) {
    for (const TargetTable& table : tables_)
      shapers_.push_back(table.shape ? must(RowShaper::open(table)) : std::unique_ptr<RowShaper>());
  }

  Result<void> read(ChangeBatch& batch, int wait_ms, std::stop_token stop) override {
    TRY(inner_->read(batch, wait_ms, stop));
    std::vector<RowBatch> images(batch.images.size());
    for (size_t t = 0; t < images.size(); ++t) images[t].layout = tables_[t].layout;
    for (Change& change : batch.changes)
      if (shapers_[change.table] && change.op != Op::truncate) TRY(shape(change, batch, images[change.table]));
    for (size_t t = 0; t < images.size(); ++t)
      if (shapers_[t]) batch.images[t] = std::move(images[t]);
    return {};
  }
  void release_until(const Position& durable) override { inner_->release_until(durable); }
  Result<void> keep_alive() override { return inner_->keep_alive(); }
  void go_on() override { inner_->go_on(); }

 private:
  Result<void> shape(Change& change, const ChangeBatch& batch, RowBatch& out) {
    std::vector<ShapeFinding> findings;
    const uint32_t table = change.table;
    const std::optional<Change> shaped =
        TRY(shapers_[table]->shape_change(change, batch.images[table], {}, out, findings));
    if (!shaped) throw std::runtime_error("a change was left out, although no filter asks for it");
    change = *shaped;
    change.table = table;
    return {};
  }

  std::unique_ptr<ChangeReader> inner_;
  std::vector<TargetTable> tables_;
  std::vector<std::unique_ptr<RowShaper>> shapers_;  // by table; null: its rows go as they are
};

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
  target_lane_ = open_target("lane-1");
  applier_ = open_target("apply");
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
  for (const TableSpec* table : tables) {
    names.push_back(table->ref);
    if (range_bytes < one_range) quirks_.analyze(*table);
  }
  PlanOptions options;
  options.types_for = [this](const TableDef& layout) { return target_->types_for(layout, TypeMapping::lossless); };
  std::vector<std::string> warnings;
  for (TableDef& def : must(source_->catalog().describe(names))) {
    auto full = std::make_shared<const TableDef>(std::move(def));
    ranges_.push_back(must(source_->split(*full, range_bytes)));
    tables_.push_back(must(plan_table(default_rules(), options, std::move(full), warnings)));
  }
  if (tables_.size() != tables.size()) throw std::runtime_error("the source's catalog lacks a table");
  must(target_->create_control_tables());
}

std::vector<Encoding> Migration::encodings_of(const TargetTable& table) const {
  if (table.shape && table.shape->shapes_rows) return {Encoding::canonical};
  std::vector<Encoding> out;
  for (const Encoding encoding : target_->accepts(*table.layout))
    if (std::ranges::find(source_->writes(), encoding) != source_->writes().end()) out.push_back(encoding);
  if (out.empty()) throw std::runtime_error("the ends have no encoding in common");
  return out;
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

std::function<bool(RowBatch&)> Migration::shaped(TableReader& reader, const TargetTable& table) {
  if (!table.shape || !table.shape->shapes_rows)
    return [&reader](RowBatch& batch) { return must(reader.read(batch, {})); };
  std::shared_ptr<RowShaper> shaper = must(RowShaper::open(table));
  return [&reader, &table, shaper](RowBatch& batch) {
    RowBatch raw;
    if (!must(reader.read(raw, {}))) return false;
    std::vector<ShapeFinding> findings;
    batch = RowBatch();
    batch.layout = table.layout;
    must(shaper->shape_rows(raw, batch, 0, findings));
    return true;
  };
}

void Migration::copy_slice(const TargetTable& table, const TableRange& range, Encoding encoding) {
  auto reader = must(lane_->read_table(range, table.read, std::span(&encoding, 1)));
  auto writer = must(target_lane_->load_table(task_id, table, range, encoding, {}));
  const auto next = shaped(*reader, table);
  RowBatch batch;
  while (next(batch)) {
    if (batch.encoding != encoding)
      throw std::runtime_error("the source wrote another encoding than it was asked for");
    must(writer->write(batch, nullptr));
  }
  must(writer->finish(reader->rows_sent(), snapshot_.position));
}

std::vector<RowBatch> Migration::read_slice(const TargetTable& table, const TableRange& range, Encoding encoding) {
  must(lane_->join_snapshot(snapshot_.id));
  auto reader = must(lane_->read_table(range, table.read, std::span(&encoding, 1)));
  const auto next = shaped(*reader, table);
  std::vector<RowBatch> batches(1);
  while (next(batches.back())) batches.emplace_back();
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
  auto reader = must(session.read_changes(capture_spec(), after, captured));
  return std::make_unique<ShapingChangeReader>(std::move(reader), tables_);
}

void Migration::follow(ApplyMode mode) {
  if (!capture_) capture_ = open_source("capture");
  Position expected = position();
  auto reader = open_reader(*capture_, expected);
  auto writer = must(applier_->apply_changes(task_id));
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
