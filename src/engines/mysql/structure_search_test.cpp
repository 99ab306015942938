#include "engines/mysql/structure_search.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

// The table of "d.t" and "d.T2" that had other columns before the statement; empty: none.
std::string changed(std::string_view sql, int lower = 0) {
  QueryEvent query;
  query.schema = "d";
  query.sql = sql;
  const DdlStatement ddl{std::string(sql), "d", 0, read_statement(query), 0, {}, {}, {}, false};
  DdlServer server;
  server.lower_case_names = lower;
  const std::vector<TableRef> tables{{"d", "t"}, {"d", "T2"}};
  const auto found = changes_columns(ddl, tables, server);
  return found ? to_string(*found) : "";
}

TEST(StructureSearch, what_touches_columns_is_found) {
  for (const std::string_view sql :
       {"alter table t modify a int after b", "alter table t rename column a to b, rename column b to a",
        "alter table t add c int", "alter table t drop a", "alter table t modify e enum('b', 'a')",
        "alter table t alter a set default 5", "alter table t convert to character set utf8mb4",
        "alter table t add index (a), add c int", "alter table d.t rename to d.u", "alter table u rename to t",
        "rename table t to u", "rename table u to t", "rename table x to y, y to t", "drop table u, t",
        "drop database d", "create or replace table t (a int)", "alter table t frobnicate",
        "alter table t drop foreign key f", "alter table t add foreign key (a) references x (a)"})
    EXPECT_EQ(changed(sql), "d.t") << sql;
}

TEST(StructureSearch, what_leaves_columns_alone_is_passed) {
  for (const std::string_view sql :
       {"alter table u modify a int after b", "alter table e.t add c int", "alter table t add index i (a)",
        "alter table t drop index i", "alter table t add unique key k (a)", "create index i on t (a)",
        "alter table t engine=innodb", "alter table t comment 'x'",
        "alter table t add partition (partition p values less than (5))", "create table t (a int)",
        "create table if not exists t (a int)", "create table u like t", "drop table u", "drop database e",
        "create view t3 as select 1", "truncate table t"})
    EXPECT_EQ(changed(sql), "") << sql;
}

TEST(StructureSearch, names_are_compared_as_the_server_does) {
  EXPECT_EQ(changed("alter table T add c int"), "");
  EXPECT_EQ(changed("alter table T add c int", 1), "d.t");
  EXPECT_EQ(changed("alter table t2 add c int", 2), "d.T2");
}

}  // namespace
}  // namespace godwit::mysql
