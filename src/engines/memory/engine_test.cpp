#include "engines/memory/engine.h"

#include <gtest/gtest.h>

#include <atomic>

namespace godwit {
namespace {

const TableRef table_ref{"s", "t"};

TableDef two_columns() {
  TableDef def;
  def.ref = table_ref;
  for (const char* name : {"id", "value"}) {
    ColumnDef column;
    column.name = name;
    column.type.native = "text";
    def.columns.push_back(std::move(column));
  }
  def.key = KeyDef{"t_pkey", {0}};
  def.identity = RowIdentity::key;
  return def;
}

// A source and a target database of the same table, with one session on each.
class MemoryEngine : public testing::Test {
 protected:
  void SetUp() override {
    static std::atomic<int> next = 0;
    name_ = "memory_engine_test_" + std::to_string(++next);
    for (MemoryDatabase* database : {&source_db(), &target_db()})
      database->create_table(two_columns(), {{"value_key", {1}}});
    def_ = std::make_shared<const TableDef>(two_columns());
    plan_ = {def_, def_, def_};
    source_ = open_source();
    target_ = open_target();
    spec_ = {"task", "target", {def_.get()}, 1};
  }

  MemoryDatabase& source_db() { return memory_database(name_ + "_source"); }
  MemoryDatabase& target_db() { return memory_database(name_ + "_target"); }
  std::unique_ptr<Source> open_source() {
    return *memory_engine().open_source(*parse_endpoint("memory://local/" + name_ + "_source"), {"task", "main", {}});
  }
  std::unique_ptr<Target> open_target() {
    ControlTables control;
    control.status = true;
    return *memory_engine().open_target(*parse_endpoint("memory://local/" + name_ + "_target"),
                                        {"task", "main", control});
  }
  std::unique_ptr<ChangeReader> open_reader(const Position& after) {
    const CapturedTable captured{def_, def_, {}};
    return *source_->read_changes(spec_, after, std::span(&captured, 1));
  }
  ChangeBatch read(ChangeReader& reader) {
    ChangeBatch batch;
    EXPECT_TRUE(reader.read(batch, 0, {}));
    return batch;
  }
  void insert(MemoryDatabase& database, const std::string& id, const std::string& value) {
    const auto committed = database.begin().insert(table_ref, {id, value}).commit();
    ASSERT_TRUE(committed) << committed.error().message;
  }
  // Applies one insert and commits it at `next`.
  Result<void> apply_insert(ChangeWriter& writer, const std::string& id, const Position& from, const Position& next) {
    RowBatch batch;
    batch.layout = def_;
    batch.append_value(id);
    batch.append_value("value " + id);
    batch.end_row();
    const ChangeView view{&plan_, Op::insert, nullptr, &batch, Change::no_row, 0};
    TRY(writer.begin(from));
    const auto progress = TRY(writer.apply_in_order(std::span(&view, 1)));
    if (progress.done != 1) return Failure(progress.stopped_at.error);
    return writer.commit(next);
  }

