#include "api/logs.h"

#include <gtest/gtest.h>

#include <random>

#include "api/monitoring_kit.h"

namespace godwit {
namespace {

class LogsTest : public MonitoringTest {
 protected:
  HttpReply send(std::string_view operation, std::string body) {
    return reply_of(logs_facade(), {.method = "POST",
                                    .target = "/",
                                    .headers = {{"x-amz-target", "Logs_20140328." + std::string(operation)}},
                                    .body = std::move(body),
                                    .peer = "127.0.0.1"});
  }
  json logs(std::string_view operation, const json& input = json::object()) {
    const HttpReply reply = send(operation, input.dump());
    EXPECT_EQ(reply.status, 200U) << operation << input << reply.body;
    EXPECT_EQ(reply.content_type, "application/x-amz-json-1.1");
    return json::parse(reply.body);
  }
  std::string refused(std::string_view operation, const json& input) {
    const HttpReply reply = send(operation, input.dump());
    EXPECT_EQ(reply.status, 400U) << operation << input << reply.body;
    return json::parse(reply.body).value("__type", "");
  }
  static json stream(std::string_view task) {
    return {{"logGroupName", "dms-tasks-pool"}, {"logStreamName", "dms-task-" + std::string(task)}};
  }
  static json with(json input, const json& more) {
    input.update(more);
    return input;
  }
  static std::vector<std::string> names(const json& list, const char* member) {
    std::vector<std::string> out;
    for (const json& each : list) out.push_back(each[member]);
    return out;
  }
};

using Names = std::vector<std::string>;

TEST_F(LogsTest, a_group_is_there_once_a_task_has_logged) {
  EXPECT_EQ(logs("DescribeLogGroups")["logGroups"], json::array());
  EXPECT_EQ(refused("DescribeLogStreams", {{"logGroupName", "dms-tasks-pool"}}), "ResourceNotFoundException");
  log_line("T1", 0, "one");
  const json group = logs("DescribeLogGroups")["logGroups"][0];
  EXPECT_EQ(group["logGroupName"], "dms-tasks-pool");
  EXPECT_EQ(group["arn"], "arn:aws:logs:eu-test-1:123456789012:log-group:dms-tasks-pool:*");
  EXPECT_EQ(group["logGroupArn"], "arn:aws:logs:eu-test-1:123456789012:log-group:dms-tasks-pool");
  EXPECT_EQ(group["creationTime"], start_s * 1000);
  EXPECT_GT(group["storedBytes"], 0);
  EXPECT_FALSE(group.contains("retentionInDays"));
}

TEST_F(LogsTest, a_task_that_does_not_publish_its_log_has_no_stream) {
  put_task("T3", false);
  log_line("T3", 0, "one");
  EXPECT_EQ(logs("DescribeLogGroups")["logGroups"], json::array());
  log_line("T1", 0, "one");
  EXPECT_EQ(refused("GetLogEvents", stream("T3")), "ResourceNotFoundException");
}

TEST_F(LogsTest, groups_are_found_by_beginning_and_part_and_come_in_pages) {
  log_line("T1", 0, "one");
  for (const char* name : {"b", "a", "dms-tasks-other"}) logs("CreateLogGroup", {{"logGroupName", name}});
  const auto found = [&](const json& input) {
    return names(logs("DescribeLogGroups", input)["logGroups"], "logGroupName");
  };
  EXPECT_EQ(found(json::object()), (Names{"a", "b", "dms-tasks-other", "dms-tasks-pool"}));
  EXPECT_EQ(found({{"logGroupNamePrefix", "dms-tasks-"}}), (Names{"dms-tasks-other", "dms-tasks-pool"}));
  EXPECT_EQ(found({{"logGroupNamePrefix", "nothing"}}), Names{});
  EXPECT_EQ(found({{"logGroupNamePattern", "tasks-p"}}), (Names{"dms-tasks-pool"}));
  EXPECT_EQ(found({{"logGroupNamePattern", "Tasks"}}), Names{});
  EXPECT_EQ(found({{"logGroupIdentifiers", {"arn:aws:logs:eu-test-1:123456789012:log-group:b", "a"}}}),
            (Names{"a", "b"}));
  json page = logs("DescribeLogGroups", {{"limit", 3}});
  EXPECT_EQ(page["logGroups"].size(), 3U);
  page = logs("DescribeLogGroups", {{"limit", 3}, {"nextToken", page["nextToken"]}});
  EXPECT_EQ(names(page["logGroups"], "logGroupName"), (Names{"dms-tasks-pool"}));
  EXPECT_FALSE(page.contains("nextToken"));
}

TEST_F(LogsTest, streams_are_ordered_as_asked_for) {
  log_line("T1", 0, "one");
  log_line("T1", 20, "last");
  log_line("T2", 10, "two");
  const auto found = [&](const json& more) {
    return names(logs("DescribeLogStreams", with({{"logGroupName", "dms-tasks-pool"}}, more))["logStreams"],
                 "logStreamName");
  };
  const Names ascending = {"dms-task-T1", "dms-task-T2"}, descending = {"dms-task-T2", "dms-task-T1"};
  EXPECT_EQ(found(json::object()), ascending);
  EXPECT_EQ(found({{"descending", true}}), descending);
  EXPECT_EQ(found({{"orderBy", "LastEventTime"}}), descending);
  EXPECT_EQ(found({{"orderBy", "LastEventTime"}, {"descending", true}}), ascending);
  EXPECT_EQ(found({{"logStreamNamePrefix", "dms-task-T2"}}), Names{"dms-task-T2"});
  const json one = logs(
      "DescribeLogStreams",
      {{"logGroupIdentifier", "arn:aws:logs:eu-test-1:123456789012:log-group:dms-tasks-pool:*"}})["logStreams"][0];
  EXPECT_EQ(one["firstEventTimestamp"], start_s * 1000);
  EXPECT_EQ(one["lastEventTimestamp"], (start_s + 20) * 1000);
  EXPECT_EQ(one["arn"], "arn:aws:logs:eu-test-1:123456789012:log-group:dms-tasks-pool:log-stream:dms-task-T1");
  EXPECT_EQ(one["storedBytes"], 0);
}

TEST_F(LogsTest, events_are_read_to_the_end_where_the_token_repeats) {
  for (int second = 0; second < 5; ++second) log_line("T1", second, fmt::format("line {}", second));
  json page = logs("GetLogEvents", with(stream("T1"), {{"startFromHead", true}, {"limit", 2}}));
  EXPECT_EQ(page["events"].size(), 2U);
  EXPECT_EQ(page["events"][0]["timestamp"], start_s * 1000);
  EXPECT_EQ(page["events"][0]["message"],
            iso_seconds(start_s * 1'000'000) + " [TASK_MANAGER    ]I:  line 0  (a.cpp:1)");
  Names all;
  std::string token, next = page["nextForwardToken"];
  size_t events = 2;
  while (token != next) {
    token = next;
    page = logs("GetLogEvents", with(stream("T1"), {{"nextToken", token}, {"limit", 2}}));
    events += page["events"].size();
    next = page["nextForwardToken"];
  }
  EXPECT_EQ(events, 5U);
  EXPECT_TRUE(token.starts_with("f/"));
  page = logs("GetLogEvents", with(stream("T1"), {{"limit", 2}}));
  EXPECT_EQ(page["events"][1]["timestamp"], (start_s + 4) * 1000);
  const std::string back = page["nextBackwardToken"];
  EXPECT_TRUE(back.starts_with("b/"));
  page = logs("GetLogEvents", with(stream("T1"), {{"nextToken", back}}));
  EXPECT_EQ(page["events"].size(), 3U);
  const std::string head = page["nextBackwardToken"];
  page = logs("GetLogEvents", with(stream("T1"), {{"nextToken", head}}));
  EXPECT_EQ(page["events"], json::array());
  EXPECT_EQ(page["nextBackwardToken"], head);
  page = logs("GetLogEvents",
              with(stream("T1"), {{"startTime", (start_s + 1) * 1000}, {"endTime", (start_s + 3) * 1000}}));
  EXPECT_EQ(page["events"].size(), 2U);
}

TEST_F(LogsTest, a_search_finds_the_quoted_table) {
  log_line("T1", 0, "Unload finished for table 'hr'.'PERSON' (Id = 1). 3 rows sent.");
  log_line("T2", 1, "Load finished for table 'hr'.'PERSON' (Id = 1). 3 rows received.");
  log_line("T1", 2, "Unload finished for table 'hr'.'PET' (Id = 2). 3 rows sent.");
  const json input = {{"logGroupName", "dms-tasks-pool"}, {"filterPattern", "\"PERSON\""}, {"interleaved", true}};
  const json found = logs("FilterLogEvents", input);
  EXPECT_EQ(names(found["events"], "logStreamName"), (Names{"dms-task-T1", "dms-task-T2"}));
  EXPECT_EQ(found["events"][0]["eventId"].get<std::string>().size(), 56U);
  EXPECT_EQ(found["searchedLogStreams"], json::array());
  EXPECT_EQ(logs("FilterLogEvents", with(input, {{"logStreamNames", {"dms-task-T2"}}}))["events"].size(), 1U);
  EXPECT_EQ(logs("FilterLogEvents", with(input, {{"logStreamNamePrefix", "dms-task-T1"}}))["events"].size(), 1U);
  const json page = logs("FilterLogEvents", with(input, {{"limit", 1}}));
  const json rest = logs("FilterLogEvents", with(input, {{"limit", 1}, {"nextToken", page["nextToken"]}}));
  EXPECT_EQ(rest["events"][0]["logStreamName"], "dms-task-T2");
  EXPECT_FALSE(rest.contains("nextToken"));
}

TEST_F(LogsTest, a_deleted_stream_is_gone_until_its_next_line_and_its_group_stays) {
  log_line("T1", 0, "one");
  EXPECT_EQ(logs("DeleteLogStream", stream("T1")), json::object());
  EXPECT_EQ(action.needs, Role::operator_);
  EXPECT_TRUE(action.changes);
  EXPECT_EQ(refused("DeleteLogStream", stream("T1")), "ResourceNotFoundException");
  EXPECT_EQ(refused("GetLogEvents", stream("T1")), "ResourceNotFoundException");
  EXPECT_EQ(logs("DescribeLogStreams", {{"logGroupName", "dms-tasks-pool"}})["logStreams"], json::array());
  log_line("T1", 5, "again");
  EXPECT_EQ(logs("GetLogEvents", stream("T1"))["events"].size(), 1U);
}

TEST_F(LogsTest, a_group_has_a_retention_tags_and_an_end) {
  const json group = {{"logGroupName", "dms-tasks-pool"}};
  const std::string arn = "arn:aws:logs:eu-test-1:123456789012:log-group:dms-tasks-pool";
  EXPECT_EQ(logs("CreateLogGroup", with(group, {{"tags", {{"a", "1"}}}})), json::object());
  EXPECT_EQ(refused("CreateLogGroup", group), "ResourceAlreadyExistsException");
  logs("PutRetentionPolicy", with(group, {{"retentionInDays", 1}}));
  EXPECT_EQ(logs("DescribeLogGroups")["logGroups"][0]["retentionInDays"], 1);
  log_line("T1", -2 * 86'400, "old");
  log_line("T1", 0, "new");
  EXPECT_EQ(logs("GetLogEvents", stream("T1"))["events"].size(), 1U);
  logs("DeleteRetentionPolicy", group);
  EXPECT_EQ(logs("GetLogEvents", stream("T1"))["events"].size(), 2U);
  logs("TagResource", {{"resourceArn", arn}, {"tags", {{"b", "2"}}}});
  logs("UntagResource", {{"resourceArn", arn}, {"tagKeys", {"a"}}});
  EXPECT_EQ(logs("ListTagsForResource", {{"resourceArn", arn}})["tags"], (json{{"b", "2"}}));
  EXPECT_EQ(logs("ListTagsLogGroup", group)["tags"], (json{{"b", "2"}}));
  logs("DeleteLogGroup", group);
  EXPECT_EQ(logs("DescribeLogGroups")["logGroups"], json::array());
  EXPECT_EQ(refused("ListTagsForResource", {{"resourceArn", arn}}), "ResourceNotFoundException");
  EXPECT_FALSE(std::filesystem::exists(log_path("T1")));
}

struct RefusedCase {
  std::string_view operation;
  nlohmann::json input;
  std::string_view fault;
};

TEST_F(LogsTest, bad_input_is_refused_by_its_own_fault) {
  log_line("T1", 0, "one");
  const json group = {{"logGroupName", "dms-tasks-pool"}};
  const json other = {{"logGroupName", "no"}};
  constexpr std::string_view invalid = "InvalidParameterException", unknown = "ResourceNotFoundException";
  const RefusedCase cases[] = {
      {"DescribeLogGroups", {{"limit", 0}}, invalid},
      {"DescribeLogGroups", {{"limit", 51}}, invalid},
      {"DescribeLogGroups", {{"limit", "x"}}, invalid},
      {"DescribeLogGroups", {{"logGroupNamePrefix", "a"}, {"logGroupNamePattern", "b"}}, invalid},
      {"DescribeLogGroups", {{"logGroupNamePrefix", 1}}, invalid},
      {"DescribeLogGroups", {{"nextToken", "x"}}, invalid},
      {"DescribeLogStreams", json::object(), invalid},
      {"DescribeLogStreams", with(group, {{"logGroupIdentifier", "x"}}), invalid},
      {"DescribeLogStreams", with(group, {{"orderBy", "Size"}}), invalid},
      {"DescribeLogStreams", with(group, {{"orderBy", "LastEventTime"}, {"logStreamNamePrefix", "d"}}), invalid},
      {"DescribeLogStreams", other, unknown},
      {"GetLogEvents", group, invalid},
      {"GetLogEvents", with(stream("T1"), {{"limit", 10'001}}), invalid},
      {"GetLogEvents", with(stream("T1"), {{"startTime", -1}}), invalid},
      {"GetLogEvents", with(stream("T1"), {{"startTime", 5}, {"endTime", 4}}), invalid},
      {"GetLogEvents", with(stream("T1"), {{"nextToken", "f/"}}), invalid},
      {"GetLogEvents", with(stream("T1"), {{"nextToken", "x/1.2.3"}}), invalid},
      {"GetLogEvents", stream("T9"), unknown},
      {"GetLogEvents", with(stream("T1"), other), unknown},
      {"FilterLogEvents", with(group, {{"filterPattern", "{ $.a = 1 }"}}), invalid},
      {"FilterLogEvents", with(group, {{"logStreamNames", {"a"}}, {"logStreamNamePrefix", "b"}}), invalid},
      {"FilterLogEvents", with(group, {{"logStreamNames", {"dms-task-T9"}}}), unknown},
      {"FilterLogEvents", with(group, {{"logStreamNames", "dms-task-T1"}}), invalid},
      {"FilterLogEvents", other, unknown},
      {"DeleteLogStream", group, invalid},
      {"DeleteLogStream", with(stream("T1"), other), unknown},
      {"CreateLogGroup", {{"logGroupName", "a b"}}, invalid},
      {"CreateLogGroup", {{"logGroupName", ""}}, invalid},
      {"CreateLogGroup", {{"logGroupName", "a"}, {"kmsKeyId", "k"}}, invalid},
      {"PutRetentionPolicy", with(group, {{"retentionInDays", 2}}), invalid},
      {"PutRetentionPolicy", with(other, {{"retentionInDays", 1}}), unknown},
      {"DeleteLogGroup", other, unknown},
      {"StartLiveTail", {{"logGroupIdentifiers", {"x"}}}, "InvalidOperationException"},
      {"PutLogEvents", stream("T1"), "InvalidOperationException"},
      {"Nothing", json::object(), "UnknownOperationException"},
      {"", json::object(), "UnknownOperationException"},
  };
  for (const RefusedCase& each : cases)
    EXPECT_EQ(refused(each.operation, each.input), each.fault) << each.operation << each.input;
  for (const char* body : {"[]", "{", "\"x\"", "{} {}"})
    EXPECT_EQ(json::parse(send("DescribeLogGroups", body).body)["__type"], "SerializationException") << body;
  EXPECT_EQ(send("DescribeLogGroups", "").status, 200U);
}

TEST_F(LogsTest, what_is_not_there_is_refused_in_words_of_its_own) {
  const std::pair<const char*, const char*> cases[] = {
      {"Nothing", "targets are Logs_20140328.<Operation>"}, {"PutLogEvents", "Streams are the logs of tasks"},
      {"CreateLogStream", "Streams are the logs of tasks"}, {"StartLiveTail", "Poll GetLogEvents or FilterLogEvents"},
      {"StartQuery", "search with FilterLogEvents"},
  };
  for (const auto& [operation, words] : cases)
    EXPECT_NE(send(operation, "{}").body.find(words), std::string::npos) << send(operation, "{}").body;
}

TEST_F(LogsTest, any_bytes_of_a_log_make_a_reply) {
  std::mt19937 random(9);
  std::ofstream file(log_path("T1"), std::ios::binary);
  for (int i = 0; i < 200'000; ++i) file << static_cast<char>(random());
  file.close();
  log_line("T1", 0, "x");
  EXPECT_GT(logs("GetLogEvents", stream("T1"))["events"].size(), 0U);
  EXPECT_GT(logs("FilterLogEvents", {{"logGroupName", "dms-tasks-pool"}})["events"].size(), 0U);
}

}  // namespace
}  // namespace godwit
