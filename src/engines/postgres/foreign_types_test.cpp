#include "engines/postgres/foreign_types.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

Type theirs(ValueForm form, TypeClass type_class = TypeClass::string, std::optional<int32_t> precision = {},
            std::optional<int32_t> scale = {}, std::optional<int32_t> length = {}) {
  Type type;
  type.dialect = "mysql";
  type.native = "theirs";
  type.form = form;
  type.type_class = type_class;
  type.precision = precision;
  type.scale = scale;
  type.length = length;
  return type;
}

Type made(const Type& type, TypeMapping mapping = TypeMapping::lossless, bool within_int8 = false) {
  TableDef table;
  table.columns.push_back({"c", type});
  table.columns.front().within_int8 = within_int8;
  const auto out = types_for(table, mapping);
  EXPECT_TRUE(out);
  return out->at(0);
}

TEST(ForeignTypes, hold_every_value_or_follow_dms) {
  using Form = ValueForm;
  struct Case {
    Type source;
    std::string lossless, dms;
    Form form;  // of the lossless one
  };
  const Case cases[] = {
      {theirs(Form::integer, TypeClass::int1), "smallint", "smallint", Form::integer},
      {theirs(Form::integer, TypeClass::uint2), "integer", "integer", Form::integer},
      {theirs(Form::integer, TypeClass::uint4), "bigint", "bigint", Form::integer},
      {theirs(Form::integer, TypeClass::uint8), "numeric(20,0)", "bigint", Form::decimal},
      {theirs(Form::decimal, TypeClass::string, 65, 30), "numeric(65,30)", "numeric(65,30)", Form::decimal},
      {theirs(Form::real, TypeClass::real8, 24), "real", "double precision", Form::real},
      {theirs(Form::real, TypeClass::real8, 53), "double precision", "double precision", Form::real},
      {theirs(Form::boolean, TypeClass::boolean), "boolean", "boolean", Form::boolean},
      {theirs(Form::bits, TypeClass::bytes, {}, {}, 9), "bit(9)", "bytea", Form::bits},
      {theirs(Form::date, TypeClass::date), "date", "date", Form::date},
      {theirs(Form::datetime, TypeClass::datetime, 0), "timestamp(0) without time zone",
       "timestamp(0) without time zone", Form::datetime},
      {theirs(Form::datetime_tz, TypeClass::datetime, 6), "timestamp(6) with time zone",
       "timestamp(6) without time zone", Form::datetime_tz},
      {theirs(Form::duration, TypeClass::string, 6, {}, {}), "text", "text", Form::text},
      {theirs(Form::text, TypeClass::wstring, {}, {}, 20), "character varying(20)", "character varying(20)",
       Form::text},
      {theirs(Form::text, TypeClass::wstring, {}, {}, 0), "character varying(1)", "character varying(1)", Form::text},
      {theirs(Form::text, TypeClass::wstring, {}, {}, 65535), "text", "character varying(65535)", Form::text},
      {theirs(Form::text, TypeClass::nclob), "text", "text", Form::text},
      {theirs(Form::bytes, TypeClass::bytes, {}, {}, 16), "bytea", "bytea", Form::bytes},
      {theirs(Form::geometry, TypeClass::blob), "bytea", "bytea", Form::bytes},
      {theirs(Form::enumeration, TypeClass::wstring, {}, {}, 5), "text", "character varying(5)", Form::text},
      {theirs(Form::label_set, TypeClass::wstring, {}, {}, 9), "text", "character varying(9)", Form::text},
      {theirs(Form::json, TypeClass::clob), "json", "text", Form::json},
      {theirs(Form::uuid), "uuid", "character varying(36)", Form::uuid},
      {theirs(Form::network), "inet", "character varying(50)", Form::network},
      {theirs(Form::other), "text", "text", Form::text},
  };
  for (const Case& c : cases) {
    const Type lossless = made(c.source);
    EXPECT_EQ(lossless.native, c.lossless);
    EXPECT_EQ(lossless.form, c.form) << c.lossless;
    EXPECT_EQ(lossless.dialect, "postgresql");
    EXPECT_EQ(made(c.source, TypeMapping::dms).native, c.dms);
  }
}

TEST(ForeignTypes, take_a_bigint_where_no_value_goes_beyond_it) {
  EXPECT_EQ(made(theirs(ValueForm::integer, TypeClass::uint8), TypeMapping::lossless, true).native, "bigint");
}

TEST(ForeignTypes, leave_own_types_and_those_of_rules_alone) {
  Type own = theirs(ValueForm::integer, TypeClass::int4);
  own.dialect = "postgresql";
  own.native = "public.score";
  own.log_id = 4711;
  EXPECT_EQ(made(own, TypeMapping::dms).native, "public.score");
  EXPECT_EQ(made(own).log_id, 4711U);
  Type rule;
  rule.type_class = TypeClass::uint8;
  EXPECT_EQ(made(rule).native, "");
  Type unknown = own;  // of a record that an earlier version wrote
  unknown.dialect = "";
  EXPECT_EQ(made(unknown).native, "public.score");
}

}  // namespace
}  // namespace godwit::postgres
