#include "store/database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "store/migrations.h"
#include "store/where.h"

namespace godwit {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    database_ = Database::open(path()).value();
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string path() const { return folder_ + "/godwit.db"; }
  int64_t facts() {
    int64_t count = 0;
    EXPECT_TRUE(
        database_->each("SELECT count(*) FROM server_facts", {}, [&](const Row& row) { count = row.integer(0); }));
    return count;
  }
  Result<int64_t> put(std::string_view name) {
    return database_->run("INSERT INTO server_facts VALUES (?, ?)", {name, std::string_view("x")});
  }

  const std::string folder_ = testing::TempDir() + "godwit_store_test_" + std::to_string(getpid());
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, a_body_that_fails_leaves_nothing_behind_however_deep) {
  const auto done = database_->atomically([&]() -> Result<void> {
    TRY(put("one"));
    const auto inner = database_->atomically([&]() -> Result<void> {
      TRY(put("two"));
      TRY(put("two"));
      return {};
    });
    EXPECT_FALSE(inner);
    return {};  // swallows it
  });
  EXPECT_FALSE(done);
  EXPECT_EQ(facts(), 0);
  EXPECT_TRUE(database_->atomically([&] { return put("three"); }));
  EXPECT_EQ(facts(), 1);
}

TEST_F(DatabaseTest, a_body_that_throws_leaves_nothing_behind_and_the_next_one_goes_on) {
  const auto throws = [&]() -> Result<void> {
    TRY(put("one"));
    return database_->atomically([&]() -> Result<void> {
      TRY(put("two"));
      throw std::runtime_error("out of memory");
    });
  };
  EXPECT_THROW((void)database_->atomically(throws), std::runtime_error);
  EXPECT_EQ(facts(), 0);
  EXPECT_TRUE(database_->atomically([&] { return put("three"); }));
  EXPECT_EQ(facts(), 1);
}

TEST_F(DatabaseTest, a_reader_of_rows_that_throws_leaves_the_statement_ready) {
  ASSERT_TRUE(put("one"));
  const std::string_view names = "SELECT name FROM server_facts";
  EXPECT_THROW((void)database_->each(names, {}, [](const Row&) { throw std::runtime_error("x"); }),
               std::runtime_error);
  int rows = 0;
  EXPECT_TRUE(database_->each(names, {}, [&](const Row&) { ++rows; }));
  EXPECT_EQ(rows, 1);
}

TEST_F(DatabaseTest, texts_of_statements_without_end_go_through_while_rows_are_read) {
  ASSERT_TRUE(put("one"));
  ASSERT_TRUE(put("two"));
  int rows = 0;
  EXPECT_TRUE(database_->each("SELECT name FROM server_facts", {}, [&](const Row&) {
    ++rows;
    for (int i = 0; i < 1000; ++i)
      EXPECT_TRUE(database_->each("SELECT " + std::to_string(i + rows * 1000), {}, [](const Row&) {}));
  }));
  EXPECT_EQ(rows, 2);
}

TEST_F(DatabaseTest, what_was_written_is_there_after_opening_again_and_nobody_else_may_read_the_file) {
  ASSERT_TRUE(put("one"));
  database_.reset();
  database_ = Database::open(path()).value();
  EXPECT_EQ(facts(), 1);
  EXPECT_EQ(std::filesystem::status(path()).permissions() & std::filesystem::perms::mask,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(DatabaseTest, a_second_server_on_the_same_store_is_refused) {
  const auto second = Database::open(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "store.in_use");
}

TEST_F(DatabaseTest, a_command_beside_the_server_sees_and_changes_its_store) {
  const auto beside = Database::open_beside(path());
  ASSERT_TRUE(beside) << beside.error().message;
  ASSERT_TRUE((*beside)->run("INSERT INTO server_facts VALUES ('a', 'b')"));
  EXPECT_EQ(facts(), 1);
  ASSERT_TRUE(database_->run("PRAGMA user_version = 99"));
  const auto of_other_version = Database::open_beside(path());
  ASSERT_FALSE(of_other_version);
  EXPECT_EQ(of_other_version.error().code, "store.other_version");
}

TEST_F(DatabaseTest, a_command_without_a_server_makes_the_store_and_keeps_servers_off_it) {
  database_.reset();
  std::filesystem::remove(path());
  {
    const auto alone = Database::open_beside(path());
    ASSERT_TRUE(alone) << alone.error().message;
    EXPECT_FALSE(Database::open(path()));
  }
  database_ = Database::open(path()).value();
  EXPECT_EQ(facts(), 0);
}

TEST_F(DatabaseTest, a_store_of_a_later_version_is_left_alone) {
  ASSERT_TRUE(database_->run("PRAGMA user_version = 99"));
  database_.reset();
  const auto opened = Database::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "store.later_version");
  database_ = nullptr;
}

TEST_F(DatabaseTest, a_file_that_is_no_database_is_told_by_its_name) {
  const auto opened = Database::open("/proc/self/no/such/godwit.db");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "store.not_opened");
  EXPECT_NE(opened.error().message.find("/proc/self/no/such/godwit.db"), std::string::npos);
}

TEST_F(DatabaseTest, a_page_goes_on_after_the_key_of_the_one_before) {
  ASSERT_TRUE(database_->run("CREATE TABLE t (identifier TEXT, created_us INTEGER, kind TEXT)"));
  for (const auto& [name, created, kind] : std::vector<std::tuple<std::string_view, int64_t, std::string_view>>{
           {"b", 1, "x"}, {"a", 2, "x"}, {"a", 1, "x"}, {"c", 1, "y"}, {"d", 3, "x"}})
    ASSERT_TRUE(database_->run("INSERT INTO t VALUES (?, ?, ?)", {name, created, kind}));
  const auto page = [&](const ListPage& wanted, const std::vector<std::string>& kinds) {
    Where where;
    where.among("kind", kinds);
    std::string found;
    const std::string sql = "SELECT identifier, created_us FROM t" + where.sql(wanted);
    EXPECT_TRUE(
        database_->each(sql, where.values(), [&](const Row& row) { found += row.text(0) + row.text(1) + " "; }));
    return found;
  };
  EXPECT_EQ(page({.limit = 2}, {"x"}), "a1 b1 ");
  EXPECT_EQ(page({.limit = 2, .after_created_us = 1, .after_identifier = "b"}, {"x"}), "a2 d3 ");
  EXPECT_EQ(page({}, {"y", "x"}), "a1 b1 c1 a2 d3 ");
  EXPECT_EQ(page({}, {}), "");
}

}  // namespace
}  // namespace godwit
