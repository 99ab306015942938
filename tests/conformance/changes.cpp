// Changes: what each kind does to the target, and what a writer answers when one does not fit.

#include <algorithm>

#include "suite.h"

namespace godwit::conformance {
namespace {

// A loaded table, the changes that came after, and a writer with an open transaction.
class OpenWindow {
 public:
  OpenWindow(Pair& quirks, const TableSpec& table) : migration(quirks) {
    migration.plan({&table});
    migration.begin_capture();
    migration.load();
  }
  void read() {
    session_ = migration.open_source("capture");
    reader_ = migration.open_reader(*session_, migration.position());
    transactions = read_until(*reader_, migration.source(), must(migration.source().mark_now()));
    writer = must(migration.applier().apply_changes(Migration::task_id));
    must(writer->begin(migration.position()));
  }
  std::vector<ChangeView> views(size_t transaction = 0) const {
    return transactions[transaction].views(0, migration.table(0));
  }

  Migration migration;
  std::vector<Delivered> transactions;
  std::unique_ptr<ChangeWriter> writer;

 private:
  std::unique_ptr<Source> session_;
  std::unique_ptr<ChangeReader> reader_;
};

const Position somewhere_else{"FFFFFFFF/00000000"};

TEST_P(Conformance, deletes_take_exactly_their_rows) {
  const TableSpec table = plain("deleted");
  create(table);
  std::vector<Statement> all;
  for (int i = 0; i < 50; ++i) all.push_back(insert(table, {std::to_string(i), "v"}));
  run(all);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  int id = 0;
  for (const ApplyMode mode : both_modes) {
    run({erase(table, {std::to_string(id)}), erase(table, {std::to_string(id + 1)})});
    run({erase(table, {std::to_string(id + 2)}), insert(table, {std::to_string(id + 2), "again"})});
    id += 3;
    migration.follow(mode);
    expect_equal(table);
  }
}

TEST_P(Conformance, key_updates_move_the_row) {
  const TableSpec table = plain("moved");
  create(table);
  run({insert(table, {"1", "one"}), insert(table, {"2", "two"}), insert(table, {"3", "three"})});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  run({update(table, {"1"}, {{"id", "10"}})});
  run({update(table, {"2"}, {{"id", "-1"}}), update(table, {"3"}, {{"id", "2"}}),
       update(table, {"-1"}, {{"id", "3"}})});
  run({update(table, {"10"}, {{"id", "11"}, {"value", {}}}), insert(table, {"10", "new"})});
  migration.follow(ApplyMode::in_order);
  expect_equal(table);
}

TEST_P(Conformance, truncate_empties_the_table_in_its_place_of_the_order) {
  if (const auto reason = quirks().lacks(Ability::truncate_in_the_log)) GTEST_SKIP() << *reason;
  const TableSpec whole = plain("emptied");
  TableSpec parted = plain("emptied_parts");
  parted.leaves = {"emptied_parts_a", "emptied_parts_b"};
  std::vector<const TableSpec*> tables = {&whole};
  if (quirks().same_family()) tables.push_back(&parted);  // elsewhere it has no partitions to empty
  for (const TableSpec* table : tables) {
    create(*table);
    run({insert(*table, {"1", "a"}), insert(*table, {"2", "b"}), insert(*table, {"3", "c"})});
  }
  Migration migration(quirks());
  migration.plan(tables);
  migration.begin_capture();
  migration.load();
  for (const TableSpec* table : tables) {
    run({insert(*table, {"4", "before"}), truncate(*table), insert(*table, {"5", "after"})});
    run({truncate(*table)});
    run({insert(*table, {"6", "later"})});
  }
  migration.follow(ApplyMode::in_order);
  for (const TableSpec* table : tables) expect_equal(*table);
}

TEST_P(Conformance, full_identity_without_a_key_touches_one_of_equal_rows) {
  if (!quirks().follows_full_identity()) GTEST_SKIP() << "the output plugin carries no whole old rows";
  const TableSpec table{name("keyless"), {{"a", quirks().integer_type()}, {"b", quirks().text_type()}}, {}, {}, true};
  create(table);
  for (int i = 0; i < 3; ++i) run({insert(table, {"1", "same"}), insert(table, {{}, {}})});
  Migration migration(quirks());
  migration.plan({&table});
  EXPECT_EQ(migration.table(table).source->identity, RowIdentity::full);
  migration.begin_capture();
  migration.load();
  run({erase(table, {"1", "same"})});
  run({update(table, {"1", "same"}, {{"b", "other"}}), update(table, {{}, {}}, {{"a", "7"}})});
  run({erase(table, {{}, {}}), insert(table, {"1", "same"})});
  migration.follow(ApplyMode::in_order);
  expect_equal(table);
}

// The target's copy is marked by hand: a value the log left out must not be written over it.
TEST_P(Conformance, values_the_log_left_out_are_never_written) {
  const TableSpec table{
      name("kept"),
      {{"id", quirks().integer_type(), true}, {"note", quirks().text_type()}, {"large", quirks().text_type()}},
      {"id"}};
  create(table);
  run({insert(table, {"1", "old", quirks().large_value('a')}),
       insert(table, {"2", "old", quirks().large_value('b')})});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  migration.load();
  quirks().run(Side::target,
               {update(table, {"1"}, {{"large", "marked"}}), update(table, {"2"}, {{"large", "marked"}})});
  run({update(table, {"1"}, {{"note", "sets"}})});
  migration.follow(ApplyMode::sets);
  run({update(table, {"2"}, {{"note", "order"}})});
  migration.follow(ApplyMode::in_order);
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"1", "sets", "marked"}, {"2", "order", "marked"}}));
  run({update(table, {"1"}, {{"id", "3"}})});
  migration.follow(ApplyMode::in_order);
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"2", "order", "marked"}, {"3", "sets", "marked"}}));
}

