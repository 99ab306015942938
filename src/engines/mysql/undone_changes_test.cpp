// Of what the log holds and did not happen (undone_changes.cpp).

#include "engines/mysql/followed_log.h"

namespace godwit::mysql {
namespace {

TEST(MysqlChangeReader, rolled_back_changes_are_not_told) {
  FakeLog log;
  log.begin();
  log.insert("a", 1, "x");
  log.query("ROLLBACK");
  log.transaction("a", 2, "y");
  EXPECT_EQ(Following(log).go().told, Told{"INSERT a 2=y"});
}

TEST(MysqlChangeReader, changes_of_tables_without_transactions_outlive_a_rollback) {
  FakeLog log;
  log.begin();
  log.insert("a", 1, "x");
  log.query("ROLLBACK");
  Following run(log);
  run.table_facts[0] = facts(false);
  EXPECT_EQ(run.go().told, Told{"INSERT a 1=x"});
}

TEST(MysqlChangeReader, a_large_transaction_comes_in_parts_and_may_be_taken_back_by_the_next_reader) {
  FakeLog log;
  log.begin();
  for (int i = 0; i < 60000; ++i) log.insert("a", i, "value");
  log.query("ROLLBACK");
  log.transaction("a", 2, "y");
  Following run(log);
  run.go();
  EXPECT_EQ(code(run), "mysql.transaction_abandoned");
  EXPECT_EQ(run.error->kind, ErrorKind::connection);
  ASSERT_GT(run.parts.size(), 1U);
  EXPECT_EQ(run.parts.back().kind, TxnPart::Kind::rows);
  EXPECT_EQ(run.go().told, Told{"INSERT a 2=y"});
}

TEST(MysqlChangeReader, what_a_savepoint_took_back_is_not_told) {
  FakeLog log;
  log.begin();
  log.insert("a", 1, "x");
  log.query("SAVEPOINT `s`");
  log.insert("a", 2, "x");
  log.query("SAVEPOINT `u`");
  log.insert("b", 3, "x");
  log.query("ROLLBACK TO `S`");
  log.insert("a", 4, "x");
  log.query("ROLLBACK TO `s`");
  log.insert("b", 5, "x");
  log.xid();
  log.transaction("a", 6, "x");
  Following run(log);
  EXPECT_EQ(run.go().told, (Told{"INSERT a 1=x", "INSERT b 5=x", "INSERT a 6=x"}));
  EXPECT_EQ(code(run), "");
  EXPECT_EQ(run.parts.size(), 2U);
}

TEST(MysqlChangeReader, what_a_savepoint_took_back_of_a_large_transaction_is_passed_over_by_the_next_reader) {
  constexpr int many = 30000;
  FakeLog log;
  log.begin();
  log.insert("a", 1, "x");
  for (int round = 0; round < 2; ++round) {
    log.query("SAVEPOINT `s`");
    for (int i = 0; i < many; ++i) log.insert("stranger", i, "value");
    for (int i = 0; i < many; ++i) log.insert("a", 10 + i, "value");
    log.query("ROLLBACK TO `s`");
  }
  log.insert("a", 2, "x");
  log.xid();
  Following run(log);
  run.go();
  EXPECT_EQ(code(run), "mysql.transaction_abandoned");
  ASSERT_GT(run.parts.size(), 0U);
  EXPECT_EQ(run.parts.back().kind, TxnPart::Kind::rows) << "its end is not told";
  EXPECT_EQ(run.go().told, (Told{"INSERT a 1=x", "INSERT a 2=x"})) << "all of it is known at once";
}

TEST(MysqlChangeReader, what_tables_without_transactions_took_in_a_savepoint_does_not_take_back) {
  FakeLog log;
  log.begin();
  log.insert("b", 1, "x");
  log.query("SAVEPOINT `s`");
  log.insert("a", 2, "x");
  log.query("ROLLBACK TO `s`");
  log.xid();
  Following run(log);
  run.table_facts[0] = facts(false);
  EXPECT_EQ(run.go().told, (Told{"INSERT b 1=x", "INSERT a 2=x"}));
  FakeLog mixed;
  mixed.begin();
  mixed.query("SAVEPOINT `s`");
  mixed.insert("b", 1, "x");
  mixed.insert("a", 2, "x");
  mixed.query("ROLLBACK TO `s`");
  Following unknown(mixed);
  unknown.table_facts[0] = facts(false);
  EXPECT_EQ(code(unknown.go()), "mysql.rolled_back_rows");
}

TEST(MysqlChangeReader, a_savepoint_that_is_not_certain_ends_the_reading) {
  using Statements = std::vector<std::string>;
  const Statements unclear[] = {
      {"", "ROLLBACK TO `s`"},                                    // never set
      {"SAVEPOINT `s`", "", "SAVEPOINT `s`", "ROLLBACK TO `s`"},  // one may be a function's
      {"SAVEPOINT `s`", "", "RELEASE SAVEPOINT `s`", "ROLLBACK TO `s`"},
      {"SAVEPOINT `e`", "", "SAVEPOINT `é`", "ROLLBACK TO `e`"},  // alike by collation
  };
  for (const Statements& statements : unclear) {
    FakeLog log;
    log.begin();
    for (const std::string& sql : statements) sql.empty() ? log.insert("a", 1, "x") : log.query(sql);
    log.xid();
    EXPECT_EQ(code(Following(log).go()), "mysql.unclear_savepoint") << statements.front();
  }
  FakeLog clear;
  clear.begin();
  for (int i = 0; i < 3; ++i) {
    clear.query("SAVEPOINT `s`");
    clear.insert("a", i, "x");
    clear.query("ROLLBACK TO `s`");
  }
  clear.insert("a", 4, "x");
  clear.xid();
  EXPECT_EQ(Following(clear).go().told, Told{"INSERT a 4=x"}) << "nothing lies between the two";
}

TEST(MysqlChangeReader, what_a_savepoint_took_back_in_an_xa_transaction_is_not_told_at_its_commit) {
  for (const size_t budget : {size_t{10}, size_t{1} << 20U}) {  // read again, and kept
    FakeLog log;
    log.gtid();
    log.query("XA START 'x1'");
    log.insert("a", 1, "x");
    log.query("SAVEPOINT `s`");
    log.insert("stranger", 2, "x");
    log.insert("b", 2, "x");
    log.query("ROLLBACK TO `s`");
    log.insert("a", 3, "x");
    log.query("XA END 'x1'");
    log.xa_prepare("x1");
    log.transaction("b", 4, "between");
    log.statement("XA COMMIT 'x1'");
    log.transaction("b", 2, "behind");
    Following run(log);
    run.options.prepared_bytes_max = budget;
    run.go();
    EXPECT_EQ(run.told, (Told{"INSERT b 4=between", "INSERT a 1=x", "INSERT a 3=x", "INSERT b 2=behind"}));
    EXPECT_EQ(code(run), "");
    EXPECT_EQ(run.parts.size(), 3U);
  }
}

TEST(MysqlChangeReader, what_one_reader_learned_the_readers_of_the_same_task_know) {
  const std::shared_ptr<ReaderMemory> memory = ReaderMemory::of("t/here");
  memory->note_undone("x", {3, 5});
  memory->try_another_id();
  EXPECT_EQ(ReaderMemory::of("t/here")->undone("x"), (std::vector<UndoneRows>{{3, 5}}));
  EXPECT_EQ(ReaderMemory::of("t/here")->attempt(), 1U);
  EXPECT_TRUE(ReaderMemory::of("t/there")->undone("x").empty());
}

TEST(MysqlChangeReader, what_is_known_of_a_transaction_is_not_taken_for_another_at_its_place) {
  constexpr int rows = 60000;
  std::shared_ptr<ReaderMemory> memory = std::make_shared<ReaderMemory>();
  for (const bool rolled_back : {true, false}) {
    FakeLog log;
    if (!rolled_back) log.use_gtids_from(7);  // the server's log was begun anew
    log.begin();
    for (int i = 0; i < rows; ++i) log.insert("a", i, "value");
    rolled_back ? log.query("ROLLBACK") : log.xid();
    Following run(log);
    run.options.memory = memory;
    run.go();
    EXPECT_EQ(code(run), rolled_back ? "mysql.transaction_abandoned" : "");
    EXPECT_EQ(run.told.size(), static_cast<size_t>(rows));
    EXPECT_EQ(run.parts.back().kind, rolled_back ? TxnPart::Kind::rows : TxnPart::Kind::commit);
  }
}

TEST(MysqlChangeReader, a_suspension_in_a_transaction_that_is_rolled_back_keeps_its_place) {
  FakeLog log;
  log.begin();
  log.insert("b", 1, "x");
  log.table_map(1, "a");
  log.bare_rows(EventType::write_rows_v2, 1, "");
  log.query("ROLLBACK");
  log.transaction("b", 2, "x");
  Following run(log);
  run.go();
  ASSERT_EQ(run.told.size(), 2U);
  EXPECT_EQ(run.told[0].find("SCHEMA "), 0U);
  EXPECT_EQ(run.told[1], "INSERT b 2=x");
}

TEST(MysqlChangeReader, a_transaction_that_the_death_of_the_server_cut_is_not_told) {
  FakeLog log;
  log.begin();
  log.insert("a", 1, "x");
  log.rotate(true);
  log.transaction("a", 2, "y");
  EXPECT_EQ(Following(log).go().told, Told{"INSERT a 2=y"});
}

TEST(MysqlChangeReader, a_large_transaction_that_was_cut_is_passed_over_by_the_next_reader) {
  FakeLog log;
  log.begin();
  for (int i = 0; i < 60000; ++i) log.insert("a", i, "value");
  log.rotate(true);
  log.transaction("a", 2, "y");
  Following run(log);
  run.go();
  EXPECT_EQ(code(run), "mysql.transaction_abandoned");
  EXPECT_EQ(run.go().told, Told{"INSERT a 2=y"}) << "by the name that it had in the log";
  EXPECT_EQ(code(run), "");
}

TEST(MysqlChangeReader, the_gtid_of_a_transaction_that_was_cut_is_not_executed) {
  for (const bool maria : {false, true})
    for (const bool began : {false, true}) {
      FakeLog log(maria);
      log.use_gtids_from(10);
      if (began)
        log.begin();
      else
        log.gtid();
      if (began) log.insert("a", 1, "x");
      log.rotate(true);
      Following run(log);
      run.options.maria = maria;
      const std::string before = maria ? "0-7-9" : std::string(FakeLog::uuid) + ":1-9";
      run.after(FakeLog::place(1, 4) + '@' + std::string(FakeLog::uuid) + '#' + before).go();
      EXPECT_EQ(code(run), "");
      EXPECT_EQ(place_of(run.read_to), log.end());
      EXPECT_EQ(BinlogPosition::parse(run.read_to)->gtids.text(), before) << "it is given to the next transaction";
    }
}

}  // namespace
}  // namespace godwit::mysql
