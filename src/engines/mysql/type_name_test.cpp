#include "engines/mysql/type_name.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

constexpr ServerKind mysql8{false, 80036}, mysql57{false, 50700}, mariadb{true, 101106}, mariadb104{true, 100400};

Type foreign(ValueForm form, TypeClass type_class = TypeClass::string, std::optional<int32_t> precision = {},
             std::optional<int32_t> scale = {}, std::optional<int32_t> length = {}) {
  Type type;
  type.dialect = "postgresql";
  type.native = "theirs";
  type.form = form;
  type.type_class = type_class;
  type.precision = precision;
  type.scale = scale;
  type.length = length;
  return type;
}

Type own(CatalogColumn facts) {
  return type_of(facts);
}

std::vector<Type> made(std::vector<Type> types, const ServerKind& server, std::vector<uint32_t> key = {},
                       TypeMapping mapping = TypeMapping::lossless) {
  TableDef table;
  for (Type& type : types) table.columns.push_back({"c", std::move(type)});
  if (!key.empty()) table.key = KeyDef{"k", std::move(key)};
  auto out = types_for(table, mapping, server);
  EXPECT_TRUE(out);
  return out ? *out : std::vector<Type>();
}

const std::string exact = " CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin";

TEST(MySqlTypeName, takes_types_of_other_engines_without_loss) {
  using Form = ValueForm;
  struct Case {
    Type source;
    std::string lossless, dms;
    Form form;  // of the lossless one
  };
  const Case cases[] = {
      {foreign(Form::boolean, TypeClass::boolean), "tinyint(1)", "varchar(5)" + exact, Form::integer},
      {foreign(Form::integer, TypeClass::int2), "smallint", "smallint", Form::integer},
      {foreign(Form::integer, TypeClass::int8), "bigint", "bigint", Form::integer},
      {foreign(Form::integer, TypeClass::string), "bigint unsigned", "bigint unsigned", Form::integer},
      {foreign(Form::decimal, TypeClass::numeric, 10, 2), "decimal(10,2)", "decimal(10,2)", Form::decimal},
      {foreign(Form::decimal, TypeClass::numeric, 2, -3), "decimal(5,0)", "decimal(5,0)", Form::decimal},
      {foreign(Form::decimal, TypeClass::numeric, 3, 5), "decimal(5,5)", "decimal(5,5)", Form::decimal},
      {foreign(Form::decimal, TypeClass::string, 100, 2), "varchar(103)" + exact, "varchar(103)" + exact, Form::text},
      {foreign(Form::decimal, TypeClass::numeric), "longtext" + exact, "decimal(28,6)", Form::text},
      {foreign(Form::real, TypeClass::real4, 24), "float", "float", Form::real},
      {foreign(Form::real, TypeClass::real8, 53), "double", "double", Form::real},
      {foreign(Form::money, TypeClass::numeric), "decimal(19,2)", "decimal(38,4)", Form::decimal},
      {foreign(Form::bits, TypeClass::string, {}, {}, 1), "bit(1)", "varchar(1)" + exact, Form::boolean},
      {foreign(Form::bits, TypeClass::string, {}, {}, 9), "bit(9)", "varchar(9)" + exact, Form::bits},
      {foreign(Form::bits, TypeClass::string, {}, {}, 80), "varchar(80)" + exact, "varchar(80)" + exact, Form::text},
      {foreign(Form::bytes, TypeClass::blob), "longblob", "longblob", Form::bytes},
      {foreign(Form::text, TypeClass::wstring, {}, {}, 20), "varchar(20)" + exact, "varchar(20)" + exact, Form::text},
      {foreign(Form::text, TypeClass::nclob), "longtext" + exact, "longtext" + exact, Form::text},
      {foreign(Form::date, TypeClass::date), "date", "date", Form::date},
      {foreign(Form::time, TypeClass::time, 3), "time(3)", "time(3)", Form::time},
      {foreign(Form::time_tz, TypeClass::time, 6), "varchar(32)" + exact, "time(6)", Form::text},
      {foreign(Form::datetime, TypeClass::datetime, 0), "datetime", "datetime", Form::datetime},
      {foreign(Form::datetime_tz, TypeClass::datetime, 6), "datetime(6)", "datetime(6)", Form::datetime},
      {foreign(Form::interval), "varchar(128)" + exact, "varchar(128)" + exact, Form::text},
      {foreign(Form::json, TypeClass::nclob), "longtext" + exact, "longtext" + exact, Form::text},
      {foreign(Form::enumeration), "varchar(64)" + exact, "varchar(64)" + exact, Form::text},
      {foreign(Form::array, TypeClass::nclob), "longtext" + exact, "longtext" + exact, Form::json},
      {foreign(Form::network), "varchar(50)" + exact, "varchar(50)" + exact, Form::text},
  };
  for (const Case& c : cases) {
    const Type lossless = made({c.source}, mysql8).at(0);
    EXPECT_EQ(lossless.native, c.lossless);
    EXPECT_EQ(lossless.form, c.form) << c.lossless;
    EXPECT_TRUE(lossless.finite && lossless.zero_dates && lossless.dialect == "mysql");
    EXPECT_EQ(made({c.source}, mysql8, {}, TypeMapping::dms).at(0).native, c.dms);
  }
}

