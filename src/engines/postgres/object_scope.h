#pragma once
// What the object readers work on: every relation of the task (tables, and all partitions under them), read once.

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/statement.h"

namespace godwit::postgres {

struct Relation {
  uint32_t oid = 0, parent_oid = 0;  // parent: of a partition
  TableRef ref, root;                // root: the task's table it belongs to; == ref for a table itself
  char kind = 'r';                   // r, p; f for a foreign partition
  char replica_identity = 'd';
  bool unlogged = false;
  std::string options;        // WITH (…), without the word
  std::string access_method;  // empty: heap
  std::string partition_key, bound;
  std::vector<std::string> partition_key_columns;

  bool is_partition() const { return parent_oid != 0; }
  bool is_partitioned() const { return kind == 'p'; }
};

struct ObjectScope {
  std::vector<Relation> relations;  // tables in the order given, each followed by its partitions, parents first
  std::unordered_map<uint32_t, size_t> by_oid;
  std::string oids;        // of all, as an oid[] parameter
  std::string table_oids;  // of the tables alone

  const Relation* find(uint32_t oid) const {
    const auto found = by_oid.find(oid);
    return found == by_oid.end() ? nullptr : &relations[found->second];
  }
};

Result<ObjectScope> read_scope(Connection& connection, std::span<const TableDef> tables);

// The relation's qualified name: a table piece, or for a partition a relation piece that follows its root's schema.
void append_relation(Statement& statement, const Relation& relation);

// What a relation piece needs for an object that lives beside `relation`, in the same schema.
TableRef schema_anchor(const Relation& relation);

// What the object is without SQL.
std::shared_ptr<const ObjectMeaning> meaning_of(ObjectMeaning meaning);

ObjectDef object_of(ObjectPhase phase, std::string_view kind, std::string_view name, const TableRef& table);

}  // namespace godwit::postgres
