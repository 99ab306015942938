#include "base/sentences.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(Sentences, of_others_are_one_line_with_one_mark_at_the_end) {
  struct Row {
    std::string_view words, sentence, inside;
  };
  const Row rows[] = {
      {"", "", ""},
      {" \n\t ", "", ""},
      {"it is gone", "it is gone.", "it is gone"},
      {"it is gone.", "it is gone.", "it is gone"},
      {"see pg_hba.conf..", "see pg_hba.conf.", "see pg_hba.conf"},
      {"is it running?\n", "is it running?", "is it running?"},
      {"failed: Connection refused\n\tIs the server running?\n", "failed: Connection refused. Is the server running?",
       "failed: Connection refused. Is the server running?"},
      {"closed unexpectedly\r\n\tThis probably means\n\tthat it ended.",
       "closed unexpectedly. This probably means that it ended.",
       "closed unexpectedly. This probably means that it ended"},
      {"FATAL:  no entry for host \"h\"", "FATAL: no entry for host \"h\".", "FATAL: no entry for host \"h\""},
      {"one failed\nanother failed", "one failed. another failed.", "one failed. another failed"},
      {"hosts:\n  one,\n  two", "hosts: one, two.", "hosts: one, two"},
      {"and so on...", "and so on...", "and so on..."},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(as_sentence(row.words), row.sentence);
    EXPECT_EQ(inside_sentence(row.words), row.inside);
    EXPECT_EQ(as_sentence(row.sentence), row.sentence);
  }
}

TEST(Sentences, count_one_as_one) {
  EXPECT_EQ(counted(1, "attempt"), "1 attempt");
  EXPECT_EQ(counted(2, "attempt"), "2 attempts");
  EXPECT_EQ(counted(0, "restart"), "0 restarts");
}

}  // namespace
}  // namespace godwit
