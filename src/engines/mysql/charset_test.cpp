#include "engines/mysql/charset.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace godwit::mysql {
namespace {

std::string converted(std::string_view charset, std::string_view digits) {
  ByteBuffer bytes;
  EXPECT_TRUE(append_unhex(bytes, digits));
  const auto converter = CharsetConverter::open(charset);
  return converter == nullptr ? "none" : converter->text(bytes.view());
}

// Answers of MySQL 8.0.15 to CONVERT(… USING utf8mb4).
TEST(Charset, text_becomes_what_the_server_makes_of_it) {
  struct Case {
    std::string_view charset, bytes, text;
  };
  const Case cases[] = {
      {"utf8mb4", "f09f9880c3a4", "😀ä"},
      {"utf8mb3", "c3a4", "ä"},
      {"ascii", "6180", "a?"},
      {"latin1", "80e4", "€ä"},
      {"latin1", "818d8f909d", "\u0081\u008d\u008f\u0090\u009d"},
      {"latin2", "ecb9", "ěš"},
      {"cp1251", "cff0", "Пр"},
      {"cp866", "8ffc", "Пⁿ"},
      {"koi8r", "f0d2", "Пр"},
      {"keybcs2", "808a", "ČĹ"},
      {"swe7", "5b7e40", "Äü\u00c9"},
      {"tis620", "a1ff", "ก\ufffd"},
      {"macroman", "c6", "∆"},
      {"ucs2", "00e465e5", "ä日"},
      {"utf16", "d83dde000061", "😀a"},
      {"utf16le", "3dd800de6100", "😀a"},
      {"utf32", "0001f600", "😀"},
      {"gbk", "d6d0814061", "中丂a"},
      {"gb2312", "d6d0", "中"},
      {"gb18030", "d6d0a6d990308130", "中\ue78d𐀀"},
      {"big5", "a4a4a145", "中•"},
      {"sjis", "93fa5c815f7eb1", "日\\\\~ｱ"},
      {"cp932", "93fa8740", "日①"},
      {"ujis", "c6fca1c18ea1", "日〜｡"},
      {"eucjpms", "c6fca1c1", "日～"},
      {"euckr", "c7d18141", "한갂"},
      {"big5", "a4", "?"},
      {"gbk", "d6d0ff61", "中?"},
      {"utf16", "d800", "?"},
      {"ucs2", "00", "?"},
      {"klingon", "00", "none"},
  };
  for (const Case& c : cases) EXPECT_EQ(converted(c.charset, c.bytes), c.text) << c.charset << ' ' << c.bytes;
}

TEST(Charset, collations_of_every_family_are_known_by_number) {
  EXPECT_EQ(charset_of_collation(8), "latin1");
  EXPECT_EQ(charset_of_collation(63), "binary");
  EXPECT_EQ(charset_of_collation(255), "utf8mb4");   // MySQL 8's default
  EXPECT_EQ(charset_of_collation(1032), "latin1");   // MariaDB's that do not pad
  EXPECT_EQ(charset_of_collation(2304), "utf8mb4");  // MariaDB's UCA 14
  EXPECT_EQ(charset_of_collation(0), "");
  EXPECT_EQ(charset_of_collation(4000), "");
}

}  // namespace
}  // namespace godwit::mysql
