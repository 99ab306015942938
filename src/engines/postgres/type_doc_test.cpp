// The tables of docs/engines/postgresql.md.

#include "engine/type_doc_kit.h"
#include "engines/postgres/foreign_types.h"
#include "engines/postgres/type_class.h"

namespace godwit::postgres {
namespace {

constexpr int32_t numeric_10_2 = (10 << 16 | 2) + 4, numeric_39_0 = (39 << 16) + 4;

struct Source {
  std::string words;
  TypeFacts facts;
};

std::vector<Source> sources() {
  return {{"boolean", {"bool", 'b', 'B'}},
          {"smallint", {"int2", 'b', 'N'}},
          {"integer", {"int4", 'b', 'N'}},
          {"bigint", {"int8", 'b', 'N'}},
          {"oid, xid", {"oid", 'b', 'N'}},
          {"numeric(10,2)", {"numeric", 'b', 'N', numeric_10_2}},
          {"numeric of more than 38 digits", {"numeric", 'b', 'N', numeric_39_0}},
          {"numeric", {"numeric", 'b', 'N'}},
          {"real", {"float4", 'b', 'N'}},
          {"double precision", {"float8", 'b', 'N'}},
          {"money", {"money", 'b', 'N'}},
          {"character(n)", {"bpchar", 'b', 'S', 14}},
          {"character varying(n)", {"varchar", 'b', 'S', 14}},
          {"text, citext", {"text", 'b', 'S'}},
          {"name, \"char\"", {"name", 'b', 'S'}},
          {"bytea", {"bytea", 'b', 'U'}},
          {"date", {"date", 'b', 'D'}},
          {"time", {"time", 'b', 'D'}},
          {"time with time zone", {"timetz", 'b', 'D'}},
          {"timestamp", {"timestamp", 'b', 'D'}},
          {"timestamp with time zone", {"timestamptz", 'b', 'D'}},
          {"interval", {"interval", 'b', 'T'}},
          {"bit(n)", {"bit", 'b', 'V', 9}},
          {"bit varying(n)", {"varbit", 'b', 'V', 9}},
          {"uuid", {"uuid", 'b', 'U'}},
          {"json, jsonb", {"jsonb", 'b', 'U'}},
          {"xml", {"xml", 'b', 'U'}},
          {"inet, cidr, macaddr, macaddr8", {"inet", 'b', 'I'}},
          {"enum types", {"mood", 'e', 'E'}},
          {"arrays", {"_int4", 'b', 'A', -1, "int4"}},
          {"box[], int2vector, oidvector", {"_box", 'b', 'A', -1, "box"}},
          {"ranges, multiranges", {"int4range", 'r', 'R'}},
          {"composite types", {"pair", 'c', 'C'}},
          {"tsvector, tsquery", {"tsvector", 'b', 'U'}},
          {"hstore", {"hstore", 'b', 'U'}},
          {"path, polygon", {"path", 'b', 'G'}},
          {"point, line, lseg, box, circle", {"point", 'b', 'G'}},
          {"anything else", {"pg_lsn", 'b', 'U'}}};
}

TEST(TypeDocuments, tell_what_a_source_reads) {
  std::string table = "| type | DMS class | form of its values |\n|---|---|---|\n";
  for (const Source& source : sources()) {
    Type type;
    describe_type(source.facts, type);
    table += fmt::format("| {} | {} | {} |\n", source.words, to_string(type.type_class), to_string(type.form));
  }
  testing::expect_documented("postgresql", "source types", table);
}

TEST(TypeDocuments, tell_what_a_target_makes_of_other_engines_types) {
  std::string table = "| of another engine | lossless (default) | `TypeMapping: dms` |\n|---|---|---|\n";
  for (const testing::TypeExample& example : testing::foreign_types()) {
    const TableDef one = testing::table_of(example);
    table += fmt::format("| {} | {} | {} |\n", example.words, types_for(one, TypeMapping::lossless)->at(0).native,
                         types_for(one, TypeMapping::dms)->at(0).native);
  }
  testing::expect_documented("postgresql", "target types", table);
}

}  // namespace
}  // namespace godwit::postgres
