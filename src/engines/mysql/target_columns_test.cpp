#include "engines/mysql/target_columns.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

ColumnDef column(std::string name, ValueForm form) {
  ColumnDef out;
  out.name = std::move(name);
  out.type.form = form;
  return out;
}

TargetColumn of(std::string_view data_type, ValueForm form, std::string_view charset = "", uint32_t bits = 0) {
  return target_column(column("c", form), data_type, charset, bits, false);
}

std::string field(const TargetColumn& column, std::string_view value) {
  ByteBuffer out;
  append_field(out, column, value);
  return std::string(out.view());
}
std::string literal(const TargetColumn& column, std::string_view value) {
  ByteBuffer out;
  append_literal(out, column, value);
  return std::string(out.view());
}
std::string compared(const TargetColumn& column, std::string_view value) {
  ByteBuffer out;
  append_compared(out, column, value);
  return std::string(out.view());
}
std::string exact(const TargetColumn& column, std::optional<std::string_view> value) {
  ByteBuffer out;
  append_exact_match(out, column, value);
  return std::string(out.view());
}

TEST(TargetColumns, EscapesWhatSeparatesFieldsAndNothingElse) {
  const TargetColumn text = of("varchar", ValueForm::text, "utf8mb4");
  EXPECT_EQ(field(text, "a\tb\nc\\d\re'\""), "a\\tb\\nc\\\\d\re'\"");
  EXPECT_EQ(field(text, std::string_view("\0", 1)), "\\0");
  EXPECT_EQ(field(text, "\\N"), "\\\\N");
  EXPECT_EQ(field(text, ""), "");
}

TEST(TargetColumns, WritesBitsAsTheServerStoresThem) {
  const TargetColumn wide = of("bit", ValueForm::bits, "", 13), one = of("bit", ValueForm::boolean, "", 1);
  EXPECT_EQ(field(wide, "0000100100001"), std::string("\x01\x21"));
  EXPECT_EQ(field(wide, "0100100001010"), std::string("\\t\\n"));
  EXPECT_EQ(field(one, "t"), std::string("\x01"));
  EXPECT_EQ(field(one, "f"), std::string("\0", 1));
  EXPECT_EQ(literal(wide, "0000100100001"), "289");
  EXPECT_EQ(literal(one, "t"), "1");
}

TEST(TargetColumns, ANumberInABitColumnIsNoRowOfBits) {
  const TargetColumn column = of("bit", ValueForm::integer, "", 8);
  EXPECT_EQ(literal(column, "10"), "10");
  EXPECT_EQ(literal(of("bit", ValueForm::bits, "", 8), "10"), "2");
}

std::string key_match(std::string_view data_type, std::string_view charset, std::string_view collation,
                      std::string_view value) {
  ByteBuffer out;
  append_key_match(out, target_column(column("c", ValueForm::text), data_type, charset, 0, false, collation), value);
  return std::string(out.view());
}

TEST(TargetColumns, AKeyOfALooseCollationIsComparedByteByByteToo) {
  const std::string bytes = " AND CAST(CONVERT(`c` USING utf8mb4) AS BINARY) = _binary";
  EXPECT_EQ(key_match("varchar", "utf8mb4", "utf8mb4_general_ci", "a "), "`c` = 'a '" + bytes + "'a '");
  EXPECT_EQ(key_match("varchar", "utf8mb4", "utf8mb4_bin", "a "), "`c` = 'a '" + bytes + "'a '");
  EXPECT_EQ(key_match("varchar", "latin1", "latin1_swedish_ci", "a"), "`c` = 'a'" + bytes + "'a'");
  EXPECT_EQ(key_match("varchar", "utf8mb4", "utf8mb4_0900_bin", "a "), "`c` = 'a '");
  EXPECT_EQ(key_match("varchar", "utf8mb4", "utf8mb4_nopad_bin", "a "), "`c` = 'a '");
  EXPECT_EQ(key_match("varbinary", "", "", "a "), "`c` = _binary'a '");
}

TEST(TargetColumns, ACharIsLookedForWithoutTheBlanksThatItDoesNotKeep) {
  EXPECT_EQ(key_match("char", "utf8mb4", "utf8mb4_bin", "a  "),
            "`c` = 'a' AND CAST(CONVERT(`c` USING utf8mb4) AS BINARY) = _binary'a'");
  EXPECT_EQ(key_match("char", "utf8mb4", "utf8mb4_nopad_bin", "a  "), "`c` = 'a'");
  EXPECT_EQ(key_match("char", "utf8mb4", "utf8mb4_nopad_bin", "  "), "`c` = ''");
}

TEST(TargetColumns, AKeyWithBlanksThatAreCutIsNoOtherRows) {
  TargetColumn column = of("char", ValueForm::text, "utf8mb4");
  EXPECT_TRUE(keeps_whole(column, "a "));
  column.blanks_kept = 0;
  EXPECT_FALSE(keeps_whole(column, "a "));
  EXPECT_TRUE(keeps_whole(column, " a"));
  column.blanks_kept = 3;
  EXPECT_TRUE(keeps_whole(column, "\xc3\xa4\xc3\xb6 "));
  EXPECT_FALSE(keeps_whole(column, "abc "));
}

