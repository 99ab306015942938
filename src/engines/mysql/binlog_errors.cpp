#include "engines/mysql/binlog_errors.h"

#include <fmt/format.h>

namespace godwit::mysql::errors {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message, std::string_view sqlstate = {}) {
  return {kind, "mysql." + std::string(code), std::move(message), std::string(sqlstate)};
}

std::string place(std::string_view where) {
  return where.empty() ? std::string() : fmt::format(" at {}", where);
}

}  // namespace

Error damaged_log(std::string_view what, std::string_view where) {
  return make(ErrorKind::fatal, "damaged_log",
              fmt::format("the binlog holds what cannot be read{}: {}. Check the file with mysqlbinlog "
                          "--verify-binlog-checksum on the source; a damaged one cannot be followed: reload with "
                          "--restart.",
                          place(where), what));
}
Error checksum(std::string_view where) {
  return make(ErrorKind::connection, "binlog_checksum",
              fmt::format("the checksum of a binlog event is wrong{}: it was spoiled on its way or on the source's "
                          "disk. It is asked for again; if that goes on, check the file with mysqlbinlog "
                          "--verify-binlog-checksum on the source.",
                          place(where)));
}
Error unknown_event(unsigned type, std::string_view where) {
  return make(ErrorKind::fatal, "unknown_event",
              fmt::format("the binlog holds an event of type {}{}, which this version does not know and may not pass "
                          "over. Use a newer version, or switch off on the source what writes such events.",
                          type, place(where)));
}
Error tagged_gtid(std::string_view where) {
  return make(
      ErrorKind::fatal, "tagged_gtid",
      fmt::format("the binlog holds a transaction with a tagged GTID{}, which is not supported. Do not assign "
                  "tags (gtid_next = 'AUTOMATIC' without one) on the source, and reload with --restart.",
                  place(where)));
}
Error incident(std::string_view where) {
  return make(
      ErrorKind::fatal, "incident",
      fmt::format("the source noted in its binlog that it may have lost events{} (an incident event). Changes "
                  "may be missing from here on: reload with --restart.",
                  place(where)));
}
Error no_charset(std::string_view charset, std::string_view column) {
  return make(ErrorKind::table, "no_charset",
              fmt::format("column {} has character set {}, which cannot be converted to UTF-8 here. Change the "
                          "column's character set on the source, or leave the column out by a remove-column rule.",
                          column, charset));
}
Error unreadable_column(std::string_view column, std::string_view why) {
  return make(ErrorKind::table, "unreadable_column",
              fmt::format("values of column {} cannot be read from the binlog: {}", column, why));
}
Error bad_position_text(std::string_view text) {
  return make(ErrorKind::usage, "bad_position",
              fmt::format("\"{}\" is no binlog position. Write file:offset as SHOW MASTER STATUS names them, for "
                          "example mysql-bin.000012:4567.",
                          text));
}
Error bad_gtid_text(std::string_view text) {
  return make(ErrorKind::usage, "bad_gtid",
              fmt::format("\"{}\" is no GTID set. MySQL writes 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5, MariaDB "
                          "0-1-100.",
                          text));
}
Error purged(std::string_view start, std::string_view server_said) {
  return make(
      ErrorKind::prerequisite, "binlog_purged",
      fmt::format("the source no longer has its binlog at {}; it says: {}. Changes since then cannot be read: "
                  "reload with --restart, and keep binlogs longer (binlog_expire_logs_seconds, "
                  "expire_logs_days, or 'binlog retention hours' of a managed server).",
                  start, server_said));
}
Error duplicate_server_id(uint32_t server_id, std::string_view server_said) {
  return make(ErrorKind::connection, "duplicate_server_id",
              fmt::format("another replica of the source uses server id {}; it says: {}. Another id is tried.",
                          server_id, server_said));
}
Error dump_refused(std::string_view start, std::string_view server_said) {
  return make(ErrorKind::fatal, "dump_refused",
              fmt::format("the source does not send its binlog from {}; it says: {}. If the position was given by "
                          "hand, it must be the start of an event; else reload with --restart.",
                          start, server_said));
}
Error stream_error(unsigned code, std::string_view sqlstate, std::string_view server_said) {
  // Missing privileges do not come by waiting.
  const bool denied = code == 1045 || code == 1044 || code == 1142 || code == 1227;
  return make(denied ? ErrorKind::prerequisite : ErrorKind::connection, "binlog_stream",
              fmt::format("the source ended the binlog stream with error {}: {}.{}", code, server_said,
                          denied ? " Grant REPLICATION SLAVE to the user of the source endpoint." : ""),
              sqlstate);
}
Error stream_ended(std::string_view where) {
  return make(ErrorKind::connection, "binlog_ended",
              fmt::format("the source ended the binlog stream{}", place(where)));
}
Error stream_silent(int64_t seconds, std::string_view where) {
  return make(
      ErrorKind::connection, "binlog_silent",
      fmt::format("the source sent nothing of its binlog for {} s{}, no heartbeat either: the connection or the "
                  "server is gone. It is asked again.",
                  seconds, place(where)));
}
Error stream_stands(int64_t seconds, std::string_view where) {
  return make(
      ErrorKind::connection, "binlog_silent",
      fmt::format("the source sent heartbeats for {} s{}, and nothing of its binlog, which goes on there: the "
                  "server does not read its log. It is asked again; see the server's error log.",
                  seconds, place(where)));
}
Error event_too_large(std::string_view where, std::string_view server_said) {
  return make(ErrorKind::fatal, "event_too_large",
              fmt::format("the source cannot send an event of its binlog behind {} because of its size; it says: {}. "
                          "Raise max_allowed_packet (and slave_max_allowed_packet or replica_max_allowed_packet) on "
                          "the source to 1G.",
                          where, server_said));
}
Error other_server(std::string_view position, std::string_view server) {
  return make(ErrorKind::prerequisite, "other_server",
              fmt::format("position {} belongs to another server than {}, and without GTIDs the place of it in this "
                          "server's binlog is not known. Point the endpoint at the first server, or reload with "
                          "--restart.",
                          position, server));
}
Error log_replaced(std::string_view position, std::string_view why) {
  return make(
      ErrorKind::prerequisite, "log_replaced",
      fmt::format("position {} does not belong to the binary log that the source has now: {}. Its log was begun "
                  "anew (RESET MASTER, another data folder under the same server id) or lost its end, and what "
                  "changed between the two is not known: reload with --restart.",
                  position, why));
}
Error gtids_missing(std::string_view server_said) {
  return make(
      ErrorKind::prerequisite, "gtids_missing",
      fmt::format("the source lacks transactions that were already applied, or has purged others that were "
                  "not; it says: {}. It is not a continuation of the server that was followed, or its binlogs "
                  "are gone: point the endpoint at one that has them all, or reload with --restart.",
                  server_said));
}
Error insert_lacks(std::string_view column) {
  return make(ErrorKind::table, "insert_lacks",
              fmt::format("an INSERT leaves out column {}, whose default is not known here "
                          "(binlog_row_image=MINIMAL). Set binlog_row_image=FULL on the source.",
                          column));
}
Error unreadable_value(std::string_view column) {
  return make(ErrorKind::table, "unreadable_value",
              fmt::format("a value of column {} is none that the column can hold as far as its definition is known "
                          "here.",
                          column));
}
Error statement_format(std::string_view verb, std::string_view schema, std::string_view where) {
  return make(
      ErrorKind::fatal, "statement_format",
      fmt::format("the binlog holds a{0} {1} statement on schema {2} as text{3}, without the rows it changed, "
                  "and tables of this schema are followed. Set binlog_format=ROW on the source, globally and "
                  "in every session that sets its own, and reload with --restart.",
                  verb.starts_with("I") || verb.starts_with("U") ? "n" : "", verb, schema, place(where)));
}
Error rolled_back_rows(const TableRef& table, std::string_view where) {
  return make(
      ErrorKind::fatal, "rolled_back_rows",
      fmt::format("the binlog holds changes of table {} in a transaction that was partly rolled back{}; which "
                  "of them took effect is not known (it mixes engines without transactions). Reload with "
                  "--restart, and keep tables without transactions out of transactions.",
                  to_string(table), place(where)));
}
Error unclear_savepoint(const TableRef& table, std::string_view where) {
  return make(
      ErrorKind::fatal, "unclear_savepoint",
      fmt::format(
          "the binlog holds a ROLLBACK TO SAVEPOINT{}, and its savepoint is not certain: the transaction set none "
          "of that name, or more than one. Which changes of table {} took effect is not known. Reload with "
          "--restart, and in transactions that make or drop temporary tables give each savepoint a name of its "
          "own.",
          place(where), to_string(table)));
}
Error transaction_abandoned(std::string_view where) {
  return make(ErrorKind::connection, "transaction_abandoned",
              fmt::format("a transaction of which changes were already told turns out not to have happened{} (it was "
                          "rolled back, or the source died while it wrote it). The binlog is read again without it.",
                          place(where)));
}
Error unknown_xa(std::string_view where) {
  return make(ErrorKind::fatal, "unknown_xa",
              fmt::format("an XA transaction is committed{} that was prepared before the position where this task "
                          "began to read; its rows are not known. Finish prepared transactions (XA RECOVER) before "
                          "the start, and reload with --restart.",
                          place(where)));
}
Error xa_rows_gone(std::string_view prepared_at, std::string_view where) {
  return make(ErrorKind::fatal, "xa_rows_gone",
              fmt::format("an XA transaction is committed{}, and where it was prepared, {}, the binlog does not show "
                          "its rows. Reload with --restart.",
                          place(where), prepared_at));
}
Error partial_json_lost(std::string_view column) {
  return make(ErrorKind::table, "partial_json",
              fmt::format("a partial update of JSON column {} names no old document, which is not in the log. Set "
                          "binlog_row_image=FULL or binlog_row_value_options='' on the source.",
                          column));
}

}  // namespace godwit::mysql::errors
