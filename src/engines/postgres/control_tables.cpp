#include "engines/postgres/control_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/lsn.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

struct Definition {
  std::string_view name, columns, index;  // index: "name|columns" of a unique index, or empty
};

constexpr Definition always[] = {
    {"awsdms_apply_exceptions",
     R"("TASK_NAME" varchar(128) NOT NULL, "TABLE_OWNER" varchar(128) NOT NULL, "TABLE_NAME" varchar(128) NOT NULL, )"
     R"("ERROR_TIME" timestamp NOT NULL, "STATEMENT" text NOT NULL, "ERROR" text NOT NULL)",
     ""},
    {"awsdms_txn_state",
     R"("SERVER_NAME" varchar(128) NOT NULL, "TASK_NAME" varchar(128) NOT NULL, "STATE_TIME" timestamp NOT NULL, )"
     R"("CHECKPOINT" varchar(1024) NOT NULL)",
     R"(awsdms_txn_state_task_recovery_index|"SERVER_NAME", "TASK_NAME")"},
    {"godwit_task",
     "task varchar(128) PRIMARY KEY, phase text NOT NULL, document text NOT NULL, updated_at timestamptz NOT NULL, "
     "revision int8 NOT NULL",
     ""},
    {"godwit_load_slices",
     "task varchar(128) NOT NULL, table_schema text NOT NULL, table_name text NOT NULL, slice int4 NOT NULL, "
     "source_count int8 NOT NULL, target_count int8 NOT NULL, parked_count int8 NOT NULL, snapshot_position text NOT "
     "NULL, "
     "storage_id text NOT NULL, loaded_at timestamptz NOT NULL, PRIMARY KEY (task, table_schema, table_name, slice)",
     ""},
    {"godwit_large_objects",
     "task varchar(128) NOT NULL, number oid NOT NULL, bytes int8 NOT NULL, PRIMARY KEY (task, number)", ""},
    {"godwit_parked",
     "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task varchar(128) NOT NULL, table_schema text NOT NULL, "
     "table_name text NOT NULL, key text NOT NULL, position text NOT NULL, operation text NOT NULL, row_values text "
     "NOT NULL, "
     "code text NOT NULL, error text NOT NULL, parked_at timestamptz NOT NULL",
     ""}};

constexpr std::string_view exception_columns =
    R"("TASK_NAME" varchar(128) NOT NULL, "TABLE_OWNER" varchar(128) NOT NULL, "TABLE_NAME" varchar(128) NOT NULL, )"
    R"("ERROR_TIME" timestamp NOT NULL, "STATEMENT" text NOT NULL, "ERROR" text NOT NULL)";

constexpr Definition status_table = {
    "awsdms_status",
    "server_name varchar(128) NOT NULL, task_name varchar(128) NOT NULL, task_status varchar(32), status_time "
    "timestamp, "
    "pending_changes int8, disk_swap_size int8, task_memory int8, source_current_position varchar(128), "
    "source_current_timestamp timestamp, source_tail_position varchar(128), source_tail_timestamp timestamp, "
    "source_timestamp_applied timestamp",
    "awsdms_status_task_status_index|server_name, task_name"};
constexpr Definition suspended_table = {
    "awsdms_suspended_tables",
    "server_name varchar(128) NOT NULL, task_name varchar(128) NOT NULL, table_owner varchar(128) NOT NULL, "
    "table_name "
    "varchar(128) NOT NULL, suspend_reason varchar(32), suspend_timestamp timestamp",
    "awsdms_suspended_tables_task_suspended_tables_index|server_name, task_name, table_owner, table_name"};
constexpr Definition history_table = {
    "awsdms_history",
    "server_name varchar(128) NOT NULL, task_name varchar(128) NOT NULL, timeslot_type varchar(32) NOT NULL, "
    "timeslot "
    "timestamp NOT NULL, timeslot_duration int8, timeslot_latency int8, timeslot_records int8, timeslot_volume int8",
    "awsdms_history_task_history_index|server_name, task_name, timeslot_type, timeslot"};
constexpr Definition full_load_exceptions_table = {"awsdms_full_load_exceptions", exception_columns, ""};