TEST(TargetColumns, NumbersStandWithoutQuotesAndOnlyNumbersDo) {
  EXPECT_EQ(literal(of("bigint", ValueForm::integer), "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(literal(of("bigint", ValueForm::integer), "1; DROP TABLE t"), "'1; DROP TABLE t'");
  EXPECT_EQ(literal(of("int", ValueForm::integer), "1--1"), "'1--1'");
  EXPECT_EQ(literal(of("double", ValueForm::real), "0.1"), "0.1e0");
  EXPECT_EQ(literal(of("double", ValueForm::real), "1.5e-07"), "1.5e-07");
}

TEST(TargetColumns, FloatsAreComparedWithByTheValueTheyHold) {
  EXPECT_EQ(compared(of("float", ValueForm::real), "0.1"), "1.00000001490116119e-01");
  EXPECT_EQ(compared(of("double", ValueForm::real), "0.1"), "1.00000000000000006e-01");
}

TEST(TargetColumns, WhatIsNoNumberIsNotLookedForAsZero) {
  EXPECT_EQ(compared(of("double", ValueForm::real), ""), "''");
  EXPECT_EQ(compared(of("double", ValueForm::real), "1e400"), "'1e400'");
  EXPECT_EQ(compared(of("double", ValueForm::real), "1e-400"), "'1e-400'");
  EXPECT_EQ(compared(of("float", ValueForm::real), "1e60"), "'1e60'");
  EXPECT_EQ(compared(of("float", ValueForm::real), "1e-60"), "0.00000000000000000e+00");
  EXPECT_EQ(compared(of("double", ValueForm::real), "5e-324"), "4.94065645841246544e-324");
  EXPECT_EQ(compared(of("float", ValueForm::real), "1e-45"), "1.40129846432481707e-45");
}

// 3.4028235e+38 is the shortest text of the largest FLOAT, and above it as a DOUBLE, which the server takes it for.
TEST(TargetColumns, TheLargestFloatIsWrittenWithinTheRangeOfAFloat) {
  const TargetColumn single = of("float", ValueForm::real);
  for (const char* text : {"3.4028235e+38", "3.4028235e38", "340282350000000000000000000000000000000"}) {
    EXPECT_EQ(field(single, text), "3.4028234663852886e+38");
    EXPECT_EQ(literal(single, text), "3.4028234663852886e+38");
  }
  EXPECT_EQ(literal(single, "-3.4028235e+38"), "-3.4028234663852886e+38");
  EXPECT_EQ(field(single, "3.4028234663852886e+38"), "3.4028234663852886e+38");
  EXPECT_EQ(field(single, "3.5e+38"), "3.5e+38") << "which the server refuses";
  EXPECT_EQ(field(single, "1.38"), "1.38");
  EXPECT_EQ(field(of("double", ValueForm::real), "3.4028235e+38"), "3.4028235e+38");
}

TEST(TargetColumns, TimestampsLoseTheirZone) {
  const TargetColumn moment = of("timestamp", ValueForm::datetime_tz);
  EXPECT_EQ(field(moment, "2024-01-02 03:04:05.5+00"), "2024-01-02 03:04:05.5");
  EXPECT_EQ(literal(moment, "2024-01-02 03:04:05+00"), "'2024-01-02 03:04:05'");
}

TEST(TargetColumns, TextOfAnotherCharacterSetIsConverted) {
  std::vector<TargetColumn> columns = {of("varchar", ValueForm::text, "utf8mb4"),
                                       of("varchar", ValueForm::text, "latin1"), of("json", ValueForm::json),
                                       of("blob", ValueForm::bytes)};
  EXPECT_EQ(field_list(columns),
            "(`c`, @v1, @v2, `c`) SET `c` = CONVERT(@v1 USING utf8mb4), `c` = CONVERT(@v2 USING utf8mb4)");
}

// As bytes it would be taken for the 16 that the server stores.
TEST(TargetColumns, TextOfAUuidOrAddressIsMarkedAsText) {
  for (const char* type : {"uuid", "inet6", "inet4"}) {
    const TargetColumn written = target_column(column("c", ValueForm::uuid), type, "", 0, true);
    EXPECT_EQ(field_list({written}), "(@v0) SET `c` = CONVERT(@v0 USING utf8mb4)");
    EXPECT_EQ(exact(written, "::1"), "`c` <=> '::1'");
  }
}

TEST(TargetColumns, BytesAreMarkedAsSuch) {
  EXPECT_EQ(literal(of("longblob", ValueForm::bytes), "a'\\\xff"), "_binary'a\\'\\\\\xff'");
  EXPECT_EQ(literal(of("point", ValueForm::geometry), "x"), "_binary'x'");
}

TEST(TargetColumns, ExactMatchesTellApartWhatCollationsDoNot) {
  EXPECT_EQ(exact(of("varchar", ValueForm::text, "utf8mb4"), "a "),
            "`c` <=> 'a ' AND CAST(CONVERT(`c` USING utf8mb4) AS BINARY) <=> _binary'a '");
  EXPECT_EQ(exact(of("int", ValueForm::integer), "5"), "`c` <=> 5");
  EXPECT_EQ(exact(of("json", ValueForm::json), "{}"), "`c` <=> CAST('{}' AS JSON)");
  EXPECT_EQ(exact(of("int", ValueForm::integer), std::nullopt), "`c` IS NULL");
}

}  // namespace
}  // namespace godwit::mysql
