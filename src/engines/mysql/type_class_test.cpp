#include "engines/mysql/type_class.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

using Form = ValueForm;

TEST(MySqlTypeClass, follows_the_table_of_the_specification) {
  struct Case {
    CatalogColumn facts;
    TypeClass type_class;
    Form form;
    std::string native;
  };
  const Case cases[] = {
      {{"tinyint", "tinyint(1)"}, TypeClass::int1, Form::integer, "tinyint(1)"},
      {{"tinyint", "tinyint(3) unsigned"}, TypeClass::uint1, Form::integer, "tinyint(3) unsigned"},
      {{"smallint", "smallint(6)"}, TypeClass::int2, Form::integer, "smallint(6)"},
      {{"mediumint", "mediumint unsigned"}, TypeClass::uint4, Form::integer, "mediumint unsigned"},
      {{"int", "int"}, TypeClass::int4, Form::integer, "int"},
      {{"bigint", "bigint(20) unsigned zerofill"}, TypeClass::uint8, Form::integer, "bigint(20) unsigned zerofill"},
      {{"decimal", "decimal(38,10)", {}, 38, 10}, TypeClass::numeric, Form::decimal, "decimal(38,10)"},
      {{"decimal", "decimal(65,30)", {}, 65, 30}, TypeClass::string, Form::decimal, "decimal(65,30)"},
      {{"float", "float"}, TypeClass::real8, Form::real, "float"},
      {{"double", "double unsigned"}, TypeClass::real8, Form::real, "double unsigned"},
      {{"bit", "bit(1)", {}, 1}, TypeClass::boolean, Form::boolean, "bit(1)"},
      {{"bit", "bit(12)", {}, 12}, TypeClass::bytes, Form::bits, "bit(12)"},
      {{"year", "year(4)"}, TypeClass::int2, Form::integer, "year(4)"},
      {{"date", "date"}, TypeClass::date, Form::date, "date"},
      {{"datetime", "datetime(3)", {}, {}, {}, 3}, TypeClass::datetime, Form::datetime, "datetime(3)"},
      {{"timestamp", "timestamp", {}, {}, {}, 0}, TypeClass::datetime, Form::datetime_tz, "timestamp"},
      {{"time", "time(6)", {}, {}, {}, 6}, TypeClass::string, Form::duration, "time(6)"},
      {{"varchar", "varchar(20)", 20, {}, {}, {}, "latin1", "latin1_swedish_ci"},
       TypeClass::wstring,
       Form::text,
       "varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci"},
      {{"varchar", "varchar(20) /*M!100301 COMPRESSED*/", 20}, TypeClass::wstring, Form::text, "varchar(20)"},
      {{"text", "text", 65535, {}, {}, {}, "utf8mb4", "utf8mb4_bin"},
       TypeClass::wstring,
       Form::text,
       "text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"},
      {{"longtext", "longtext", 4294967295}, TypeClass::nclob, Form::text, "longtext"},
      {{"binary", "binary(16)", 16}, TypeClass::bytes, Form::bytes, "binary(16)"},
      {{"blob", "blob", 65535}, TypeClass::bytes, Form::bytes, "blob"},
      {{"mediumblob", "mediumblob", 16777215}, TypeClass::blob, Form::bytes, "mediumblob"},
      {{"set", "set('a','b')", 3}, TypeClass::wstring, Form::label_set, "set('a','b')"},
      {{"json", "json"}, TypeClass::clob, Form::json, "json"},
      {{"point", "point", {}, {}, {}, {}, "", "", 4326}, TypeClass::blob, Form::geometry, "point SRID 4326"},
      {{"uuid", "uuid"}, TypeClass::string, Form::uuid, "uuid"},
      {{"inet6", "inet6"}, TypeClass::string, Form::network, "inet6"},
      {{"xmltype", "xmltype"}, TypeClass::string, Form::other, "xmltype"},
  };
  for (const Case& c : cases) {
    const Type type = type_of(c.facts);
    EXPECT_EQ(type.type_class, c.type_class) << c.facts.column_type;
    EXPECT_EQ(type.form, c.form) << c.facts.column_type;
    EXPECT_EQ(type.native, c.native);
    EXPECT_EQ(type.dialect, "mysql");
  }
}

TEST(MySqlTypeClass, tells_the_numbers_and_which_dates_may_be_zero) {
  EXPECT_EQ(type_of({"float", "float"}).precision, 24);
  EXPECT_EQ(type_of({"double", "double"}).precision, 53);
  EXPECT_EQ(type_of({"datetime", "datetime(3)", {}, {}, {}, 3}).precision, 3);
  EXPECT_EQ(type_of({"bit", "bit(12)", {}, 12}).length, 12);
  EXPECT_EQ(type_of({"longtext", "longtext", 4294967295}).length, std::nullopt);
  EXPECT_TRUE(type_of({"date", "date"}).zero_dates);
  EXPECT_TRUE(type_of({"timestamp", "timestamp"}).zero_dates);
  EXPECT_FALSE(type_of({"int", "int"}).zero_dates);
  EXPECT_TRUE(type_of({"date", "date"}).finite);
  CatalogColumn json{"longtext", "longtext"};
  json.is_json = true;
  EXPECT_EQ(type_of(json).form, ValueForm::json);
  EXPECT_EQ(type_of(json).native, "longtext");
}

TEST(MySqlTypeClass, reads_labels_with_quotes_commas_and_backslashes) {
  using Labels = std::vector<std::string>;
  EXPECT_EQ(labels_of("enum('a','b')"), (Labels{"a", "b"}));
  EXPECT_EQ(labels_of("enum('it''s','x,y',')','')"), (Labels{"it's", "x,y", ")", ""}));
  EXPECT_EQ(labels_of(R"(set('a\\b','line\nend'))"), (Labels{"a\\b", "line\nend"}));
  EXPECT_EQ(labels_of("int(11)"), Labels());
  EXPECT_EQ(labels_of("enum('open"), Labels());
  EXPECT_EQ(*type_of({"enum", "enum('s','m')", 1}).labels, (Labels{"s", "m"}));
}

}  // namespace
}  // namespace godwit::mysql
