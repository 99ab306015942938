#pragma once
// What a server that speaks PostgreSQL's protocol can do, told by its version() once for each session. Whoever sends
// a statement that some servers lack asks here, never for a product's name.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit::postgres {

// The defaults are PostgreSQL's.
struct ServerTraits {
  bool is_cockroach = false;
  std::string version = {};              // CockroachDB's own, "22.1.9"; empty elsewhere
  bool has_replica_role = true;          // session_replication_role takes triggers and foreign keys out of force
  bool has_session_settings = true;      // the planner's, memory's and commit's, which only make things faster
  bool has_temporary_tables = true;      // else sets are literals, and keys of changed rows are not gathered
  bool has_row_addresses = true;         // ctid; else a row's address is its primary key, hidden or not
  bool has_log_positions = true;         // else what is committed is durable
  bool has_deferred_constraints = true;  // SET CONSTRAINTS
  bool has_transactional_ddl = true;  // TRUNCATE and LOCK TABLE too; else each statement is a transaction of its own
  bool has_full_catalog = true;       // partitions, dependencies, operators, roles, extensions, sessions, system id
  bool has_triggers = true;           // of the user's, which can be disabled
  bool has_identity_override = true;  // OVERRIDING SYSTEM VALUE
  bool has_binary_copy = true;        // read back as PostgreSQL writes it
  // A larger transaction would be asked to be replayed again and again.
  uint64_t transaction_bytes_max = std::numeric_limits<uint64_t>::max();
};

// `version`: what SELECT version() said. An error of kind prerequisite for a CockroachDB that is too old, with
// `endpoint` in it.
Result<ServerTraits> traits_of(std::string_view version, std::string_view endpoint);

}  // namespace godwit::postgres
