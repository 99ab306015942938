#pragma once
// MySQL's and MariaDB's column types to DMS's classes (spec/engine-mysql.md §7) and to what other engines must know
// of them. Pure: the Catalog hands in what information_schema.columns says.
//
// The canonical text that a source of this family writes, and a target takes, of each form: bit(1) is boolean, t or
// f; bit(n) bits, the characters 0 and 1, n of them; year integer; time duration; datetime without and timestamp with
// "+00" behind it, in UTC; enum and set their labels; spatial values geometry, as the server stores them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/type.h"

namespace godwit::mysql {

inline constexpr std::string_view dialect = "mysql";  // MariaDB's too

// Which server it is; version 80036, 101106.
struct ServerKind {
  bool is_mariadb = false;
  uint32_t version = 80000;
};

// A row of information_schema.columns.
struct CatalogColumn {
  std::string data_type;                                   // DATA_TYPE; case does not matter
  std::string column_type;                                 // COLUMN_TYPE
  std::optional<uint64_t> length = std::nullopt;           // CHARACTER_MAXIMUM_LENGTH
  std::optional<uint64_t> precision = std::nullopt;        // NUMERIC_PRECISION
  std::optional<uint64_t> scale = std::nullopt;            // NUMERIC_SCALE
  std::optional<uint64_t> fraction_digits = std::nullopt;  // DATETIME_PRECISION
  std::string charset = {}, collation = {};                // CHARACTER_SET_NAME, COLLATION_NAME; empty: none
  std::optional<uint32_t> srs_id = std::nullopt;           // SRS_ID, MySQL 8
  // MariaDB's json: a longtext with the check json_valid(column), which is left out of the table's checks then.
  bool is_json = false;
};

// `native` is the type as it stands in CREATE TABLE on a server of the same kind, character set and collation
// included.
Type type_of(const CatalogColumn& facts);
// Gives a type whose `native` was changed the number of its own (Type::log_id).
void name_type(Type& type);

// What stands between the parentheses of enum('a','b''c'), unquoted. Empty when it is no such list.
std::vector<std::string> labels_of(std::string_view column_type);

}  // namespace godwit::mysql
