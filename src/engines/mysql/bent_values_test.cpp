#include "engines/mysql/bent_values.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

Type planned(std::string native, ValueForm form) {
  Type type;
  type.native = std::move(native);
  type.form = form;
  return type;
}

OwnColumn own(std::string data_type, std::optional<int64_t> number = {}, std::optional<int64_t> scale = {}) {
  OwnColumn out;
  out.data_type = std::move(data_type);
  out.length = out.precision = number;
  out.fraction_digits = number;
  out.scale = scale;
  return out;
}

using Form = ValueForm;

TEST(BentValues, AreThoseThatTheServerChangesWithoutAnError) {
  const struct {
    Type type;
    OwnColumn column;
  } cases[] = {
      {planned("longtext CHARACTER SET utf8mb4", Form::text), own("decimal", 38, 10)},
      {planned("decimal(12,4)", Form::decimal), own("decimal", 12, 2)},
      {planned("double", Form::real), own("decimal", 38, 10)},
      {planned("decimal(10,2)", Form::decimal), own("int", 10)},
      {planned("double", Form::real), own("bigint", 19)},
      {planned("bit(4)", Form::bits), own("int", 10)},
      {planned("bit(4)", Form::bits), own("bit", 8)},
      {planned("double", Form::real), own("float", 12)},
      {planned("int", Form::integer), own("float", 12)},
      {planned("bigint", Form::integer), own("double", 22)},
      {planned("decimal(20,2)", Form::decimal), own("double", 22)},
      {planned("double", Form::real), own("double", 10, 2)},
      {planned("datetime(6)", Form::datetime), own("date")},
      {planned("datetime(6)", Form::datetime), own("datetime", 3)},
      {planned("datetime(6)", Form::datetime), own("time", 6)},
      {planned("time(6)", Form::time), own("time", 0)},
      {planned("longblob", Form::bytes), own("binary", 16)},
      {planned("binary(8)", Form::bytes), own("binary", 16)},
      {planned("varchar(5) CHARACTER SET utf8mb4", Form::text), own("char", 5)},
      {planned("longtext", Form::text), own("varchar", 255)},
      {planned("varchar(64)", Form::text), own("enum", 3)},
      {planned("int", Form::integer), own("year")},
      {planned("longtext", Form::json), own("json")},
  };
  for (const auto& c : cases) EXPECT_TRUE(bend_of(c.type, c.column)) << c.type.native << " " << c.column.data_type;
}

TEST(BentValues, AreNoneWhereTheColumnKeepsOrRefusesThem) {
  const struct {
    Type type;
    OwnColumn column;
  } cases[] = {
      {planned("decimal(12,4)", Form::decimal), own("decimal", 38, 10)},
      {planned("bigint", Form::integer), own("int", 10)},
      {planned("bigint unsigned", Form::integer), own("decimal", 20, 0)},
      {planned("decimal(10,0)", Form::decimal), own("bigint", 19)},
      {planned("tinyint(1)", Form::integer), own("tinyint", 3)},
      {planned("bit(1)", Form::boolean), own("tinyint", 3)},
      {planned("bit(4)", Form::bits), own("bit", 4)},
      {planned("float", Form::real), own("double", 22)},
      {planned("double(10,2)", Form::real), own("double", 10, 2)},
      {planned("decimal(10,2)", Form::decimal), own("double", 22)},
      {planned("year", Form::integer), own("year")},
      {planned("datetime(3)", Form::datetime), own("datetime", 6)},
      {planned("datetime(6)", Form::datetime_tz), own("timestamp", 6)},
      {planned("date", Form::date), own("datetime", 0)},
      {planned("time", Form::duration), own("time", 0)},
      {planned("binary(16)", Form::bytes), own("binary", 16)},
      {planned("longblob", Form::bytes), own("varbinary", 16)},
      {planned("varchar(5)", Form::text), own("varchar", 5)},
      {planned("char(5) CHARACTER SET latin1", Form::text), own("char", 5)},
      {planned("char(5) CHARACTER SET latin1", Form::text), own("varchar", 3)},
      {planned("longtext", Form::text), own("mediumtext", 16777215)},
      {planned("decimal(10,2)", Form::decimal), own("varchar", 20)},
      {planned("enum('a','b')", Form::enumeration), own("enum", 1)},
      {planned("char(36) CHARACTER SET ascii", Form::text), own("uuid")},
      {planned("geometry", Form::geometry), own("point")},
      {planned("json", Form::json), own("json")},
  };
  for (const auto& c : cases) EXPECT_FALSE(bend_of(c.type, c.column)) << c.type.native << " " << c.column.data_type;
}

TEST(BentValues, TellBlanksFromTheRest) {
  const auto of_char = bend_of(planned("varchar(9)", Form::text), own("char", 9)),
             of_varchar = bend_of(planned("varchar(9)", Form::text), own("varchar", 4)),
             of_int = bend_of(planned("double", Form::real), own("int", 10));
  ASSERT_TRUE(of_char && of_varchar && of_int);
  EXPECT_EQ(of_char->blanks_kept, 0U);
  EXPECT_EQ(of_varchar->blanks_kept, 4U);
  EXPECT_EQ(of_int->blanks_kept, std::nullopt);
  EXPECT_TRUE(pads_with_blanks(planned("character(3)", Form::text)));
  EXPECT_TRUE(pads_with_blanks(planned("char(3) CHARACTER SET utf8mb4", Form::text)));
  EXPECT_FALSE(pads_with_blanks(planned("character varying(3)", Form::text)));
  EXPECT_FALSE(pads_with_blanks(planned("varchar(3)", Form::text)));
}

}  // namespace
}  // namespace godwit::mysql
