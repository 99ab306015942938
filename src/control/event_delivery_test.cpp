#include "control/event_delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "control/event_sinks.h"
#include "control/events.h"
#include "control/loopback_server.h"
#include "store/subscriptions.h"

namespace godwit {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class EventDeliveryTest : public testing::Test {
 protected:
  EventDeliveryTest() {
    std::filesystem::create_directories(folder_);
    secrets_.emplace(SecretBox::open(folder_ + "/key", true).value());
    environment_ =
        std::make_unique<Environment>(Environment{.database = *database_,
                                                  .secrets = *secrets_,
                                                  .names = {.region = "eu-test-1", .account = "123456789012"},
                                                  .engines = {},
                                                  .background = background_,
                                                  .folder = folder_,
                                                  .secret_folder = {},
                                                  .now_us = [this] { return now_us_.load(); }});
    start();
  }
  ~EventDeliveryTest() override {
    delivery_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    delivery_ = std::make_unique<EventDelivery>(
        *environment_,
        DeliveryTimes{
            .first_pause_ms = 1'000, .longest_pause_ms = 8'000, .give_up_after_ms = 60'000, .attempt_ms = 20'000});
    environment_->delivery = delivery_.get();
  }
  void stop() {
    environment_->delivery = nullptr;
    delivery_.reset();
  }
  void subscribe(const std::string& name, const std::string& topic, std::vector<std::string> categories = {}) {
    ASSERT_TRUE(insert_subscription(
        *database_,
        {.identifier = name, .topic = topic, .categories = std::move(categories), .created_us = now_us_}));
  }
  void note(std::string_view message, std::string_view category = "state change", int number = 79) {
    ASSERT_TRUE(note_event(*environment_, EventSource::replication_task, "orders",
                           "arn:aws:dms:eu-test-1:123456789012:task:T", number, category, message));
  }
  // The event messages of what a server was posted.
  static std::vector<std::string> messages(const LoopbackServer& server) {
    std::vector<std::string> out;
    for (const LoopbackServer::Request& request : server.requests())
      out.push_back(json::parse(std::string(json::parse(request.body)["Message"]))["Event Message"]);
    return out;
  }
  int64_t waiting() {
    int64_t count = 0;
    EXPECT_TRUE(
        database_->each("SELECT count(*) FROM event_outbox", {}, [&](const Row& row) { count = row.integer(0); }));
    return count;
  }
  std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string folder_ = testing::TempDir() + "godwit_delivery_" + std::to_string(getpid());
  std::atomic<int64_t> now_us_ = 1'770'000'000'091'000;
  std::unique_ptr<Database> database_ = Database::open(":memory:").value();
  std::optional<SecretBox> secrets_;
  Background background_{1};
  std::unique_ptr<Environment> environment_;
  std::unique_ptr<EventDelivery> delivery_;
};

TEST_F(EventDeliveryTest, a_webhook_gets_dms_s_message_in_sns_s_envelope) {
  LoopbackServer server;
  subscribe("ops", server.url("/hook?token=1"));
  note("Replication task has stopped.");
  delivery_->drain();
  ASSERT_EQ(server.requests().size(), 1U);
  const auto request = server.requests().front();
  EXPECT_EQ(request.line, "POST /hook?token=1 HTTP/1.1");
  EXPECT_THAT(request.headers, testing::HasSubstr("x-amz-sns-message-type: Notification"));
  const json body = json::parse(request.body);
  EXPECT_EQ(body["Type"], "Notification");
  EXPECT_EQ(body["TopicArn"], server.url("/hook?token=1"));
  EXPECT_EQ(body["Subject"], "DMS Notification Message");
  EXPECT_EQ(body["Timestamp"], "2026-02-02T02:40:00.091Z");
  EXPECT_THAT(request.headers, testing::HasSubstr("x-amz-sns-message-id: " + std::string(body["MessageId"])));
  EXPECT_EQ(std::string(body["Message"]),
            R"({"Event Source":"replication-task","Event Time":"2026-02-02 02:40:00.091",)"
            R"("Identifier Link":"#tasks:ids=orders\nSourceId: orders ",)"
            R"("Event ID":"http://docs.aws.amazon.com/dms/latest/userguide/CHAP_Events.html#DMS-EVENT-0079 ",)"
            R"("Event Message":"Replication task has stopped."})");
  EXPECT_EQ(waiting(), 0);
}

TEST_F(EventDeliveryTest, an_event_goes_to_those_who_asked_for_it) {
  LoopbackServer all, failures;
  subscribe("all", all.url("/"));
  subscribe("failures", failures.url("/"), {"failure"});
  subscribe("nowhere", "arn:aws:sns:eu-test-1:123456789012:unmapped");
  note("one");
  note("two", "failure", 78);
  delivery_->drain();
  EXPECT_THAT(messages(all), ElementsAre("one", "two"));
  EXPECT_THAT(messages(failures), ElementsAre("two"));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(EventDeliveryTest, a_failed_attempt_is_made_again_after_pauses_that_double_and_order_is_kept) {
  LoopbackServer server;
  server.answer_with(500);
  subscribe("ops", server.url("/"));
  note("one");
  note("two");
  delivery_->drain();
  EXPECT_EQ(server.requests().size(), 1U) << "the second one waits for the first";
  const auto attempts_after_s = [&](int64_t seconds) {
    now_us_ += seconds * 1'000'000;
    delivery_->drain();
    return server.requests().size();
  };
  EXPECT_EQ(attempts_after_s(0), 1U);
  EXPECT_EQ(attempts_after_s(1), 2U);
  EXPECT_EQ(attempts_after_s(1), 2U);
  EXPECT_EQ(attempts_after_s(1), 3U);
  EXPECT_EQ(attempts_after_s(4), 4U);
  EXPECT_EQ(attempts_after_s(8), 5U);
  EXPECT_EQ(attempts_after_s(8), 6U) << "the pause has a longest";
  server.answer_with(200);
  EXPECT_EQ(attempts_after_s(8), 8U);
  EXPECT_THAT(messages(server), ElementsAre("one", "one", "one", "one", "one", "one", "one", "two"));
  const auto id = [&](size_t at) { return json::parse(server.requests()[at].body)["MessageId"]; };
  EXPECT_EQ(id(0), id(6)) << "one message keeps its id, so that receivers can tell a second delivery";
  EXPECT_NE(id(6), id(7));
}

TEST_F(EventDeliveryTest, one_subscriber_that_fails_or_hangs_does_not_hold_up_another) {
  LoopbackServer hanging, good;
  hanging.hang(true);
  subscribe("a", hanging.url("/"));
  subscribe("b", "http://127.0.0.1:1/");
  subscribe("c", good.url("/"));
  note("one");
  EXPECT_TRUE(good.wait_for(1, 5'000));
  hanging.hang(false);
  delivery_->drain();
}

TEST_F(EventDeliveryTest, what_was_not_delivered_outlives_the_server) {
  LoopbackServer server;
  server.answer_with(503);
  subscribe("ops", server.url("/"));
  note("one");
  delivery_->drain();
  stop();
  note("two");
  server.answer_with(204);
  now_us_ += 1'000'000;
  start();
  delivery_->drain();
  EXPECT_THAT(messages(server), ElementsAre("one", "one", "two"));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(EventDeliveryTest, the_end_does_not_wait_for_a_webhook_that_hangs) {
  LoopbackServer server;
  server.hang(true);
  subscribe("ops", server.url("/"));
  note("one");
  ASSERT_TRUE(server.wait_for(1, 5'000));
  const auto from = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds(5));
  EXPECT_EQ(waiting(), 1);
  server.hang(false);
}

TEST_F(EventDeliveryTest, after_its_time_an_event_is_given_up_into_a_file_without_the_url_s_secrets) {
  LoopbackServer server;
  server.answer_with(404);
  subscribe("ops", server.url("/hook?token=s3cret"));
  note("one");
  delivery_->drain();
  now_us_ += 61'000'000;
  delivery_->drain();
  EXPECT_EQ(waiting(), 0);
  const std::string kept = text_of(folder_ + "/undelivered-events.jsonl");
  const json line = json::parse(kept);
  EXPECT_EQ(line["Subscription"], "ops");
  EXPECT_EQ(json::parse(std::string(line["Message"]))["Event Message"], "one");
  EXPECT_THAT(std::string(line["Reason"]), testing::HasSubstr("answered with HTTP status 404"));
  EXPECT_THAT(kept, testing::Not(testing::HasSubstr("s3cret")));
}

TEST_F(EventDeliveryTest, a_redirection_is_not_followed) {
  LoopbackServer other, server;
  server.redirect_to(other.url("/"));
  subscribe("ops", server.url("/"));
  note("one");
  delivery_->drain();
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_TRUE(other.requests().empty());
  EXPECT_EQ(waiting(), 1);
}

TEST_F(EventDeliveryTest, nothing_is_sent_of_a_transaction_that_failed_and_nothing_before_it_ended) {
  LoopbackServer server;
  subscribe("ops", server.url("/"));
  const auto failed = database_->atomically([&]() -> Result<void> {
    note("never");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(server.requests().empty());
    return Failure(Error{});
  });
  EXPECT_FALSE(failed);
  delivery_->drain();
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(EventDeliveryTest, a_subscription_that_goes_takes_what_waits_with_it) {
  LoopbackServer server;
  server.answer_with(500);
  subscribe("ops", server.url("/"));
  note("one");
  delivery_->drain();
  ASSERT_TRUE(delete_subscription(*database_, "OPS"));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(EventDeliveryTest, files_and_mail_get_the_event_by_the_configuration) {
  const std::string sendmail = folder_ + "/sendmail", mail = folder_ + "/mail", lines = folder_ + "/events";
  std::ofstream(sendmail) << "#!/bin/sh\necho \"$@\" > " << mail << "\ncat >> " << mail << "\n";
  ::chmod(sendmail.c_str(), 0700);
  const json document = {{"arn:f", {{"file", lines}, {"format", "eventbridge"}}},
                         {"arn:m", {{"email", "dba@example.org"}, {"sendmail", sendmail}}}};
  const EventSinks sinks = EventSinks::parse(document.dump()).value();
  environment_->sinks = &sinks;
  subscribe("file", "arn:f");
  subscribe("mail", "arn:m");
  note("Replication task has started.", "state change", 69);
  note("two");
  delivery_->drain();
  std::ifstream file(lines);
  std::string first, second, third;
  std::getline(file, first);
  std::getline(file, second);
  EXPECT_FALSE(std::getline(file, third));
  const json event = json::parse(first);
  EXPECT_EQ(event["detail-type"], "DMS Replication Task State Change");
  EXPECT_EQ(event["source"], "aws.dms");
  EXPECT_EQ(event["region"], "eu-test-1");
  EXPECT_EQ(event["resources"], json::array({"arn:aws:dms:eu-test-1:123456789012:task:T"}));
  EXPECT_EQ(event["detail"]["type"], "REPLICATION_TASK");
  EXPECT_EQ(event["detail"]["category"], "StateChange");
  EXPECT_EQ(event["detail"]["eventType"], "REPLICATION_TASK_STARTED");
  EXPECT_EQ(event["detail"]["eventId"], "DMS-EVENT-0069");
  EXPECT_EQ(json::parse(second)["detail"]["detailMessage"], "two");
  const std::string sent = text_of(mail);
  EXPECT_TRUE(sent.starts_with("-i dba@example.org\nTo: dba@example.org\nSubject: DMS Notification Message\n"))
      << sent;
  EXPECT_THAT(sent, testing::HasSubstr("\n\n{\"Event Source\""));
  environment_->sinks = nullptr;
}

TEST_F(EventDeliveryTest, a_program_or_file_that_fails_is_tried_again) {
  const std::string sendmail = folder_ + "/sendmail";
  const json document = {{"arn:m", {{"email", "dba@example.org"}, {"sendmail", sendmail}}},
                         {"arn:f", {{"file", folder_ + "/no/such/folder"}}}};
  const EventSinks sinks = EventSinks::parse(document.dump()).value();
  environment_->sinks = &sinks;
  subscribe("mail", "arn:m");
  subscribe("file", "arn:f");
  note("one");
  delivery_->drain();
  EXPECT_EQ(waiting(), 2);
  std::ofstream(sendmail) << "#!/bin/sh\nexit 3\n";
  ::chmod(sendmail.c_str(), 0700);
  now_us_ += 1'000'000;
  delivery_->drain();
  EXPECT_EQ(waiting(), 2);
  environment_->sinks = nullptr;
}

}  // namespace
}  // namespace godwit
