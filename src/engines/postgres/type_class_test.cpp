#include "engines/postgres/type_class.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

constexpr int32_t numeric_modifier(int32_t precision, int32_t scale) {
  return (precision << 16 | scale) + 4;
}

TEST(TypeClass, follows_the_table_of_the_specification) {
  struct Case {
    std::string_view name;
    char kind, category;
    int32_t modifier;
    TypeClass type_class;
  };
  const Case cases[] = {
      {"int2", 'b', 'N', -1, TypeClass::int2},
      {"int8", 'b', 'N', -1, TypeClass::int8},
      {"numeric", 'b', 'N', -1, TypeClass::numeric},
      {"numeric", 'b', 'N', numeric_modifier(38, 10), TypeClass::numeric},
      {"numeric", 'b', 'N', numeric_modifier(39, 0), TypeClass::string},
      {"float4", 'b', 'N', -1, TypeClass::real4},
      {"money", 'b', 'N', -1, TypeClass::numeric},
      {"varchar", 'b', 'S', 14, TypeClass::wstring},
      {"text", 'b', 'S', -1, TypeClass::nclob},
      {"citext", 'b', 'S', -1, TypeClass::nclob},
      {"bytea", 'b', 'U', -1, TypeClass::blob},
      {"timestamptz", 'b', 'D', -1, TypeClass::datetime},
      {"timetz", 'b', 'D', -1, TypeClass::time},
      {"interval", 'b', 'T', -1, TypeClass::string},
      {"jsonb", 'b', 'U', -1, TypeClass::nclob},
      {"xml", 'b', 'U', -1, TypeClass::clob},
      {"polygon", 'b', 'G', -1, TypeClass::clob},
      {"point", 'b', 'G', -1, TypeClass::string},
      {"mood", 'e', 'E', -1, TypeClass::string},
      {"_int4", 'b', 'A', -1, TypeClass::nclob},
      {"pair", 'c', 'C', -1, TypeClass::nclob},
      {"int4range", 'r', 'R', -1, TypeClass::string},
      {"text", 'c', 'C', -1, TypeClass::nclob},  // a composite type that happens to bear the name
  };
  for (const Case& c : cases)
    EXPECT_EQ(type_class_of(c.name, c.kind, c.category, c.modifier), c.type_class) << c.name;
}

Type described(TypeFacts facts) {
  Type type;
  describe_type(facts, type);
  return type;
}

TEST(TypeClass, tells_other_engines_what_values_look_like) {
  using Form = ValueForm;
  EXPECT_EQ(described({"bool", 'b', 'B'}).form, Form::boolean);
  EXPECT_EQ(described({"timestamptz", 'b', 'D', 3}).form, Form::datetime_tz);
  EXPECT_EQ(described({"timestamptz", 'b', 'D', 3}).precision, 3);
  EXPECT_EQ(described({"timestamp", 'b', 'D'}).precision, 6);
  EXPECT_EQ(described({"varchar", 'b', 'S', 24}).length, 20);
  EXPECT_EQ(described({"text", 'b', 'S'}).length, std::nullopt);
  EXPECT_EQ(described({"bit", 'b', 'V', 9}).length, 9);
  EXPECT_EQ(described({"varbit", 'b', 'V', 9}).form, Form::other);
  EXPECT_EQ(described({"float4", 'b', 'N'}).precision, 24);
  EXPECT_EQ(described({"point", 'b', 'G'}).form, Form::other);
  EXPECT_EQ(described({"mood", 'c', 'C'}).form, Form::composite);
  EXPECT_EQ(described({"int4range", 'r', 'R'}).element, Form::integer);
  EXPECT_EQ(described({"tsmultirange", 'm', 'R'}).element, Form::text);
  EXPECT_EQ(described({"int2vector", 'b', 'A', -1, "int2"}).form, Form::other);
  EXPECT_EQ(described({"_box", 'b', 'A', -1, "box"}).form, Form::other);
  const Type list = described({"_numeric", 'b', 'A', -1, "numeric", 'b', 'N'});
  EXPECT_EQ(list.form, Form::array);
  EXPECT_EQ(list.element, Form::decimal);
  EXPECT_EQ(described({"_mood", 'b', 'A', -1, "mood", 'e', 'E'}).element, Form::enumeration);
  const Type mood = described({"mood", 'e', 'E', -1, "", 'b', 'U', {"sad", "ok"}});
  EXPECT_EQ(mood.form, Form::enumeration);
  EXPECT_EQ(*mood.labels, (std::vector<std::string>{"sad", "ok"}));
  EXPECT_FALSE(described({"date", 'b', 'D'}).finite);
}

TEST(TypeClass, reads_precision_and_scale_of_either_sign) {
  const Type plain = described({"numeric", 'b', 'N', numeric_modifier(10, 2)});
  EXPECT_EQ(plain.precision, 10);
  EXPECT_EQ(plain.scale, 2);
  EXPECT_EQ(described({"numeric", 'b', 'N', (2 << 16 | 0x7FD) + 4}).scale, -3);
  EXPECT_EQ(described({"numeric", 'b', 'N'}).precision, std::nullopt);
}

}  // namespace
}  // namespace godwit::postgres
