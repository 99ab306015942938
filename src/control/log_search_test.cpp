#include "control/log_search.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"

namespace godwit {
namespace {

constexpr int64_t start_ms = 1'772'357'405'000;

class LogSearchTest : public testing::Test {
 protected:
  void SetUp() override { TearDown(); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& stream, int second, std::string_view text) {
    std::filesystem::create_directories(folder_ + "/" + stream);
    std::ofstream(folder_ + "/" + stream + "/task.log", std::ios::app) << fmt::format(
        "00000001: {} [COMMON          ]I:  {}  (a.cpp:1)\n", iso_seconds((start_ms + second * 1000) * 1000), text);
  }
  LogSearch search(std::string_view pattern, std::vector<std::string> streams, size_t limit = 10'000) {
    LogSearch out{
        .streams = {}, .window = {}, .pattern = LogPattern::parse(pattern).value(), .identity = "i", .limit = limit};
    for (const std::string& stream : streams) out.streams.push_back({stream, folder_ + "/" + stream});
    return out;
  }
  static std::string told(const LogFindings& findings) {
    std::string out;
    for (const FoundLogEvent& each : findings.events)
      out += fmt::format("{}{} ", each.stream, (each.event.time_ms - start_ms) / 1000);
    return out;
  }

  const std::string folder_ = testing::TempDir() + "godwit_log_search_" + std::to_string(getpid());
};

TEST_F(LogSearchTest, streams_are_read_in_order_of_time) {
  for (const int second : {1, 3, 5}) write("a", second, "x");
  for (const int second : {2, 3, 6}) write("b", second, second == 6 ? "y" : "x");
  EXPECT_EQ(told(search_logs(search("x", {"a", "b", "gone"}), "").value()), "a1 b2 a3 b3 a5 ");
  EXPECT_EQ(told(search_logs(search("y", {"a", "b"}), "").value()), "b6 ");
}

TEST_F(LogSearchTest, pages_hold_each_event_once) {
  for (int second = 0; second < 100; ++second)
    for (const char* stream : {"a", "b", "c"}) write(stream, second, second % 10 == 0 ? "tenth" : "x");
  std::string token, all;
  int pages = 0;
  do {
    const LogFindings page = search_logs(search("tenth", {"a", "b", "c"}, 7), token).value();
    all += told(page);
    token = page.next_token;
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 5);
  EXPECT_EQ(all, told(search_logs(search("tenth", {"a", "b", "c"}), "").value()));
}

TEST_F(LogSearchTest, a_page_that_searched_much_may_be_empty_and_goes_on) {
  std::filesystem::create_directories(folder_ + "/a");
  {
    std::ofstream file(folder_ + "/a/task.log");
    const std::string text(10'000, 'x');
    for (int i = 0; i < 4'000; ++i) file << "2026-03-01T09:30:05 [COMMON          ]I:  " << text << "\n";
  }
  write("a", 1, "needle");
  const LogFindings first = search_logs(search("needle", {"a"}), "").value();
  EXPECT_TRUE(first.events.empty());
  ASSERT_FALSE(first.next_token.empty());
  const LogFindings second = search_logs(search("needle", {"a"}), first.next_token).value();
  EXPECT_EQ(second.events.size(), 1U);
  EXPECT_TRUE(second.next_token.empty());
}

TEST_F(LogSearchTest, a_token_of_something_else_is_refused) {
  for (int second = 0; second < 3; ++second) write("a", second, "x");
  const std::string token = search_logs(search("x", {"a"}, 1), "").value().next_token;
  ASSERT_FALSE(token.empty());
  LogSearch other = search("x", {"a"}, 1);
  other.identity = "another";
  for (const std::string& wrong : {token + "AA", token.substr(0, 8), std::string("!"), std::string("AAAA")})
    EXPECT_EQ(search_logs(search("x", {"a"}, 1), wrong).error().code, "InvalidParameterException") << wrong;
  EXPECT_EQ(search_logs(other, token).error().code, "InvalidParameterException");
}

}  // namespace
}  // namespace godwit
