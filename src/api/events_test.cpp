#include "control/events.h"
#include "api/api_test_kit.h"
#include "control/event_sinks.h"

namespace godwit {
namespace {

constexpr int64_t minute_us = 60'000'000;

class EventsTest : public ApiTest {
 protected:
  void note(EventSource source, const std::string& identifier, int number, std::string_view category,
            std::string_view message) {
    ASSERT_TRUE(note_event(*environment_, source, identifier, "arn:x", number, category, message));
  }
  void note_task(std::string_view message, std::string_view category = "state change") {
    note(EventSource::replication_task, "orders", 69, category, message);
  }
  std::vector<std::string> messages(const json& input = json::object()) {
    std::vector<std::string> out;
    const json reply = ok("DescribeEvents", input);
    for (const json& event : reply["Events"]) out.push_back(event["Message"]);
    return out;
  }
  json subscription(const json& more = json::object()) {
    json input = {{"SubscriptionName", "Ops"}, {"SnsTopicArn", "https://hooks.example/x"}};
    input.update(more);
    return input;
  }
  json subscriptions(const json& input = json::object()) {
    return ok("DescribeEventSubscriptions", input)["EventSubscriptionsList"];
  }
  void make_instance() {
    ok("CreateReplicationInstance",
       {{"ReplicationInstanceIdentifier", "pool"}, {"ReplicationInstanceClass", "dms.t3.small"}});
  }
};

using Texts = std::vector<std::string>;

TEST_F(EventsTest, the_last_hour_is_told_unless_asked_otherwise) {
  const int64_t start = now_us_;
  note_task("old");
  now_us_ = start + 50 * minute_us;
  note_task("new");
  now_us_ = start + 70 * minute_us;
  EXPECT_EQ(messages(), Texts{"new"});
  EXPECT_EQ(messages({{"Duration", 120}}), (Texts{"old", "new"}));
  EXPECT_EQ(messages({{"StartTime", start / 1'000'000}}), (Texts{"old", "new"}));
  EXPECT_EQ(messages({{"StartTime", start / 1'000'000}, {"Duration", 10}}), Texts{"old"});
  EXPECT_EQ(messages({{"EndTime", start / 1'000'000 + 60}}), Texts{"old"});
  EXPECT_EQ(messages({{"StartTime", start / 1'000'000 + 60}, {"EndTime", start / 1'000'000 + 3600}}), Texts{"new"});
  const std::vector<std::pair<json, std::string>> wrong = {
      {{{"Duration", 0}}, "InvalidParameterValueException"},
      {{{"Duration", 20161}}, "InvalidParameterValueException"},
      {{{"StartTime", 200}, {"EndTime", 100}}, "InvalidParameterCombinationException"},
      {{{"StartTime", 100}, {"EndTime", 200}, {"Duration", 1}}, "InvalidParameterCombinationException"},
      {{{"SourceType", "endpoint"}}, "ValidationException"},
      {{{"EventCategories", {"nonsense"}}}, "InvalidParameterValueException"},
  };
  for (const auto& [input, fault] : wrong) EXPECT_EQ(code_of("DescribeEvents", input), fault) << input;
}

TEST_F(EventsTest, they_are_selected_by_source_and_category) {
  make_instance();
  note_task("started");
  note_task("failed", "failure");
  EXPECT_EQ(messages().size(), 4U);
  EXPECT_EQ(messages({{"SourceType", "replication-task"}}), (Texts{"started", "failed"}));
  EXPECT_EQ(messages({{"SourceIdentifier", "Orders"}, {"SourceType", "replication-task"}}),
            (Texts{"started", "failed"}));
  EXPECT_EQ(messages({{"EventCategories", {"StateChange"}}}), Texts{"started"});
  EXPECT_EQ(messages({{"EventCategories", {"Failure", "creation"}}}).size(), 3U);
  EXPECT_EQ(messages(filter("replication-instance-id", {"POOL"})).size(), 2U);
  EXPECT_EQ(messages(filter("replication-instance-id", {"orders"})), Texts{});
  const json event = ok("DescribeEvents", {{"SourceType", "replication-task"}})["Events"][0];
  EXPECT_EQ(event["SourceIdentifier"], "orders");
  EXPECT_EQ(event["SourceType"], "replication-task");
  EXPECT_EQ(event["EventCategories"], json::array({"state change"}));
}

TEST_F(EventsTest, events_of_one_moment_go_over_pages_without_a_gap) {
  for (int i = 0; i < 45; ++i) note_task(std::to_string(i));
  Texts all;
  json input = {{"MaxRecords", 20}};
  for (int pages = 0; pages < 5; ++pages) {
    const json reply = ok("DescribeEvents", input);
    for (const json& event : reply["Events"]) all.push_back(event["Message"]);
    if (!reply.contains("Marker")) break;
    input["Marker"] = reply["Marker"];
  }
  ASSERT_EQ(all.size(), 45U);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], std::to_string(i));
}