// Every task that starts takes this lock while it makes the tables: CREATE … IF NOT EXISTS alone is not safe between
// two.
constexpr int64_t creation_lock = 0x676f64776974;

// The names in a column definition list, as the catalog has them.
std::vector<std::string> column_names(std::string_view columns) {
  std::vector<std::string> out;
  int depth = 0;
  std::string current;
  const auto finish = [&] {
    std::string name = std::string(trim(current));
    name = name.substr(0, name.find(' '));
    if (!name.empty() && name != "PRIMARY")
      out.push_back(name.front() == '"' ? name.substr(1, name.size() - 2) : name);
    current.clear();
  };
  for (const char c : columns) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0)
      finish();
    else
      current += c;
  }
  finish();
  return out;
}

// Whether some unique index of the table has these columns, whatever its name: rows are replaced by them.
Result<bool> has_unique_index(Connection& session, const std::string& table, std::string_view columns) {
  std::vector<std::string> names = column_names(columns);
  std::ranges::sort(names);
  std::string wanted;
  for (const std::string& name : names) wanted += (wanted.empty() ? "" : ",") + name;
  const Rows rows = TRY(session.query(
      "SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = $1::regclass AND i.indisunique AND "
      "i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND "
      "(SELECT pg_catalog.string_agg(a.attname, ',' ORDER BY a.attname COLLATE \"C\") FROM "
      "pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY "
      "((i.indkey::int2[])[0:" +
          std::string(version::has_included_columns(session.server_version()) ? "i.indnkeyatts" : "i.indnatts") +
          " - 1])) = $2",
      {table, wanted}));
  return !rows.empty();
}

Result<void> create_one(Connection& session, const std::string& schema, const Definition& definition) {
  const std::string table = quote_name(TableRef{schema, std::string(definition.name)});
  const Rows there = TRY(
      session.query("SELECT pg_catalog.array_to_string(pg_catalog.array_agg(a.attname::text), E'\\n') FROM "
                    "pg_catalog.pg_class c JOIN "
                    "pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON "
                    "a.attrelid = c.oid WHERE "
                    "n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped HAVING count(*) > 0",
                    {schema, std::string(definition.name)}));
  if (!there.empty()) {
    const std::vector<std::string> present = split(there.get(0, 0), '\n');
    for (const std::string& needed : column_names(definition.columns))
      if (std::ranges::find(present, needed) == present.end())
        return Failure(errors::control_table_shape(schema + "." + std::string(definition.name), needed));
  } else {
    std::string columns(definition.columns);
    // Older CockroachDB knows bigserial only.
    constexpr std::string_view identity = "bigint GENERATED ALWAYS AS IDENTITY";
    const size_t at = columns.find(identity);
    if (at != std::string::npos && !session.traits().has_identity_override)
      columns.replace(at, identity.size(), "bigserial");
    TRY(session.run(fmt::format("CREATE TABLE {}{} ({})",
                                session.traits().has_transactional_ddl ? "" : "IF NOT EXISTS ", table, columns)));
  }
  const size_t bar = definition.index.find('|');
  if (bar == std::string_view::npos) return {};
  const bool indexed = !there.empty() && session.traits().has_full_catalog &&
                       TRY(has_unique_index(session, table, definition.index.substr(bar + 1)));
  if (indexed) return {};
  return session.run(
      fmt::format("CREATE UNIQUE INDEX {} {} ON {} ({})", session.traits().has_full_catalog ? "" : "IF NOT EXISTS",
                  quote_name(definition.index.substr(0, bar)), table, definition.index.substr(bar + 1)));
}

std::string timestamp_or_null(int64_t us) {
  return us == 0 ? "NULL" : "'" + sql_timestamp(us) + "'";
}

}  // namespace

std::string now_utc() {
  return sql_timestamp(now_us());
}

ControlSchema::ControlSchema(const ControlTables& wanted) : wanted_(wanted) {
  if (wanted_.schema.empty()) wanted_.schema = "public";
}

std::string ControlSchema::table(std::string_view name) const {
  return quote_name(TableRef{wanted_.schema, std::string(name)});
}

