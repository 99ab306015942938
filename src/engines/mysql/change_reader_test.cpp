#include "engines/mysql/change_reader.h"

#include <fmt/format.h>

#include "engines/mysql/fake_log.h"
#include "engines/mysql/log_continuity.h"

namespace godwit::mysql {
namespace {

using Told = std::vector<std::string>;

CapturedTable table(const std::string& name, const std::string& from = "") {
  auto def = std::make_shared<TableDef>();
  def->ref = {"d", name};
  def->columns = {{"id", {}}, {"v", {}}};
  return {def, def, {from}};
}

LogTable facts(bool transactional = true) {
  return {{facts_of("id", "int", ""), facts_of("v", "varchar(50)", "utf8mb4")}, transactional};
}

struct Following {
  explicit Following(const FakeLog& made) : log(made) {
    options.task_id = "t";
    options.server = FakeLog::uuid;
    options.memory = std::make_shared<ReaderMemory>();
    options.open_session = [this]() -> Result<std::unique_ptr<PacketSource>> {
      ++sessions;
      return std::make_unique<FakeSession>(log, said);
    };
    after(FakeLog::place(1, 4) + '@' + options.server);
  }
  Following& after(const std::string& position) {
    options.after = *BinlogPosition::parse(position);
    return *this;
  }
  // What is told until the log ends or an error comes.
  Following& go() {
    told.clear();
    schema.clear();
    parts.clear();
    error.reset();
    auto opened = MysqlChangeReader::open(options, tables, table_facts);
    if (!opened) return error = opened.error(), *this;
    for (int quiet = 0; quiet < 2;) {
      ChangeBatch batch;
      const auto done = (*opened)->read(batch, 1000, {});
      if (!done) return error = done.error(), *this;
      quiet = batch.empty() ? quiet + 1 : 0;
      if (!batch.read_to.empty()) read_to = batch.read_to.text;
      tell(batch);
      if (!batch.schema.empty()) (*opened)->go_on();
    }
    return *this;
  }
  void tell(const ChangeBatch& batch) {
    size_t covered = 0;
    for (const TxnPart& part : batch.parts) {
      EXPECT_EQ(part.first, covered);
      covered += part.count;
      parts.push_back(part);
    }
    EXPECT_EQ(covered, batch.changes.size());
    schema.insert(schema.end(), batch.schema.begin(), batch.schema.end());
    for (size_t i = 0; i <= batch.changes.size(); ++i) {
      for (const SchemaEvent& event : batch.schema)
        if (event.before_change == i)
          told.push_back("SCHEMA " + (event.document.empty() ? event.what : event.document));
      if (i == batch.changes.size()) break;
      const Change& change = batch.changes[i];
      std::string line = std::string(to_string(change.op)) + ' ' + tables[change.table].full->ref.name;
      const RowBatch& image = batch.images[change.table];
      for (const uint32_t row : {change.before_row, change.after_row})
        if (row != Change::no_row)
          line += fmt::format(" {}={}", image.bytes(image.cell(row, 0)), image.bytes(image.cell(row, 1)));
      told.push_back(line);
    }
  }

  FakeLog log;
  MysqlChangeReader::Options options;
  std::vector<CapturedTable> tables = {table("a"), table("b")};
  std::vector<LogTable> table_facts = {facts(), facts()};
  std::vector<std::string> said;
  int sessions = 0;
  Told told;
  std::vector<SchemaEvent> schema;
  std::vector<TxnPart> parts;
  std::optional<Error> error;
  std::string read_to;
};

std::string place_of(const std::string& position) {
  const auto parsed = BinlogPosition::parse(position);
  return parsed ? to_string(parsed->place) : "no position: " + position;
}

std::string code(const Following& run) {
  return run.error ? run.error->code : "";
}

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
  ASSERT_TRUE((*reader)->read(batch, 0, {}));
  ASSERT_EQ(batch.schema.size(), 1U);
  EXPECT_EQ(batch.schema[0].document, "d: ALTER TABLE a ADD c int");
  EXPECT_EQ(batch.schema[0].before_change, 1U);
  EXPECT_EQ(place_of(batch.schema[0].before.text), before);
  EXPECT_EQ(place_of(batch.schema[0].done.text), done);
  ASSERT_TRUE((*reader)->read(batch, 0, {}));
  EXPECT_TRUE(batch.empty()) << "until it is told to go on";
  (*reader)->go_on();
  ASSERT_TRUE((*reader)->read(batch, 0, {}));
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
    ASSERT_TRUE((*reader)->read(batch, 0, {}));
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
    ASSERT_TRUE((*again)->read(batch, 0, {}));
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

// --- XA ---

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

// --- the server ---

TEST(MysqlChangeReader, starts_that_cannot_serve_are_explained) {
  FakeLog log;
  log.transaction("a", 1, "x");
  Following run(log);
  EXPECT_EQ(code(run.after("bin.000007:4").go()), "mysql.binlog_purged");
  EXPECT_EQ(run.error->kind, ErrorKind::prerequisite);
  EXPECT_EQ(code(run.after("bin.000001:4@51414141-4141-4141-4141-414141414141").go()), "mysql.other_server");
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

TEST(LogContinuity, what_is_being_committed_is_owned_by_somebody) {
  const std::string one = "3e11fa47-71ca-11e1-9e33-c80aa9429562", other = "41414141-4141-4141-4141-414141414141";
  struct Case {
    std::string owned, gtids;
  };
  const Case cases[] = {
      {"", ""},
      {one + ":7#12", one + ":7"},
      {one + ":7#12:9#3:8#1", one + ":7-9"},
      {one + ":7#12,\n" + other + ":1#123", one + ":7," + other + ":1"},
      {one + ":7#12" + other + ":1#123", one + ":7," + other + ":1"},
      {"nonsense:7#12", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(owned_gtids(c.owned).text(), c.gtids) << c.owned;
}

TEST(LogContinuity, mariadb_has_the_same_transactions_at_a_place_or_another_log) {
  struct Case {
    const char *had, *at_place, *now;
    bool same;
  };
  const Case cases[] = {
      {"0-1-5", "0-1-5", "0-1-9", true},       {"0-1-5,1-2-3", "1-2-3,0-1-5", "0-1-9,1-2-3", true},
      {"0-1-5", "0-1-4", "0-1-9", false},      {"0-1-5", "0-2-5", "0-2-9", false},
      {"0-1-5", "", "0-1-9", false},           {"0-1-5", "0-1-5,1-2-3", "0-1-9,1-2-3", false},
      {"0-1-5,1-2-3", "0-1-5", "0-1-9", true},  // the domain was deleted
  };
  for (const Case& c : cases)
    EXPECT_EQ(is_same_maria_log(*GtidSet::parse(c.had), *GtidSet::parse(c.at_place), *GtidSet::parse(c.now)), c.same)
        << c.had << " / " << c.at_place;
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