TEST_F(EventsTest, after_fourteen_days_they_are_gone) {
  note_task("old");
  now_us_ += int64_t{14} * 24 * 60 * minute_us + minute_us;
  EXPECT_EQ(messages({{"StartTime", 0}}), Texts{});
  note_task("new");
  int64_t kept = 0;
  ASSERT_TRUE(database_->each("SELECT count(*) FROM events", {}, [&](const Row& row) { kept = row.integer(0); }));
  EXPECT_EQ(kept, 1);
}

TEST_F(EventsTest, an_event_of_a_change_that_fails_is_not_told) {
  const auto done = database_->atomically([&]() -> Result<void> {
    TRY(note_event(*environment_, EventSource::replication_task, "t", "arn:x", 69, "state change", "lost"));
    return Failure(Error{});
  });
  EXPECT_FALSE(done);
  EXPECT_EQ(messages(), Texts{});
}

TEST_F(EventsTest, categories_are_those_of_the_source_type) {
  EXPECT_EQ(ok("DescribeEventCategories")["EventCategoryGroupList"].size(), 2U);
  EXPECT_EQ(ok("DescribeEventCategories", {{"SourceType", "Replication-Task"}})["EventCategoryGroupList"],
            (json::array({{{"SourceType", "replication-task"},
                           {"EventCategories",
                            {"configuration change", "state change", "deletion", "creation", "failure"}}}})));
  EXPECT_EQ(code_of("DescribeEventCategories", {{"SourceType", "x"}}), "InvalidParameterValueException");
}

TEST_F(EventsTest, a_subscription_is_made_shown_changed_and_deleted) {
  make_instance();
  const json made = ok("CreateEventSubscription", subscription({{"SourceType", "replication-instance"},
                                                                {"EventCategories", {"Low Storage", "failure"}},
                                                                {"SourceIds", {"POOL"}}}))["EventSubscription"];
  EXPECT_EQ(made["Status"], "creating");
  const json found = subscriptions({{"SubscriptionName", "OPS"}})[0];
  EXPECT_EQ(found["Status"], "active");
  EXPECT_EQ(found["CustSubscriptionId"], "Ops");
  EXPECT_EQ(found["CustomerAwsId"], "123456789012");
  EXPECT_EQ(found["SourceIdsList"], json::array({"pool"}));
  EXPECT_EQ(found["EventCategoriesList"], (json{"low storage", "failure"}));
  EXPECT_EQ(found["Enabled"], true);
  EXPECT_EQ(found["SubscriptionCreationTime"], "2026-02-02 02:40:00.002");
  EXPECT_EQ(code_of("CreateEventSubscription", subscription({{"SubscriptionName", "ops"}})),
            "ResourceAlreadyExistsFault");
  const json changed = ok("ModifyEventSubscription",
                          {{"SubscriptionName", "ops"}, {"Enabled", false}, {"EventCategories", json::array()}});
  EXPECT_EQ(changed["EventSubscription"]["Status"], "modifying");
  EXPECT_EQ(subscriptions()[0]["EventCategoriesList"], json::array());
  EXPECT_EQ(ok("DeleteEventSubscription", {{"SubscriptionName", "OPS"}})["EventSubscription"]["Status"], "deleting");
  EXPECT_EQ(subscriptions(), json::array());
  for (const char* operation : {"DescribeEventSubscriptions", "DeleteEventSubscription", "ModifyEventSubscription"})
    EXPECT_EQ(code_of(operation, {{"SubscriptionName", "ops"}}), "ResourceNotFoundFault") << operation;
}

