#include "engines/mysql/binlog_position.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

constexpr std::string_view uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

TEST(BinlogPosition, its_text_comes_back) {
  const std::string server = '@' + std::string(uuid), gtids = '#' + std::string(uuid) + ":1-5";
  for (const std::string& text :
       {std::string("mysql-bin.000012:0000004567"), "mysql-bin.000012:0000004567" + server,
        "bin.999999:4294967300" + server + gtids, std::string("bin.1000000:0000000004@id-7#0-7-100,1-2-3"),
        "bin.000001:0000000200" + server + gtids + "!bin.000001:123",
        "bin.000001:0000000200" + server + "!!bin.000001:123", "bin.000001:0000000200" + server + gtids + "!!",
        "bin.000001:0000000200/3" + server + gtids}) {
    const auto parsed = BinlogPosition::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->position().text, text);
  }
  EXPECT_EQ(BinlogPosition::parse("mysql-bin.000012:4567")->position().text, "mysql-bin.000012:0000004567");
}

TEST(BinlogPosition, what_is_none_is_refused) {
  for (const std::string_view text :
       {"", "mysql-bin.000012", "mysql-bin.000012:", ":4", "mysql-bin:4", "a b.1:4", "mysql-bin.000012:x",
        "mysql-bin.000012:-4", "mysql-bin.000012:4#x", "mysql-bin.000012:4!x", "2024-01-01T00:00:00", "../x.000001:4",
        "mysql-bin.000012:4/x", "mysql-bin.000012:4/-1"}) {
    const auto parsed = BinlogPosition::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  }
}

TEST(BinlogPosition, order_is_by_place_on_one_server_and_by_gtids_between_servers) {
  struct Case {
    std::string_view left, right;
    std::partial_ordering order;
  };
  const Case cases[] = {
      {"", "", std::partial_ordering::equivalent},
      {"", "b.000001:4", std::partial_ordering::less},
      {"b.000001:99@id-1", "b.000001:100@id-1", std::partial_ordering::less},
      {"b.000009:99@id-1", "b.000010:5@id-1", std::partial_ordering::less},
      {"b.999999:5@id-1", "b.1000000:5@id-1", std::partial_ordering::less},
      {"b.000002:5@id-1", "b.000002:5", std::partial_ordering::equivalent},
      {"a.000002:5@id-1", "b.000002:5@id-1", std::partial_ordering::unordered},
      {"b.000002:5@id-1", "b.000001:5@id-2", std::partial_ordering::unordered},
      {"b.000002:5@id-1#0-1-5", "b.000001:5@id-2#0-1-7", std::partial_ordering::less},
      {"b.000002:5@id-1#0-1-5,1-1-1", "b.000001:5@id-2#0-1-7", std::partial_ordering::unordered},
      {"b.000002:5@id-1#0-1-5", "b.000001:5@id-2", std::partial_ordering::unordered},
      {"b.000002:5@id-1", "b.000002:5/1@id-1", std::partial_ordering::less},
      {"b.000002:5/2@id-1", "b.000002:6@id-1", std::partial_ordering::less},
      {"b.000002:5/9@id-1", "b.000002:5/10@id-1", std::partial_ordering::less},
      {"b.000002:5@id-1#0-1-9", "b.000002:6@id-1#0-1-5", std::partial_ordering::less},
  };
  for (const Case& c : cases)
    EXPECT_EQ(compare(Position{std::string(c.left)}, Position{std::string(c.right)}), c.order)
        << c.left << ' ' << c.right;
}

// {1-8} committed, then 11 before 10: the place of 11 is {1-9}, which a snapshot of {1-10} holds though it lacks 11.
TEST(BinlogPosition, places_of_servers_that_stand_for_each_other_are_not_of_one_log) {
  const auto of_one = [](std::string_view a, std::string_view b) {
    return are_of_one_log(Position{std::string(a)}, Position{std::string(b)});
  };
  EXPECT_TRUE(of_one("b.000001:99@id-1", "b.000002:4@id-1"));
  EXPECT_TRUE(of_one("b.000001:99", "b.000002:4@id-1"));
  EXPECT_TRUE(of_one("", "b.000002:4@id-1"));
  EXPECT_TRUE(of_one("b.000002:4@id-1", log_end_text));
  const Position committed{"b.000001:99@b#0-1-9"}, snapshot{"b.000007:4@a#0-1-10"};
  EXPECT_EQ(compare(committed, snapshot), std::partial_ordering::less);
  EXPECT_FALSE(are_of_one_log(committed, snapshot));
}

}  // namespace
}  // namespace godwit::mysql
