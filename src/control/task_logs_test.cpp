#include "control/task_logs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <utime.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/clock.h"
#include "control/log_line.h"

namespace godwit {
namespace {

constexpr int64_t start_ms = 1'772'357'405'000;  // 2026-03-01T09:30:05

std::string line(unsigned sequence, int64_t time_ms, std::string_view text) {
  return fmt::format("{:08}: {} [TASK_MANAGER    ]I:  {}  (runner.cpp:1)\n", sequence, iso_seconds(time_ms * 1000),
                     text);
}

std::string shown(int64_t time_ms, std::string_view text) {
  return fmt::format("{} [TASK_MANAGER    ]I:  {}  (runner.cpp:1)", iso_seconds(time_ms * 1000), text);
}

class TaskLogsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Seconds apart from `start_ms` on; `first` names the first one.
  void write_lines(const std::string& name, int first, int count) {
    std::ofstream file(folder_ + "/" + name, std::ios::app | std::ios::binary);
    for (int i = first; i < first + count; ++i)
      file << line(static_cast<unsigned>(i), start_ms + i * 1000, fmt::format("line {}", i));
  }
  void write_bytes(const std::string& name, std::string_view bytes, bool settled = true) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::app | std::ios::binary) << bytes;
    const utimbuf old{.actime = start_ms / 1000, .modtime = start_ms / 1000};
    if (settled) ::utime(path.c_str(), &old);
  }
  std::shared_ptr<LogStream> open() { return LogStream::open(folder_).value(); }
  static std::vector<std::string> messages(const LogPage& page) {
    std::vector<std::string> out;
    for (const LogEvent& event : page.events) out.push_back(event.message);
    return out;
  }
  std::vector<LogEvent> walk(size_t limit, bool forward, const LogWindow& window = {}) {
    std::vector<LogEvent> all;
    std::optional<LogPosition> at;
    while (true) {
      LogPage page =
          forward ? open()->forward(at, window, limit).value() : open()->backward(at, window, limit).value();
      if (page.events.empty()) break;
      at = parse_log_position(to_text(forward ? page.end : page.begin)).value();
      all.insert(forward ? all.end() : all.begin(), page.events.begin(), page.events.end());
    }
    return all;
  }

  const std::string folder_ = testing::TempDir() + "godwit_task_logs_" + std::to_string(getpid());
};

struct LineCase {
  std::string_view text;
  std::optional<int64_t> time_ms;
  size_t sequence_bytes = 0;
};

TEST(LogLineTest, a_line_of_a_log_begins_with_its_time) {
  const LineCase cases[] = {
      {"00000042: 2026-03-01T09:30:05 [TASK_MANAGER    ]I:  x", start_ms, 10},
      {"2026-03-01T09:30:05 [TASK_MANAGER    ]I:  x", start_ms},
      {"2026-03-01T09:30:05:123456 [SORTER ] W:  x", start_ms + 123},
      {"2026-03-01T09:30:05.5 [SORTER ]W:  x", start_ms + 500},
      {"1: 2026-03-01T09:30:05 [IO]E: x", start_ms, 3},
      {"2026-03-01 09:30:05 [TASK_MANAGER    ]I:  x", std::nullopt},
      {"2026-03-01T09:30:05", std::nullopt},
      {"2026-13-01T09:30:05 [IO]E: x", std::nullopt},
      {"2026-03-01T09:30:05: [IO]E: x", std::nullopt},
      {" 2026-03-01T09:30:05 [IO]E: x", std::nullopt},
      {"  LEFT JOIN 2026-03-01T09:30:05 [", std::nullopt},
      {"00000042:", std::nullopt},
      {"", std::nullopt},
  };
  for (const LineCase& each : cases) {
    const auto found = log_line_start(each.text);
    ASSERT_EQ(found.has_value(), each.time_ms.has_value()) << each.text;
    if (!found) continue;
    EXPECT_EQ(found->time_ms, *each.time_ms) << each.text;
    EXPECT_EQ(found->sequence_bytes, each.sequence_bytes) << each.text;
  }
}