std::string ControlSchema::make_room(const Position& position) const {
  constexpr size_t checkpoint_characters_max = 1024;
  if (checkpoint_text(position).size() <= checkpoint_characters_max) return "";
  return fmt::format(R"(ALTER TABLE {} ALTER COLUMN "CHECKPOINT" TYPE text; )", table("awsdms_txn_state"));
}

Result<void> ControlSchema::create_once(Connection& session) const {
  if (!session.traits().has_transactional_ddl) return create_all(session);
  Transaction transaction = TRY(Transaction::begin(session));
  TRY(session.run(fmt::format("SELECT pg_catalog.pg_advisory_xact_lock({})", creation_lock)));
  TRY(create_all(session));
  return transaction.commit();
}

Result<void> ControlSchema::create_all(Connection& session) const {
  const Rows schema =
      TRY(session.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", {wanted_.schema}));
  if (schema.empty()) TRY(session.run("CREATE SCHEMA IF NOT EXISTS " + quote_name(wanted_.schema)));
  for (const Definition& definition : always) TRY(create_one(session, wanted_.schema, definition));
  if (wanted_.status) TRY(create_one(session, wanted_.schema, status_table));
  if (wanted_.suspended_tables) TRY(create_one(session, wanted_.schema, suspended_table));
  if (wanted_.history) TRY(create_one(session, wanted_.schema, history_table));
  if (wanted_.full_load_exceptions) TRY(create_one(session, wanted_.schema, full_load_exceptions_table));
  return {};
}

// Another program may make the same tables at the same instant without taking the lock: then they are there now.
Result<void> ControlSchema::create(Connection& session) const {
  constexpr int tries = 3;
  for (int i = 1;; ++i) {
    auto made = create_once(session);
    if (made || i == tries || session.broken()) return made;
    const std::string& state = made.error().sqlstate;
    if (state != "42P07" && state != "42P06" && state != "23505") return made;
  }
}

Result<bool> ControlSchema::exists(Connection& session, std::string_view name) const {
  const Rows rows = TRY(session.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", {table(name)}));
  return rows.boolean(0, 0);
}

Result<std::optional<TaskRecord>> ControlSchema::read_task(Connection& session, std::string_view task_id) const {
  const bool there = TRY(exists(session, "godwit_task"));
  if (!there) return std::nullopt;
  const Rows rows =
      TRY(session.query(fmt::format("SELECT phase, document, revision FROM {} WHERE task = $1", table("godwit_task")),
                        {std::string(task_id)}));
  if (rows.empty()) return std::nullopt;
  return TaskRecord{std::string(task_id), rows.text(0, 0), rows.text(0, 1),
                    static_cast<uint64_t>(rows.integer(0, 2))};
}

Result<void> ControlSchema::write_task(Connection& session, const TaskRecord& record) const {
  const std::string sql =
      record.revision == 0
          ? fmt::format("INSERT INTO {} VALUES ($1, $2, $3, now(), 1) ON CONFLICT (task) DO NOTHING",
                        table("godwit_task"))
          : fmt::format(
                "UPDATE {} SET phase = $2, document = $3, updated_at = now(), revision = revision + 1 WHERE "
                "task = $1 AND revision = {}",
                table("godwit_task"), record.revision);
  const Rows written = TRY(session.query(sql, {record.task_id, record.phase, record.document}));
  if (written.affected() == 1) return {};
  return Failure(errors::superseded(record.task_id));
}

Result<void> ControlSchema::forget_task(Connection& session, std::string_view task_id) const {
  // Any of them may be missing: an older version made fewer, and people take some away by hand.
  static constexpr std::pair<std::string_view, std::string_view> tables[] = {{"godwit_large_objects", "task"},
                                                                             {"godwit_task", "task"},
                                                                             {"godwit_load_slices", "task"},
                                                                             {"awsdms_txn_state", "\"TASK_NAME\""}};
  std::string statements;
  for (const auto& [name, column] : tables) {
    const bool there = TRY(exists(session, name));
    if (there)
      statements += fmt::format("DELETE FROM {} WHERE {} = {}; ", table(name), column, quote_literal(task_id));
  }
  if (statements.empty()) return {};
  Transaction transaction = TRY(Transaction::begin(session));
  TRY(session.run(statements));
  return transaction.commit();
}

Result<void> ControlSchema::forget_lines(Connection& session, std::string_view task_id, const TableRef& which) const {
  return session.run(fmt::format("DELETE FROM {} WHERE task = $1 AND table_schema = $2 AND table_name = $3",
                                 table("godwit_load_slices")),
                     {std::string(task_id), which.schema, which.name});
}

Result<void> ControlSchema::rename_ledger(Connection& session, std::string_view task_id, const TableRef& before,
                                          const TableRef& after) const {
  const std::string where = fmt::format("WHERE task = {} AND table_schema = ", quote_literal(task_id));
  const auto is = [](const TableRef& name) {
    return fmt::format("{} AND table_name = {}", quote_literal(name.schema), quote_literal(name.name));
  };
  return session.run(fmt::format("DELETE FROM {0} {1}{2}; UPDATE {0} SET table_schema = {3}, table_name = {4} {1}{5}",
                                 table("godwit_load_slices"), where, is(after), quote_literal(after.schema),
                                 quote_literal(after.name), is(before)));
}

Result<std::vector<LedgerLine>> ControlSchema::read_ledger(Connection& session, std::string_view task_id) const {
  const Rows rows =
      TRY(session.query(fmt::format("SELECT table_schema, table_name, slice, source_count, target_count, "
                                    "parked_count, snapshot_position FROM {} WHERE task = $1",
                                    table("godwit_load_slices")),
                        {std::string(task_id)}));
  std::vector<LedgerLine> out;
  for (int i = 0; i < rows.size(); ++i)
    out.push_back({{rows.text(i, 0), rows.text(i, 1)},
                   static_cast<uint32_t>(rows.integer(i, 2)),
                   static_cast<uint64_t>(rows.integer(i, 3)),
                   static_cast<uint64_t>(rows.integer(i, 4)),
                   static_cast<uint64_t>(rows.integer(i, 5)),
                   {rows.text(i, 6)}});
  return out;
}

Result<std::optional<Position>> ControlSchema::read_position(Connection& session, std::string_view task_id) const {
  const Rows rows = TRY(session.query(
      fmt::format(R"(SELECT "CHECKPOINT", "SERVER_NAME" FROM {} WHERE "TASK_NAME" = $1)", table("awsdms_txn_state")),
      {std::string(task_id)}));
  if (rows.empty()) return std::nullopt;
  if (rows.get(0, 1) != server_name()) TRY(take_along(session, task_id));
  const auto position = parse_own_checkpoint(rows.get(0, 0));
  if (!position) return Failure(errors::bad_position(rows.get(0, 0)));
  return *position;
}

// What was written under another replication instance; the history stays there.
Result<void> ControlSchema::take_along(Connection& session, std::string_view task_id) const {
  const std::string id = quote_literal(task_id), server = quote_literal(server_name());
  TRY(session.run(fmt::format(R"(UPDATE {} SET "SERVER_NAME" = {} WHERE "TASK_NAME" = {})", table("awsdms_txn_state"),
                              server, id)));
  for (const std::string_view name : {"awsdms_status", "awsdms_suspended_tables"})
    if (TRY(exists(session, name)))
      TRY(session.run(
          fmt::format("DELETE FROM {} WHERE task_name = {} AND server_name <> {}", table(name), id, server)));
  return {};
}

Result<void> ControlSchema::start_position(Connection& session, std::string_view task_id,
                                           const Position& position) const {
  if (const std::string room = make_room(position); !room.empty()) TRY(session.run(room));
  auto stored = session.query(fmt::format("INSERT INTO {} VALUES ($1, $2, $3, $4)", table("awsdms_txn_state")),
                              {server_name(), std::string(task_id), now_utc(), checkpoint_text(position)});
  if (!stored && stored.error().sqlstate == "23505") return Failure(errors::position_exists(task_id));
  if (!stored) return Failure(stored.error());
  return {};
}

Result<uint64_t> ControlSchema::count_parked(Connection& session, std::string_view task_id) const {
  const Rows rows = TRY(session.query(fmt::format("SELECT count(*) FROM {} WHERE task = $1", table("godwit_parked")),
                                      {std::string(task_id)}));
  return static_cast<uint64_t>(rows.integer(0, 0));
}

Result<void> ControlSchema::write_status(Connection& session, std::string_view task_id, const StatusRow& row) const {
  if (!wanted_.status) return {};
  return session.run(
      fmt::format(
          "INSERT INTO {} (server_name, task_name, task_status, status_time, pending_changes, disk_swap_size, "
          "task_memory, source_current_position, source_current_timestamp, source_tail_position, "
          "source_tail_timestamp, source_timestamp_applied) VALUES ('{}', $1, $2, '{}', {}, {}, {}, nullif($3, ''), "
          "{}, nullif($4, ''), "
          "{}, {}) ON CONFLICT (server_name, "
          "task_name) DO UPDATE SET task_status = EXCLUDED.task_status, status_time = EXCLUDED.status_time, "
          "pending_changes = EXCLUDED.pending_changes, disk_swap_size = EXCLUDED.disk_swap_size, task_memory = "
          "EXCLUDED.task_memory, source_current_position = EXCLUDED.source_current_position, "
          "source_current_timestamp = EXCLUDED.source_current_timestamp, source_tail_position = "
          "EXCLUDED.source_tail_position, source_tail_timestamp = EXCLUDED.source_tail_timestamp, "
          "source_timestamp_applied = EXCLUDED.source_timestamp_applied",
          table("awsdms_status"), server_name(), now_utc(), row.pending_changes, row.disk_swap_mb, row.memory_mb,
          timestamp_or_null(row.current_us), timestamp_or_null(row.tail_us), timestamp_or_null(row.applied_us)),
      {std::string(task_id), row.status, row.current.text, row.tail.text});
}

Result<void> ControlSchema::write_history(Connection& session, std::string_view task_id,
                                          const HistoryRow& row) const {
  if (!wanted_.history) return {};
  return session.run(
      fmt::format("INSERT INTO {} (server_name, task_name, timeslot_type, timeslot, timeslot_duration, "
                  "timeslot_latency, timeslot_records, timeslot_volume) VALUES ('{}', $1, $2, '{}', {}, {}, {}, {}) "
                  "ON CONFLICT (server_name, task_name, timeslot_type, timeslot) DO UPDATE SET timeslot_duration = "
                  "EXCLUDED.timeslot_duration, "
                  "timeslot_latency = EXCLUDED.timeslot_latency, timeslot_records = EXCLUDED.timeslot_records, "
                  "timeslot_volume = EXCLUDED.timeslot_volume",
                  table("awsdms_history"), server_name(), sql_timestamp(row.end_us), row.duration_min,
                  row.latency_s ? std::to_string(*row.latency_s) : "NULL", row.records, row.volume_mb),
      {std::string(task_id), row.type});
}

Result<void> ControlSchema::write_suspended(Connection& session, std::string_view task_id, const TableRef& which,
                                            std::string_view reason, bool suspended) const {
  if (!wanted_.suspended_tables) return {};
  if (!suspended)
    return session.run(fmt::format("DELETE FROM {} WHERE server_name = '{}' AND task_name = $1 AND ($3 = '' OR "
                                   "table_owner = $2 AND table_name = $3)",
                                   table("awsdms_suspended_tables"), server_name()),
                       {std::string(task_id), which.schema, which.name});
  return session.run(fmt::format("INSERT INTO {} (server_name, task_name, table_owner, table_name, suspend_reason, "
                                 "suspend_timestamp) VALUES ('{}', $1, $2, $3, $4, '{}') ON CONFLICT (server_name, "
                                 "task_name, table_owner, table_name) DO NOTHING",
                                 table("awsdms_suspended_tables"), server_name(), now_utc()),
                     {std::string(task_id), which.schema, which.name, std::string(reason)});
}

}  // namespace godwit::postgres
