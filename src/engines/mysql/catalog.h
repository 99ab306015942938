#pragma once
// What a server of the family holds. A database of the server is a schema.

#include <string>

#include "engine/catalog.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/survey.h"

namespace godwit::mysql {

// Databases of the server, sorted by bytes, but for its own and Godwit's.
Result<std::vector<std::string>> list_user_schemas(Connection& connection);

class MysqlCatalog : public Catalog {
 public:
  explicit MysqlCatalog(Connection& connection) : connection_(connection) {}
  Result<std::vector<std::string>> list_schemas() override { return list_user_schemas(connection_); }
  Result<std::vector<TableRef>> list_tables() override;
  Result<std::vector<TableDef>> describe(std::span<const TableRef> tables) override;
  Result<std::vector<ObjectDef>> read_objects(std::span<const TableDef> tables) override;
  Result<std::vector<SequenceState>> read_sequences(std::span<const TableDef> tables) override;
  Result<std::vector<TableSurvey>> survey(std::span<const TableRef> tables) override {
    return mysql::survey(connection_, tables);
  }

 private:
  Connection& connection_;
};

// Databases that are the server's own, or Godwit's. `column` holds a database's name.
std::string user_schema_condition(std::string_view column);

// Conditions that name these tables, for queries of information_schema: a few by their names, which spares the server
// to open the others, many by their database. The answers may hold other tables too.
std::vector<std::string> table_conditions(std::span<const TableRef> tables);

// A name of information_schema, in a column that may be of any collation, as it is written.
std::string exact_name(std::string_view column, std::string_view name);

}  // namespace godwit::mysql
