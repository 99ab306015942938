#include "engines/mysql/target_errors.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/catalog.h"

namespace godwit::mysql::errors {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message) {
  return {kind, std::string(code), std::move(message), ""};
}

// "varchar(5)" of "varchar(5) CHARACTER SET …".
std::string words_of(const Type& type) {
  return type.native.substr(0, type.native.find(" CHARACTER SET "));
}

}  // namespace

Error control_table_shape(std::string_view table, std::string_view column) {
  return make(ErrorKind::prerequisite, "mysql.control_table",
              fmt::format("control table {} is there without column {}. Rename or drop the table, or choose another "
                          "ControlSchema.",
                          table, column));
}
Error control_table_engine(std::string_view table, std::string_view storage_engine) {
  return make(ErrorKind::prerequisite, "mysql.control_table",
              fmt::format("control table {} is kept by {}, which has no transactions: a kill would lose or double "
                          "rows. Run ALTER TABLE {} ENGINE=InnoDB, or choose another ControlSchema.",
                          table, storage_engine, table));
}
Error bad_checkpoint(std::string_view text) {
  return make(ErrorKind::fatal, "mysql.checkpoint",
              fmt::format("the stored CHECKPOINT \"{}\" is none of Godwit's. Somebody else wrote "
                          "awsdms_txn_state; run the task with --restart.",
                          text));
}
Error position_not_kept(std::string_view table, size_t bytes, const Error& cause) {
  return make(ErrorKind::fatal, "mysql.position_not_kept",
              fmt::format("the position in the source's log, {} bytes of text, cannot be kept in {}: {}. Run ALTER "
                          "TABLE {} MODIFY CHECKPOINT longtext CHARACTER SET ascii COLLATE ascii_bin NOT NULL, then "
                          "start the task again: it goes on where it was.",
                          human_count(bytes), table, cause.message, table));
}
Error record_too_large(std::string_view task_id, size_t bytes, uint64_t packet_bytes) {
  return make(ErrorKind::fatal, "mysql.record_too_large",
              fmt::format("the record of task {} takes a statement of {}, and the target takes {} "
                          "(max_allowed_packet). Raise max_allowed_packet on the target, or spread the tables over "
                          "several tasks.",
                          task_id, human_bytes(bytes), human_bytes(packet_bytes)));
}
Error position_exists(std::string_view task_id) {
  return make(ErrorKind::superseded, "target.position_exists",
              fmt::format("task {} has a stored position on the target already (awsdms_txn_state): another worker "
                          "started it, or its record was taken out of godwit_task by hand. If no other worker runs, "
                          "put the record back, or use --restart to start it anew.",
                          task_id));
}
Error superseded(std::string_view task_id) {
  return make(ErrorKind::superseded, "target.superseded",
              fmt::format("another worker of task {} went on from here; this one gives way.", task_id));
}
Error slice_done(const TableRef& table, uint32_t slice) {
  return make(ErrorKind::superseded, "target.slice_done",
              fmt::format("slice {} of table {} is on the target already.", slice, to_string(table)));
}
Error count_mismatch(const TableRef& table, uint32_t slice, uint64_t sent, uint64_t taken) {
  return make(ErrorKind::table, "target.count_mismatch",
              fmt::format("slice {} of table {}: the source sent {} rows, the target took {}. Nothing of it was "
                          "committed.",
                          slice, to_string(table), sent, taken));
}
Error slice_lost(const TableRef& table, uint32_t slice) {
  return make(
      ErrorKind::transient, "mysql.slice_lost",
      fmt::format("slice {} of table {}: its transaction is gone, with all it held.", slice, to_string(table)));
}
Error rows_lost(std::string_view table, uint64_t sent, uint64_t taken) {
  return make(ErrorKind::data, "mysql.rows_lost",
              fmt::format("table {} took {} of {} rows, some of them perhaps changed, and the server gave no reason",
                          table, taken, sent));
}
Error encoding_refused(const TableRef& table, std::string_view encoding) {
  return make(ErrorKind::fatal, "target.encoding",
              fmt::format("table {}: the target does not take rows as {}", to_string(table), encoding));
}
Error no_arbiter(const TableRef& table) {
  return make(ErrorKind::table, "target.no_arbiter",
              fmt::format("table {} has no unique index of exactly the key's columns that keeps them as they are, so "
                          "rows that are there cannot be told from others",
                          to_string(table)));
}
Error no_key_stage(const TableRef& table, const Error& cause) {
  return make(
      ErrorKind::table, "target.no_key_stage",
      fmt::format("the keys of table {} that changed while its load was cut cannot be gathered, for the target "
                  "lets this user make no temporary table ({}); the privilege CREATE TEMPORARY TABLES on the "
                  "control database would let a cut load go on where it stood",
                  to_string(table), cause.message));
}
Error key_damaged(const TableRef& table) {
  return make(ErrorKind::table, "target.key_damaged",
              fmt::format("a gathered key of table {} came back from the target in another shape", to_string(table)));
}
Error many_rows(uint64_t rows) {
  return make(ErrorKind::conflict, "target.many_rows", fmt::format("the change met {} rows instead of one", rows));
}
Error nothing_to_find_by(const TableRef& table) {
  return make(ErrorKind::data, "target.nothing_to_find_by",
              fmt::format("table {} has no key, and of its columns the log carries none that the target has: the row "
                          "cannot be found. Give the table a key.",
                          to_string(table)));
}
Error no_key_value(const TableRef& table, std::string_view column) {
  return make(
      ErrorKind::data, "target.no_key_value",
      fmt::format("a change of table {} names its row by a key whose column {} has no value here (the log lacks "
                  "it, or the target's type cannot hold it), so no row can be found by it",
                  to_string(table), column));
}
Error key_blanks_cut(const TableRef& table, std::string_view column) {
  return make(ErrorKind::data, "target.key_blanks_cut",
              fmt::format("a change of table {} names its row by a key with blanks at its end that column {} of the "
                          "target does not keep: it might be another row's",
                          to_string(table), column));
}
Error packet_too_large(uint64_t bytes, uint64_t packet_bytes) {
  return make(
      ErrorKind::data, "mysql.packet",
      fmt::format("the row needs a statement of {}, and the target takes {} (max_allowed_packet). Raise it, at "
                  "most to 1 GB, and reload the table.",
                  human_bytes(bytes), human_bytes(packet_bytes)));
}
Error column_gone(const TableRef& table, std::string_view column) {
  return make(ErrorKind::table, "mysql.column_gone",
              fmt::format("table {} has no column {} on the target", to_string(table), column));
}
Error names_exchanged(const TableRef& table, std::string_view column) {
  return make(ErrorKind::table, "mysql.names_exchanged",
              fmt::format("table {}: column {} takes the name that another column had. A structure change cannot be "
                          "undone here, and after a kill nobody could tell whether it was done. Make it by hand and "
                          "reload the table.",
                          to_string(table), column));
}
Error cannot_build(const ObjectDef& object, const Error& cause) {
  Error error = cause;
  if (!is_recoverable(cause)) error.kind = ErrorKind::table;
  error.message = fmt::format("{} {} of table {} cannot be built: {}", object.kind, object.name,
                              to_string(object.table), cause.message);
  return error;
}
Error structure_refused(const Error& cause) {
  Error error = cause;
  if (!is_recoverable(cause)) error.kind = ErrorKind::table;
  return error;
}
Error orphans_in_the_way(std::string_view name, const TableRef& table, uint64_t rows) {
  return make(ErrorKind::table, "mysql.orphans",
              fmt::format("{} rows of table {} point to rows that are not there. Mend them and add foreign key {} by "
                          "hand, or run the task again.",
                          human_count(rows), to_string(table), name));
}
Error key_without_length(std::string_view name, const TableRef& table, const ColumnDef& column,
                         const ColumnDef& other) {
  return make(ErrorKind::table, "mysql.key_without_length",
              fmt::format("foreign key {} of table {} cannot be built: column {} is {}, which no key may hold here. "
                          "Give it the type of the column that it refers to, {}, by a change-data-type rule and load "
                          "the task again, or change the column and add the key by hand.",
                          name, to_string(table), column.name, column.type.native, other.type.native));
}
Error no_such_sequence(std::string_view name) {
  return make(ErrorKind::table, "target.no_sequence",
              fmt::format("neither a column that counts up nor a sequence stands in the place of sequence {} on the "
                          "target, so its value was not set. Where applications use it, make what takes its place.",
                          name));
}
Error sequence_set_aside(std::string_view name) {
  return make(
      ErrorKind::table, "target.sequence_set_aside",
      fmt::format("sequence {0} was not set: the source's server has set aside all its values up to the last "
                  "(CACHE) and does not tell which of them were drawn. Find the last one that is used, and set "
                  "it by hand: SELECT SETVAL({0}, <that one>).",
                  name));
}
Error cannot_restore(std::string_view statement, const Error& cause) {
  Error error = cause;
  error.message = fmt::format("it was refused: {}: {}", statement, cause.message);
  return error;
}
Error other_dialect(const ObjectDef& object) {
  return make(ErrorKind::table, "mysql.other_dialect",
              fmt::format("{} {} is described in SQL of another engine. Make it by hand.", object.kind, object.name));
}

