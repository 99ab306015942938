// Where a reader begins, and what its positions say.

#include "engines/mysql/followed_log.h"

namespace godwit::mysql {
namespace {

TEST(MysqlChangeReader, a_reader_goes_on_at_any_end_of_a_transaction) {
  for (const bool maria : {false, true}) {
    FakeLog log(maria);
    for (int i = 1; i <= 6; ++i) {
      if (i % 2 == 0) log.rotate();
      log.transaction("a", i, "x");
    }
    Following whole(log);
    whole.options.maria = maria;
    whole.go();
    ASSERT_EQ(whole.told.size(), 6U);
    for (size_t done = 0; done < whole.parts.size(); ++done) {
      Following rest(log);
      rest.options.maria = maria;
      rest.after(whole.parts[done].end.text).go();
      EXPECT_EQ(rest.told, Told(whole.told.begin() + static_cast<ptrdiff_t>(done) + 1, whole.told.end()));
    }
  }
}

TEST(MysqlChangeReader, a_table_is_told_from_its_own_position) {
  FakeLog log;
  log.transaction("a", 1, "x");
  const std::string from = log.end();
  log.transaction("a", 2, "x");
  log.transaction("b", 3, "x");
  Following run(log);
  run.tables[0] = table("a", from + '@' + std::string(FakeLog::uuid));
  EXPECT_EQ(run.go().told, (Told{"INSERT a 2=x", "INSERT b 3=x"}));
}

TEST(MysqlChangeReader, nothing_is_told_of_a_table_that_waits_to_be_loaded) {
  FakeLog log;
  log.transaction("a", 1, "x");
  log.statement("TRUNCATE TABLE a");
  log.statement("ALTER TABLE a ADD c int");
  log.transaction("b", 3, "x");
  Following run(log);
  run.tables[0] = table("a", std::string(log_end_text));
  EXPECT_EQ(run.go().told, Told{"INSERT b 3=x"});
  run.tables[0] = table("a", "nowhere");
  EXPECT_EQ(code(run.go()), "mysql.bad_position");
}

TEST(MysqlChangeReader, starts_that_cannot_serve_are_explained) {
  FakeLog log;
  log.transaction("a", 1, "x");
  Following run(log);
  EXPECT_EQ(code(run.after("bin.000007:4").go()), "mysql.binlog_purged");
  EXPECT_EQ(run.error->kind, ErrorKind::prerequisite);
  EXPECT_EQ(code(run.after("bin.000001:4@51414141-4141-4141-4141-414141414141").go()), "mysql.other_server");
}

TEST(MysqlChangeReader, the_servers_own_place_goes_before_gtids) {
  const BinlogPosition at = *BinlogPosition::parse("bin.000001:4@" + std::string(FakeLog::uuid) + "#" +
                                                   std::string(FakeLog::uuid) + ":1-9");
  EXPECT_FALSE(stream_start(at, FakeLog::uuid, true, true)->gtids) << "transactions may have none";
  EXPECT_EQ(stream_start(at, FakeLog::uuid, true, false)->gtids, at.gtids);
  EXPECT_EQ(stream_start(at, "another", true, true)->gtids, at.gtids);
  EXPECT_EQ(stream_start(at, "another", false, true).error().code, "mysql.other_server");
}

TEST(MysqlChangeReader, a_log_that_was_begun_anew_is_noticed) {
  FakeLog log;
  log.transaction("a", 1, "x");
  const std::string at = log.end() + '@' + std::string(FakeLog::uuid) + '#' + std::string(FakeLog::uuid);
  log.transaction("a", 2, "x");
  EXPECT_EQ(code(Following(log).after(at + ":1-7").go()), "mysql.log_replaced");
  EXPECT_EQ(Following(log).after(at + ":1").go().told, Told{"INSERT a 2=x"});
}

TEST(MysqlChangeReader, gtids_are_not_told_behind_a_transaction_that_has_none) {
  FakeLog log;
  log.transaction("a", 1, "x");
  log.anonymous();
  log.query("BEGIN");
  log.insert("a", 2, "x");
  log.xid();
  Following run(log);
  run.after(FakeLog::place(1, 4) + '@' + std::string(FakeLog::uuid) + "#51414141-4141-4141-4141-414141414141:1-9")
      .go();
  ASSERT_EQ(run.parts.size(), 2U);
  EXPECT_FALSE(BinlogPosition::parse(run.parts[0].end.text)->gtids.empty());
  EXPECT_TRUE(BinlogPosition::parse(run.parts[1].end.text)->gtids.empty());
}

TEST(MysqlChangeReader, gtids_are_counted_from_what_the_position_holds) {
  FakeLog log;
  log.transaction("a", 1, "x");
  log.transaction("a", 2, "x");
  Following run(log);
  run.after(FakeLog::place(1, 4) + '@' + std::string(FakeLog::uuid) + "#51414141-4141-4141-4141-414141414141:1-9")
      .go();
  ASSERT_EQ(run.parts.size(), 2U);
  EXPECT_EQ(BinlogPosition::parse(run.parts[1].end.text)->gtids.text(),
            std::string(FakeLog::uuid) + ":1-2,51414141-4141-4141-4141-414141414141:1-9");
  EXPECT_EQ(BinlogPosition::parse(run.parts[1].commit.text)->gtids.text(),
            std::string(FakeLog::uuid) + ":1,51414141-4141-4141-4141-414141414141:1-9");
  Following unknown(log);
  unknown.go();
  EXPECT_TRUE(BinlogPosition::parse(unknown.parts[1].end.text)->gtids.empty()) << "part of them would be wrong";
}

}  // namespace
}  // namespace godwit::mysql