TEST(MySqlTypeName, takes_what_the_server_has) {
  const Type uuid = foreign(ValueForm::uuid);
  EXPECT_EQ(made({uuid}, mariadb)[0].native, "char(36) CHARACTER SET ascii COLLATE ascii_bin");
  EXPECT_EQ(made({uuid}, mariadb104)[0].native, "char(36) CHARACTER SET ascii COLLATE ascii_bin");
  EXPECT_EQ(made({uuid}, mysql8)[0].form, ValueForm::text);
  EXPECT_EQ(exact_collation(mysql57), "utf8mb4_bin");
  EXPECT_EQ(exact_collation(mariadb), "utf8mb4_nopad_bin");
}

TEST(MySqlTypeName, keeps_types_of_the_family_and_finds_the_nearest_collation) {
  const auto text = [](const char* collation) {
    return own({"varchar", "varchar(9)", 9, {}, {}, {}, "utf8mb4", collation});
  };
  const std::string varchar = "varchar(9) CHARACTER SET utf8mb4 COLLATE ";
  EXPECT_EQ(made({text("utf8mb4_0900_ai_ci")}, mysql8)[0].native, varchar + "utf8mb4_0900_ai_ci");
  EXPECT_EQ(made({text("utf8mb4_0900_ai_ci")}, mariadb)[0].native, varchar + "utf8mb4_uca1400_nopad_ai_ci");
  EXPECT_EQ(made({text("utf8mb4_0900_bin")}, mariadb)[0].native, varchar + "utf8mb4_nopad_bin");
  EXPECT_EQ(made({text("utf8mb4_0900_ai_ci")}, mysql57)[0].native, varchar + "utf8mb4_unicode_520_ci");
  EXPECT_EQ(made({text("utf8mb4_nopad_bin")}, mysql8)[0].native, varchar + "utf8mb4_0900_bin");
  EXPECT_EQ(made({text("utf8mb4_general_ci")}, mariadb)[0].native, varchar + "utf8mb4_general_ci");
  const auto other = [](const char* charset, const char* collation) {
    return own({"varchar", "varchar(9)", 9, {}, {}, {}, charset, collation});
  };
  EXPECT_EQ(made({other("gb18030", "gb18030_chinese_ci")}, mariadb)[0].native, varchar + "utf8mb4_unicode_520_ci");
  EXPECT_EQ(made({other("gb18030", "gb18030_chinese_ci")}, mysql8)[0].native,
            "varchar(9) CHARACTER SET gb18030 COLLATE gb18030_chinese_ci");
  EXPECT_EQ(made({own({"inet6", "inet6"})}, mysql8)[0].native, "varchar(39)" + exact);
  EXPECT_EQ(made({own({"uuid", "uuid"})}, mariadb)[0].native, "uuid");
  EXPECT_EQ(made({own({"geomcollection", "geomcollection", {}, {}, {}, {}, "", "", 4326})}, mariadb)[0].native,
            "geometrycollection REF_SYSTEM_ID=4326");
  const Type timestamp = own({"timestamp", "timestamp(3)", {}, {}, {}, 3});
  EXPECT_EQ(made({timestamp}, mysql8)[0].form, ValueForm::datetime_tz);
}

