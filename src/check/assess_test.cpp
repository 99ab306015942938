// A run from its request to its report, on tables in memory.

#include "check/assess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "engines/memory/engine.h"

namespace godwit {
namespace {

using testing::HasSubstr;

class Heard : public AssessmentListener {
 public:
  void begins(const std::string& name, size_t place, size_t of) override {
    EXPECT_EQ(place, begun.size());
    EXPECT_LT(place, of);
    begun.push_back(name);
  }
  void ends(const AssessmentResult& result) override {
    ended.push_back(result.name);
    if (at_end) at_end();
  }
  std::vector<std::string> begun, ended;
  std::function<void()> at_end;
};

// Refuses every source as too old.
class OldServers : public Engine {
 public:
  std::string_view name() const override { return "postgresql"; }
  std::span<const std::string_view> schemes() const override { return {}; }
  Result<std::unique_ptr<Source>> open_source(const Endpoint&, const SessionOptions& options) override {
    EXPECT_TRUE(options.read_only);
    return Failure(Error{ErrorKind::prerequisite, code, "it is too old", ""});
  }
  Result<std::unique_ptr<Target>> open_target(const Endpoint&, const SessionOptions&) override {
    return Failure(Error{ErrorKind::connection, "postgres.connect", "nobody is there", ""});
  }
  std::string code = "postgres.version";
};

class Assess : public testing::Test {
 protected:
  void SetUp() override {
    static std::atomic<int> next = 0;
    const std::string name = "assess_test_" + std::to_string(++next);
    TableDef table;
    table.ref = {"s", "t"};
    ColumnDef& column = table.columns.emplace_back();
    column.name = "id";
    column.type.native = "text";
    table.key = KeyDef{"t_pkey", {0}};
    table.identity = RowIdentity::key;
    memory_database(name + "_source").create_table(table);
    request_.source_engine = request_.target_engine = &memory_engine();
    request_.source = *parse_endpoint("memory://local/" + name + "_source");
    request_.target = *parse_endpoint("memory://local/" + name + "_target");
    request_.settings = *parse_settings("");
    request_.rules = default_rules();
  }

  AssessmentRequest request_;
  Heard heard_;
  std::stop_source stop_;
};

TEST_F(Assess, tells_each_as_it_begins_and_ends_and_lists_them_in_order) {
  const auto report = assess(request_, heard_, stop_.get_token());
  ASSERT_TRUE(report) << report.error().message;
  const std::vector<std::string> names = *select_assessments(request_);
  EXPECT_EQ(heard_.begun, names);
  EXPECT_EQ(heard_.ended, names);
  ASSERT_EQ(report->results.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(report->results[i].name, names[i]);
  EXPECT_EQ(report->count(Outcome::error), 0U);
}

TEST_F(Assess, runs_those_that_are_included_alone) {
  request_.include_only = {"godwit-task-settings", "all-check-source-selection-rules"};
  const auto report = assess(request_, heard_, stop_.get_token());
  ASSERT_TRUE(report);
  EXPECT_THAT(heard_.ended, testing::ElementsAre("all-check-source-selection-rules", "godwit-task-settings"));
  EXPECT_EQ(report->status(), "passed");
}

TEST_F(Assess, leaves_out_those_that_are_excluded) {
  request_.exclude = {"godwit-task-settings"};
  const auto names = select_assessments(request_);
  ASSERT_TRUE(names);
  EXPECT_EQ(std::ranges::find(*names, "godwit-task-settings"), names->end());
  EXPECT_GT(names->size(), 5U);
}

TEST_F(Assess, refuses_names_before_it_connects) {
  const auto refused = [&](std::vector<std::string> include, std::vector<std::string> exclude) {
    request_.include_only = std::move(include);
    request_.exclude = std::move(exclude);
    const auto report = assess(request_, heard_, stop_.get_token());
    return report ? std::string("it ran") : report.error().code;
  };
  EXPECT_EQ(refused({"no-such"}, {}), "check.unknown_assessment");
  EXPECT_EQ(refused({}, {"no-such"}), "check.unknown_assessment");
  EXPECT_EQ(refused({"mysql-check-server-id"}, {}), "check.not_applicable");
  EXPECT_EQ(refused({"godwit-sequences"}, {"godwit-task-settings"}), "check.include_and_exclude");
  EXPECT_TRUE(heard_.begun.empty());
}

TEST_F(Assess, everything_excluded_is_no_check) {
  for (const AssessmentInfo& info : applicable_assessments(Family::other, Family::other, request_.type))
    request_.exclude.push_back(info.name);
  const auto names = select_assessments(request_);
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().code, "check.nothing_to_assess");
}

TEST_F(Assess, a_stop_cancels_what_has_not_begun) {
  heard_.at_end = [&] {
    if (heard_.ended.size() == 2) stop_.request_stop();
  };
  const auto report = assess(request_, heard_, stop_.get_token());
  ASSERT_TRUE(report);
  EXPECT_EQ(heard_.begun.size(), 2U);
  EXPECT_EQ(heard_.ended.size(), report->results.size());
  EXPECT_EQ(report->count(Outcome::cancelled), report->results.size() - 2);
  EXPECT_EQ(report->status(), "cancelling");
}

TEST_F(Assess, a_version_that_is_refused_fails_the_assessment_of_the_version) {
  OldServers old;
  request_.source_engine = &old;
  request_.source_family = request_.target_family = Family::postgres;
  const auto report = assess(request_, heard_, stop_.get_token());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->count(Outcome::failed), 1U);
  EXPECT_EQ(report->count(Outcome::error), report->results.size() - 1);
  EXPECT_THAT(report->last_failure(), HasSubstr("postgres-check-dbversion: it is too old"));
}

TEST_F(Assess, an_end_that_cannot_be_reached_is_an_error_of_the_whole) {
  OldServers old;
  request_.target_engine = &old;
  const auto report = assess(request_, heard_, stop_.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "postgres.connect");
  old.code = "postgres.connect";
  request_.source_engine = &old;
  EXPECT_FALSE(assess(request_, heard_, stop_.get_token()));
}

}  // namespace
}  // namespace godwit