TEST_F(EventsTest, subscriptions_are_found_by_filter_and_tagged_by_name) {
  ok("CreateEventSubscription", subscription({{"Tags", {{{"Key", "a"}, {"Value", "b"}}}}}));
  const std::string arn = "arn:aws:dms:eu-test-1:123456789012:es:ops";
  EXPECT_EQ(subscriptions(filter("event-subscription-id", {"OPS"})).size(), 1U);
  EXPECT_EQ(subscriptions(filter("event-subscription-arn", {arn})).size(), 1U);
  EXPECT_EQ(code_of("DescribeEventSubscriptions", filter("event-subscription-id", {"x"})), "ResourceNotFoundFault");
  EXPECT_EQ(ok("ListTagsForResource", {{"ResourceArn", arn}})["TagList"].size(), 1U);
}

TEST_F(EventsTest, a_wrong_subscription_is_refused_by_its_fault) {
  make_instance();
  const std::vector<std::pair<json, std::string>> cases = {
      {{{"SubscriptionName", "1x"}}, "InvalidParameterValueException"},
      {{{"SubscriptionName", std::string(255, 'a')}}, "InvalidParameterValueException"},
      {{{"SnsTopicArn", "ops"}}, "SNSInvalidTopicFault"},
      {{{"SnsTopicArn", "http://hooks.example/"}}, "SNSInvalidTopicFault"},
      {{{"SnsTopicArn", "ftp://127.0.0.1/"}}, "SNSInvalidTopicFault"},
      {{{"SnsTopicArn", "arn:aws:sns:x:1:t\r\nX-Evil: 1"}}, "SNSInvalidTopicFault"},
      {{{"SourceType", "endpoint"}}, "InvalidParameterValueException"},
      {{{"SourceIds", {"pool"}}}, "InvalidParameterCombinationException"},
      {{{"SourceIds", {"gone"}}, {"SourceType", "replication-instance"}}, "ResourceNotFoundFault"},
      {{{"SourceIds", {"pool"}}, {"SourceType", "replication-task"}}, "ResourceNotFoundFault"},
      {{{"EventCategories", {"failover"}}, {"SourceType", "replication-task"}}, "InvalidParameterValueException"},
  };
  for (const auto& [members, fault] : cases)
    EXPECT_EQ(code_of("CreateEventSubscription", subscription(members)), fault) << members;
  EXPECT_EQ(subscriptions(), json::array());
}

TEST_F(EventsTest, the_source_type_stays_where_sources_are_named_and_categories_must_fit_it) {
  make_instance();
  ok("CreateEventSubscription",
     subscription(
         {{"SourceType", "replication-instance"}, {"SourceIds", {"pool"}}, {"EventCategories", {"failover"}}}));
  EXPECT_EQ(code_of("ModifyEventSubscription", {{"SubscriptionName", "ops"}, {"SourceType", "replication-task"}}),
            "InvalidParameterCombinationException");
  EXPECT_EQ(code_of("ModifyEventSubscription", {{"SubscriptionName", "ops"}, {"EventCategories", {"state change"}}}),
            "InvalidParameterValueException");
}

TEST_F(EventsTest, a_topic_that_leads_nowhere_shows_so_until_it_is_configured) {
  const std::string topic = "arn:aws:sns:eu-test-1:123456789012:ops";
  ok("CreateEventSubscription", subscription({{"SnsTopicArn", topic}}));
  EXPECT_EQ(subscriptions()[0]["Status"], "topic-not-exist");
  const EventSinks sinks = EventSinks::parse(json{{topic, {{"file", "/tmp/x"}}}}.dump()).value();
  environment_->sinks = &sinks;
  EXPECT_EQ(subscriptions()[0]["Status"], "active");
  environment_->sinks = nullptr;
}

}  // namespace
}  // namespace godwit