TEST(MySqlTypeName, never_takes_a_coarser_collation) {
  const auto text = [](const char* collation) {
    const std::string_view name = collation;
    return own({"varchar", "varchar(9)", 9, {}, {}, {}, std::string(name.substr(0, name.find('_'))), collation});
  };
  const auto collation = [&](const char* from, const ServerKind& server) {
    const std::string native = made({text(from)}, server)[0].native;
    return native.substr(native.rfind(' ') + 1);
  };
  EXPECT_EQ(collation("utf8mb4_0900_as_ci", mariadb104), "utf8mb4_nopad_bin");
  EXPECT_EQ(collation("utf8mb4_0900_as_ci", mariadb), "utf8mb4_uca1400_nopad_as_ci");
  EXPECT_EQ(collation("utf8mb4_0900_ai_ci", mariadb104), "utf8mb4_unicode_520_nopad_ci");
  EXPECT_EQ(collation("utf8mb4_sv_0900_ai_ci", mariadb), "utf8mb4_nopad_bin");
  EXPECT_EQ(collation("utf8mb4_uca1400_as_cs", mysql57), "utf8mb4_bin");
  EXPECT_EQ(collation("utf8mb4_uca1400_as_cs", mysql8), "utf8mb4_0900_as_cs");
  EXPECT_EQ(collation("utf8mb4_uca1400_ai_ci", mariadb104), "utf8mb4_unicode_520_ci");
  EXPECT_EQ(collation("utf8mb4_uca1400_swedish_ai_ci", mysql8), "utf8mb4_0900_bin");
  EXPECT_EQ(collation("utf8mb3_uca1400_ai_ci", mysql8), "utf8mb3_unicode_520_ci");
  EXPECT_EQ(collation("utf8mb3_uca1400_as_ci", mysql57), "utf8_bin");
  EXPECT_EQ(collation("utf8_general_ci", mysql8), "utf8mb3_general_ci");
  EXPECT_EQ(collation("utf8mb3_general_ci", mariadb104), "utf8_general_ci");
  EXPECT_EQ(collation("latin1_swedish_nopad_ci", mysql8), "latin1_swedish_ci");
  EXPECT_EQ(collation("latin1_nopad_bin", mysql57), "latin1_bin");
}

TEST(MySqlTypeName, gives_rules_their_types) {
  Type rule;
  rule.type_class = TypeClass::boolean;
  EXPECT_EQ(made({rule}, mysql8)[0].native, "tinyint(1)");
  rule.type_class = TypeClass::uint8;
  EXPECT_EQ(made({rule}, mysql8)[0].native, "bigint unsigned");
  rule.type_class = TypeClass::bytes;
  rule.length = 16;
  EXPECT_EQ(made({rule}, mysql8)[0].native, "varbinary(16)");
  rule.type_class = TypeClass::datetime;
  rule.length = {};
  rule.precision = 9;
  EXPECT_EQ(made({rule}, mysql8)[0].native, "varchar(37)" + exact);
}

TEST(MySqlTypeName, bounds_the_columns_of_a_key) {
  const Type text = foreign(ValueForm::text, TypeClass::nclob), bytes = foreign(ValueForm::bytes, TypeClass::blob);
  const Type number = foreign(ValueForm::integer, TypeClass::int4);
  EXPECT_EQ(made({text}, mysql8, {0})[0].native, "varchar(768)" + exact);
  EXPECT_EQ(made({bytes}, mysql8, {0})[0].native, "varbinary(3072)");
  EXPECT_EQ(made({number, text}, mysql8, {0, 1})[1].native, "varchar(766)" + exact);
  EXPECT_EQ(made({text, text}, mysql8, {0, 1})[1].native, "varchar(384)" + exact);
  const Type wide = foreign(ValueForm::text, TypeClass::wstring, {}, {}, 700);
  EXPECT_EQ(made({number, wide}, mysql8, {0, 1})[1].native, "varchar(700)" + exact);
  EXPECT_EQ(made({wide, wide}, mysql8, {0, 1})[0].native, "varchar(384)" + exact);
}

TEST(MySqlTypeName, makes_the_widest_columns_text_until_a_row_fits) {
  const auto varchar = [](int32_t n) { return foreign(ValueForm::text, TypeClass::wstring, {}, {}, n); };
  const std::vector<Type> types = made({varchar(8000), varchar(9000), varchar(16000), varchar(700)}, mysql8, {3});
  EXPECT_EQ(types[2].native, "text" + exact);
  EXPECT_EQ(types[1].native, "text" + exact);
  EXPECT_EQ(types[0].native, "varchar(8000)" + exact);
  EXPECT_EQ(types[3].native, "varchar(700)" + exact);
}

TEST(MySqlTypeName, refuses_a_table_that_is_too_wide) {
  TableDef table;
  table.columns.resize(1018);
  EXPECT_EQ(types_for(table, TypeMapping::lossless, mysql8).error().code, "mysql.too_many_columns");
}

}  // namespace
}  // namespace godwit::mysql
