#include "engines/mysql/prepared_rows.h"

#include "engines/mysql/followed_log.h"

namespace godwit::mysql {
namespace {

// Where a search for places alone (log_times.h) stands at the end of the log.
void read_places(const FakeLog& log, const BinlogPosition& after, std::optional<BinlogPosition>& out) {
  std::vector<std::string> said;
  DecoderOptions options;
  options.server = FakeLog::uuid;
  options.tells_rows = false;
  LogDecoder decoder({}, {}, options, after, false);
  auto stream = BinlogStream::open(std::make_unique<FakeSession>(log, said), {{"bin.000001", 4}, std::nullopt}, {});
  ASSERT_TRUE(stream);
  ChangeBatch batch;
  decoder.start_batch(batch);
  for (;;) {
    auto event = (*stream)->next(0, {});
    ASSERT_TRUE(event);
    if (!*event) break;
    ASSERT_TRUE(decoder.decode(**event, (*stream)->format(), batch));
  }
  const auto end = BinlogPosition::parse(decoder.position().text);
  ASSERT_TRUE(end);
  out = *end;
}

TEST(MysqlChangeReader, prepared_changes_are_told_where_they_are_committed) {
  for (const size_t sessions : {1U, 2U}) {  // kept, and read again
    FakeLog log;
    log.xa_rows("x1", "a", 1, sessions == 1 ? "kept" : std::string(50, 'x'));
    log.xa_rows("x2", "a", 2, "never");
    log.transaction("b", 3, "between");
    log.rotate();
    log.statement("XA COMMIT X'7831',X'',1");
    log.statement("XA ROLLBACK X'7832',X'',1");
    log.transaction("a", 4, "behind");
    Following run(log);
    run.go();
    const std::string v = sessions == 1 ? "kept" : std::string(50, 'x');
    EXPECT_EQ(run.told, (Told{"INSERT b 3=between", "INSERT a 1=" + v, "INSERT a 4=behind"}));
    // Behind every end the rest is told, what was prepared before it too.
    for (size_t done = 0; done < run.parts.size(); ++done) {
      Following rest(log);
      rest.after(run.parts[done].end.text).go();
      EXPECT_EQ(rest.told, Told(run.told.begin() + static_cast<ptrdiff_t>(done) + 1, run.told.end())) << done;
    }
  }
}

TEST(MysqlChangeReader, prepared_changes_beyond_the_budget_are_read_again) {
  FakeLog log;
  log.xa_rows("x1", "a", 1, "x");
  log.transaction("b", 3, "between");
  log.statement("XA COMMIT 'x1'");
  Following run(log);
  std::vector<LoggedEvent> events;
  const auto open = [&](const LogPlace& place) {
    return BinlogStream::open(std::make_unique<FakeSession>(run.log, run.said), {place, std::nullopt}, {});
  };
  DecoderOptions options;
  options.server = FakeLog::uuid;
  options.prepared_bytes_max = 10;
  options.open_at = open;
  LogDecoder decoder(run.tables, run.table_facts, options, run.options.after, false);
  auto stream = open({"bin.000001", 4});
  ASSERT_TRUE(stream);
  ChangeBatch batch;
  decoder.start_batch(batch);
  while (true) {
    auto event = (*stream)->next(0, {});
    ASSERT_TRUE(event);
    if (!*event) break;
    ASSERT_TRUE(decoder.decode(**event, (*stream)->format(), batch));
    while (decoder.has_more()) ASSERT_TRUE(decoder.tell_more(batch));
  }
  run.tell(batch);
  EXPECT_EQ(run.told, (Told{"INSERT b 3=between", "INSERT a 1=x"}));
  EXPECT_EQ(batch.parts.size(), 2U);
}

TEST(MysqlChangeReader, a_compressed_xa_transaction_of_one_phase_is_told_whatever_its_size) {
  for (const bool goes_on : {false, true})
    for (const size_t budget : {size_t{10}, size_t{1} << 20U}) {
      FakeLog log;
      log.gtid();
      log.begin_payload();
      log.query("XA START 'x1'");
      log.insert("a", 1, "x");
      log.insert("b", 2, "x");
      log.query("XA END 'x1'");
      log.xa_prepare("x1", true);
      if (goes_on) log.insert("a", 9, "x");
      log.end_payload();
      log.transaction("a", 3, "behind");
      Following run(log);
      run.options.prepared_bytes_max = budget;
      run.go();
      EXPECT_EQ(code(run), goes_on ? "mysql.damaged_log" : "");
      EXPECT_EQ(run.told, goes_on ? Told() : Told({"INSERT a 1=x", "INSERT b 2=x", "INSERT a 3=behind"}));
    }
}

TEST(MysqlChangeReader, a_commit_of_what_was_never_read_is_an_error) {
  FakeLog log;
  log.statement("XA COMMIT 'x1'");
  EXPECT_EQ(code(Following(log).go()), "mysql.unknown_xa");
}

TEST(MysqlChangeReader, a_commit_of_what_has_no_rows_passes_where_all_that_was_prepared_is_known) {
  FakeLog log;
  log.statement("XA COMMIT 'x1'");
  log.xa_rows("x2", "stranger", 1, "x");
  log.transaction("a", 2, "x");
  Following run(log);
  run.after(FakeLog::place(1, 4) + '@' + std::string(FakeLog::uuid) + "!!").go();
  EXPECT_EQ(run.told, Told{"INSERT a 2=x"});
  EXPECT_EQ(code(run), "");
  const auto end = BinlogPosition::parse(run.read_to);
  EXPECT_TRUE(end->xa_known);
  EXPECT_TRUE(end->prepared.empty()) << "an orphan without our rows does not hold us";
  run.tables[0] = table("a", FakeLog::place(1, 4) + '@' + std::string(FakeLog::uuid));
  EXPECT_EQ(code(run.go()), "mysql.unknown_xa") << "its snapshot may have missed one";
  run.options.xa_holds_tables = true;
  EXPECT_EQ(run.go().told, Told{"INSERT a 2=x"}) << "no table comes to the task while one is open that changed it";
  EXPECT_EQ(code(run), "");
  EXPECT_TRUE(BinlogPosition::parse(run.read_to)->xa_known);
  run.after(FakeLog::place(1, 4) + '@' + std::string(FakeLog::uuid));
  EXPECT_EQ(code(run.go()), "mysql.unknown_xa") << "the position does not say that it knows all";
}

TEST(MysqlChangeReader, a_place_that_was_searched_names_what_is_prepared_whatever_it_changed) {
  FakeLog log;
  log.statement("XA COMMIT 'x0'");
  const std::string prepared = log.end();
  log.xa_rows("x1", "a", 1, "x");
  log.transaction("b", 2, "x");
  const std::string begin = FakeLog::place(1, 4) + '@' + std::string(FakeLog::uuid);
  for (const std::string known : {"", "!!"}) {
    std::optional<BinlogPosition> found;
    read_places(log, *BinlogPosition::parse(begin + known), found);
    ASSERT_TRUE(found) << "an XA transaction that it does not know is none of its business";
    EXPECT_EQ(to_string(found->place), log.end());
    EXPECT_EQ(to_string(found->prepared), prepared);
    EXPECT_EQ(found->xa_known, !known.empty()) << "it knows no more than where it began";
    FakeLog later = log;
    later.statement("XA COMMIT 'x1'");
    EXPECT_EQ(Following(later).after(found->position().text).go().told, Told{"INSERT a 1=x"});
  }
}

}  // namespace
}  // namespace godwit::mysql
