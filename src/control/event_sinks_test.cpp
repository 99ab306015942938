#include "control/event_sinks.h"

#include <gtest/gtest.h>

#include <fstream>

namespace godwit {
namespace {

TEST(EventSinks, a_url_is_a_webhook_where_it_is_https_or_the_loopback_s) {
  for (const char* url : {"https://hooks.example/x?y", "HTTPS://h", "https://user:pw@h:8443/", "http://127.0.0.1:80/",
                          "http://localhost:8080", "http://[::1]:9/x", "http://127.9.9.9"})
    EXPECT_TRUE(is_webhook_url(url)) << url;
  for (const char* url :
       {"", "https://", "https:///x", "http://hooks.example/", "http://127.0.0.1.evil.example/", "ftp://127.0.0.1/",
        "file:///etc/passwd", "http://127.0.0.1@evil.example/", "https://h/a b", "https://h/\r\nX: y", "https:\\\\h",
        "http://[::1", "http://localhost.evil.example/", "http://evil.example:80@10.0.0.1/", "hooks.example"})
    EXPECT_FALSE(is_webhook_url(url)) << url;
  EXPECT_FALSE(is_webhook_url("https://h/" + std::string(3000, 'x')));
}

TEST(EventSinks, of_a_url_people_see_the_host_alone) {
  EXPECT_EQ(url_for_people("https://user:s3cret@hooks.example:8443/s3cret?token=s3cret"),
            "https://hooks.example:8443");
  EXPECT_EQ(url_for_people("nonsense"), "a URL");
}

TEST(EventSinks, user_information_of_a_url_is_seen) {
  for (const char* url : {"https://u@h/", "https://u:p@h:1/x", "https://@h"}) EXPECT_TRUE(has_user_information(url));
  for (const char* url : {"https://h/a@b", "https://h/?to=a@b", "arn:aws:sns:x:1:a@b", ""})
    EXPECT_FALSE(has_user_information(url));
}

TEST(EventSinks, a_topic_is_looked_up_and_a_url_is_its_own_sink) {
  const auto sinks = EventSinks::parse(R"({"arn:w": {"webhook": "https://h/", "format": "eventbridge"},
                                           "arn:s": {"syslog": "local3"}, "arn:e": {"email": "a@b.example"},
                                           "https://mapped.example/": {"file": "/var/log/x"}})")
                         .value();
  EXPECT_EQ(sinks.find("arn:w")->format, EventFormat::eventbridge);
  EXPECT_EQ(sinks.find("arn:s")->kind, SinkKind::syslog);
  EXPECT_EQ(sinks.find("arn:e")->sendmail, "/usr/sbin/sendmail");
  EXPECT_EQ(sinks.find("https://mapped.example/")->kind, SinkKind::file);
  EXPECT_EQ(sinks.find("https://own.example/")->place, "https://own.example/");
  EXPECT_FALSE(sinks.find("arn:other"));
  EXPECT_TRUE(find_sink(nullptr, "https://own.example/"));
  EXPECT_FALSE(find_sink(nullptr, "arn:w"));
}

TEST(EventSinks, a_wrong_document_is_refused_by_the_path_of_its_place) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "it is empty"},
      {"[1]", "$"},
      {R"({"t": 1})", "$.t"},
      {R"({"t": null})", "$.t: a sink needs one of"},
      {R"({"t": {}})", "$.t: a sink needs one of"},
      {R"({"t": {"file": "/x", "syslog": "daemon"}})", "$.t: a sink goes to one place"},
      {R"({"t": {"file": "/x", "colour": 1}})", "$.t.colour: a sink has no such member"},
      {R"({"t": {"file": "x"}})", "$.t.file"},
      {R"({"t": {"file": 7}})", "$.t.file"},
      {R"({"t": {"syslog": "kern"}})", "$.t.syslog"},
      {R"({"t": {"email": "-oQ/tmp"}})", "$.t.email"},
      {R"({"t": {"email": "a@b, c@d"}})", "$.t.email"},
      {R"({"t": {"email": "a@b.example", "sendmail": "sendmail"}})", "$.t.sendmail"},
      {R"({"t": {"webhook": "http://h.example/s3cret"}})", "$.t.webhook"},
      {R"({"t": {"webhook": "https://h", "format": "xml"}})", "$.t.format"},
  };
  for (const auto& [document, place] : cases) {
    const auto sinks = EventSinks::parse(document);
    ASSERT_FALSE(sinks) << document;
    EXPECT_EQ(sinks.error().kind, ErrorKind::usage) << document;
    EXPECT_NE(sinks.error().message.find(place), std::string::npos) << sinks.error().message;
    EXPECT_EQ(sinks.error().message.find("s3cret"), std::string::npos) << sinks.error().message;
  }
}

TEST(EventSinks, a_file_that_cannot_be_read_is_named) {
  const auto missing = EventSinks::read("/no/such/sinks.json");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("/no/such/sinks.json"), std::string::npos);
  EXPECT_FALSE(EventSinks::read("/"));
  const std::string path = testing::TempDir() + "godwit_sinks_" + std::to_string(getpid());
  std::ofstream(path) << R"({"t": {"file": "x"}})";
  const auto wrong = EventSinks::read(path);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find(path), std::string::npos);
  EXPECT_NE(wrong.error().message.find("$.t.file"), std::string::npos);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace godwit