Error target_attribute_refused(std::string_view attribute, std::string_view instead) {
  return make(ErrorKind::usage, "mysql.not_supported",
              fmt::format("{} of the URI is not supported on a target. Remove it; there is {}.", attribute, instead));
}

Error local_infile_off() {
  return make(
      ErrorKind::prerequisite, "mysql.local_infile",
      "local_infile is OFF on the target, and rows are loaded by LOAD DATA LOCAL INFILE (from memory, no file "
      "is read). Run SET GLOBAL local_infile = ON.");
}
Error small_packet(uint64_t packet_bytes) {
  return make(ErrorKind::prerequisite, "mysql.small_packet",
              fmt::format("max_allowed_packet of the target is {}: a row above that is refused. If there are such "
                          "rows, run SET GLOBAL max_allowed_packet = 1073741824 first.",
                          human_bytes(packet_bytes)));
}
Error read_only() {
  return make(ErrorKind::prerequisite, "mysql.read_only",
              "the target is read only (read_only or super_read_only is ON): a replica cannot be a target.");
}
Error not_writable(const TableRef& table, std::string_view user, std::string_view privileges) {
  return make(ErrorKind::prerequisite, "mysql.not_writable",
              fmt::format("user {} lacks {} on table {} of the target. Run GRANT {} ON {}.* TO {}.", user, privileges,
                          to_string(table), privileges, table.schema, user));
}
Error no_create(std::string_view user, std::string_view database, std::string_view privileges) {
  return make(ErrorKind::prerequisite, "mysql.no_create",
              fmt::format("user {} lacks {} on database {} of the target. Run GRANT {} ON {}.* TO {}.", user,
                          privileges, database, privileges, database, user));
}
Error missing_target_columns(const TableRef& table, std::span<const std::string> columns) {
  return make(ErrorKind::prerequisite, "target.missing_columns",
              fmt::format("table {} of the target lacks {}. Add them, or leave them out by remove-column rules.",
                          to_string(table), join(columns, ", ")));
}
Error not_computed(const TableRef& table, const Error& why) {
  return make(ErrorKind::table, "target.not_computed",
              fmt::format("table {} is made without the columns that the source computes, since the target refuses "
                          "them: {}",
                          to_string(table), why.message));
}
Error sessions_left(std::span<const uint64_t> ids, int64_t seconds) {
  return make(ErrorKind::table, "target.sessions_left",
              fmt::format("{} session(s) of an earlier worker are still there on the target {} s after they were "
                          "ended: {}. They may roll back much, or hang; this worker waits for what they hold locked. "
                          "Look for them in SHOW PROCESSLIST, and KILL them again if they stay.",
                          ids.size(), seconds, fmt::join(ids, ", ")));
}
Error generated_target_column(const TableRef& table, std::span<const std::string> columns) {
  return make(ErrorKind::prerequisite, "target.generated_column",
              fmt::format("column {} of table {} is computed by the target and takes no values. Leave it out by "
                          "a remove-column rule.",
                          join(columns, ", "), to_string(table)));
}
Error storage_engine(const TableRef& table, std::string_view storage_engine) {
  return make(
      ErrorKind::prerequisite, "mysql.storage_engine",
      fmt::format("table {} of the target is kept by {}, which has no transactions: a kill would lose or double "
                  "rows. Run ALTER TABLE ... ENGINE=InnoDB.",
                  to_string(table), storage_engine));
}
Error no_transactions_by_default(std::string_view storage_engine) {
  return make(ErrorKind::prerequisite, "mysql.innodb",
              fmt::format("the target has no InnoDB ({} is its default): tables need transactions.", storage_engine));
}
Error referenced_from_outside(const TableRef& table, std::string_view constraint) {
  return make(
      ErrorKind::prerequisite, "target.outside_reference",
      fmt::format("foreign key {} points to table {}, which is to be dropped or emptied, and its own table is "
                  "not in the task. Drop the key, select its table too, or set TargetTablePrepMode to "
                  "DO_NOTHING.",
                  constraint, to_string(table)));
}
Error has_triggers(const TableRef& table, std::string_view trigger) {
  return make(ErrorKind::prerequisite, "mysql.triggers",
              fmt::format("table {} of the target has trigger {}. This server cannot disable triggers for a session, "
                          "and what it does is among the source's own changes already: rows would double. Drop it "
                          "for the migration and make it again after the stop.",
                          to_string(table), trigger));
}
Error name_too_long(std::string_view what, std::string_view name) {
  return make(ErrorKind::prerequisite, "mysql.name_too_long",
              fmt::format("{} \"{}\" has more than the 64 characters that the target takes. Rename it by a "
                          "transformation rule.",
                          what, name));
}
Error names_collide(std::string_view one, std::string_view other) {
  return make(
      ErrorKind::prerequisite, "mysql.names_collide",
      fmt::format("\"{}\" and \"{}\" differ by case only, which the target does not tell apart. Rename one of "
                  "them by a transformation rule.",
                  one, other));
}
Error loads_are_split() {
  return make(
      ErrorKind::prerequisite, "mysql.split_loads",
      "the cluster commits a LOAD DATA every 10,000 rows (wsrep_load_data_splitting = ON), so rows could stay "
      "of a load that failed, and come twice. SET GLOBAL wsrep_load_data_splitting = OFF;");
}
Error bends_nulls(const TableRef& table, std::span<const std::string> columns) {
  return make(
      ErrorKind::prerequisite, "mysql.bends_nulls",
      fmt::format("table {} of the target would silently take a number of its own or the time of now in place "
                  "of NULL: the source's columns may be NULL, and the target's, {}, are AUTO_INCREMENT, or "
                  "TIMESTAMP NOT NULL while explicit_defaults_for_timestamp is OFF. Make them like the "
                  "source's, or let the table be made (DROP_AND_CREATE).",
                  to_string(table), join(columns, ", ")));
}
Error other_collation(const TableRef& table, std::string_view column, std::string_view was, std::string_view is) {
  return make(ErrorKind::prerequisite, "mysql.other_collation",
              fmt::format("the target has no collation {}: column `{}` of table {}, and others with it, get {}. What "
                          "queries find equal, and in which order, may differ.",
                          was, column, to_string(table), is));
}
Error document_numbers(const TableRef& table, std::string_view column) {
  return make(
      ErrorKind::prerequisite, "mysql.document_numbers",
      fmt::format("column `{}` of table {}, and others of type JSON, are read from text by the target: numbers "
                  "in them with a fraction, or beyond 64 bits, become DOUBLE, and dates texts. Where every "
                  "digit counts, make the column a LONGTEXT (change-data-type to clob).",
                  column, to_string(table)));
}
Error bends_values(const TableRef& table, const ColumnDef& column, std::string_view data_type, std::string_view what,
                   bool parks) {
  return make(ErrorKind::prerequisite, "mysql.bends_values",
              fmt::format("column `{}` of the target's table {} is {}, and values come as {}: the server {}, without "
                          "an error.{} Where that matters make the column {}.",
                          column.name, to_string(table), upper_utf8(data_type), words_of(column.type), what,
                          parks ? " Rows are known by it: changes of those that it befalls are parked." : "",
                          words_of(column.type)));
}
Error bends_key(const TableRef& table, const ColumnDef& column, std::string_view data_type, std::string_view what) {
  return make(ErrorKind::prerequisite, "mysql.bends_key",
              fmt::format("column `{}` of the target's table {} is {}, and values come as {}: the server {}, without "
                          "an error. Rows are known by it, so changes would find none, or another one. Make the "
                          "column {}, or let the table be made (DROP_AND_CREATE).",
                          column.name, to_string(table), upper_utf8(data_type), words_of(column.type), what,
                          words_of(column.type)));
}
Error no_table(const TableRef& table, std::string_view table_type) {
  return make(ErrorKind::prerequisite, "mysql.no_table",
              fmt::format("{} of the target is no table but a {}: rows would go to the tables behind it, or nowhere. "
                          "Drop or rename it, or give the task's table another name by a transformation rule.",
                          to_string(table), lower_ascii(table_type)));
}
Error upper_case_name(const TableRef& table) {
  return make(ErrorKind::prerequisite, "mysql.upper_case_name",
              fmt::format("the target keeps table names in lower case (lower_case_table_names = 1): {} will be named "
                          "so.",
                          to_string(table)));
}
Error other_table_missing(const ObjectDef& object) {
  return make(
      ErrorKind::table, "target.other_table_missing",
      fmt::format("{} {} of table {} is not carried over: table {}, which it points to, is neither in the task "
                  "nor on the target.",
                  object.kind, object.name, to_string(object.table), to_string(object.other)));
}
Error not_carried(const ObjectDef& object, std::string_view note) {
  return make(ErrorKind::table, "target.not_carried", fmt::format("{} {}: {}", object.kind, object.name, note));
}

}  // namespace godwit::mysql::errors
