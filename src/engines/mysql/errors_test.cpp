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
    {1292, "Truncated incorrect INTEGER value: 'it's secret'", "Truncated incorrect INTEGER value: '…' (1292)",
     ErrorKind::data},
    {1292, "Truncated incorrect DOUBLE value: 'cut off", "Truncated incorrect DOUBLE value: '…' (1292)",
     ErrorKind::data},
    {1264, "Out of range value for column 'n' at row 1", "Out of range value for column 'n' at row 1 (1264)",
     ErrorKind::data},
    {1267, "Illegal mix of collations (latin1_bin,IMPLICIT) and (utf8mb4_bin,COERCIBLE) for operation '='",
     "Illegal mix of collations (latin1_bin,IMPLICIT) and (utf8mb4_bin,COERCIBLE) for operation '…' (1267)",
     ErrorKind::data},
    {1270, "Illegal mix of collations", "Illegal mix of collations (1270)", ErrorKind::data},
    {3854, "Cannot convert string '\\xD0\\x96' from utf8mb4 to latin1",
     "Cannot convert string '…' from utf8mb4 to latin1 (3854)", ErrorKind::data},
    {3988, "Conversion from collation utf8mb4_bin into latin1_bin impossible for parameter",
     "Conversion from collation utf8mb4_bin into latin1_bin impossible for parameter (3988)", ErrorKind::data},
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

TEST(MysqlErrors, a_full_disk_is_no_fault_of_the_statement_wherever_it_was_met) {
  // The disk, the storage engine, its log, its temporary file, the table.
  for (const unsigned number : {1021U, 1030U, 1799U, 1878U, 1114U})
    EXPECT_EQ(errors::server_said("No space left on device", "HY000", number).kind, ErrorKind::resource) << number;
}

TEST(MysqlErrors, a_duplicate_has_the_state_that_policies_ask_for) {
  for (const unsigned number : {1062U, 1586U, 1022U})
    EXPECT_EQ(errors::server_said("Duplicate entry", "23000", number).sqlstate, "23505");
  EXPECT_EQ(errors::server_said("Column 'n' cannot be null", "23000", 1048).sqlstate, "23000");
}

TEST(MysqlErrors, an_unknown_error_about_values_is_one_of_the_row) {
  EXPECT_EQ(errors::server_said("Longitude is out of range", "22S02", 3616).kind, ErrorKind::data);
  EXPECT_EQ(errors::server_said("Something new about '4111'", "22003", 9999).message,
            "Something new about '…' (9999)");
  EXPECT_EQ(errors::server_said("Something new", "23000", 9999).kind, ErrorKind::data);
  EXPECT_EQ(errors::server_said("Something new", "HY000", 9999).kind, ErrorKind::fatal);
  EXPECT_EQ(errors::server_said("Unknown database", "42000", 1049).kind, ErrorKind::fatal);
}

}  // namespace
}  // namespace godwit::mysql
