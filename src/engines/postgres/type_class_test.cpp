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

}  // namespace
}  // namespace godwit::postgres
