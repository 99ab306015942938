#pragma once
// How the log of a PostgreSQL table names the row that an UPDATE or DELETE touched: a pure function of relreplident
// and the indexes (spec/engine-postgresql.md §10.1, engine.md §6), never "has a primary key".

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/table_def.h"

namespace godwit::postgres {

struct IndexFacts {
  std::string name;
  std::vector<std::string> columns;  // key columns in index order; empty if one of them is an expression
  bool primary = false, unique = false, immediate = false, valid = false, replica_identity = false, partial = false,
       all_not_null = false;
};

struct IdentityFacts {
  RowIdentity identity = RowIdentity::none;
  std::string key_name;                  // of the index
  std::vector<std::string> key_columns;  // empty: none
};

// `setting` is relreplident: d, i, f or n.
IdentityFacts identity_of(char setting, std::span<const IndexFacts> indexes);

// What holds for a partitioned table whose leaves' identities are these.
IdentityFacts identity_of_leaves(std::span<const IdentityFacts> leaves);

// Gives a table its identity and key from those of itself and of its leaves, by oid; all must be there.
void set_identity(TableDef& table, const std::unordered_map<uint32_t, IdentityFacts>& facts);

}  // namespace godwit::postgres
