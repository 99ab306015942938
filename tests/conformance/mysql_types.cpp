// Every type a column of MariaDB or MySQL may have, with values at the ends of its range and in the corners of its
// spelling, each as the server shows it (mysql_quirks.h says how).

#include "mysql_quirks.h"

namespace godwit::conformance {
namespace {

using Types = std::vector<MysqlType>;

std::string repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string every_byte() {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (size_t i = 0; i < 256; ++i) {
    out += digits[i / 16];
    out += digits[i % 16];
  }
  return out;
}

std::vector<std::string> hard_texts() {
  return {"",
          " ",
          "a",
          "NULL",
          "\\N",
          "\\.",
          "\\",
          "\\\\",
          "\b\f\n\r\t\v",
          "\\b\\f\\n\\r\\t\\v\\x41\\101\\0\\Z\\%\\_",
          "line\nbreak\r\n",
          "tab\tbed",
          "it's \"quoted\" `so` $$so$$ $1 ? :x @y",
          "{curly},(round);[square]",
          "\x01\x02\x1a\x7f",
          "äöüß €",
          "\u0301",
          "\U0001F600\U00020000",
          "\uFFFD\uFFFE\uFEFF",
          "trailing ",
          "-- comment /* other */ # third",
          "\n",
          "\t"};
}

void add_numbers(Types& out) {
  out.push_back({{"tinyint", {"0", "-128", "127"}}});
  out.push_back({{"tinyint unsigned", {"0", "128", "255"}}});
  out.push_back({{"tinyint(1)", {"0", "1", "-1", "127"}}});
  out.push_back({{"smallint", {"0", "-32768", "32767"}}});
  out.push_back({{"smallint unsigned", {"0", "32768", "65535"}}});
  out.push_back({{"mediumint", {"0", "-8388608", "8388607"}}});
  out.push_back({{"mediumint unsigned", {"0", "8388608", "16777215"}}});
  out.push_back({{"int", {"0", "-2147483648", "2147483647"}}});
  out.push_back({{"int unsigned", {"0", "2147483648", "4294967295"}}});
  out.push_back({{"bigint", {"0", "-9223372036854775808", "9223372036854775807"}}});
  out.push_back({{"bigint unsigned", {"0", "9223372036854775808", "18446744073709551615"}}});
  out.push_back({{"decimal(10,0)", {"0", "9999999999", "-9999999999"}}});
  out.push_back({{"decimal(5,2)", {"0.00", "-0.01", "999.99", "-999.99", "1.10"}}});
  out.push_back({{"decimal(38,10)", {"1234567890123456789012345678.0123456789", "-0.0000000001"}}});
  out.push_back({{"decimal(65,30)",
                  {repeat("9", 35) + "." + repeat("9", 30), "-" + repeat("8", 35) + "." + repeat("7", 30),
                   "0." + repeat("0", 29) + "1"}}});
  out.push_back({{"decimal(65,0)", {repeat("9", 65), "-" + repeat("9", 65)}}});
  out.push_back({{"decimal(10,2) unsigned", {"0.00", "99999999.99"}}});
  out.push_back({{"float",
                  {"0", "-0", "0.10000000149011612", "16777216", "-1.5", "3.4028234663852886e38",
                   "-3.4028234663852886e38", "1.1754943508222875e-38"}}});
  out.push_back({{"double",
                  {"0", "-0", "0.1", "0.30000000000000004", "9.007199254740992e15", "1e22", "123456789012345.67",
                   "1.7976931348623157e308", "-1.7976931348623157e308", "2.2250738585072014e-308"}}});
  out.push_back({{"bit(1)", {"0", "1"}}});
  out.push_back({{"bit(9)", {"0", "1", "100000001", "111111111"}}});
  out.push_back({{"bit(64)", {"0", "1", "1" + repeat("0", 63), repeat("1", 64)}}});
}

void add_texts(Types& out) {
  std::vector<std::string> texts = hard_texts();
  out.push_back({{"varchar(255)", texts}});
  out.push_back({{"tinytext", texts}});
  texts.push_back(repeat("x", 1U << 16U).substr(1));
  out.push_back({{"text", texts}});
  texts.push_back(repeat("x", 1U << 20U));
  texts.push_back(repeat("\U0001F426\\\n", 1U << 16U));
  out.push_back({{"mediumtext", texts}});
  texts.emplace_back("nul\0inside", 10);
  out.push_back({{"longtext", texts}});
  out.push_back({{"varchar(10)", {"", "0123456789", "äöüäöüäöüä", "tail      "}}});
  out.push_back({{"char(10)", {"", "a", " a", "0123456789", "äöü"}}});
  out.push_back({{"char(1)", {"", "x", "\\", "€"}}});
  out.push_back({{"varchar(300)", {"", repeat("ä", 300)}}});  // a length of two bytes in the log
  out.push_back({{"enum('small','it''s, big','ä','','UPPER')", {"small", "it's, big", "ä", "", "UPPER"}}});
  std::string labels = "'l0'";
  for (int i = 1; i < 300; ++i) labels += ",'l" + std::to_string(i) + "'";
  out.push_back({{"enum(" + labels + ")", {"l0", "l255", "l256", "l299"}}});
  out.push_back({{"set('a','b','it''s')", {"", "a", "b", "a,b", "a,b,it's"}}});
  std::string members = "'m0'", all = "m0";
  for (int i = 1; i < 64; ++i) {
    members += ",'m" + std::to_string(i) + "'";
    all += ",m" + std::to_string(i);
  }
  out.push_back({{"set(" + members + ")", {"", "m0", "m63", "m7,m8", all}}});
}

// Characters that each charset has; the rest of the world reads them as UTF-8.
void add_charsets(Types& out) {
  const auto add = [&](const std::string& charset, std::vector<std::string> values) {
    values.insert(values.end(), {"", "plain"});
    out.push_back({{"varchar(20) CHARACTER SET " + charset, values}, "'x'"});
    out.push_back({{"text CHARACTER SET " + charset, values}, "'x'"});
  };
  add("ascii", {"~!"});
  add("latin1", {"größe", "€‚ƒ„…†‡", "\u0081\u00ff"});
  add("latin2", {"Łódź", "ő"});
  add("latin5", {"ığş"});
  add("latin7", {"ąčę"});
  add("cp1250", {"Łódź€"});
  add("cp1251", {"Привет", "№"});
  add("cp1256", {"سلام"});
  add("cp1257", {"ąčę"});
  add("cp850", {"größe", "½"});
  add("cp852", {"Łódź"});
  add("cp866", {"Привет"});
  add("koi8r", {"Привет"});
  add("koi8u", {"Їжак"});
  add("greek", {"αβγ"});
  add("hebrew", {"שלום"});
  add("armscii8", {"Հայ"});
  add("geostd8", {"აბგ"});
  add("macroman", {"größe"});
  add("macce", {"Łódź"});
  add("tis620", {"ไทย"});
  add("big5", {"中文"});
  add("gb2312", {"中文"});
  add("gbk", {"中文", "镕"});
  add("gb18030", {"中文", "\U00020000"});
  add("euckr", {"한국어"});
  add("sjis", {"日本語", "ｱ"});
  add("cp932", {"日本語", "①"});
  add("ujis", {"日本語"});
  add("eucjpms", {"日本語", "①"});
  add("utf8", {"größe €", "日本語"});
  add("utf8mb4", {"größe \U0001F600"});
  add("ucs2", {"größe €"});
  add("utf16", {"größe \U0001F600"});
  add("utf16le", {"größe \U0001F600"});
  add("utf32", {"größe \U0001F600"});
}

void add_bytes(Types& out) {
  out.push_back({{"binary(4)", {"00000000", "61000000", "FFFFFFFF", "20202020"}}});
  out.push_back({{"binary(255)", {repeat("00", 255), every_byte().substr(0, 510)}}});
  const std::vector<std::string> bytes = {"", "00", "000000", "5C", "0A5C4E", "FF", "2720", "C3"};
  out.push_back({{"varbinary(20)", bytes}});
  out.push_back({{"tinyblob", bytes}});
  std::vector<std::string> more = bytes;
  more.push_back(every_byte());
  out.push_back({{"varbinary(1000)", more}});
  out.push_back({{"blob", more}});
  out.push_back({{"mediumblob", more}});
  more.push_back(repeat("00FF", 1U << 19U));
  out.push_back({{"longblob", more}});
}

void add_times(Types& out) {
  out.push_back(
      {{"date", {"0000-00-00", "2024-00-00", "2024-02-00", "0001-01-01", "1969-12-31", "2000-02-29", "9999-12-31"}}});
  out.push_back({{"datetime",
                  {"0000-00-00 00:00:00", "2024-00-10 01:02:03", "0001-01-01 00:00:00", "1969-12-31 23:59:59",
                   "2024-02-29 12:34:56", "9999-12-31 23:59:59"}}});
  out.push_back({{"datetime(1)", {"2024-02-29 12:34:56.7", "9999-12-31 23:59:59.9"}}});
  out.push_back({{"datetime(3)", {"0000-00-00 00:00:00.000", "2024-02-29 12:34:56.789"}}});
  out.push_back(
      {{"datetime(6)", {"0000-00-00 00:00:00.000000", "2000-01-01 00:00:00.000001", "9999-12-31 23:59:59.999999"}}});
  out.push_back({{"timestamp", {"0000-00-00 00:00:00", "1970-01-01 00:00:01", "2038-01-19 03:14:07"}}});
  out.push_back({{"timestamp(3)", {"1970-01-01 00:00:01.000", "2024-06-30 23:59:59.999"}}});
  out.push_back(
      {{"timestamp(6)", {"0000-00-00 00:00:00.000000", "1970-01-01 00:00:01.000000", "2038-01-19 03:14:07.999999"}}});
  out.push_back({{"time", {"00:00:00", "23:59:59", "24:00:00", "838:59:59", "-838:59:59", "-00:00:01"}}});
  out.push_back({{"time(1)", {"00:00:00.1", "-00:00:00.9", "-12:34:56.5"}}});
  out.push_back({{"time(3)", {"00:00:00.000", "-00:00:00.001", "-838:59:58.999"}}});
  out.push_back({{"time(6)",
                  {"00:00:00.000000", "00:00:00.000001", "-00:00:00.000001", "-01:00:00.999999", "838:59:59.000000",
                   "-838:59:58.999999"}}});
  out.push_back({{"year", {"0000", "1901", "2000", "2155"}}});
}

// As MySQL writes them; MariaDB keeps the text.
void add_documents(Types& out) {
  out.push_back({{"json",
                  {"null",
                   "true",
                   "false",
                   "\"\"",
                   "{}",
                   "[]",
                   "0",
                   "-1",
                   "255",
                   "65536",
                   "4294967296",
                   "-9223372036854775808",
                   "18446744073709551615",
                   "1.5",
                   "1e100",
                   "\"ä\\n\\\\ \\\" \U0001F600\"",
                   "{\"a\": 1, \"b\": [1, 2, {\"c\": null}]}",
                   "{\"\": {}, \"aa\": [], \"bb\": \"x\"}",
                   "[[[[]]], [1, [2, [3]]]]",
                   "\"" + repeat("j", 200) + "\"",
                   "\"" + repeat("j", 1U << 17U) + "\"",
                   "[" + repeat("12345678, ", 20000) + "1]"}},
                 "'1'"});
}

// SRID, then WKB; the last one of each has an SRID where the server takes it without looking it up.
void add_shapes(Types& out) {
  const std::string none = "00000000";
  const std::string point = "0101000000000000000000F83F00000000000000C0";
  const std::string line = "010200000002000000" + repeat("00", 16) + "000000000000F03F000000000000F03F";
  const std::string ring =
      "0103000000010000000400000000000000000000000000000000000000000000000000F03F0000000000000000"
      "000000000000F03F000000000000F03F00000000000000000000000000000000";
  out.push_back({{"geometry", {none + point, none + line, none + ring}}});
  out.push_back({{"point", {none + point}}});
  out.push_back({{"linestring", {none + line}}});
  out.push_back({{"polygon", {none + ring}}});
  out.push_back({{"multipoint", {none + "010400000001000000" + point}}});
  out.push_back({{"multilinestring", {none + "010500000001000000" + line}}});
  out.push_back({{"multipolygon", {none + "010600000001000000" + ring}}});
  out.push_back({{"geometrycollection", {none + "010700000002000000" + point + line}}});
}

void add_types_of_mariadb(Types& out) {
  out.push_back({{"uuid",
                  {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                   "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
                 "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"});
  out.push_back({{"inet6", {"::", "::1", "2001:db8::1", "::ffff:1.2.3.4"}}, "'::1'"});
  out.push_back({{"inet4", {"0.0.0.0", "255.255.255.255"}}, "'1.2.3.4'"});
}

}  // namespace

std::vector<MysqlType> mysql_types() {
  Types out;
  add_numbers(out);
  add_texts(out);
  add_charsets(out);
  add_bytes(out);
  add_times(out);
  add_documents(out);
  add_shapes(out);
  add_types_of_mariadb(out);
  return out;
}

}  // namespace godwit::conformance
