// The tables of docs/engines/mysql.md.

#include "engine/type_doc_kit.h"
#include "engines/mysql/type_name.h"

namespace godwit::mysql {
namespace {

std::vector<CatalogColumn> sources() {
  return {{"tinyint", "tinyint"},
          {"tinyint", "tinyint unsigned"},
          {"smallint", "smallint"},
          {"smallint", "smallint unsigned"},
          {"mediumint", "mediumint"},
          {"int", "int"},
          {"int", "int unsigned"},
          {"bigint", "bigint"},
          {"bigint", "bigint unsigned"},
          {"decimal", "decimal(10,2)", {}, 10, 2},
          {"decimal", "decimal(65,30)", {}, 65, 30},
          {"float", "float"},
          {"double", "double"},
          {"bit", "bit(1)", {}, 1},
          {"bit", "bit(9)", {}, 9},
          {"year", "year"},
          {"date", "date"},
          {"datetime", "datetime(6)", {}, {}, {}, 6},
          {"timestamp", "timestamp(6)", {}, {}, {}, 6},
          {"time", "time(6)", {}, {}, {}, 6},
          {"char", "char(20)", 20},
          {"varchar", "varchar(20)", 20},
          {"tinytext", "tinytext", 255},
          {"text", "text", 65535},
          {"mediumtext", "mediumtext", 16777215},
          {"longtext", "longtext", 4294967295},
          {"binary", "binary(16)", 16},
          {"varbinary", "varbinary(16)", 16},
          {"tinyblob", "tinyblob", 255},
          {"blob", "blob", 65535},
          {"mediumblob", "mediumblob", 16777215},
          {"longblob", "longblob", 4294967295},
          {"enum", "enum('a','b')", 1},
          {"set", "set('a','b')", 3},
          {"json", "json"},
          {"geometry", "geometry"},
          {"point", "point"},
          {"vector", "vector(3)"},
          {"uuid", "uuid"},
          {"inet6", "inet6"},
          {"inet4", "inet4"}};
}

TEST(MySqlTypeDocuments, tell_what_a_source_reads) {
  std::string table = "| type | DMS class | form of its values |\n|---|---|---|\n";
  for (const CatalogColumn& facts : sources()) {
    const Type type = type_of(facts);
    table += fmt::format("| {} | {} | {} |\n", facts.column_type, to_string(type.type_class), to_string(type.form));
  }
  testing::expect_documented("mysql", "source types", table);
}

std::string made(const testing::TypeExample& example, TypeMapping mapping, const ServerKind& server) {
  const std::string native = types_for(testing::table_of(example), mapping, server)->at(0).native;
  return native.substr(0, native.find(" CHARACTER SET utf8mb4"));
}

TEST(MySqlTypeDocuments, tell_what_a_target_makes_of_other_engines_types) {
  constexpr ServerKind mysql{false, 80036}, mariadb{true, 101106};
  std::string table = "| of another engine | MySQL 8 | MariaDB 10.11 | `TypeMapping: dms` |\n|---|---|---|---|\n";
  for (const testing::TypeExample& example : testing::foreign_types())
    table += fmt::format("| {} | {} | {} | {} |\n", example.words, made(example, TypeMapping::lossless, mysql),
                         made(example, TypeMapping::lossless, mariadb), made(example, TypeMapping::dms, mysql));
  testing::expect_documented("mysql", "target types", table);
}

}  // namespace
}  // namespace godwit::mysql
