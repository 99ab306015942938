#include "engines/memory/errors.h"

#include <fmt/format.h>

namespace godwit::memory::errors {

Error connection_lost(std::string_view database) {
  return {ErrorKind::connection, "memory.connection",
          fmt::format("the session with memory database \"{}\" was ended. Open another one.", database), "08006"};
}

Error commit_lost(std::string_view database) {
  return {
      ErrorKind::connection, "memory.commit_lost",
      fmt::format("the session with memory database \"{}\" ended during COMMIT: the transaction may or may not be "
                  "there. Read the position or the ledger again.",
                  database),
      "08007"};
}

Error session_is_keeper() {
  return {ErrorKind::fatal, "memory.keeper",
          "this session keeps a snapshot and can do nothing else. Open another one.", ""};
}

Error no_database_name() {
  return {ErrorKind::usage, "memory.uri", "the URI names no database. Write memory://local/<database name>.", ""};
}

Error no_table(const TableRef& table) {
  return {ErrorKind::table, "memory.no_table",
          fmt::format("table {} does not exist in this database. Create it first.", to_string(table)), "42P01"};
}

Error no_column(const TableRef& table, std::string_view column) {
  return {ErrorKind::table, "memory.no_column",
          fmt::format("table {} has no column \"{}\". Add it, or remove it from the plan.", to_string(table), column),
          "42703"};
}

Error no_such_row(const TableRef& table, std::string_view operation) {
  return {
      ErrorKind::data, "memory.no_row",
      fmt::format("{} on {}: no row has the key that was given. Name an existing row.", operation, to_string(table)),
      "02000"};
}

Error wrong_width(const TableRef& table, size_t given, size_t wanted) {
  return {ErrorKind::data, "memory.width",
          fmt::format("a row of {} values was given to table {}, which has {} columns. Give one value a column.",
                      given, to_string(table), wanted),
          "42601"};
}

Error wrong_encoding(const TableRef& table) {
  return {ErrorKind::prerequisite, "memory.encoding",
          fmt::format("table {}: the memory engine reads and writes canonical rows only. Ask for those.",
                      to_string(table)),
          "0A000"};
}

Error wrong_object(std::string_view kind, std::string_view name) {
  return {
      ErrorKind::prerequisite, "memory.object",
      fmt::format("{} \"{}\" belongs to no table of the plan, or is nothing the memory engine can build. Leave it "
                  "out.",
                  kind, name),
      "0A000"};
}

Error not_null(const TableRef& table, std::string_view column) {
  return {ErrorKind::data, "memory.not_null",
          fmt::format("NULL in column \"{}\" of {}, which is NOT NULL. Mend the row, or drop the constraint.", column,
                      to_string(table)),
          "23502"};
}

Error missing_value(const TableRef& table, std::string_view column) {
  return {ErrorKind::data, "memory.missing_value",
          fmt::format("the log did not carry the value of column \"{}\" of {}, and there is no row to keep it from. "
                      "Load the table again.",
                      column, to_string(table)),
          "22000"};
}

Error duplicate(const TableRef& table, std::string_view key) {
  return {ErrorKind::conflict, "memory.duplicate",
          fmt::format("unique key \"{}\" of {} holds these values already. Remove one of the two rows.", key,
                      to_string(table)),
          "23505"};
}

Error refused(const TableRef& table) {
  return {ErrorKind::data, "memory.refused",
          fmt::format("table {} refuses the row, as the test asked it to. Lift the refusal.", to_string(table)),
          "22023"};
}

Error snapshot_lost(std::string_view id) {
  return {ErrorKind::snapshot_lost, "memory.snapshot_lost",
          fmt::format("snapshot {} is not there any more. Take a later one.", id), "22023"};
}

Error slot_lost(std::string_view slot, std::string_view why) {
  return {ErrorKind::fatal, "memory.slot_lost",
          fmt::format("slot {} cannot be read: {}. Start the task again with a new slot.", slot, why), "55000"};
}

Error rewritten(const TableRef& table) {
  return {
      ErrorKind::table, "source.rewritten",
      fmt::format("table {} was rewritten after its slices were cut, so the snapshot may not see its rows. Load it "
                  "at a later position.",
                  to_string(table)),
      ""};
}

Error bad_position(std::string_view text) {
  return {
      ErrorKind::usage, "memory.position",
      fmt::format("\"{}\" is no position. Write two hexadecimal numbers of up to 8 digits with a '/' between them.",
                  text),
      ""};
}

Error bad_range(const TableRef& table, std::string_view bounds) {
  return {ErrorKind::fatal, "memory.range",
          fmt::format("\"{}\" are no bounds of a slice of {}. Cut the table again.", bounds, to_string(table)), ""};
}

Error slice_done(const TableRef& table, uint32_t slice) {
  return {ErrorKind::superseded, "memory.slice_done",
          fmt::format("slice {} of {} is in the ledger already: another worker loaded it. Go on with the next one.",
                      slice, to_string(table)),
          "23505"};
}

Error count_mismatch(const TableRef& table, uint32_t slice, uint64_t sent, uint64_t taken) {
  return {
      ErrorKind::table, "target.count_mismatch",
      fmt::format("slice {} of {}: the source sent {} rows and the target took {}; nothing was committed. Load the "
                  "slice again.",
                  slice, to_string(table), sent, taken),
      ""};
}

Error superseded(std::string_view task_id) {
  return {
      ErrorKind::superseded, "memory.superseded",
      fmt::format("task \"{}\" is at another position than this worker read: another one went on. Read the position "
                  "again.",
                  task_id),
      ""};
}

Error position_exists(std::string_view task_id) {
  return {ErrorKind::fatal, "memory.position_exists",
          fmt::format("task \"{}\" has a position already. Resume from it, or forget the task first.", task_id),
          "23505"};
}

Error write_conflict(const TableRef& table) {
  return {
      ErrorKind::transient, "memory.write_conflict",
      fmt::format("table {} was changed by another transaction meanwhile. Replay the transaction.", to_string(table)),
      "40001"};
}

Error no_transaction() {
  return {ErrorKind::fatal, "memory.no_transaction", "no transaction is open on this writer. Call begin() first.",
          "25P01"};
}

Error no_identity(const TableRef& table) {
  return {
      ErrorKind::table, "source.no_identity",
      fmt::format("table {} has no key and no full row identity: its updates and deletes are not in the log. Give it "
                  "a key.",
                  to_string(table)),
      ""};
}

}  // namespace godwit::memory::errors
