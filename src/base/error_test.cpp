#include "base/error.h"

#include <gtest/gtest.h>

#include "base/result.h"

namespace godwit {
namespace {

TEST(Error, only_what_may_pass_by_itself_is_recoverable) {
  for (const ErrorKind kind : {ErrorKind::connection, ErrorKind::transient, ErrorKind::resource,
                               ErrorKind::superseded, ErrorKind::snapshot_lost})
    EXPECT_TRUE(is_recoverable({kind, "", "", ""})) << to_string(kind);
  for (const ErrorKind kind : {ErrorKind::usage, ErrorKind::prerequisite, ErrorKind::data, ErrorKind::conflict,
                               ErrorKind::table, ErrorKind::stopped, ErrorKind::fatal})
    EXPECT_FALSE(is_recoverable({kind, "", "", ""})) << to_string(kind);
}

TEST(Error, context_goes_before_the_message_and_changes_nothing_else) {
  const Error error = in_context({ErrorKind::data, "a.code", "the value is bad", "22000"}, "table s.t");
  EXPECT_EQ(error.message, "table s.t: the value is bad");
  EXPECT_EQ(error.kind, ErrorKind::data);
  EXPECT_EQ(error.code, "a.code");
  EXPECT_EQ(error.sqlstate, "22000");
}

Result<int> half(int value) {
  if (value % 2 != 0) return Failure(Error{ErrorKind::usage, "odd", "an odd number", ""});
  return value / 2;
}

Result<int> quarter(int value) {
  const int once = TRY(half(value));
  return TRY(half(once));
}

TEST(Result, try_takes_the_value_or_returns_the_error) {
  EXPECT_EQ(quarter(8).value(), 2);
  ASSERT_FALSE(quarter(6));
  EXPECT_EQ(quarter(6).error().code, "odd");
}

}  // namespace
}  // namespace godwit
