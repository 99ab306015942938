#include "engines/mysql/gtid_set.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

constexpr std::string_view a = "3e11fa47-71ca-11e1-9e33-c80aa9429562", b = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

GtidSet set(std::string_view text) {
  auto parsed = GtidSet::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : GtidSet();
}

std::string of(std::string_view intervals) {
  return std::string(a) + ':' + std::string(intervals);
}

TEST(GtidSet, texts_are_read_and_written_as_servers_write_them) {
  struct Case {
    std::string text, printed;
  };
  const Case cases[] = {
      {"", ""},
      {of("1"), of("1")},
      {of("1-5"), of("1-5")},
      {of("1-5:7:9-10"), of("1-5:7:9-10")},
      {of("7:1-5:6"), of("1-7")},
      {of("5-9:1-6"), of("1-9")},
      {of("1-3:2"), of("1-3")},
      {"3E11FA47-71CA-11E1-9E33-C80AA9429562:1", of("1")},
      {std::string(b) + ":2,\n" + of("1"), of("1") + ',' + std::string(b) + ":2"},
      {"0-1-100", "0-1-100"},
      {"1-2-3,0-1-100", "0-1-100,1-2-3"},
  };
  for (const Case& c : cases) EXPECT_EQ(set(c.text).text(), c.printed);
}

TEST(GtidSet, what_is_no_set_is_refused) {
  for (const std::string& text : {std::string("x"), of(""), of("0"), of("5-3"), of("1-"), of("-1"), of("1:"),
                                  of("99999999999999999999"), std::string("0-1"), std::string("0-1-2-3"),
                                  std::string("0-1-5,0-2-6"), std::string("-1-1-1"), std::string("3e11fa47:1")})
    EXPECT_FALSE(GtidSet::parse(text)) << text;
}

TEST(GtidSet, the_wire_form_comes_back) {
  for (const std::string& text : {std::string(), of("1-5:7"), of("1") + ',' + std::string(b) + ":2-9"}) {
    ByteBuffer bytes;
    set(text).encode(bytes);
    const auto decoded = GtidSet::decode(bytes.view());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->text(), text);
    for (size_t length = 0; length < bytes.size(); ++length)
      EXPECT_FALSE(GtidSet::decode(bytes.view().substr(0, length))) << length;
  }
}

TEST(GtidSet, sets_grow_by_numbers_in_any_order) {
  GtidSet grown;
  const auto sid = *parse_uuid(a);
  const std::string_view bytes(reinterpret_cast<const char*>(sid.data()), sid.size());
  for (const uint64_t number : {3U, 1U, 7U, 2U, 6U, 4U, 4U, 9U}) grown.add(Gtid::mysql(bytes, number));
  EXPECT_EQ(grown.text(), of("1-4:6-7:9"));
  EXPECT_TRUE(grown.contains(Gtid::mysql(bytes, 7)));
  EXPECT_FALSE(grown.contains(Gtid::mysql(bytes, 8)));
  grown.unite(set(of("5:8") + ',' + std::string(b) + ":1"));
  EXPECT_EQ(grown.text(), of("1-9") + ',' + std::string(b) + ":1");
  GtidSet maria;
  for (const uint64_t number : {5U, 6U, 4U}) maria.add(Gtid::maria(0, 7, number));
  EXPECT_EQ(maria.text(), "0-7-4") << "the last one, as the server has it";
  EXPECT_TRUE(maria.contains(Gtid::maria(0, 9, 4)));
  EXPECT_FALSE(maria.contains(Gtid::maria(1, 7, 1)));
}

TEST(GtidSet, order_is_containment) {
  struct Case {
    std::string left, right;
    std::partial_ordering order;
  };
  const Case cases[] = {
      {of("1-5"), of("1-5"), std::partial_ordering::equivalent},
      {of("1-5"), of("1-6"), std::partial_ordering::less},
      {of("1-5"), of("1-5") + ',' + std::string(b) + ":1", std::partial_ordering::less},
      {of("1-5:7"), of("1-6"), std::partial_ordering::unordered},
      {of("1-9"), of("2-3:5"), std::partial_ordering::greater},
      {"", of("1"), std::partial_ordering::less},
      {"0-1-5", "0-2-9", std::partial_ordering::less},
      {"0-1-5,1-1-1", "0-2-9", std::partial_ordering::unordered},
      {"0-1-5", of("1"), std::partial_ordering::unordered},
  };
  for (const Case& c : cases) EXPECT_EQ(GtidSet::compare(set(c.left), set(c.right)), c.order) << c.left << c.right;
}

}  // namespace
}  // namespace godwit::mysql
