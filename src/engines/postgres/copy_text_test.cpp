#include "engines/postgres/copy_text.h"

#include <gtest/gtest.h>

#include <random>

#include "base/byte_writer.h"

namespace godwit::postgres {
namespace {

using namespace std::string_view_literals;
using Values = std::vector<std::optional<std::string>>;

std::string line_of(const Values& values) {
  ByteBuffer out;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back('\t');
    if (values[i])
      append_copy_value(out, *values[i]);
    else
      append_copy_null(out);
  }
  return std::string(out.view());
}

TEST(CopyText, values_are_escaped_where_the_format_asks_for_it) {
  const struct {
    std::string_view value, text;
  } cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"größe", "größe"},
      {"a\tb", "a\\tb"},
      {"\n", "\\n"},
      {"\r\n", "\\r\\n"},
      {"\b\f\v", "\\b\\f\\v"},
      {"\\", "\\\\"},
      {"\\N", "\\\\N"},
      {"\\.", "\\\\."},
      {"\x01\x7f\xff"sv, "\x01\x7f\xff"sv},
      {"a\\b\tc", "a\\\\b\\tc"},
  };
  for (const auto& c : cases) {
    ByteBuffer out;
    append_copy_value(out, c.value);
    EXPECT_EQ(out.view(), c.text);
  }
}

TEST(CopyText, every_byte_comes_back) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    all += one;
    for (const std::string& value : {one, one + "7", "\\" + one, one + one}) {
      const std::string line = line_of({value});
      EXPECT_EQ(line.find('\n'), std::string::npos) << byte;
      EXPECT_EQ(split_copy_line(line), Values{value}) << byte;
    }
  }
  EXPECT_EQ(split_copy_line(line_of({all, std::nullopt, all})), (Values{all, std::nullopt, all}));
}

TEST(CopyText, any_row_comes_back) {
  std::mt19937 random(17);
  for (int round = 0; round < 2000; ++round) {
    Values values(1 + random() % 6);
    for (auto& value : values) {
      if (random() % 4 == 0) continue;
      value.emplace();
      for (size_t length = random() % 12; length > 0; --length) *value += "\\N\t\n\r.xb01\0é"sv[random() % 13];
    }
    const std::string line = line_of(values);
    ASSERT_EQ(split_copy_line(line), values) << line;
  }
}

TEST(CopyText, a_line_is_read_as_the_server_reads_it) {
  const struct {
    std::string_view line;
    Values values;
  } cases[] = {
      {"", {""}},
      {"\t", {"", ""}},
      {"a\tb\t", {"a", "b", ""}},
      {"\\N", {std::nullopt}},
      {"\\N\t\\N", {std::nullopt, std::nullopt}},
      {"\\N\tN\t\\\\N", {std::nullopt, "N", "\\N"}},
      {"a\\N", {"aN"}},
      {"\\Na", {"Na"}},
      {"\\b\\f\\n\\r\\t\\v\\\\", {"\b\f\n\r\t\v\\"}},
      {"\\a\\'\\\"", {"a'\""}},  // no escapes: the characters themselves
      {"\\101\\60\\7", {"A0\a"}},
      {"\\1012", {"A2"}},
      {"\\18",
       {"\x01"
        "8"}},
      {"\\377\\777", {"\xff\xff"}},
      {"\\0", {std::string(1, '\0')}},
      {"\\8", {"8"}},
      {"\\x41\\x4a\\x4A", {"AJJ"}},
      {"\\x414", {"A4"}},
      {"\\xag", {"\ng"}},
      {"\\x", {"x"}},
      {"\\xg", {"xg"}},
  };
  for (const auto& c : cases) EXPECT_EQ(split_copy_line(c.line), c.values) << c.line;
}

TEST(CopyText, lines_are_taken_off_the_front_with_their_newlines) {
  std::string_view text = "a\tb\n\nlast";
  for (const std::string_view line : {"a\tb\n", "\n", "last", ""}) EXPECT_EQ(take_copy_line(text), line);
  EXPECT_TRUE(text.empty());
}

// --- COPY binary -----------------------------------------------------------------------------------------------

std::string tuple_of(const Values& values) {
  ByteBuffer out;
  append_big_endian(out, static_cast<uint16_t>(values.size()));
  for (const auto& value : values) {
    append_big_endian(out, value ? static_cast<int32_t>(value->size()) : int32_t{-1});
    if (value) out.append(*value);
  }
  return std::string(out.view());
}

TEST(CopyBinary, tuples_are_taken_off_the_front_whole) {
  const std::string first = tuple_of({"abc", std::nullopt, ""}), second = tuple_of({std::nullopt});
  const std::string third = tuple_of({});
  const std::string data = first + second + third;
  std::string_view left = data;
  for (const std::string& tuple : {first, second, third}) EXPECT_EQ(take_copy_tuple(left), tuple);
  EXPECT_TRUE(left.empty());
  EXPECT_EQ(take_copy_tuple(left), "");
}

TEST(CopyBinary, a_tuple_cut_anywhere_is_none) {
  const std::string tuple = tuple_of({"abc", std::nullopt, "de"});
  for (size_t length = 0; length < tuple.size(); ++length) {
    const std::string exact = tuple.substr(0, length);
    std::string_view left = exact;
    EXPECT_EQ(take_copy_tuple(left), "") << length;
    EXPECT_EQ(left, exact) << length;
  }
}

}  // namespace
}  // namespace godwit::postgres
