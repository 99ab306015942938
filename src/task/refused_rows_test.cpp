#include "task/refused_rows.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "task/errors.h"

namespace godwit {
namespace {

// What is written at warning or worse.
std::vector<std::string> lines_of(const std::function<void()>& act) {
  std::vector<std::string> lines;
  task_log().set_listener([&](Component, Severity, std::string_view text) { lines.emplace_back(text); });
  act();
  task_log().set_listener({});
  return lines;
}

TEST(RefusedRows, lines_are_those_that_runbooks_grep) {
  ParkedRow row;
  row.source_table = {"public", "t"};
  row.operation = "INSERT";
  row.statement = R"(INSERT INTO "public"."t" ( "id" )  VALUES ('4711'))";
  row.statement_shape = R"(INSERT INTO "public"."t" ( "id" )  VALUES (?))";
  row.position.text = "0/16B3748";
  const std::vector<std::string> lines = lines_of([&] {
    log_refused_row(Component::target_apply, row, "23505",
                    R"(duplicate key value violates unique constraint "t_pkey")");
    log_parked_row(Component::target_apply, row);
  });
  EXPECT_EQ(lines,
            (std::vector<std::string>{
                R"(RetCode: SQL_ERROR  SqlState: 23505 NativeError: 1 Message: ERROR: duplicate key value violates )"
                R"(unique constraint "t_pkey"; Error while executing the query [1022502])",
                R"(Failed to execute statement: 'INSERT INTO "public"."t" ( "id" )  VALUES (?)' [1022502])",
                "INSERT of table 'public'.'t' was parked in awsdms_apply_exceptions, position 0/16B3748"}));
}

TEST(RefusedRows, a_statement_in_a_message_quotes_names) {
  EXPECT_NE(errors::no_identity_counted({"public", R"(we ird"q)"}, 1, 0)
                .message.find(R"(ALTER TABLE "public"."we ird""q" REPLICA IDENTITY FULL;)"),
            std::string::npos);
}

}  // namespace
}  // namespace godwit