TEST_P(Conformance, a_change_that_finds_no_row_is_answered_so_and_leaves_no_trace) {
  const TableSpec table = plain("missing");
  create(table);
  run({insert(table, {"1", "a"}), insert(table, {"2", "b"}), insert(table, {"3", "c"})});
  OpenWindow window(quirks(), table);
  quirks().run(Side::target, {erase(table, {"2"})});
  run({update(table, {"1"}, {{"value", "x"}}), update(table, {"2"}, {{"value", "x"}}), erase(table, {"3"})});
  window.read();
  std::vector<ChangeView> views = window.views();
  auto progress = must(window.writer->apply_in_order(views));
  EXPECT_EQ(progress.done, 1U);
  EXPECT_EQ(progress.stopped_at.kind, ChangeOutcome::Kind::no_row);
  views.erase(views.begin(), views.begin() + 2);
  progress = must(window.writer->apply_in_order(views));
  EXPECT_EQ(progress.done, 1U);
  must(window.writer->commit(window.transactions[0].commit().end));
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"1", "x"}}));
}

TEST_P(Conformance, a_refused_change_is_answered_so_and_leaves_no_trace) {
  const TableSpec table = plain("refused");
  create(table);
  OpenWindow window(quirks(), table);
  quirks().run(Side::target, {insert(table, {"2", "there before"})});
  run({insert(table, {"1", "a"}), insert(table, {"2", "b"}), insert(table, {"3", "c"})});
  window.read();
  std::vector<ChangeView> views = window.views();
  auto progress = must(window.writer->apply_in_order(views));
  EXPECT_EQ(progress.done, 1U);
  EXPECT_EQ(progress.stopped_at.kind, ChangeOutcome::Kind::refused);
  EXPECT_EQ(progress.stopped_at.error.kind, ErrorKind::conflict);
  views.erase(views.begin(), views.begin() + 2);
  EXPECT_EQ(must(window.writer->apply_in_order(views)).done, 1U);
  must(window.writer->commit(window.transactions[0].commit().end));
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"1", "a"}, {"2", "there before"}, {"3", "c"}}));
}