TEST(LogLineTest, bytes_that_are_no_utf8_are_replaced) {
  EXPECT_EQ(valid_utf8("größe €"), "größe €");
  EXPECT_EQ(valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(valid_utf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(valid_utf8("\xED\xA0\x80").size(), 9U);  // a surrogate
  EXPECT_EQ(valid_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_F(TaskLogsTest, there_is_no_stream_without_lines) {
  EXPECT_EQ(open(), nullptr);
  write_bytes("task.log", "");
  EXPECT_EQ(open(), nullptr);
  write_bytes("other.log", "x\n");
  write_bytes("task.log.gz", "x\n");
  EXPECT_EQ(open(), nullptr);
}

TEST_F(TaskLogsTest, lines_without_a_time_belong_to_the_event_before) {
  write_bytes("task.log", line(1, start_ms, "one") + line(2, start_ms + 1000, "two\nSELECT 1\n\n  FROM t") +
                              line(3, start_ms + 2000, "three"));
  const LogPage page = open()->forward({}, {}, 10).value();
  EXPECT_EQ(messages(page), (std::vector{shown(start_ms, "one"), shown(start_ms + 1000, "two\nSELECT 1\n\n  FROM t"),
                                         shown(start_ms + 2000, "three")}));
  EXPECT_EQ(page.events[1].time_ms, start_ms + 1000);
  EXPECT_EQ(page.events[1].id.size(), 56U);
}

TEST_F(TaskLogsTest, lines_before_the_first_time_take_that_time) {
  write_bytes("task.log", "cut off\nby hand\n" + line(1, start_ms, "one"));
  const LogPage page = open()->forward({}, {}, 10).value();
  ASSERT_EQ(page.events.size(), 2U);
  EXPECT_EQ(page.events[0].message, "cut off\nby hand");
  EXPECT_EQ(page.events[0].time_ms, start_ms);
}

TEST_F(TaskLogsTest, a_line_being_written_is_not_shown_yet_and_one_torn_by_a_kill_is) {
  write_bytes("task.log", line(1, start_ms, "one") + "00000002: 2026-03-01T09:30:06 [TASK_MA", false);
  EXPECT_EQ(open()->forward({}, {}, 10).value().events.size(), 1U);
  EXPECT_EQ(open()->facts().value().last_ms, start_ms);
  write_bytes("task.log", "NAGER    ]I:  two", true);
  EXPECT_EQ(open()->forward({}, {}, 10).value().events.size(), 2U);
}

TEST_F(TaskLogsTest, the_forward_position_repeats_at_the_end_and_finds_what_is_written_later) {
  write_lines("task.log", 0, 5);
  const LogPage first = open()->forward({}, {}, 3).value();
  const LogPage second = open()->forward(first.end, {}, 3).value();
  EXPECT_EQ(second.events.size(), 2U);
  const LogPage third = open()->forward(second.end, {}, 3).value();
  EXPECT_TRUE(third.events.empty());
  EXPECT_EQ(to_text(third.end), to_text(second.end));
  write_lines("task.log", 5, 1);
  EXPECT_EQ(messages(open()->forward(third.end, {}, 3).value()), (std::vector{shown(start_ms + 5000, "line 5")}));
}

TEST_F(TaskLogsTest, the_newest_page_comes_first_backward_and_oldest_first_inside) {
  write_lines("task.log", 0, 5);
  const LogPage last = open()->backward({}, {}, 2).value();
  EXPECT_EQ(messages(last), (std::vector{shown(start_ms + 3000, "line 3"), shown(start_ms + 4000, "line 4")}));
  const LogPage before = open()->backward(last.begin, {}, 10).value();
  EXPECT_EQ(before.events.size(), 3U);
  EXPECT_TRUE(open()->backward(before.begin, {}, 10).value().events.empty());
  EXPECT_TRUE(open()->forward(last.end, {}, 10).value().events.empty());
}

TEST_F(TaskLogsTest, positions_stay_good_over_rotations) {
  write_lines("task.log", 0, 1000);
  const LogPage first = open()->forward({}, {}, 900).value();
  std::filesystem::rename(folder_ + "/task.log", folder_ + "/task.log.1");
  write_lines("task.log", 1000, 500);
  std::filesystem::rename(folder_ + "/task.log.1", folder_ + "/task.log.2");
  std::filesystem::rename(folder_ + "/task.log", folder_ + "/task.log.1");
  write_lines("task.log", 1500, 10);
  const LogPage rest = open()->forward(first.end, {}, 10'000).value();
  ASSERT_EQ(rest.events.size(), 610U);
  EXPECT_EQ(rest.events.front().time_ms, start_ms + 900'000);
  EXPECT_EQ(rest.events.back().time_ms, start_ms + 1509 * 1000);
  EXPECT_EQ(walk(77, false).size(), 1510U);
  EXPECT_EQ(open()->facts().value().first_ms, start_ms);
}

TEST_F(TaskLogsTest, after_a_deletion_reading_goes_on_with_what_is_new) {
  write_lines("task.log", 0, 10);
  const LogPage all = open()->forward({}, {}, 100).value();
  ASSERT_TRUE(remove_logs(folder_));
  EXPECT_EQ(open(), nullptr);
  write_lines("task.log", 20, 3);
  EXPECT_EQ(open()->forward(all.end, {}, 100).value().events.size(), 3U);
  EXPECT_TRUE(open()->backward(all.begin, {}, 100).value().events.empty());
}

TEST_F(TaskLogsTest, a_window_holds_its_start_and_not_its_end) {
  write_lines("task.log.1", 0, 3000);
  write_lines("task.log", 3000, 3000);
  struct WindowCase {
    LogWindow window;
    size_t events;
  };
  const auto at = [](int second) { return start_ms + second * 1000; };
  const WindowCase cases[] = {
      {{}, 6000},
      {{.from_ms = at(0), .before_ms = at(0)}, 0},
      {{.from_ms = at(2999), .before_ms = at(3001)}, 2},
      {{.from_ms = at(5999)}, 1},
      {{.from_ms = at(6000)}, 0},
      {{.before_ms = at(1)}, 1},
      {{.before_ms = at(0)}, 0},
      {{.from_ms = at(100), .before_ms = at(5900)}, 5800},
  };
  for (const WindowCase& each : cases)
    for (const bool forward : {true, false})
      EXPECT_EQ(walk(999, forward, each.window).size(), each.events)
          << each.window.from_ms << " to " << each.window.before_ms << (forward ? " forward" : " backward");
}

TEST_F(TaskLogsTest, a_clock_that_was_set_back_hides_no_line_of_a_window) {
  write_bytes("task.log", line(1, start_ms + 7'200'000, "later") + line(2, start_ms, "earlier"));
  const LogWindow window{.from_ms = start_ms, .before_ms = start_ms + 1};
  EXPECT_EQ(messages(open()->forward({}, window, 10).value()), (std::vector{shown(start_ms, "earlier")}));
}

TEST_F(TaskLogsTest, a_page_holds_a_megabyte_at_most_and_one_event_at_least) {
  const std::string text(100'000, 'x');
  for (unsigned i = 0; i < 25; ++i) write_bytes("task.log", line(i, start_ms + i * 1000, text));
  EXPECT_EQ(open()->forward({}, {}, 10'000).value().events.size(), 10U);
  EXPECT_EQ(open()->backward({}, {}, 10'000).value().events.size(), 10U);
  EXPECT_EQ(walk(10'000, true).size(), 25U);
  EXPECT_EQ(walk(10'000, false).size(), 25U);
}

TEST_F(TaskLogsTest, a_line_of_any_length_comes_in_pieces_that_are_whole_together) {
  std::string text;
  for (int i = 0; text.size() < 1'500'000; ++i) text += fmt::format("€{} ", i);
  write_bytes("task.log", line(1, start_ms, text) + line(2, start_ms + 1000, "next"));
  std::string together;
  const auto events = walk(2, true);
  for (const LogEvent& event : events) {
    EXPECT_LE(event.message.size(), log_event_bytes_max);
    EXPECT_EQ(event.message.find("\xEF\xBF\xBD"), std::string::npos);
    if (event.time_ms == start_ms) together += event.message;
  }
  EXPECT_EQ(together, shown(start_ms, text));
  EXPECT_EQ(events.size(), walk(1, false).size());
}

TEST_F(TaskLogsTest, any_bytes_are_read_alike_in_both_directions) {
  std::mt19937 random(20260301);
  for (int round = 0; round < 40; ++round) {
    ASSERT_TRUE(remove_logs(folder_));
    for (const std::string_view name : {"task.log.2", "task.log.1", "task.log"}) {
      std::string bytes;
      const size_t wanted = random() % 200'000 + 1;
      while (bytes.size() < wanted) {
        switch (random() % 4) {
          case 0:
            bytes += line(static_cast<unsigned>(random()), start_ms + static_cast<int64_t>(random() % 100'000), "x");
            break;
          case 1:
            bytes += std::string(random() % 300, static_cast<char>(random()));
            break;
          case 2:
            bytes += "\n";
            break;
          default:
            for (size_t i = random() % 2000; i > 0; --i) bytes += static_cast<char>(random());
        }
      }
      write_bytes(std::string(name), bytes);
    }
    const auto forward = walk(random() % 50 + 1, true), backward = walk(random() % 50 + 1, false);
    ASSERT_EQ(forward.size(), backward.size()) << round;
    for (size_t i = 0; i < forward.size(); ++i) {
      ASSERT_EQ(forward[i].id, backward[i].id) << round << " " << i;
      ASSERT_EQ(forward[i].message, backward[i].message) << round << " " << i;
    }
  }
}

TEST(LogPositionTest, no_text_but_a_position_is_one) {
  const LogPosition position{.file = 77, .offset = 1'000'000, .time_ms = -5};
  EXPECT_EQ(to_text(parse_log_position(to_text(position)).value()), to_text(position));
  for (const std::string_view text :
       {"", ".", "1.2", "1.2.", "1.2.3.", "1.2.3 ", "x.1.2", "1..2", "f/1.2.3", "1.2.99999999999999999999", "1.-2.3"})
    EXPECT_FALSE(parse_log_position(text)) << text;
}

TEST_F(TaskLogsTest, files_past_their_time_go_and_the_one_being_written_stays) {
  write_bytes("task.log.2", line(1, start_ms, "x"));
  write_lines("task.log.1", 1, 1);
  write_bytes("task.log", line(2, start_ms, "x"));
  ASSERT_TRUE(expire_logs(folder_, start_ms + 1000));
  EXPECT_EQ(log_paths(folder_).size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/task.log.2"));
}

}  // namespace
}  // namespace godwit