  std::string name_;
  std::shared_ptr<const TableDef> def_;
  TargetTable plan_;
  CaptureSpec spec_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Target> target_;
};

const Position first{"00000000/00000001"}, second{"00000000/00000002"}, third{"00000000/00000003"};

TEST_F(MemoryEngine, ListsTheSchemasOfItsTablesAndSaysWhoItIs) {
  const Endpoint endpoint = *parse_endpoint("memory://local/" + name_ + "_source");
  for (const EndpointRole role : {EndpointRole::source, EndpointRole::target}) {
    EXPECT_EQ(memory_engine().list_schemas(endpoint, role).value(), std::vector<std::string>{"s"});
    EXPECT_TRUE(memory_engine().probe(endpoint, role).has_value());
  }
  EXPECT_TRUE(memory_engine().endpoint_form().engines.empty());
}

TEST_F(MemoryEngine, a_transaction_with_one_bad_statement_does_nothing) {
  insert(source_db(), "1", "a");
  const Position before = source_db().position();
  const auto duplicate = source_db().begin().insert(table_ref, {"2", "b"}).insert(table_ref, {"3", "a"}).commit();
  ASSERT_FALSE(duplicate);
  EXPECT_EQ(duplicate.error().kind, ErrorKind::conflict);
  EXPECT_FALSE(source_db().begin().erase(table_ref, {"9"}).commit());
  EXPECT_FALSE(source_db().begin().insert({"s", "none"}, {"1"}).commit());
  EXPECT_EQ(source_db().rows(table_ref), (std::vector<MemoryRow>{{"1", "a"}}));
  EXPECT_EQ(source_db().position(), before);
}

TEST_F(MemoryEngine, positions_sort_as_text_and_are_read_in_any_spelling) {
  Position last;
  for (int i = 0; i < 100; ++i) {
    insert(source_db(), std::to_string(i), std::to_string(i));
    EXPECT_TRUE(source_->compare(last, source_db().position()) < 0);
    last = source_db().position();
  }
  EXPECT_EQ(source_->parse_position("4AF/b0"), Position{"000004AF/000000B0"});
  for (const std::string_view bad : {"", "1", "/", "1/", "/1", "1/g", "1/123456789", "1/1/1", " 1/1"})
    EXPECT_FALSE(source_->parse_position(bad)) << bad;
}

TEST_F(MemoryEngine, a_snapshot_keeps_rows_that_are_gone_since) {
  insert(source_db(), "1", "a");
  const auto range = (*source_->split(*def_, 1000))[0];
  const Snapshot snapshot = *source_->open_snapshot({});
  ASSERT_TRUE(source_db().begin().truncate(table_ref).commit());
  auto lane = open_source();
  ASSERT_TRUE(lane->join_snapshot(snapshot.id));
  const Encoding canonical = Encoding::canonical;
  auto reader = *lane->read_table(range, def_, std::span(&canonical, 1));
  RowBatch batch;
  EXPECT_TRUE(*reader->read(batch, {}));
  EXPECT_EQ(batch.rows, 1U);
  EXPECT_FALSE(*reader->read(batch, {}));
  EXPECT_EQ(source_db().snapshot_count(), 1U);
  source_.reset();
  EXPECT_EQ(source_db().snapshot_count(), 0U);
  EXPECT_EQ(open_source()->join_snapshot(snapshot.id).error().kind, ErrorKind::snapshot_lost);
}

TEST_F(MemoryEngine, lost_snapshots_cannot_be_joined_and_the_slot_goes_on) {
  const Snapshot snapshot = *source_->begin_capture(spec_);
  source_db().lose_snapshots();
  EXPECT_EQ(source_->join_snapshot(snapshot.id).error().kind, ErrorKind::snapshot_lost);
  EXPECT_EQ(source_->capture_position(spec_), snapshot.position);
}

TEST_F(MemoryEngine, a_reader_opened_below_the_released_position_starts_there_in_silence) {
  const Snapshot snapshot = *source_->begin_capture(spec_);
  insert(source_db(), "1", "a");
  const Position released = source_db().position();
  insert(source_db(), "2", "b");
  auto reader = open_reader(snapshot.position);
  EXPECT_EQ(read(*reader).parts.size(), 2U);
  reader->release_until(released);
  EXPECT_EQ(source_db().slot_position(source_->capture_name("task", "target")), released);
  EXPECT_EQ(read(*open_reader(snapshot.position)).parts.size(), 1U);
  reader->release_until(snapshot.position);  // never backwards
  EXPECT_EQ(source_->capture_position(spec_), released);
}

TEST_F(MemoryEngine, a_transaction_may_span_batches) {
  const Snapshot snapshot = *source_->begin_capture(spec_);
  source_db().limit_changes_per_batch(2);
  MemoryTransaction transaction = source_db().begin();
  for (int i = 0; i < 5; ++i) transaction.insert(table_ref, {std::to_string(i), std::to_string(i)});
  const Position commit = *transaction.commit();
  auto reader = open_reader(snapshot.position);
  for (const size_t count : {2U, 2U, 1U}) {
    const ChangeBatch batch = read(*reader);
    ASSERT_EQ(batch.parts.size(), 1U);
    EXPECT_EQ(batch.parts[0].count, count);
    EXPECT_EQ(batch.parts[0].commit, commit);
    const bool last = batch.parts[0].kind == TxnPart::Kind::commit;
    EXPECT_EQ(last, count == 1U);
    EXPECT_EQ(batch.read_to, last ? source_db().position() : commit);
  }
}

TEST_F(MemoryEngine, a_changed_structure_is_told_once_and_the_table_stays_silent) {
  const Snapshot snapshot = *source_->begin_capture(spec_);
  insert(source_db(), "1", "a");
  TableDef wider = two_columns();
  wider.columns.push_back(wider.columns[1]);
  wider.columns[2].name = "more";
  ASSERT_TRUE(source_db().change_table(wider, [](MemoryRow row) {
    row.emplace_back();
    return row;
  }));
  for (const char* id : {"2", "3"}) ASSERT_TRUE(source_db().begin().insert(table_ref, {id, id, "x"}).commit());
  const ChangeBatch batch = read(*open_reader(snapshot.position));
  EXPECT_EQ(batch.changes.size(), 1U);
  ASSERT_EQ(batch.schema.size(), 1U);
  EXPECT_EQ(batch.schema[0].before_change, 1U);
  EXPECT_NE(batch.schema[0].what.find("more"), std::string::npos);
}

TEST_F(MemoryEngine, a_lost_slot_and_a_cut_connection_are_told_apart) {
  const Snapshot snapshot = *source_->begin_capture(spec_);
  auto reader = open_reader(snapshot.position);
  ChangeBatch batch;
  source_db().cut_connections();
  EXPECT_EQ(reader->read(batch, 0, {}).error().kind, ErrorKind::connection);
  EXPECT_EQ(source_->mark_now().error().kind, ErrorKind::connection);
  source_ = open_source();
  reader = open_reader(snapshot.position);
  source_db().lose_slots("too old");
  EXPECT_EQ(reader->read(batch, 0, {}).error().kind, ErrorKind::fatal);
  EXPECT_EQ(source_->capture_position(spec_).error().kind, ErrorKind::fatal);
}

TEST_F(MemoryEngine, a_failed_commit_leaves_nothing_and_a_lost_answer_leaves_all) {
  ASSERT_TRUE(target_->start_position("task", first));
  auto writer = *target_->apply_changes("task");
  target_db().fail_commits(1);
  EXPECT_EQ(apply_insert(*writer, "1", first, second).error().kind, ErrorKind::connection);
  EXPECT_EQ(target_db().task_position("task"), first);
  EXPECT_TRUE(target_db().rows(table_ref).empty());
  writer->rollback();
  target_db().lose_commit_answers(1);
  EXPECT_EQ(apply_insert(*writer, "1", first, second).error().kind, ErrorKind::connection);
  EXPECT_EQ(target_db().task_position("task"), second);
  EXPECT_EQ(target_db().rows(table_ref).size(), 1U);
  EXPECT_EQ(target_db().commits(), 1U);
  EXPECT_EQ(writer->begin(second).error().kind, ErrorKind::connection);
}

TEST_F(MemoryEngine, of_two_open_windows_one_is_superseded_at_its_commit) {
  ASSERT_TRUE(target_->start_position("task", first));
  auto one = *target_->apply_changes("task"), other = *target_->apply_changes("task");
  ASSERT_TRUE(one->begin(first));
  ASSERT_TRUE(other->begin(first));
  ASSERT_TRUE(one->commit(second));
  EXPECT_EQ(other->commit(third).error().kind, ErrorKind::superseded);
  EXPECT_EQ(target_db().task_position("task"), second);
}

TEST_F(MemoryEngine, a_table_changed_by_another_hand_makes_the_window_transient) {
  ASSERT_TRUE(target_->start_position("task", first));
  auto writer = *target_->apply_changes("task");
  RowBatch batch;
  batch.layout = def_;
  batch.append_value("1");
  batch.append_value("a");
  batch.end_row();
  const ChangeView view{&plan_, Op::insert, nullptr, &batch, Change::no_row, 0};
  ASSERT_TRUE(writer->begin(first));
  ASSERT_TRUE(writer->apply_in_order(std::span(&view, 1)));
  insert(target_db(), "9", "z");
  EXPECT_EQ(writer->commit(second).error().kind, ErrorKind::transient);
  writer->rollback();
  EXPECT_TRUE(apply_insert(*writer, "1", first, second));
  EXPECT_EQ(target_db().rows(table_ref).size(), 2U);
}

TEST_F(MemoryEngine, durable_stays_behind_until_it_is_forced) {
  ASSERT_TRUE(target_->start_position("task", first));
  auto writer = *target_->apply_changes("task");
  target_db().delay_flush(true);
  ASSERT_TRUE(apply_insert(*writer, "1", first, second));
  EXPECT_EQ(writer->durable(false), first);
  EXPECT_EQ(writer->durable(true), second);
  EXPECT_EQ(writer->durable(false), second);
}

TEST_F(MemoryEngine, rows_are_refused_while_a_test_asks_for_it) {
  ASSERT_TRUE(target_->start_position("task", first));
  auto writer = *target_->apply_changes("task");
  target_db().refuse_rows(table_ref, [](const MemoryRow& row) { return row[0] == "1"; });
  EXPECT_EQ(apply_insert(*writer, "1", first, second).error().kind, ErrorKind::data);
  writer->rollback();
  EXPECT_TRUE(apply_insert(*writer, "2", first, second));
  target_db().refuse_rows(table_ref, {});
  EXPECT_TRUE(apply_insert(*writer, "1", second, third));
}

TEST_F(MemoryEngine, sessions_of_an_earlier_worker_can_be_ended) {
  auto old = open_target();
  ASSERT_TRUE(target_->start_position("task", first));
  auto writer = *old->apply_changes("task");
  ASSERT_TRUE(writer->begin(first));
  ASSERT_TRUE(target_->end_leftover_sessions());
  EXPECT_EQ(writer->commit(second).error().kind, ErrorKind::connection);
  EXPECT_EQ(target_->read_position("task"), first);
}

TEST_F(MemoryEngine, objects_build_a_table_and_its_keys_on_an_empty_target) {
  target_db().drop_table(table_ref);
  const auto objects = *source_->catalog().read_objects(std::span(def_.get(), 1));
  ASSERT_EQ(objects.size(), 3U);
  for (const bool fresh : {true, false})
    for (const ObjectDef& object : objects) EXPECT_EQ(target_->build(object, std::span(&plan_, 1)), fresh);
  insert(target_db(), "1", "a");
  EXPECT_FALSE(target_db().begin().insert(table_ref, {"1", "b"}).commit());
  EXPECT_FALSE(target_db().begin().insert(table_ref, {"2", "a"}).commit());
  const auto state = (*target_->inspect(std::span(&plan_, 1)))[0];
  EXPECT_TRUE(state.exists && !state.empty && state.has_primary_key && state.missing_columns.empty());
}

TEST_F(MemoryEngine, updates_and_deletes_of_a_table_without_identity_are_only_counted) {
  TableDef keyless = two_columns();
  keyless.key.reset();
  keyless.identity = RowIdentity::none;
  source_db().create_table(keyless);
  def_ = std::make_shared<const TableDef>(keyless);
  spec_.tables = {def_.get()};
  const Snapshot snapshot = *source_->begin_capture(spec_);
  insert(source_db(), "1", "a");
  ASSERT_TRUE(source_db().begin().update(table_ref, {"1", "a"}, {"1", "b"}).commit());
  ASSERT_TRUE(source_db().begin().erase(table_ref, {"1", "b"}).commit());
  EXPECT_EQ(read(*open_reader(snapshot.position)).changes.size(), 1U);
  const auto counters = (*source_->count_changes(std::span(&table_ref, 1)))[0];
  EXPECT_EQ(counters.updates, 1U);
  EXPECT_EQ(counters.deletes, 1U);
}

TEST_F(MemoryEngine, a_copied_table_shares_no_later_change) {
  for (int i = 0; i < 2000; ++i) insert(source_db(), std::to_string(i), std::to_string(i));
  source_db().limit_rows_per_range(300);
  const auto ranges = *source_->split(*def_, UINT64_MAX);
  EXPECT_EQ(ranges.size(), 7U);
  const Snapshot snapshot = *source_->open_snapshot({});
  for (int i = 0; i < 2000; i += 2) ASSERT_TRUE(source_db().begin().erase(table_ref, {std::to_string(i)}).commit());
  ASSERT_TRUE(source_->join_snapshot(snapshot.id));
  const Encoding canonical = Encoding::canonical;
  uint64_t rows = 0;
  for (const TableRange& range : ranges) {
    auto reader = *source_->read_table(range, def_, std::span(&canonical, 1));
    RowBatch batch;
    while (*reader->read(batch, {})) rows += batch.rows;
  }
  EXPECT_EQ(rows, 2000U);
  EXPECT_EQ(source_db().rows(table_ref).size(), 1000U);
}

}  // namespace
}  // namespace godwit