TEST_P(Conformance, sets_that_collide_or_miss_are_undone_whole_and_say_why) {
  const TableSpec table = plain("collided");
  create(table);
  run({insert(table, {"1", "a"}), insert(table, {"2", "b"})});
  OpenWindow window(quirks(), table);
  quirks().run(Side::target, {insert(table, {"9", "there before"}), erase(table, {"2"})});
  run({insert(table, {"8", "new"}), insert(table, {"9", "collides"})});
  run({update(table, {"1"}, {{"value", "x"}}), update(table, {"2"}, {{"value", "misses"}})});
  run({erase(table, {"1"}), erase(table, {"2"})});
  window.read();
  ASSERT_EQ(window.transactions.size(), 3U);
  for (size_t i = 0; i < window.transactions.size(); ++i) {
    std::string why;
    EXPECT_FALSE(must(window.writer->apply_sets(window.migration.table(0), net_of(window.views(i)), why)));
    EXPECT_FALSE(why.empty());
  }
  must(window.writer->commit(window.transactions.back().commit().end));
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"1", "a"}, {"9", "there before"}}));
}

// One UPDATE … FROM cannot swap two values of a unique key; log order, through a third value, can.
TEST_P(Conformance, swapped_values_of_a_second_unique_key_are_replayed_in_order) {
  TableSpec table = plain("swapped");
  table.unique = {{"value"}};
  create(table);
  run({insert(table, {"1", "a"}), insert(table, {"2", "b"})});
  OpenWindow window(quirks(), table);
  run({update(table, {"1"}, {{"value", "aside"}}), update(table, {"2"}, {{"value", "a"}}),
       update(table, {"1"}, {{"value", "b"}})});
  window.read();
  const std::vector<ChangeView> views = window.views();
  std::string why;
  EXPECT_FALSE(must(window.writer->apply_sets(window.migration.table(0), net_of({views[1], views[2]}), why)));
  EXPECT_EQ(must(window.writer->apply_in_order(views)).done, 3U);
  must(window.writer->commit(window.transactions[0].commit().end));
  expect_equal(table);
}

TEST_P(Conformance, a_savepoint_keeps_what_came_before_it_and_moves_when_set_again) {
  const TableSpec table = plain("saved");
  create(table);
  OpenWindow window(quirks(), table);
  for (int i = 0; i < 4; ++i) run({insert(table, {std::to_string(i), "v"})});
  window.read();
  must(window.writer->apply_in_order(window.views(0)));
  must(window.writer->set_savepoint());
  must(window.writer->apply_in_order(window.views(1)));
  must(window.writer->undo_to_savepoint());
  must(window.writer->apply_in_order(window.views(2)));
  must(window.writer->set_savepoint());
  must(window.writer->apply_in_order(window.views(3)));
  must(window.writer->undo_to_savepoint());
  must(window.writer->undo_to_savepoint());
  must(window.writer->commit(window.transactions[3].commit().end));
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"0", "v"}, {"2", "v"}}));
}

TEST_P(Conformance, parked_rows_land_in_the_transaction_of_the_window) {
  const TableSpec table = plain("parked");
  create(table);
  OpenWindow window(quirks(), table);
  run({insert(table, {"1", "a"})});
  run({erase(table, {"1"})});
  window.read();
  for (const bool committed : {false, true}) {
    ParkedRow parked = window.writer->describe(window.views(1)[0]);
    EXPECT_EQ(parked.operation, "DELETE");
    EXPECT_EQ(parked.source_table, table.ref);
    EXPECT_FALSE(parked.statement.empty());
    EXPECT_NE(parked.key.find('1'), std::string::npos);
    parked.error = "refused";
    parked.code = "23505";
    parked.position = window.transactions[1].commit().commit;
    must(window.writer->park(std::span(&parked, 1)));
    if (committed) break;
    window.writer->rollback();
    EXPECT_EQ(must(window.migration.open_target("other")->count_parked(Migration::task_id)), 0U);
    must(window.writer->begin(window.migration.snapshot().position));
  }
  must(window.writer->commit(window.transactions[1].commit().end));
  EXPECT_EQ(must(window.migration.open_target("other")->count_parked(Migration::task_id)), 1U);
}

