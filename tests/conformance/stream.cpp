// The log: where it starts, what order it keeps, and how it goes on after an interruption.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "suite.h"

namespace godwit::conformance {
namespace {

std::vector<std::string> ids_of(const std::vector<Delivered>& transactions, const TargetTable& table) {
  std::vector<std::string> ids;
  for (const Delivered& transaction : transactions)
    for (const ChangeView& view : transaction.views(0, table)) ids.emplace_back(view.finder_bytes(0));
  return ids;
}

std::vector<std::string> numbers(size_t first, size_t end) {
  std::vector<std::string> out;
  for (size_t i = first; i < end; ++i) out.push_back(std::to_string(i));
  return out;
}

TEST_P(Conformance, snapshot_and_stream_meet_without_gap_or_overlap) {
  const TableSpec table = plain("met");
  create(table);
  for (const std::string& id : numbers(0, 20)) run({insert(table, {id, "0"})});
  Migration migration(quirks());
  migration.plan({&table});
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::jthread writer([&] {
    for (int i = 20; !stop; ++i, ++written)
      quirks().run(Side::source, {insert(table, {std::to_string(i), "new"}),
                                  update(table, {std::to_string(i % 20)}, {{"value", std::to_string(i)}}),
                                  erase(table, {std::to_string(i)}), insert(table, {std::to_string(i), "kept"})});
  });
  while (written < 20) std::this_thread::yield();
  migration.begin_capture();
  const int at_capture = written;
  migration.load();
  while (written < at_capture + 20) std::this_thread::yield();
  stop = true;
  writer.join();
  migration.follow(ApplyMode::in_order);
  expect_equal(table);
}

TEST_P(Conformance, the_snapshot_holds_what_committed_before_it_and_nothing_else) {
  const TableSpec table = plain("cut");
  create(table);
  run({insert(table, {"1", "before"})});
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  run({insert(table, {"2", "after"})});
  run({update(table, {"1"}, {{"value", "after"}})});
  migration.load();
  EXPECT_EQ(rows(Side::target, table), (std::vector<Row>{{"1", "before"}}));
  migration.follow(ApplyMode::sets);
  expect_equal(table);
}

TEST_P(Conformance, a_later_reader_goes_on_where_the_target_stands) {
  const TableSpec table = plain("resumed");
  create(table);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  for (size_t round = 0; round < 3; ++round) {
    for (const std::string& id : numbers(round * 10, round * 10 + 10)) run({insert(table, {id, "v"})});
    migration.follow(round == 1 ? ApplyMode::sets : ApplyMode::in_order);  // a reader of its own
    expect_equal(table);
  }
}

TEST_P(Conformance, a_reader_opened_within_the_stream_gives_each_later_transaction_once) {
  const TableSpec table = plain("positions");
  create(table);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  for (const std::string& id : numbers(0, 10)) run({insert(table, {id, "v"})});
  const Position until = must(migration.source().mark_now());
  Position resume;
  {
    auto session = migration.open_source("capture");
    auto reader = migration.open_reader(*session, migration.position());
    const auto transactions = read_until(*reader, migration.source(), until);
    ASSERT_EQ(ids_of(transactions, migration.table(table)), numbers(0, 10));
    resume = transactions[3].commit().end;
  }
  auto session = migration.open_source("capture");
  auto reader = migration.open_reader(*session, resume);
  EXPECT_EQ(ids_of(read_until(*reader, migration.source(), until), migration.table(table)), numbers(4, 10));
}

TEST_P(Conformance, transactions_come_whole_and_in_commit_order) {
  const TableSpec table = plain("ordered");
  create(table);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  const int64_t before_us = must(migration.source().clock_us());
  std::vector<Statement> large;
  for (const std::string& id : numbers(100, 5100)) large.push_back(insert(table, {id, std::string(500, 'x')}));
  run({insert(table, {"1", "v"})});
  run(large);
  run({insert(table, {"2", "v"}), update(table, {"2"}, {{"value", "w"}})});
  auto session = migration.open_source("capture");
  auto reader = migration.open_reader(*session, migration.position());
  const auto transactions = read_until(*reader, migration.source(), must(migration.source().mark_now()));
  ASSERT_EQ(transactions.size(), 3U);
  EXPECT_EQ(transactions[0].changes(), 1U);
  EXPECT_EQ(transactions[1].changes(), 5000U);
  EXPECT_GT(transactions[1].parts.size(), 1U);  // a transaction of any size needs bounded memory
  EXPECT_EQ(transactions[2].changes(), 2U);
  for (size_t i = 0; i < transactions.size(); ++i) {
    for (const Delivered::Part& part : transactions[i].parts) {
      EXPECT_EQ(part.part.xid, transactions[i].commit().xid);
      EXPECT_EQ(part.part.commit, transactions[i].commit().commit);
    }
    EXPECT_GT(transactions[i].commit().commit_us + quirks().commit_time_step_us(), before_us);
    EXPECT_LE(transactions[i].commit().commit_us, must(migration.source().clock_us()));
    EXPECT_TRUE(migration.source().compare(transactions[i].commit().commit, transactions[i].commit().end) < 0);
    const Position& end_before = i > 0 ? transactions[i - 1].commit().end : migration.snapshot().position;
    EXPECT_TRUE(migration.source().compare(end_before, transactions[i].commit().commit) <= 0);
  }
}

TEST_P(Conformance, tables_that_are_not_captured_stay_out_of_the_stream) {
  const TableSpec wanted = plain("wanted"), other = plain("other");
  create(wanted);
  create(other);
  Migration migration(quirks());
  migration.plan({&wanted});
  migration.begin_capture();
  run({insert(other, {"1", "v"})});
  run({insert(other, {"2", "v"}), insert(wanted, {"1", "v"}), insert(other, {"3", "v"})});
  run({erase(other, {"1"})});
  auto session = migration.open_source("capture");
  auto reader = migration.open_reader(*session, migration.position());
  const auto transactions = read_until(*reader, migration.source(), must(migration.source().mark_now()));
  ASSERT_EQ(transactions.size(), 1U);
  EXPECT_EQ(ids_of(transactions, migration.table(wanted)), numbers(1, 2));
}

TEST_P(Conformance, an_idle_stream_still_advances) {
  const TableSpec table = plain("idle"), other = plain("busy");
  create(table);
  create(other);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  run({insert(other, {"1", "v"})});
  auto session = migration.open_source("capture");
  auto reader = migration.open_reader(*session, migration.position());
  const Position until = must(migration.source().mark_now());
  EXPECT_TRUE(migration.source().compare(migration.position(), until) < 0);
  EXPECT_TRUE(read_until(*reader, migration.source(), until).empty());
}

TEST_P(Conformance, a_stop_ends_the_wait_for_changes) {
  const TableSpec table = plain("stopped");
  create(table);
  Migration migration(quirks());
  migration.plan({&table});
  migration.begin_capture();
  auto session = migration.open_source("capture");
  auto reader = migration.open_reader(*session, migration.position());
  read_until(*reader, migration.source(), must(migration.source().mark_now()));
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const int64_t started_ms = monotonic_ms();
  while (!stop.stop_requested() && monotonic_ms() - started_ms < 20000) {
    ChangeBatch batch;
    const auto read = reader->read(batch, 20000, stop.get_token());
    EXPECT_TRUE(read || read.error().kind == ErrorKind::stopped);
  }
  EXPECT_LT(monotonic_ms() - started_ms, 10000);
}

TEST_P(Conformance, an_unknown_snapshot_is_reported_as_lost) {
  Migration migration(quirks());
  const auto joined = migration.source().join_snapshot("00000003-0000001B-1");
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().kind, ErrorKind::snapshot_lost);
}

TEST_P(Conformance, a_held_snapshot_outlives_the_session_that_took_it) {
  const TableSpec table = plain("held");
  create(table);
  run({insert(table, {"1", "before"})});
  Migration migration(quirks());
  migration.plan({&table});
  auto taker = migration.open_source("main-2");
  const Snapshot snapshot = must(taker->open_snapshot(migration.capture_spec()));
  run({insert(table, {"2", "after"})});
  auto keeper = migration.open_source("keeper");
  const std::string held = must(keeper->hold_snapshot(snapshot.id));
  EXPECT_GT(keeper->hold_seconds(), 0);
  taker.reset();
  auto lane = migration.open_source("lane-2");
  must(lane->join_snapshot(held));
  const Encoding encoding = migration.encoding_of(migration.table(table));
  auto reader =
      must(lane->read_table(migration.ranges(table)[0], migration.table(table).read, std::span(&encoding, 1)));
  RowBatch batch;
  size_t rows = 0;
  while (must(reader->read(batch, {}))) rows += batch.rows;
  EXPECT_EQ(rows, 1U);
  EXPECT_EQ(reader->rows_sent(), 1U);
  reader.reset();
  must(lane->leave_snapshot());
  if (quirks().lacks(Ability::snapshots_held_elsewhere))
    keeper.reset();
  else
    must(lane->end_leftover_sessions(true));
  const auto joined = lane->join_snapshot(held);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().kind, ErrorKind::snapshot_lost);
}

TEST_P(Conformance, capture_is_made_found_and_dropped) {
  const TableSpec table = plain("captured");
  create(table);
  Migration migration(quirks());
  migration.plan({&table});
  const CaptureSpec spec = migration.capture_spec();
  const bool kept = migration.source().capture_identity(spec.task_id, spec.target_system).kept;
  EXPECT_EQ(must(migration.source().capture_position(spec)).empty(), kept);
  migration.begin_capture();
  auto session = migration.open_source("main-2");
  EXPECT_FALSE(must(session->capture_position(spec)).empty());
  for (int again = 0; again < 2; ++again) {
    must(session->drop_capture(spec.task_id, spec.target_system));
    EXPECT_EQ(must(session->capture_position(spec)).empty(), kept);
  }
}

}  // namespace
}  // namespace godwit::conformance
