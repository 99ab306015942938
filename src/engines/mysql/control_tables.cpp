#include "engines/mysql/control_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

constexpr std::string_view default_schema = "awsdms_control";
constexpr size_t words_around_record = 1024;  // what else its statement has
constexpr std::string_view checkpoint_head = "checkpoint:V1#1#", checkpoint_tail = "#0#0#*#0#0";

// `columns`: name and type, a comma between them. Keys stay below 3072 bytes of four-byte characters.
struct Definition {
  std::string_view name, columns, key;
};

constexpr std::string_view exception_columns =
    "TASK_NAME varchar(128) NOT NULL, TABLE_OWNER varchar(128) NOT NULL, TABLE_NAME varchar(128) NOT NULL, "
    "ERROR_TIME datetime(3) NOT NULL, STATEMENT longtext NOT NULL, ERROR longtext NOT NULL";

// Servers may refuse tables, or rows of tables, without a primary key; DMS's have none. Hidden where the server can.
constexpr std::string_view exception_key =
    "godwit_id bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */ /*M!100303 INVISIBLE */, "
    "PRIMARY KEY (godwit_id)";

constexpr Definition always[] = {
    {"awsdms_apply_exceptions", exception_columns, exception_key},
    // Wider than DMS's 1024: sets of GTIDs are long.
    {"awsdms_txn_state",
     "SERVER_NAME varchar(128) NOT NULL, TASK_NAME varchar(128) NOT NULL, STATE_TIME datetime(3) NOT NULL, "
     "CHECKPOINT longtext CHARACTER SET ascii COLLATE ascii_bin NOT NULL",
     "PRIMARY KEY (SERVER_NAME, TASK_NAME), UNIQUE KEY awsdms_txn_state_task_recovery_index (SERVER_NAME, "
     "TASK_NAME)"},
    {"godwit_task",
     "task varchar(128) NOT NULL, phase varchar(64) NOT NULL, document longtext NOT NULL, updated_at datetime(3) NOT "
     "NULL, revision bigint unsigned NOT NULL",
     "PRIMARY KEY (task)"},
    {"godwit_load_slices",
     "task varchar(128) NOT NULL, table_schema varchar(128) NOT NULL, table_name varchar(128) NOT NULL, slice int "
     "unsigned NOT NULL, source_count bigint unsigned NOT NULL, target_count bigint unsigned NOT NULL, parked_count "
     "bigint unsigned NOT NULL, snapshot_position longtext NOT NULL, storage_id longtext NOT NULL, loaded_at "
     "datetime(3) NOT NULL",
     "PRIMARY KEY (task, table_schema, table_name, slice)"},
    {"godwit_parked",
     "id bigint unsigned NOT NULL AUTO_INCREMENT, task varchar(128) NOT NULL, table_schema varchar(128) NOT NULL, "
     "table_name varchar(128) NOT NULL, `key` longtext NOT NULL, position longtext NOT NULL, operation varchar(16) "
     "NOT NULL, row_values longtext NOT NULL, code varchar(128) NOT NULL, error longtext NOT NULL, parked_at "
     "datetime(3) NOT NULL",
     "PRIMARY KEY (id), KEY godwit_parked_task (task)"}};

constexpr Definition status_table = {
    "awsdms_status",
    "server_name varchar(128) NOT NULL, task_name varchar(128) NOT NULL, task_status varchar(32), status_time "
    "datetime(3), pending_changes bigint, disk_swap_size bigint, task_memory bigint, source_current_position "
    "varchar(1024), source_current_timestamp datetime(3), source_tail_position varchar(1024), source_tail_timestamp "
    "datetime(3), source_timestamp_applied datetime(3)",
    "PRIMARY KEY (server_name, task_name), UNIQUE KEY awsdms_status_task_status_index (server_name, task_name)"};
constexpr Definition suspended_table = {
    "awsdms_suspended_tables",
    "server_name varchar(128) NOT NULL, task_name varchar(128) NOT NULL, table_owner varchar(128) NOT NULL, "
    "table_name varchar(128) NOT NULL, suspend_reason varchar(32), suspend_timestamp datetime(3)",
    "PRIMARY KEY (server_name, task_name, table_owner, table_name), UNIQUE KEY "
    "awsdms_suspended_tables_task_suspended_tables_index (server_name, task_name, table_owner, "
    "table_name)"};
