#include "engines/postgres/errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sentences.h"

namespace godwit::postgres {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message, std::string_view sqlstate = "") {
  return {kind, "postgres." + std::string(code), std::move(message), std::string(sqlstate)};
}

}  // namespace

namespace errors {

Error cannot_connect(std::string_view endpoint, std::string_view said, std::string_view sqlstate) {
  return make(ErrorKind::connection, "connect",
              fmt::format("cannot connect to {}: {} Check host, port, database, user and password, and the "
                          "server's pg_hba.conf.",
                          endpoint, as_sentence(said)),
              sqlstate);
}
Error connection_lost(std::string_view said) {
  return make(
      ErrorKind::connection, "connection_lost",
      fmt::format("the connection to the server was lost: {}", as_sentence(said.empty() ? "no reason given" : said)));
}
Error too_old(std::string_view endpoint, int version) {
  return make(ErrorKind::prerequisite, "version",
              fmt::format("{} is PostgreSQL {}; Godwit needs 10 or later: earlier servers have no publications.",
                          endpoint, version / 10000));
}
Error cockroach_too_old(std::string_view endpoint, std::string_view version) {
  return make(
      ErrorKind::prerequisite, "cockroach_version",
      fmt::format("{} is CockroachDB {}. This cluster is on a version of CockroachDB which does not support AWS "
                  "DMS. CockroachDB v21.2.13+ or v22.1+ is required. Upgrade the cluster.",
                  endpoint, version));
}
Error cockroach_source(std::string_view endpoint) {
  return make(
      ErrorKind::prerequisite, "cockroach_source",
      fmt::format("{} is CockroachDB, which can be a target only: it has no snapshots to export and no logical "
                  "replication slots to follow. Name a PostgreSQL server as the source.",
                  endpoint));
}
Error wal_level(std::string_view value) {
  return make(
      ErrorKind::prerequisite, "wal_level",
      fmt::format("the source's wal_level is {}, changes can be followed only with logical. Run ALTER SYSTEM SET "
                  "wal_level = logical; and restart the source (on a managed service set its logical replication "
                  "parameter), or use --type full-load.",
                  value));
}
Error no_replication_role(std::string_view role) {
  return make(
      ErrorKind::prerequisite, "replication_role",
      fmt::format("role \"{0}\" may not use replication slots on the source. Run ALTER ROLE \"{0}\" REPLICATION; "
                  "as a superuser, or use --type full-load.",
                  role));
}
Error no_free_slot(std::string_view maximum) {
  return make(
      ErrorKind::prerequisite, "no_free_slot",
      fmt::format("all {} replication slots of the source are in use. Raise max_replication_slots and restart the "
                  "source, or drop a slot that nobody needs (SELECT slot_name, active FROM pg_replication_slots).",
                  maximum));
}
Error no_free_walsender(std::string_view maximum) {
  return make(
      ErrorKind::prerequisite, "no_free_walsender",
      fmt::format("all {} WAL senders of the source are in use. Raise max_wal_senders and restart the source.",
                  maximum));
}
Error walsender_timeout(std::string_view value) {
  return make(
      ErrorKind::prerequisite, "wal_sender_timeout",
      fmt::format("the source's wal_sender_timeout is {} ms, below 10000 the stream would be cut again and again. "
                  "Set it to 0 or at least 10 s: ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT "
                  "pg_reload_conf();",
                  value));
}
Error not_readable(const TableRef& table, std::string_view role) {
  return make(ErrorKind::prerequisite, "not_readable",
              fmt::format("role \"{1}\" may not read every column of table {0}. Run GRANT USAGE ON SCHEMA \"{2}\" TO "
                          "\"{1}\"; GRANT SELECT ON \"{2}\".\"{3}\" TO \"{1}\"; or exclude the table.",
                          to_string(table), role, table.schema, table.name));
}
Error not_table_owner(std::span<const TableRef> tables, std::string_view owner, bool owner_is_mighty,
                      std::string_view role) {
  constexpr size_t named = 5;
  std::string list;
  for (const TableRef& table : tables.first(std::min(named, tables.size())))
    list += (list.empty() ? "" : ", ") + to_string(table);
  if (tables.size() > named) list += fmt::format(" and {} more", tables.size() - named);
  const std::string way = owner_is_mighty
                              ? fmt::format(
                                    "Their owner \"{}\" has a superuser's rights, which \"{}\" is not to be given: "
                                    "give it the tables themselves (ALTER TABLE ... OWNER TO)",
                                    owner, role)
                              : fmt::format("Run GRANT \"{}\" TO \"{}\";", owner, role);
  return make(
      ErrorKind::prerequisite, "not_owner",
      fmt::format("role \"{}\" cannot publish changes of {}: only a table's owner may add it to a publication. "
                  "{}, or capture with PluginName=test_decoding, which needs no ownership, or have the owner "
                  "make a publication and name it (PublicationName).",
                  role, list, way));
}
Error row_security(const TableRef& table, std::string_view role) {
  return make(
      ErrorKind::prerequisite, "row_security",
      fmt::format("row-level security on table {0} would hide rows from role \"{1}\". Run ALTER ROLE \"{1}\" "
                  "BYPASSRLS; as a superuser, or connect as the table's owner where the policy is not forced.",
                  to_string(table), role));
}
Error no_identity(const TableRef& table) {
  return make(
      ErrorKind::prerequisite, "no_identity",
      fmt::format("table {0} has no replica identity: INSERT and TRUNCATE are followed, an UPDATE or DELETE will "
                  "put the table in error. To follow every change run ALTER TABLE \"{1}\".\"{2}\" REPLICA IDENTITY "
                  "FULL; or add a primary key.",
                  to_string(table), table.schema, table.name));
}
Error unlogged(const TableRef& table) {
  return make(
      ErrorKind::prerequisite, "unlogged",
      fmt::format("table {0} is UNLOGGED: its rows are loaded, later changes cannot be captured. To follow them run "
                  "ALTER TABLE \"{1}\".\"{2}\" SET LOGGED; on the source.",
                  to_string(table), table.schema, table.name));
}
Error publication_failed(const Error& cause) {
  return make(
      ErrorKind::prerequisite, "publication",
      fmt::format("the publication for the task could not be made on the source: {}. Connect as the tables' owner or "
                  "a superuser with CREATE on the database.",
                  cause.message),
      cause.sqlstate);
}
Error open_transactions(int64_t waited_s, std::string_view who) {
  return make(
      ErrorKind::prerequisite, "open_transactions",
      fmt::format("after {} s transactions that were open at the start are still open on the source, and the slot "
                  "must wait for them: {}. End them (SELECT pg_terminate_backend(pid)) or raise "
                  "TransactionConsistencyTimeout, and start again.",
                  waited_s, who.empty() ? "prepared transactions, see pg_prepared_xacts" : who));
}
Error slot_active(std::string_view slot, std::string_view pid, std::string_view application) {
  return make(
      ErrorKind::connection, "slot_active",
      fmt::format("replication slot {} is in use by process {} (\"{}\"). Stop that reader; an ended worker's session "
                  "goes away by itself within wal_sender_timeout.",
                  slot, pid, application));
}
Error slot_lost(std::string_view slot, std::string_view why) {
  return make(
      ErrorKind::fatal, "slot_lost",
      fmt::format("replication slot {} cannot go on: {}. Changes since the last checkpoint cannot be read from the "
                  "source any more, so the tables must be loaded anew: run the task again with --restart.",
                  slot, why));
}
Error snapshot_lost(std::string_view id, std::string_view said) {
  return make(ErrorKind::snapshot_lost, "snapshot_lost",
              fmt::format("the load's snapshot {} is gone from the source: {}", id, said));
}
Error rewritten(const TableRef& table, const TableRef& leaf) {
  return {ErrorKind::table, "source.rewritten",
          fmt::format(
              "table {} was rewritten on the source during the load ({} has new storage), so rows read so far may "
              "not be complete",
              to_string(table), to_string(leaf)),
          ""};
}
Error bad_position(std::string_view text) {
  return make(
      ErrorKind::usage, "position",
      fmt::format("\"{}\" is no PostgreSQL log position. Write an LSN such as 4AF/B00000D0, or a checkpoint such as "
                  "checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0.",
                  text));
}
Error change_too_large(std::string_view after, std::string_view server_said) {
  return make(
      ErrorKind::fatal, "change_too_large",
      fmt::format(
          "a transaction after {} changed a row that is larger, with its old version where the log carries it, "
          "than the gigabyte the source server can send as one piece: {}. Nothing after that position was "
          "applied. Take the table out of the task by an exclude rule, with --restart, or, where the table has "
          "REPLICA IDENTITY FULL, give it a key and start the task anew behind that transaction.",
          after, server_said));
}
Error plugin_refused(std::string_view plugin, std::string_view server_said) {
  return make(
      ErrorKind::fatal, "plugin_refused",
      fmt::format(
          "the source server does not let {0} be used as an output plugin: {1}. Where the server knows the "
          "parameter output_plugin_libraries, a superuser adds the library to it: ALTER SYSTEM SET "
          "output_plugin_libraries = pgoutput, test_decoding, {0}; SELECT pg_reload_conf(); (an unquoted list: "
          "one quoted string would be one name). Or use another PluginName.",
          plugin, server_said));
}
Error line_too_large(std::string_view plugin, std::string_view after, std::string_view server_said) {
  return make(
      ErrorKind::fatal, "line_too_large",
      fmt::format(
          "a transaction after {} changed a row whose text is larger than the gigabyte that the source server "
          "can send as one piece through {}: {}. Nothing after that position was applied. pgoutput sends such "
          "rows in binary: run the task anew with PluginName=pgoutput (--restart), or exclude the table.",
          after, plugin, server_said));
}
Error database_encoding(std::string_view plugin, std::string_view encoding) {
  return make(
      ErrorKind::prerequisite, "database_encoding",
      fmt::format("the source database is encoded in {1}, and {0} sends values as they are stored, not in UTF-8. Use "
                  "PluginName=pgoutput, which converts them.",
                  plugin, encoding));
}
Error too_large_for_server(std::string_view after, int version) {
  return make(
      ErrorKind::fatal, "change_too_large",
      fmt::format(
          "a transaction after {} changed a row whose text passes the gigabyte that the source can send as one "
          "piece (a bytea from half a gigabyte on), and PostgreSQL {} cannot stream it in binary, as servers "
          "from 14 on can. Nothing after that position was applied. Take the table out of the task by an "
          "exclude rule, with --restart, or load the task anew (--restart): the load carries such rows.",
          after, version / 10000));
}
Error truncate_untold(int version) {
  return make(
      ErrorKind::prerequisite, "truncate_untold",
      fmt::format("PostgreSQL {} does not publish TRUNCATE (servers from 11 on do). When a table of this task "
                  "is truncated on the source while it is followed, its new storage is noticed within "
                  "seconds, at a stop or at the next start, and the table is put in error; so is one that "
                  "VACUUM FULL, CLUSTER or ALTER TABLE rewrites, which looks the same from outside. Empty "
                  "tables by DELETE while the task runs.",
                  version / 10000));
}
Error row_numbers_left_out(const TableRef& table) {
  return make(
      ErrorKind::prerequisite, "row_numbers",
      fmt::format("table {} was made WITH OIDS, which servers from 12 on do not have: its hidden column oid is "
                  "not carried over. Copy it into a column of its own first if something refers to it.",
                  to_string(table)));
}
Error bad_bounds(const TableRef& leaf, std::string_view bounds) {
  return make(
      ErrorKind::fatal, "bad_bounds",
      fmt::format("\"{}\" are no bounds of a slice of {}: the task's record on the target is damaged. Run the "
                  "task with --restart.",
                  bounds.substr(0, 40), to_string(leaf)));
}
Error bad_stream(std::string_view what, std::string_view position) {
  return make(
      ErrorKind::fatal, "stream",
      fmt::format("the source's log stream is not understood after {}: {}. Nothing after that position was applied; "
                  "report this with the server's version.",
                  position.empty() ? "its start" : position, what));
}
Error no_create_on_database(std::string_view role, std::string_view schema) {
  return make(
      ErrorKind::prerequisite, "no_create_on_database",
      fmt::format("role \"{0}\" may not create schema \"{1}\" on the target. Run GRANT CREATE ON DATABASE <database> "
                  "TO \"{0}\"; or create the schema and grant USAGE, CREATE on it.",
                  role, schema));
}
Error no_create_in_schema(std::string_view role, std::string_view schema) {
  return make(
      ErrorKind::prerequisite, "no_create_in_schema",
      fmt::format("role \"{0}\" may not create tables in schema \"{1}\" of the target. Run GRANT USAGE, CREATE ON "
                  "SCHEMA \"{1}\" TO \"{0}\";",
                  role, schema));
}
Error not_writable(const TableRef& table, std::string_view role, std::string_view privilege) {
  return make(
      ErrorKind::prerequisite, "not_writable",
      fmt::format("role \"{1}\" lacks {2} on the target's table {0}. Run GRANT SELECT, INSERT, UPDATE, DELETE, "
                  "TRUNCATE ON \"{3}\".\"{4}\" TO \"{1}\";",
                  to_string(table), role, privilege, table.schema, table.name));
}
Error extension_missing(std::string_view extension, std::string_view reason) {
  return make(
      ErrorKind::prerequisite, "extension",
      fmt::format("the tables use extension \"{0}\", which the target lacks and Godwit cannot create ({1}). Have a "
                  "superuser run CREATE EXTENSION \"{0}\"; on the target first.",
                  extension, reason));
}
Error referenced_from_outside(const TableRef& table, std::string_view constraint) {
  return make(
      ErrorKind::prerequisite, "referenced_from_outside",
      fmt::format(
          "the target's table {0} cannot be emptied: foreign key {1}, of a table outside this task, refers to "
          "it. Either add that table to the task, or drop the constraint and restore it afterwards, or empty "
          "{0} yourself and use \"TargetTablePrepMode\": \"DO_NOTHING\".",
          to_string(table), constraint));
}
Error cannot_release_constraints(std::string_view role, std::string_view tables) {
  return make(
      ErrorKind::prerequisite, "constraints",
      fmt::format("foreign keys and triggers of {1} must not fire while changes are applied, and role \"{0}\" may "
                  "neither SET session_replication_role (superuser, or from 15 on GRANT SET ON PARAMETER "
                  "session_replication_role TO \"{0}\";) nor drop them as the tables' owner.",
                  role, tables));
}
Error control_table_shape(std::string_view table, std::string_view column) {
  return make(
      ErrorKind::prerequisite, "control_table",
      fmt::format("table {} on the target has no column \"{}\": it is not the control table this version writes. "
                  "Rename or drop it, or name another ControlSchema.",
                  table, column));
}
Error count_mismatch(const TableRef& table, uint32_t slice, uint64_t sent, uint64_t taken) {
  return make(
      ErrorKind::transient, "count",
      fmt::format("slice {} of table {}: the source sent {} rows, the target took {}; the slice is undone and read "
                  "again",
                  slice, to_string(table), sent, taken));
}
Error slice_done(const TableRef& table, uint32_t slice) {
  return make(ErrorKind::superseded, "slice_done",
              fmt::format("slice {} of table {} is in the ledger already", slice, to_string(table)));
}
Error not_committed() {
  return make(ErrorKind::connection, "not_committed",
              "the target answered a COMMIT with something else, so that its outcome is not known");
}
Error superseded(std::string_view task_id) {
  return make(
      ErrorKind::superseded, "superseded",
      fmt::format(
          "the stored position of task {} is not the one this worker read: another worker, or an earlier one's "
          "last transaction, went further",
          task_id));
}
Error position_exists(std::string_view task_id) {
  return make(ErrorKind::superseded, "position_exists",
              fmt::format("task {} has a stored position on the target already (awsdms_txn_state): another worker "
                          "started it, or its record was taken out of godwit_task by hand. If no other worker runs, "
                          "put the record back, or use --restart to start it anew.",
                          task_id));
}
Error standby_target() {
  return make(ErrorKind::prerequisite, "standby",
              "the target is a standby in recovery and takes no writes. Name the primary in the target's URI.");
}

Error no_arbiter(const TableRef& table) {
  return {ErrorKind::table, "target.no_arbiter",
          fmt::format("table {} has no unique index on the target by which rows of a later snapshot could be merged "
                      "into it",
                      to_string(table)),
          ""};
}
Error not_visible(uint64_t xid) {
  return {ErrorKind::transient, "postgres.not_visible",
          fmt::format("Transaction {} is in the source's log, but its server does not show it: it may wait for a "
                      "synchronous standby. It is tried again.",
                      xid),
          ""};
}

Error segment_column_missing(const TableRef& table, std::string_view column) {
  return {
      ErrorKind::table, "postgres.segment_column",
      fmt::format("The parallel-load of table {} names column \"{}\", which is not there. Names are compared with "
                  "upper and lower case.",
                  to_string(table), column),
      ""};
}

Error no_partition(const TableRef& table, std::string_view partition) {
  return {ErrorKind::table, "postgres.no_partition",
          fmt::format("The parallel-load of table {} lists partition \"{}\", which is none that holds its rows. Name "
                      "partitions of the lowest level, without their schema.",
                      to_string(table), partition),
          ""};
}

Error filter_column_missing(const TableRef& table, std::string_view column) {
  return {
      ErrorKind::table, "postgres.filter_column",
      fmt::format("A filter of table {} names column \"{}\", which is not there. Names are compared with upper and "
                  "lower case.",
                  to_string(table), column),
      ""};
}

Error encoding_refused(const TableRef& table, std::string_view encoding) {
  return make(
      ErrorKind::table, "encoding",
      fmt::format("rows of table {} cannot be written as {}: the same bytes would not mean the same on the target",
                  to_string(table), encoding));
}
Error not_supported(std::string_view attribute, std::string_view instead) {
  return make(
      ErrorKind::usage, "not_supported",
      fmt::format("connection attribute {} is not carried out by this version. {}, and leave the attribute out.",
                  attribute, instead));
}
Error no_commit_border(std::string_view why) {
  return make(ErrorKind::prerequisite, "no_commit_border",
              fmt::format("the source's log cannot be asked for its first commit later than the stop's time ({}). It "
                          "takes a server of version 15 or later, and the extension pg_walinspect with EXECUTE on "
                          "pg_get_wal_records_info, or a role that may create it.",
                          why));
}
Error cannot_rebuild_indexes() {
  return make(
      ErrorKind::prerequisite, "cannot_rebuild_indexes",
      "the target cannot tell how its indexes are made again, so TargetIndexes: rebuild cannot be carried out. "
      "Leave it at keep.");
}
Error many_rows(uint64_t rows) {
  return make(
      ErrorKind::conflict, "many_rows",
      fmt::format("{} rows of the target match the one row that changed on the source; its key is not unique there. "
                  "Add the source's primary key to the target's table.",
                  rows),
      "21000");
}

}  // namespace errors
}  // namespace godwit::postgres
