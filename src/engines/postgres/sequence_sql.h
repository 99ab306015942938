#pragma once
// Sequences as the catalog has them: free ones, those a column owns (serial), those behind an identity column.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

struct IdentitySequence {
  uint32_t table_oid = 0;
  std::string column, name;
  std::string options;  // START WITH … CYCLE
};

struct OwnedSequence {
  uint32_t table_oid = 0;
  std::string column, name;
};

struct SequenceFacts {
  uint32_t oid = 0, owner_oid = 0;  // owner: the table whose column owns it, 0 for none
  std::string schema, name, printed_name;
  std::string options;  // AS type START WITH …
  bool unlogged = false;
};

// Beside the tables of their schema: no column owns it, and no extension brings it. Applications and functions use
// it. A role that may not read its value cannot move it.
struct FreeSequence {
  uint32_t oid = 0, table_oid = 0;  // table: the first given one of the schema
  std::string schema, name;
  bool readable = false;
};

// `oids`: text of an oid[]; of tables, but for read_sequence_facts, which takes those of the sequences.
Result<std::vector<IdentitySequence>> read_identity_sequences(Connection& connection, const std::string& oids);
Result<std::vector<OwnedSequence>> read_owned_sequences(Connection& connection, const std::string& oids);
Result<std::vector<FreeSequence>> read_free_sequences(Connection& connection, const std::string& oids);
Result<std::vector<SequenceFacts>> read_sequence_facts(Connection& connection, const std::string& oids);

}  // namespace godwit::postgres
