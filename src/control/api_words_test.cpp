#include "control/api_words.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(ApiWords, options_of_the_command_line_become_members_of_calls) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"the slot is gone: run the task with --restart.",
       "the slot is gone: run the task with StartReplicationTaskType=reload-target."},
      {"load it anew (--restart)", "load it anew (StartReplicationTaskType=reload-target)"},
      {"or use --type full-load.", "or use MigrationType full-load."},
      {"needs a start: --cdc-start-position with an LSN", "needs a start: CdcStartPosition with an LSN"},
      {"another --task-id, or --restart", "another ResourceIdentifier, or StartReplicationTaskType=reload-target"},
      {"go on, or `godwit drop --task-id a --source URI` to remove it",
       "go on, or DeleteReplicationTask to remove it"},
      {"Run the same command to go on.", "Resume the task to go on."},
      {"`godwit drop", "`godwit drop"},
      {"run mysqlbinlog --verify-binlog-checksum", "run mysqlbinlog --verify-binlog-checksum"},
      {"a--restart --restarts -- --", "a--restart --restarts -- --"},
  };
  for (const auto& [text, words] : cases) EXPECT_EQ(in_api_words(text), words);
}

TEST(ApiWords, a_task_of_changes_alone_is_not_told_of_a_load_that_it_cannot_have) {
  EXPECT_EQ(in_api_words("run it with --restart.", "full-load-and-cdc"),
            "run it with StartReplicationTaskType=reload-target.");
  EXPECT_EQ(
      in_api_words("run it with --restart.", "cdc"),
      "run it with StartReplicationTaskType=start-replication (which loads nothing: rows that are missing need a "
      "full-load task first).");
}

}  // namespace
}  // namespace godwit