constexpr Definition history_table = {
    "awsdms_history",
    "server_name varchar(128) NOT NULL, task_name varchar(128) NOT NULL, timeslot_type varchar(32) NOT NULL, "
    "timeslot "
    "datetime(3) NOT NULL, timeslot_duration bigint, timeslot_latency bigint, timeslot_records bigint, "
    "timeslot_volume bigint",
    "PRIMARY KEY (server_name, task_name, timeslot_type, timeslot), UNIQUE KEY awsdms_history_task_history_index "
    "(server_name, task_name, timeslot_type, timeslot)"};
constexpr Definition full_load_exceptions_table = {"awsdms_full_load_exceptions", exception_columns, exception_key};

std::vector<std::string> column_names(std::string_view columns) {
  std::vector<std::string> out;
  for (const std::string& column : split(columns, ',')) {
    const std::string_view text = trim(column);
    std::string name(text.substr(0, text.find(' ')));
    std::erase(name, '`');
    out.push_back(std::move(name));
  }
  return out;
}

// What is there is taken as it is: another task made it, or the user.
Result<void> check_shape(Connection& session, const std::string& schema, const Definition& definition) {
  const std::string where = fmt::format("WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}", quote_literal(schema),
                                        quote_literal(definition.name));
  const Rows rows = TRY(session.query("SELECT COLUMN_NAME FROM information_schema.COLUMNS " + where));
  const std::string name = schema + "." + std::string(definition.name);
  for (const std::string& needed : column_names(definition.columns)) {
    bool there = false;
    for (size_t row = 0; row < rows.size() && !there; ++row)
      there = lower_ascii(rows.get(row, 0)) == lower_ascii(needed);
    if (!there) return Failure(errors::control_table_shape(name, needed));
  }
  const Rows engine = TRY(session.query("SELECT ENGINE FROM information_schema.TABLES " + where));
  if (!engine.empty() && engine.get(0, 0) != "InnoDB")
    return Failure(errors::control_table_engine(name, engine.get(0, 0)));
  return {};
}

Result<void> create_one(Connection& session, const std::string& schema, const Definition& definition) {
  TRY(session.run(
      fmt::format("CREATE TABLE IF NOT EXISTS {} ({}, {}) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 "
                  "COLLATE utf8mb4_bin ROW_FORMAT=DYNAMIC",
                  quote_name(TableRef{schema, std::string(definition.name)}), definition.columns, definition.key)));
  return check_shape(session, schema, definition);
}

std::string timestamp_or_null(int64_t us) {
  return us == 0 ? "NULL" : quote_literal(sql_timestamp(us));
}

std::string nullable(std::string_view text) {
  return text.empty() ? "NULL" : quote_literal(text);
}

std::string is_line_of(std::string_view task_id, const TableRef& table) {
  return fmt::format("task = {} AND table_schema = {} AND table_name = {}", quote_literal(task_id),
                     quote_literal(table.schema), quote_literal(table.name));
}

}  // namespace

std::string now_utc() {
  return sql_timestamp(now_us());
}

std::string checkpoint_text(const Position& position) {
  return std::string(checkpoint_head) + position.text + std::string(checkpoint_tail);
}

std::optional<Position> parse_checkpoint(std::string_view text) {
  if (!text.starts_with(checkpoint_head) || !text.ends_with(checkpoint_tail) ||
      text.size() < checkpoint_head.size() + checkpoint_tail.size())
    return std::nullopt;
  text.remove_prefix(checkpoint_head.size());
  text.remove_suffix(checkpoint_tail.size());
  return Position{std::string(text)};
}

ControlSchema::ControlSchema(ControlTables wanted) : wanted_(std::move(wanted)) {
  if (wanted_.schema.empty()) wanted_.schema = default_schema;
}

std::string ControlSchema::table(std::string_view name) const {
  return quote_name(TableRef{wanted_.schema, std::string(name)});
}

