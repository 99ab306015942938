#include "control/task_positions.h"

#include "control/endpoint_fixture.h"

namespace godwit {
namespace {

struct Row {
  CdcMembers given;
  std::string_view type, start, stop, code;  // a code: it is refused
};

constexpr int64_t march_2018_us = 1'520'511'132'000'000;
constexpr std::string_view value = "InvalidParameterValueException",
                           together = "InvalidParameterCombinationException";

class TaskPositions : public EndpointFixture {
 protected:
  Result<CdcPositions> merge(const CdcPositions& stored, const CdcMembers& given, std::string_view type) {
    if (source_.empty())
      source_ = put("source").substr(std::string("arn:aws:dms:us-east-1:000000000000:endpoint:").size());
    return merge_positions(*environment_, source_, type, stored, given);
  }
  std::string source_;
};

TEST_F(TaskPositions, are_echoed_as_clients_expect_or_refused) {
  const Row rows[] = {
      {{.start_time_us = march_2018_us}, "cdc", "2018-03-08T12:12:12", "", ""},
      {{.start_position = "2018-03-08T12:12:12Z"}, "cdc", "2018-03-08T12:12:12", "", ""},
      {{.start_position = "mysql-bin-changelog.000024:373"}, "cdc", "mysql-bin-changelog.000024:373", "", ""},
      {{.start_position = "4AF/B00000D0"}, "cdc", "4AF/B00000D0", "", ""},
      {{.start_position = "checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0"},
       "cdc",
       "checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0",
       "",
       ""},
      {{.start_position = "a\nb"}, "cdc", "", "", value},
      {{.start_position = "garbage"}, "cdc", "", "", value},
      {{.stop_position = "position:garbage"}, "cdc", "", "", value},
      {{.stop_position = "position:2018-03-08T12:12:12"}, "cdc", "", "", value},
      {{.start_time_us = march_2018_us, .start_position = "4AF/B00000D0"}, "cdc", "", "", together},
      {{.start_position = "4AF/B00000D0"}, "full-load-and-cdc", "", "", together},
      {{.start_time_us = march_2018_us}, "full-load", "", "", together},
      {{.stop_position = "server_time:2018-02-09T12:12:12"}, "cdc", "", "server_time:2018-02-09T12:12:12", ""},
      {{.stop_position = "commit_time: 2018-02-09T12:12:12"},
       "full-load-and-cdc",
       "",
       "commit_time: 2018-02-09T12:12:12",
       ""},
      {{.stop_position = "commit_time:2018-02-09T12:12:12.5Z"}, "cdc", "", "commit_time:2018-02-09T12:12:12.5Z", ""},
      {{.stop_position = "position:4AF/B00000D0"}, "cdc", "", "position:4AF/B00000D0", ""},
      {{.stop_position = "caught-up"}, "cdc", "", "caught-up", ""},
      {{.stop_position = "tomorrow"}, "cdc", "", "", value},
      {{.stop_position = "commit_time:2018-13-09T12:12:12"}, "cdc", "", "", value},
      {{.stop_position = "position:"}, "cdc", "", "", value},
      {{.stop_position = "commit_time:2018-02-09T12:12:12"}, "full-load", "", "", together},
  };
  for (const Row& row : rows) {
    const auto merged = merge({}, row.given, row.type);
    const std::string what = row.given.start_position.value_or("") + row.given.stop_position.value_or("");
    if (!row.code.empty()) {
      ASSERT_FALSE(merged) << what;
      EXPECT_EQ(merged.error().code, row.code) << what;
      continue;
    }
    ASSERT_TRUE(merged) << what;
    EXPECT_EQ(merged->start, row.start);
    EXPECT_EQ(merged->stop, row.stop);
  }
}

TEST_F(TaskPositions, what_is_not_given_stays_and_an_empty_text_takes_it_back) {
  const CdcPositions stored{"4AF/B00000D0", "commit_time:2018-02-09T12:12:12"};
  const auto kept = merge(stored, {}, "cdc");
  EXPECT_EQ(kept->start, stored.start);
  EXPECT_EQ(kept->stop, stored.stop);
  const auto cleared = merge(stored, {.start_position = "", .stop_position = ""}, "cdc");
  EXPECT_EQ(cleared->start, "");
  EXPECT_EQ(cleared->stop, "");
}

TEST_F(TaskPositions, of_a_time_are_refused_where_the_log_cannot_be_searched_by_time) {
  sql_.lose_times();
  const CdcMembers by_time[] = {{.start_time_us = march_2018_us}, {.start_position = "2018-03-08T12:12:12"}};
  for (const CdcMembers& given : by_time) {
    const auto merged = merge({}, given, "cdc");
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().code, value);
  }
  EXPECT_TRUE(merge({}, {.start_position = "4AF/B00000D0"}, "cdc"));
}

}  // namespace
}  // namespace godwit
