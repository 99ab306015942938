#include "engines/mysql/log_statement.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

using Kind = LogStatement::Kind;

std::string told(const LogStatement& statement) {
  std::string out;
  for (const TableRef& table : statement.tables) out += to_string(table) + ' ';
  for (const std::string& schema : statement.schemas) out += '(' + schema + ')';
  return out + statement.schema;
}

LogStatement read(std::string_view sql, uint64_t mode = 0) {
  QueryEvent query;
  query.schema = "d";
  query.sql = sql;
  query.sql_mode = mode;
  return read_statement(query);
}

TEST(LogStatement, savepoints_have_their_names) {
  for (const std::string_view sql : {"SAVEPOINT `a ``b`", "ROLLBACK TO `a ``b`", "rollback work to savepoint `a ``b`",
                                     "RELEASE SAVEPOINT `a ``b`"})
    EXPECT_EQ(read(sql).savepoint, "a `b") << sql;
  EXPECT_EQ(read("rollback to savepoint").savepoint, "savepoint");
}

TEST(LogStatement, statements_are_known_by_their_first_words) {
  struct Case {
    std::string_view sql;
    Kind kind;
    std::string_view told;
  };
  const Case cases[] = {
      {"BEGIN", Kind::begin, ""},
      {"START TRANSACTION", Kind::begin, ""},
      {"COMMIT", Kind::commit, ""},
      {"ROLLBACK", Kind::rollback, ""},
      {"ROLLBACK TO `s1`", Kind::rollback_to, ""},
      {"rollback work to s1", Kind::rollback_to, ""},
      {"SAVEPOINT `s1`", Kind::savepoint, ""},
      {"RELEASE SAVEPOINT s1", Kind::release, ""},
      {"truncate table t", Kind::truncate, "d.t "},
      {"TRUNCATE `e`.`t x`", Kind::truncate, "e.t x "},
      {"/* a */ truncate /*!40000 table */ -- b\n t", Kind::truncate, "d.t "},
      {"alter table t add c int", Kind::ddl, "d.t "},
      {"ALTER ONLINE TABLE IF EXISTS e.t RENAME TO f.u", Kind::ddl, "e.t f.u "},
      {"alter table t rename column a to b, rename index i to j", Kind::ddl, "d.t "},
      {"alter table t rename u", Kind::ddl, "d.t d.u "},
      {"alter table t exchange partition p with table u without validation", Kind::ddl, "d.t d.u "},
      {"alter table t convert table e.u to partition p values less than (5)", Kind::ddl, "d.t e.u "},
      {"alter table t convert partition p to table e.u", Kind::ddl, "d.t e.u "},
      {"alter table t convert to character set utf8mb4", Kind::ddl, "d.t "},
      {"alter table t rename index i to j, rename to u", Kind::ddl, "d.t d.u "},
      {"rename table a to b, e.c to f.d", Kind::ddl, "d.a d.b e.c f.d "},
      {"drop table if exists a, e.b", Kind::ddl, "d.a e.b "},
      {"DROP TEMPORARY TABLE t", Kind::harmless, ""},
      {"DROP /*!40005 TEMPORARY */ TABLE IF EXISTS t", Kind::harmless, ""},
      {"create table if not exists t (a int)", Kind::ddl, "d.t "},
      {"create or replace table e.t like u", Kind::ddl, "e.t "},
      {"create temporary table t (a int)", Kind::harmless, ""},
      {"create index i on t (a)", Kind::object, "d.t d"},
      {"create unique index if not exists `i` using btree on e.t (a)", Kind::object, "e.t e"},
      {"drop index i on t", Kind::object, "d.t d"},
      {"create definer=`a`@`%` sql security invoker view v as select * from t", Kind::object, "d"},
      {"CREATE DEFINER=`root`@`localhost` TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", Kind::object,
       "d.t d"},
      {"drop view if exists e.v", Kind::object, "e"},
      {"create procedure p () begin end", Kind::object, "d"},
      {"create user x", Kind::harmless, ""},
      {"grant all on *.* to x", Kind::harmless, ""},
      {"drop database `e`", Kind::drop_schema, "e"},
      {"drop schema if exists e", Kind::drop_schema, "e"},
      {"insert into t values (1)", Kind::data, "(d)"},
      {"update e.t, f.u set a = 'x.y'", Kind::data, "(d)(e)(f)"},
      {"DELETE FROM `e`.`t`", Kind::data, "e.t (d)(e)"},
      {"delete from e.t where a = 1", Kind::data, "(d)(e)"},
      {"SET STATEMENT max_statement_time=1 FOR insert into t values (1)", Kind::data, "(d)"},
      {"(((", Kind::harmless, ""},
      {"", Kind::harmless, ""},
      {"alter table", Kind::ddl, ""},
      {"drop table `a", Kind::ddl, "d.a "},
  };
  for (const Case& c : cases) {
    const LogStatement statement = read(c.sql);
    EXPECT_EQ(statement.kind, c.kind) << c.sql;
    EXPECT_EQ(told(statement), c.told) << c.sql;
  }
}

TEST(LogStatement, quotes_are_read_by_the_sql_mode) {
  EXPECT_EQ(told(read("truncate \"t\"", 4)), "d.t ");
  EXPECT_EQ(told(read("truncate \"t\"")), "");
  EXPECT_EQ(told(read("truncate `a``b`")), "d.a`b ");
}

TEST(LogStatement, xa_names_are_read_in_every_form) {
  for (const std::string_view sql :
       {"XA START X'7831',X'6272',1", "XA COMMIT 'x1','br'", "xa rollback 0x7831,0x6272,1"}) {
    const LogStatement statement = read(sql);
    EXPECT_EQ(statement.xa, (XaName{1, "x1", "br"})) << sql;
  }
  EXPECT_EQ(read("XA START X'7831',X'',7").xa, (XaName{7, "x1", ""}));
  EXPECT_EQ(read("XA END X'7831',X'',1").kind, Kind::xa_end);
  EXPECT_TRUE(read("XA COMMIT X'7831',X'',1 ONE PHASE").one_phase);
}

TEST(LogStatement, a_table_made_with_its_rows_opens_a_transaction) {
  EXPECT_TRUE(read("CREATE TABLE `t` (\n  `a` int\n) START TRANSACTION").opens_transaction);
  EXPECT_FALSE(read("create table t (a int)").opens_transaction);
}

}  // namespace
}  // namespace godwit::mysql
