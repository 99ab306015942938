#include "engines/mysql/change_reader.h"

#include "engines/mysql/followed_log.h"

namespace godwit::mysql {
namespace {

TEST(MysqlChangeReader, transactions_come_whole_with_their_positions) {
  FakeLog log;
  const std::string start = log.end();
  log.begin();
  log.insert("a", 1, "x");
  log.insert("stranger", 1, "x");
  log.table_map(9, "b");
  log.rows(EventType::update_rows_v2, 9, FakeLog::row(1, "x") + FakeLog::row(2, "y"));
  log.rows(EventType::delete_rows_v2, 9, FakeLog::row(2, "y") + FakeLog::row(3, "z"));
  log.xid();
  const std::string end = log.end();
  log.transaction("stranger", 1, "x");
  Following run(log);
  run.go();
  EXPECT_EQ(run.told, (Told{"INSERT a 1=x", "UPDATE b 1=x 2=y", "DELETE b 2=y", "DELETE b 3=z"}));
  ASSERT_EQ(run.parts.size(), 1U);
  EXPECT_EQ(run.parts[0].commit_us, 1000000);
  EXPECT_EQ(run.parts[0].kind, TxnPart::Kind::commit);
  EXPECT_EQ(place_of(run.parts[0].commit.text), start);
  EXPECT_EQ(place_of(run.parts[0].end.text), end);
  EXPECT_EQ(place_of(run.read_to), log.end()) << "transactions of others move it too";
}

TEST(MysqlChangeReader, a_statement_over_very_many_tables_keeps_its_table_maps) {
  FakeLog log;
  for (uint64_t i = 0; i < 2; ++i) {
    log.begin();
    log.table_map(1, "a");
    for (uint64_t id = 2; id < 9000; ++id) log.table_map(id + i, "stranger");
    log.rows(EventType::write_rows_v2, 1, FakeLog::row(1, "x"));
    log.xid();
  }
  EXPECT_EQ(Following(log).go().told, (Told{"INSERT a 1=x", "INSERT a 1=x"}));
}

TEST(MysqlChangeReader, rows_of_no_table_are_known_by_what_they_hold) {
  for (const uint64_t id : {uint64_t{0xffffff}, uint64_t{0xffffffff}, uint64_t{0xffffffffffff}}) {
    FakeLog log;
    log.begin();
    log.table_map(id, "a");
    log.rows(EventType::write_rows_v2, id, FakeLog::row(1, "x"));
    log.xid();
    EXPECT_EQ(Following(log).go().told, Told{"INSERT a 1=x"}) << "a table may have that id";
    FakeLog none;
    none.begin();
    none.rows(EventType::write_rows_v2, id, "");
    none.xid();
    none.transaction("a", 2, "x");
    EXPECT_EQ(Following(none).go().told, Told{"INSERT a 2=x"});
    FakeLog lost;
    lost.begin();
    lost.rows(EventType::write_rows_v2, id, FakeLog::row(1, "x"));
    EXPECT_EQ(code(Following(lost).go()), "mysql.damaged_log");
  }
}

TEST(MysqlChangeReader, an_insert_that_names_no_column_is_one_row_of_defaults) {
  for (const EventType type : {EventType::write_rows_v2, EventType::update_rows_v2, EventType::delete_rows_v2})
    for (const std::string bytes : {"", "left"}) {
      FakeLog log;
      log.begin();
      log.table_map(1, "a");
      log.bare_rows(type, 1, bytes);
      log.xid();
      Following run(log);
      for (ColumnFacts& column : run.table_facts[0].columns) {
        column.when_absent = WhenAbsent::text;
        column.default_text = "7";
      }
      run.go();
      const bool is_row = type == EventType::write_rows_v2 && bytes.empty();
      EXPECT_EQ(run.told, is_row ? Told{"INSERT a 7=7"} : Told());
      EXPECT_EQ(code(run), is_row ? "" : "mysql.damaged_log");
    }
}

// A table that is in error, or whose rows cannot be read, does not hold the others.

TEST(MysqlChangeReader, of_a_table_in_error_structure_changes_alone_are_told) {
  FakeLog log;
  log.transaction("a", 1, "x");
  log.statement("TRUNCATE TABLE a");
  log.statement("ALTER TABLE a ADD c int");
  log.transaction("a", 2, "x");
  log.transaction("b", 3, "x");
  Following run(log);
  run.tables[0].in_error = true;
  run.options.documents_of = [](const DdlStatement& ddl) {
    return ddl.statement.kind == LogStatement::Kind::ddl ? std::vector<StructureDocument>{{1, ddl.sql}}
                                                         : std::vector<StructureDocument>();
  };
  EXPECT_EQ(run.go().told, (Told{"SCHEMA ALTER TABLE a ADD c int", "INSERT b 3=x"}));
  EXPECT_EQ(code(run), "");
}

TEST(MysqlChangeReader, values_that_cannot_be_read_suspend_the_table_alone) {
  FakeLog log;
  log.transaction("b", 1, "x");
  log.begin();
  log.insert("b", 2, "x");
  log.table_map(1, "a");
  log.bare_rows(EventType::write_rows_v2, 1, "");  // of defaults, which nobody knows
  log.insert("a", 3, "x");
  log.insert("b", 4, "x");
  log.xid();
  log.transaction("a", 5, "x");
  Following run(log);
  run.go();
  EXPECT_EQ(code(run), "");
  ASSERT_EQ(run.told.size(), 4U);
  EXPECT_EQ(run.told[2].find("SCHEMA an INSERT leaves out column id"), 0U) << run.told[2];
  EXPECT_EQ(run.told[3], "INSERT b 4=x");
  ASSERT_EQ(run.schema.size(), 1U);
  EXPECT_TRUE(run.schema[0].unreadable);
  EXPECT_EQ(run.schema[0].table, 0U);
}

TEST(MysqlChangeReader, a_transaction_may_go_on_in_the_next_file) {
  FakeLog log;
  log.begin();
  log.insert("a", 1, "x");
  log.rotate();
  log.insert("a", 2, "y");
  log.xid();
  Following run(log);
  EXPECT_EQ(run.go().told, (Told{"INSERT a 1=x", "INSERT a 2=y"}));
  EXPECT_EQ(run.parts.size(), 1U);
}

TEST(MysqlChangeReader, statements_are_told_as_what_they_do) {
  struct Case {
    std::string sql;
    Told told;
    std::string error;
  };
  const Case cases[] = {
      {"TRUNCATE TABLE a", {"TRUNCATE a", "INSERT a 9=z", "INSERT b 9=z"}, ""},
      {"truncate d.stranger", {"INSERT a 9=z", "INSERT b 9=z"}, ""},
      {"ALTER TABLE a ADD c int", {"SCHEMA ALTER TABLE on the source", "INSERT b 9=z"}, ""},
      {"RENAME TABLE b TO c, stranger TO b", {"SCHEMA RENAME TABLE on the source", "INSERT a 9=z"}, ""},
      {"DROP DATABASE d", {"SCHEMA DROP DATABASE on the source", "SCHEMA DROP DATABASE on the source"}, ""},
      {"CREATE INDEX i ON a (id)", {"INSERT a 9=z", "INSERT b 9=z"}, ""},
      {"CREATE TABLE IF NOT EXISTS a (id int)", {"INSERT a 9=z", "INSERT b 9=z"}, ""},
      {"CREATE OR REPLACE TABLE a (id int)", {"SCHEMA CREATE TABLE on the source", "INSERT b 9=z"}, ""},
      {"GRANT ALL ON *.* TO x", {"INSERT a 9=z", "INSERT b 9=z"}, ""},
      {"INSERT INTO stranger VALUES (1)", {}, "mysql.statement_format"},
      {"INSERT INTO e.a VALUES (1)", {}, "mysql.statement_format"},
      {"DELETE FROM `d`.`stranger`", {"INSERT a 9=z", "INSERT b 9=z"}, ""},
      {"DELETE FROM `d`.`a`", {}, "mysql.statement_format"},
  };
  for (const Case& c : cases) {
    FakeLog log;
    log.statement(c.sql);
    log.transaction("a", 9, "z");
    log.transaction("b", 9, "z");
    Following run(log);
    run.go();
    EXPECT_EQ(run.told, c.told) << c.sql;
    EXPECT_EQ(code(run), c.error) << c.sql;
  }
}

TEST(MysqlChangeReader, a_structure_change_with_a_document_waits_between_its_positions) {
  FakeLog log;
  log.transaction("a", 1, "x");
  const std::string before = log.end();
  log.statement("ALTER TABLE a ADD c int");
  const std::string done = log.end();
  log.transaction("a", 2, "x");
  Following run(log);
  SchemaEvent seen;
  run.options.documents_of = [](const DdlStatement& ddl) {
    return std::vector<StructureDocument>{{1, ddl.schema + ": " + ddl.sql}};
  };
  auto reader = MysqlChangeReader::open(run.options, run.tables, run.table_facts);
  ASSERT_TRUE(reader);
  ChangeBatch batch;
  ASSERT_TRUE((*reader)->read(batch, 1000, {}));
  ASSERT_EQ(batch.schema.size(), 1U);
  EXPECT_EQ(batch.schema[0].document, "d: ALTER TABLE a ADD c int");
  EXPECT_EQ(batch.schema[0].before_change, 1U);
  EXPECT_EQ(place_of(batch.schema[0].before.text), before);
  EXPECT_EQ(place_of(batch.schema[0].done.text), done);
  ASSERT_TRUE((*reader)->read(batch, 1000, {}));
  EXPECT_TRUE(batch.empty()) << "until it is told to go on";
  (*reader)->go_on();
  ASSERT_TRUE((*reader)->read(batch, 1000, {}));
  EXPECT_EQ(batch.changes.size(), 1U);
}

TEST(MysqlChangeReader, a_statement_of_several_steps_goes_on_behind_each) {
  FakeLog log;
  log.transaction("a", 1, "x");
  log.statement("DROP TABLE a, b, c");
  const std::string done = log.end();
  log.transaction("a", 2, "x");
  const auto documents = [](const DdlStatement& ddl) {
    std::vector<StructureDocument> out;
    for (uint32_t step = ddl.steps_done + 1; step <= 3; ++step) out.push_back({step, std::to_string(step)});
    return out;
  };
  Following first(log);
  first.options.documents_of = documents;
  auto reader = MysqlChangeReader::open(first.options, first.tables, first.table_facts);
  ASSERT_TRUE(reader);
  std::vector<SchemaEvent> events;
  ChangeBatch batch;
  while (events.size() < 3) {
    ASSERT_TRUE((*reader)->read(batch, 1000, {}));
    if (batch.schema.empty()) continue;
    events.push_back(batch.schema[0]);
    EXPECT_TRUE(batch.read_to.empty()) << "behind it nobody may go on";
    (*reader)->go_on();
  }
  EXPECT_EQ(compare(events[0].before, events[0].done), std::partial_ordering::less);
  EXPECT_EQ(events[0].done, events[1].before);
  EXPECT_EQ(events[1].done, events[2].before);
  EXPECT_EQ(place_of(events[2].done.text), done);
  for (size_t from = 0; from < 2; ++from) {
    Following rest(log);
    rest.after(events[from].done.text);
    rest.options.documents_of = documents;
    auto again = MysqlChangeReader::open(rest.options, rest.tables, rest.table_facts);
    ASSERT_TRUE(again);
    ASSERT_TRUE((*again)->read(batch, 1000, {}));
    ASSERT_EQ(batch.schema.size(), 1U);
    EXPECT_EQ(batch.schema[0].document, events[from + 1].document);
    EXPECT_EQ(batch.schema[0].done, events[from + 1].done);
  }
}

TEST(MysqlChangeReader, a_layout_that_does_not_fit_suspends_the_table_alone) {
  FakeLog log;
  log.begin();
  log.table_map(5, "a", 3);
  log.rows(EventType::write_rows_v2, 5, FakeLog::row(1, "x"));
  log.insert("b", 1, "x");
  log.xid();
  EXPECT_EQ(Following(log).go().told, (Told{"SCHEMA the table has 3 columns, not 2", "INSERT b 1=x"}));
}

TEST(BinlogStream, a_server_that_says_nothing_is_gone) {
  FakeLog log;
  log.transaction("a", 1, "x");
  std::vector<std::string> said;
  auto session = std::make_unique<FakeSession>(log, said);
  session->wait_for_time();
  StreamOptions how;
  how.heartbeat_ms = 1;
  how.silence_ms = 20;
  auto stream = BinlogStream::open(std::move(session), {{"bin.000001", 4}, std::nullopt}, how);
  ASSERT_TRUE(stream);
  std::optional<Error> error;
  int quiet = 0;
  for (int i = 0; i < 50 && !error; ++i) {
    auto event = (*stream)->next(5, {});
    if (!event) error = event.error();
    if (event && !*event) ++quiet;
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "mysql.binlog_silent");
  EXPECT_EQ(error->kind, ErrorKind::connection);
  EXPECT_GE(quiet, 3);
}

TEST(MysqlChangeReader, damaged_events_are_errors) {
  FakeLog log;
  log.transaction("a", 1, "x");
  log.files.begin()->second.back()[25] ^= 1;
  EXPECT_EQ(code(Following(log).go()), "mysql.binlog_checksum");
  FakeLog unknown;
  unknown.event(static_cast<EventType>(99), "x");
  EXPECT_EQ(code(Following(unknown).go()), "mysql.unknown_event");
  FakeLog ignorable;
  ignorable.event(static_cast<EventType>(99), "x", EventHeader::flag_ignorable);
  EXPECT_EQ(code(Following(ignorable).go()), "");
  FakeLog incident;
  incident.event(EventType::incident, le(1, 2) + '\0');
  EXPECT_EQ(code(Following(incident).go()), "mysql.incident");
}

}  // namespace
}  // namespace godwit::mysql
