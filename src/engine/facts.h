#pragma once
// What an assessment before the start asks a server (spec/assessments.md). Facts alone: what they mean for a task is
// check/'s. Asking writes nothing. A list that the role may not see in full holds what it sees.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/table_def.h"

namespace godwit {

struct OpenTransaction {
  std::string who;  // for people: "pid 4711, role app, database shop"
  int64_t age_s = 0;
  std::string end;     // a statement that ends it; its work is lost
  std::string keep{};  // of a prepared one: the statement that commits it
};

struct ServerFacts {
  std::string product;         // "PostgreSQL", "CockroachDB", "MySQL", "MariaDB"; empty: the engine tells nothing
  std::string version;         // as the server says it
  int64_t version_number = 0;  // PostgreSQL 150004, MySQL and MariaDB 101106
  std::string user;            // as GRANT takes it, quoted
  // Variables by name, as the server writes them. PostgreSQL: in the parameter's own unit (pg_settings.unit: ms, MB,
  // kB).
  std::map<std::string, std::string, std::less<>> settings;
  bool is_replica = false;
  // False: TableSurvey of this server hold little more than columns.
  bool tells_structure = true;
  // A target: triggers and foreign keys can be put out of force for a session by this role.
  bool quiets_constraints = true;
  int64_t slots_in_use = 0, senders_in_use = 0;    // replication slots, WAL senders
  std::vector<OpenTransaction> open_transactions;  // that last for ten minutes and more
  std::vector<OpenTransaction> prepared_transactions;

  // The setting, or empty.
  std::string_view setting(std::string_view name) const {
    const auto at = settings.find(name);
    return at == settings.end() ? std::string_view() : std::string_view(at->second);
  }
};

struct SurveyedIndex {
  std::string name;
  bool primary = false, unique = false;
  bool constraint = false;  // made by one of its name
  bool valid = true;
  bool whole = true;      // over columns alone and every row: no expression, no condition, no prefix
  bool nullable = false;  // one of its columns may be NULL
  std::vector<std::string> columns;
  uint64_t bytes = 0;  // 0: not known
};

struct SurveyedForeignKey {
  std::string name;
  TableRef child, parent;            // where it stands, and what it points to
  std::string on_delete, on_update;  // "CASCADE", "SET NULL", "SET DEFAULT"; empty: nothing is done
};

struct TableSurvey {
  TableRef table;
  bool exists = false;
  bool partitioned = false;
  std::string storage_engine;    // empty: the server has but one
  std::string replica_identity;  // "default", "nothing", "full", "index", or empty
  std::vector<std::string> generated_columns, hidden_columns, counting_columns;  // counting: AUTO_INCREMENT, identity
  std::vector<std::string> not_null_columns;
  std::vector<SurveyedIndex> indexes;
  std::vector<SurveyedForeignKey> foreign_keys;   // of this table
  std::vector<SurveyedForeignKey> referenced_by;  // of other tables
  std::vector<std::string> triggers;              // the user's, that are enabled
  int64_t checks = 0;
};

// How long the values of a column are in the UTF-8 text or the bytes in which they travel.
struct ValueSizes {
  std::string column;
  uint64_t largest_bytes = 0;
  uint64_t above_limit = 0;  // values longer than the limit that was asked about
};

// A LOB column and the limit that a task cuts it at.
struct MeasuredColumn {
  std::string column;
  uint64_t limit_bytes = UINT64_MAX;
};

}  // namespace godwit
