#pragma once
// The Catalog of a PostgreSQL database. Each method asks a small fixed number of queries, whatever the number of
// tables (read_objects: and one for each step of the longest chain of dependencies; read_sequences: and one per 200
// sequences), on the thread of the connection, inside its transaction if one is
// open.

#include "engine/catalog.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/survey.h"

namespace godwit::postgres {

class PostgresCatalog : public Catalog {
 public:
  // The connection must outlive this and have the settings of connection.h (search_path empty: names come qualified).
  explicit PostgresCatalog(Connection& connection) : connection_(connection) {}

  Result<std::vector<std::string>> list_schemas() override;

  // Ordinary and partitioned tables the role can see; partitions stand under their root (TableDef::leaves),
  // inheritance children by themselves (read a table with ONLY). Not system, temporary, foreign or extension-owned
  // tables.
  Result<std::vector<TableRef>> list_tables() override;

  // TableDef::identity follows the replica identity setting and the indexes of the table, or of the leaves of a
  // partitioned one: `key` only if they all have it by the same columns. A leaf that is a foreign table makes the
  // table unlogged.
  Result<std::vector<TableDef>> describe(std::span<const TableRef> tables) override;

  // The objects of one table are to be built in the order given. Objects with an empty `create` are not carried over.
  Result<std::vector<ObjectDef>> read_objects(std::span<const TableDef> tables) override;

  Result<std::vector<TableSurvey>> survey(std::span<const TableRef> tables) override {
    return postgres::survey(connection_, tables);
  }

  // What describe_type() tells of each type, by oid and modifier; a type that is gone counts as a string.
  Result<std::vector<Type>> types_of(const std::vector<std::pair<uint32_t, int32_t>>& types);

  Result<std::vector<SequenceState>> read_sequences(std::span<const TableDef> tables) override;

 private:
  Connection& connection_;
};

}  // namespace godwit::postgres
