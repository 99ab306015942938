// The log's file: rotation by size and by age, and files that are taken away.

#include "base/log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace godwit {
namespace {

class LogFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("godwit-log-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name = "task.log") const { return (folder_ / name).string(); }
  size_t lines(const std::string& name = "task.log") const {
    std::ifstream file(path(name));
    std::string line;
    size_t out = 0;
    while (std::getline(file, line)) ++out;
    return out;
  }
  void write(int count) {
    for (int i = 0; i < count; ++i) log_.write(Component::common, Severity::info, "a line of the log");
  }

  std::filesystem::path folder_;
  Log log_;
};

TEST_F(LogFile, a_full_file_becomes_the_first_of_the_older_ones_and_no_line_is_lost) {
  log_.set_rotation({.bytes_max = 400, .files_kept = 20});
  ASSERT_TRUE(log_.open(path()));
  write(30);
  size_t all = lines();
  for (int n = 1; n <= 20; ++n) {
    if (!std::filesystem::exists(path("task.log." + std::to_string(n)))) break;
    EXPECT_LE(std::filesystem::file_size(path("task.log." + std::to_string(n))), 400U);
    all += lines("task.log." + std::to_string(n));
  }
  EXPECT_EQ(all, 30U);
  EXPECT_TRUE(std::filesystem::exists(path("task.log.1")));
}

TEST_F(LogFile, no_more_older_files_are_kept_than_were_asked_for) {
  log_.set_rotation({.bytes_max = 100, .files_kept = 2});
  ASSERT_TRUE(log_.open(path()));
  write(10);
  EXPECT_TRUE(std::filesystem::exists(path("task.log.2")));
  EXPECT_FALSE(std::filesystem::exists(path("task.log.3")));
}

TEST_F(LogFile, a_file_whose_first_line_is_old_is_rotated_also_by_a_later_process) {
  std::ofstream(path()) << "00000001: 2020-01-01T00:00:00 [COMMON          ]I:  old  (x.cpp:1)\n";
  log_.set_rotation({.age_max_s = 3600});
  ASSERT_TRUE(log_.open(path()));
  write(2);
  EXPECT_EQ(lines("task.log.1"), 1U);
  EXPECT_EQ(lines(), 2U);
}

TEST_F(LogFile, a_file_that_was_removed_is_made_again_with_the_next_line) {
  ASSERT_TRUE(log_.open(path()));
  write(3);
  std::filesystem::remove(path());
  write(1);
  EXPECT_EQ(lines(), 1U);
}

TEST_F(LogFile, a_disk_without_room_takes_lines_and_nothing_else) {
  int heard = 0;
  log_.set_listener([&](Component, Severity, std::string_view) { ++heard; });
  ASSERT_TRUE(log_.open("/dev/full"));
  write(1000);  // more than a buffer
  log_.flush();
  EXPECT_EQ(heard, 1000);
}

TEST_F(LogFile, lines_say_what_the_wording_makes_of_them) {
  ASSERT_TRUE(log_.open(path()));
  log_.set_wording([](std::string_view text) { return "worded " + std::string(text); });
  write(1);
  std::ifstream file(path());
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_NE(line.find("]I:  worded a line of the log  ("), std::string::npos) << line;
}

TEST_F(LogFile, without_limits_one_file_takes_all) {
  ASSERT_TRUE(log_.open(path()));
  write(50);
  EXPECT_EQ(lines(), 50U);
  EXPECT_FALSE(std::filesystem::exists(path("task.log.1")));
}

}  // namespace
}  // namespace godwit