Result<void> ControlSchema::create(Connection& session) const {
  const Rows schema = TRY(session.query("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = " +
                                        quote_literal(wanted_.schema)));
  if (schema.empty()) TRY(session.run("CREATE DATABASE IF NOT EXISTS " + quote_name(wanted_.schema)));
  for (const Definition& definition : always) TRY(create_one(session, wanted_.schema, definition));
  if (wanted_.status) TRY(create_one(session, wanted_.schema, status_table));
  if (wanted_.suspended_tables) TRY(create_one(session, wanted_.schema, suspended_table));
  if (wanted_.history) TRY(create_one(session, wanted_.schema, history_table));
  if (wanted_.full_load_exceptions) TRY(create_one(session, wanted_.schema, full_load_exceptions_table));
  return {};
}

Result<bool> ControlSchema::exists(Connection& session, std::string_view name) const {
  const Rows rows = TRY(
      session.query(fmt::format("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                                quote_literal(wanted_.schema), quote_literal(name))));
  return !rows.empty();
}

Result<std::optional<TaskRecord>> ControlSchema::read_task(Connection& session, std::string_view task_id) const {
  const bool there = TRY(exists(session, "godwit_task"));
  if (!there) return std::nullopt;
  const Rows rows = TRY(session.query(fmt::format("SELECT phase, document, revision FROM {} WHERE task = {}",
                                                  table("godwit_task"), quote_literal(task_id))));
  if (rows.empty()) return std::nullopt;
  return TaskRecord{std::string(task_id), rows.text(0, 0), rows.text(0, 1), rows.unsigned_integer(0, 2)};
}

Result<void> ControlSchema::write_task(Connection& session, const TaskRecord& record, uint64_t packet_bytes) const {
  const std::string task = quote_literal(record.task_id), phase = quote_literal(record.phase),
                    document = quote_literal(record.document);
  // The server would end the session without a word.
  const size_t bytes = task.size() + phase.size() + document.size() + words_around_record;
  if (bytes >= packet_bytes) return Failure(errors::record_too_large(record.task_id, bytes, packet_bytes));
  if (record.revision == 0) {
    auto made =
        session.run(fmt::format("INSERT INTO {} (task, phase, document, updated_at, revision) VALUES ({}, {}, "
                                "{}, '{}', 1)",
                                table("godwit_task"), task, phase, document, now_utc()));
    if (!made && made.error().kind == ErrorKind::conflict) return Failure(errors::superseded(record.task_id));
    if (!made) return Failure(made.error());
    return {};
  }
  const Done written = TRY(session.run(fmt::format(
      "UPDATE {} SET phase = {}, document = {}, updated_at = '{}', revision = revision + 1 WHERE task = {} "
      "AND revision = {}",
      table("godwit_task"), phase, document, now_utc(), task, record.revision)));
  if (written.affected == 1) return {};
  return Failure(errors::superseded(record.task_id));
}

Result<void> ControlSchema::forget_task(Connection& session, std::string_view task_id) const {
  const std::string id = quote_literal(task_id);
  std::vector<std::string> statements;
  // Any of them may be missing: people take some away by hand.
  for (const std::string_view name : {"godwit_task", "godwit_load_slices"}) {
    const bool there = TRY(exists(session, name));
    if (there) statements.push_back(fmt::format("DELETE FROM {} WHERE task = {}", table(name), id));
  }
  const bool has_state = TRY(exists(session, "awsdms_txn_state"));
  const Rows places = has_state ? TRY(session.query(fmt::format("SELECT SERVER_NAME FROM {} WHERE TASK_NAME = {}",
                                                                table("awsdms_txn_state"), id)))
                                : Rows();
                                for (size_t i = 0; i < places.size();
                                     ++i)  // by the whole key, so that no other task's row is locked
                                  statements.push_back(
                                      fmt::format("DELETE FROM {} WHERE SERVER_NAME = {} AND TASK_NAME = {}",
                                                  table("awsdms_txn_state"), quote_literal(places.get(i, 0)), id));
                                if (statements.empty()) return {};
                                Transaction transaction = TRY(Transaction::begin(session));
                                for (const std::string& statement : statements) TRY(session.run(statement));
                                return transaction.commit();
}

Result<void> ControlSchema::forget_lines(Connection& session, std::string_view task_id, const TableRef& which) const {
  TRY(session.run(fmt::format("DELETE FROM {} WHERE {}", table("godwit_load_slices"), is_line_of(task_id, which))));
  return {};
}

Result<void> ControlSchema::rename_ledger(Connection& session, std::string_view task_id, const TableRef& before,
                                          const TableRef& after) const {
  TRY(forget_lines(session, task_id, after));
  TRY(session.run(fmt::format("UPDATE {} SET table_schema = {}, table_name = {} WHERE {}",
                              table("godwit_load_slices"), quote_literal(after.schema), quote_literal(after.name),
                              is_line_of(task_id, before))));
  return {};
}

Result<std::vector<LedgerLine>> ControlSchema::read_ledger(Connection& session, std::string_view task_id) const {
  const Rows rows = TRY(
      session.query(fmt::format("SELECT table_schema, table_name, slice, source_count, target_count, parked_count, "
                                "snapshot_position FROM {} WHERE task = {}",
                                table("godwit_load_slices"), quote_literal(task_id))));
  std::vector<LedgerLine> out;
  for (size_t i = 0; i < rows.size(); ++i)
    out.push_back({{rows.text(i, 0), rows.text(i, 1)},
                   static_cast<uint32_t>(rows.unsigned_integer(i, 2)),
                   rows.unsigned_integer(i, 3),
                   rows.unsigned_integer(i, 4),
                   rows.unsigned_integer(i, 5),
                   {rows.text(i, 6)}});
  return out;
}

std::string ControlSchema::is_row_of(std::string_view task_id) const {
  return fmt::format("SERVER_NAME = '{}' AND TASK_NAME = {}", server_name(), quote_literal(task_id));
}

// What was written under another replication instance; the history stays there.
Result<void> ControlSchema::take_along(Connection& session, std::string_view task_id,
                                       const std::string& before) const {
  const std::string row =
      fmt::format("SERVER_NAME = {} AND TASK_NAME = {}", quote_literal(before), quote_literal(task_id));
  TRY(session.run(
      fmt::format("UPDATE {} SET SERVER_NAME = '{}' WHERE {}", table("awsdms_txn_state"), server_name(), row)));
  for (const std::string_view name : {"awsdms_status", "awsdms_suspended_tables"})
    if (TRY(exists(session, name))) TRY(session.run(fmt::format("DELETE FROM {} WHERE {}", table(name), row)));
  return {};
}

Result<std::optional<Position>> ControlSchema::read_position(Connection& session, std::string_view task_id) const {
  const Rows rows = TRY(session.query(fmt::format("SELECT CHECKPOINT, SERVER_NAME FROM {} WHERE TASK_NAME = {}",
                                                  table("awsdms_txn_state"), quote_literal(task_id))));
  if (rows.empty()) return std::nullopt;
  if (rows.get(0, 1) != server_name()) TRY(take_along(session, task_id, std::string(rows.get(0, 1))));
  const std::optional<Position> position = parse_checkpoint(rows.get(0, 0));
  if (!position) return Failure(errors::bad_checkpoint(rows.get(0, 0)));
  return *position;
}

Result<void> ControlSchema::start_position(Connection& session, std::string_view task_id,
                                           const Position& position) const {
  auto stored = session.run(
      fmt::format("INSERT INTO {} (SERVER_NAME, TASK_NAME, STATE_TIME, CHECKPOINT) VALUES ('{}', {}, '{}', {})",
                  table("awsdms_txn_state"), server_name(), quote_literal(task_id), now_utc(),
                  quote_literal(checkpoint_text(position))));
  if (!stored && stored.error().kind == ErrorKind::conflict) return Failure(errors::position_exists(task_id));
  if (!stored) return Failure(position_error(position, stored.error()));
  return {};
}

Result<Done> ControlSchema::move_position(Connection& session, std::string_view task_id, const Position& from,
                                          const Position& to) const {
  auto moved = session.run(fmt::format(
      "UPDATE {} SET CHECKPOINT = {}, STATE_TIME = '{}' WHERE {} AND CHECKPOINT = {}", table("awsdms_txn_state"),
      quote_literal(checkpoint_text(to)), now_utc(), is_row_of(task_id), quote_literal(checkpoint_text(from))));
  if (!moved) return Failure(position_error(to, moved.error()));
  return moved;
}

// What the server says of the position's own row concerns no row of the task.
Error ControlSchema::position_error(const Position& position, const Error& said) const {
  if (said.kind != ErrorKind::data) return said;
  return errors::position_not_kept(table("awsdms_txn_state"), checkpoint_text(position).size(), said);
}

Result<uint64_t> ControlSchema::count_parked(Connection& session, std::string_view task_id) const {
  const Rows rows = TRY(session.query(
      fmt::format("SELECT count(*) FROM {} WHERE task = {}", table("godwit_parked"), quote_literal(task_id))));
  return rows.unsigned_integer(0, 0);
}

Result<void> ControlSchema::write_status(Connection& session, std::string_view task_id, const StatusRow& row) const {
  if (!wanted_.status) return {};
  const std::string values = fmt::format(
      "task_status = {}, status_time = '{}', pending_changes = {}, disk_swap_size = {}, task_memory = {}, "
      "source_current_position = {}, source_current_timestamp = {}, source_tail_position = {}, source_tail_timestamp "
      "= "
      "{}, source_timestamp_applied = {}",
      quote_literal(row.status), now_utc(), row.pending_changes, row.disk_swap_mb, row.memory_mb,
      nullable(row.current.text.substr(0, 1024)), timestamp_or_null(row.current_us),
      nullable(row.tail.text.substr(0, 1024)), timestamp_or_null(row.tail_us), timestamp_or_null(row.applied_us));
  TRY(session.run(fmt::format("INSERT INTO {} SET server_name = '{}', task_name = {}, {} ON DUPLICATE KEY UPDATE {}",
                              table("awsdms_status"), server_name(), quote_literal(task_id), values, values)));
  return {};
}

Result<void> ControlSchema::write_history(Connection& session, std::string_view task_id,
                                          const HistoryRow& row) const {
  if (!wanted_.history) return {};
  const std::string values = fmt::format(
      "timeslot_duration = {}, timeslot_latency = {}, timeslot_records = {}, timeslot_volume = {}", row.duration_min,
      row.latency_s ? std::to_string(*row.latency_s) : "NULL", row.records, row.volume_mb);
  TRY(
      session.run(fmt::format("INSERT INTO {} SET server_name = '{}', task_name = {}, timeslot_type = {}, timeslot = "
                              "'{}', {} ON DUPLICATE KEY UPDATE {}",
                              table("awsdms_history"), server_name(), quote_literal(task_id), quote_literal(row.type),
                              sql_timestamp(row.end_us), values, values)));
  return {};
}

Result<void> ControlSchema::write_suspended(Connection& session, std::string_view task_id, const TableRef& which,
                                            std::string_view reason, bool suspended) const {
  if (!wanted_.suspended_tables) return {};
  const std::string name = table("awsdms_suspended_tables"), task = quote_literal(task_id),
                    owner = quote_literal(which.schema), own_name = quote_literal(which.name);
  if (!suspended) {
    const std::string of_table =
        which.name.empty() ? "" : fmt::format(" AND table_owner = {} AND table_name = {}", owner, own_name);
    TRY(session.run(fmt::format("DELETE FROM {} WHERE server_name = '{}' AND task_name = {}{}", name, server_name(),
                                task, of_table)));
    return {};
  }
  TRY(
      session.run(fmt::format("INSERT INTO {} (server_name, task_name, table_owner, table_name, suspend_reason, "
                              "suspend_timestamp) VALUES ('{}', {}, {}, {}, {}, '{}') ON DUPLICATE KEY UPDATE "
                              "suspend_reason = suspend_reason",
                              name, server_name(), task, owner, own_name, quote_literal(reason), now_utc())));
  return {};
}

}  // namespace godwit::mysql