TEST_P(Conformance, the_fence_refuses_a_writer_that_read_an_older_position) {
  const TableSpec table = plain("fence");
  create(table);
  OpenWindow window(quirks(), table);
  run({insert(table, {"1", "a"})});
  window.read();
  const Position old = window.migration.position();
  must(window.writer->apply_in_order(window.views()));
  must(window.writer->commit(window.transactions[0].commit().end));
  auto late_session = window.migration.open_target("apply");
  auto late = must(late_session->apply_changes(Migration::task_id));
  const auto begun = late->begin(old);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().kind, ErrorKind::superseded);
  late->rollback();
  must(late->begin(window.transactions[0].commit().end));
  late->rollback();
  EXPECT_EQ(window.migration.position(), window.transactions[0].commit().end);
}

TEST_P(Conformance, a_rolled_back_window_leaves_rows_and_position_alone) {
  const TableSpec table = plain("rolled_back");
  create(table);
  OpenWindow window(quirks(), table);
  run({insert(table, {"1", "a"})});
  window.read();
  const Position before = window.migration.position();
  must(window.writer->apply_in_order(window.views()));
  window.writer->rollback();
  EXPECT_EQ(window.migration.position(), before);
  EXPECT_TRUE(rows(Side::target, table).empty());
  const Position durable = must(window.writer->durable(true));  // empty: this writer knows of no commit
  EXPECT_TRUE(durable.empty() || durable == before) << durable.text;
}

TEST_P(Conformance, a_position_is_started_once_and_forgotten_with_its_task) {
  Migration migration(quirks());
  must(migration.target().create_control_tables());
  EXPECT_FALSE(must(migration.target().read_position(Migration::task_id)));
  must(migration.target().start_position(Migration::task_id, somewhere_else));
  EXPECT_FALSE(migration.target().start_position(Migration::task_id, somewhere_else));
  must(migration.target().write_task({std::string(Migration::task_id), "load", "{\"a\": [1, \"ü\"]}", 0}));
  const auto record = must(migration.target().read_task(Migration::task_id));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->phase, "load");
  EXPECT_EQ(must(migration.target().read_position(Migration::task_id)), somewhere_else);
  must(migration.target().forget_task(Migration::task_id));
  EXPECT_FALSE(must(migration.target().read_position(Migration::task_id)));
  EXPECT_FALSE(must(migration.target().read_task(Migration::task_id)));
}

TEST_P(Conformance, a_task_record_is_written_only_by_who_knows_it) {
  Migration migration(quirks());
  must(migration.target().create_control_tables());
  const auto other = migration.open_target("record");
  TaskRecord record{std::string(Migration::task_id), "load", "{}", 0};
  must(migration.target().write_task(record));
  EXPECT_FALSE(other->write_task(record)) << "both began";
  TaskRecord mine = *must(migration.target().read_task(Migration::task_id)), theirs = mine;
  EXPECT_GT(mine.revision, 0U);
  theirs.phase = "theirs";
  must(other->write_task(theirs));
  mine.phase = "mine";
  const auto late = migration.target().write_task(mine);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::superseded);
  EXPECT_EQ(must(migration.target().read_task(Migration::task_id))->phase, "theirs");
  must(migration.target().forget_task(Migration::task_id));
  EXPECT_FALSE(other->write_task(theirs)) << "forgotten meanwhile";
}

}  // namespace
}  // namespace godwit::conformance
