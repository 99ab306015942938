#include "engines/mysql/errors.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

struct Case {
  unsigned number;
  std::string_view said, shown;
  ErrorKind kind;
};

constexpr Case cases[] = {
    {1062, "Duplicate entry '4111-it's' for key 't.PRIMARY'", "Duplicate entry '…' for key 't.PRIMARY' (1062)",
     ErrorKind::conflict},
    {1366, "Incorrect integer value: 'x'y' for column `s`.`t`.`n` at row 1",
     "Incorrect integer value: '…' for column `s`.`t`.`n` at row 1 (1366)", ErrorKind::data},
    {1264, "Out of range value for column 'n' at row 1", "Out of range value for column 'n' at row 1 (1264)",
     ErrorKind::data},
    {1146, "Table 's.t' doesn't exist", "Table 's.t' doesn't exist (1146)", ErrorKind::table},
    {1213, "Deadlock found when trying to get lock", "Deadlock found when trying to get lock (1213)",
     ErrorKind::transient},
    {2013, "Lost connection to server", "Lost connection to server (2013)", ErrorKind::connection},
};

TEST(MysqlErrors, are_classified_and_show_no_values) {
  for (const Case& c : cases) {
    const Error error = errors::server_said(c.said, "HY000", c.number);
    EXPECT_EQ(error.message, c.shown);
    EXPECT_EQ(error.kind, c.kind);
    EXPECT_NE(words_for_exceptions(error).find(c.said), std::string::npos);
  }
}

}  // namespace
}  // namespace godwit::mysql
