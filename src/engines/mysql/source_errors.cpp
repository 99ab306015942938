#include "engines/mysql/source_errors.h"

#include <fmt/format.h>

namespace godwit::mysql::errors {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message) {
  return {kind, "mysql." + std::string(code), std::move(message), ""};
}

Error lacking(std::string_view code, std::string message) {
  return make(ErrorKind::prerequisite, code, std::move(message));
}

}  // namespace

Error interrupted() {
  return {ErrorKind::stopped, "stopped", "What was waited for on the source was stopped.", ""};
}
Error snapshot_lost(std::string_view id, std::string_view why) {
  return make(ErrorKind::snapshot_lost, "snapshot_lost",
              fmt::format("the load's snapshot {} is gone: {}.", id.empty() ? "(none)" : id, why));
}
Error lock_weak(std::string_view lock, std::string_view why) {
  return lacking("snapshot_lock_weak", fmt::format("{} was had and does not hold off all writers: {}", lock, why));
}
Error lock_not_had(std::string_view lock, int64_t waited_s, std::string_view blockers) {
  return lacking("snapshot_lock",
                 fmt::format("{} could not be had within {} s (TransactionConsistencyTimeout). It waits for: {}. End "
                             "those sessions or let them finish, or raise the timeout.",
                             lock, waited_s, blockers.empty() ? "sessions that this user may not see" : blockers));
}
Error no_snapshot_without_lock(std::string_view refused, unsigned tries) {
  return lacking(
      "snapshot_busy",
      fmt::format("no consistent snapshot could be opened: this user may take no lock ({}), and in {} tries "
                  "the server was never quiet for the moment that it takes without one (nobody commits, no XA "
                  "transaction is prepared: XA RECOVER lists them). GRANT RELOAD ON "
                  "*.* (or LOCK TABLES on the task's databases) to the user.",
                  refused, tries));
}
Error no_lock_no_gtids(std::string_view refused) {
  return lacking("snapshot_lock_refused",
                 fmt::format("no consistent snapshot can be opened: this user may take no lock ({}), and without one "
                             "the server's position is exact with gtid_mode=ON only. GRANT RELOAD ON *.* (or LOCK "
                             "TABLES on the task's databases) to the user, or set gtid_mode=ON.",
                             refused));
}
Error log_off() {
  return lacking("log_bin",
                 "the server keeps no binlog (log_bin is OFF), so its changes cannot be followed. Start it "
                 "with log_bin, server_id and binlog_format=ROW, or run --type full-load.");
}

Error rewritten(const TableRef& table) {
  return {
      ErrorKind::table, "source.rewritten",
      fmt::format("table {} was rewritten, truncated or altered on the source since the snapshot", to_string(table)),
      ""};
}
Error wrong_encoding(const TableRef& table) {
  return make(
      ErrorKind::fatal, "encoding",
      fmt::format("rows of table {} were wanted in an encoding that this source does not write", to_string(table)));
}
Error unknown_bounds(const TableRef& table) {
  return make(ErrorKind::table, "bounds",
              fmt::format("a slice of table {} has bounds that this version cannot read. Load the table again.",
                          to_string(table)));
}
Error slices_unordered(const TableRef& table) {
  return make(ErrorKind::table, "slices_unordered",
              fmt::format("the slices that table {} was cut into are not in the order of its key; it is read in one "
                          "piece",
                          to_string(table)));
}
Error bad_cell(const TableRef& table, std::string_view column, std::string_view what) {
  return make(ErrorKind::table, "cell",
              fmt::format("the server sent {} for column `{}` of table {}", what, column, to_string(table)));
}
Error filter_column_missing(const TableRef& table, std::string_view column) {
  return make(ErrorKind::table, "filter_column",
              fmt::format("a filter names column `{}`, which table {} does not have. Correct the table mappings.",
                          column, to_string(table)));
}
Error key_column_unfit(const TableRef& table, std::string_view column) {
  return make(
      ErrorKind::table, "key_column",
      fmt::format("rows of table {} cannot be looked up by column `{}` of its key", to_string(table), column));
}
Error segment_column_missing(const TableRef& table, std::string_view column) {
  return make(ErrorKind::table, "segment_column",
              fmt::format("a parallel-load rule names column `{}`, which table {} does not have. Correct the rule.",
                          column, to_string(table)));
}
Error no_partition(const TableRef& table, std::string_view partition) {
  return make(
      ErrorKind::table, "partition",
      fmt::format("a parallel-load rule names partition `{}`, which table {} does not have. Correct the rule.",
                  partition, to_string(table)));
}
Error no_partitions(const TableRef& table) {
  return make(ErrorKind::table, "no_partitions",
              fmt::format("a parallel-load rule wants table {} by its partitions, but it has none. Remove the rule.",
                          to_string(table)));
}

Error bad_start(std::string_view text) {
  return make(ErrorKind::usage, "position",
              fmt::format("\"{}\" is no position in a binlog. Give FILE:OFFSET as SHOW BINARY LOGS names them "
                          "(mysql-bin.000012:4567), or a checkpoint of DMS.",
                          text));
}
Error log_purged(std::string_view wanted, std::string_view oldest) {
  return lacking(
      "log_purged",
      fmt::format("the binlog that the task needs from {} on is gone: the oldest that the server still has "
                  "begins at {}. What lay between is lost to the task: load it anew with --restart, and "
                  "keep binlogs longer (binlog_expire_logs_seconds, expire_logs_days, or call "
                  "mysql.rds_set_configuration('binlog retention hours', 24)).",
                  wanted, oldest));
}
Error start_time_to_come(std::string_view time) {
  return make(
      ErrorKind::usage, "start_time",
      fmt::format("the start time {} (UTC) is still to come by the clock of the source. Give an earlier one, or "
                  "none to start now.",
                  time));
}
Error start_time_purged(std::string_view time, std::string_view oldest_file, std::string_view begun) {
  return lacking(
      "start_time_purged",
      fmt::format("the oldest binlog that the server still has, {}, begins at {} (UTC); changes from {} on "
                  "may have been in one that is gone. Give a later start, or load the tables.",
                  oldest_file, begun, time));
}
Error changed_since_start(const TableRef& table, std::string_view verb, std::string_view place,
                          std::string_view start) {
  return lacking(
      "changed_since_start",
      fmt::format("the binlog has a statement ({}) at {} that concerns the columns of table {}, behind the start "
                  "position {}. Rows that were logged before it can be read only by the columns the table had then, "
                  "which a task that begins now does not know. Start behind that statement, leave the table out of "
                  "the mappings, or load it (--type full-load-and-cdc).",
                  verb, place, to_string(table), start));
}
Error no_file_start(std::string_view file) {
  return lacking("no_file_start",
                 fmt::format("binlog {} does not say when it begins, so that no start can be found by "
                             "time. Give a position (file:offset) instead.",
                             file));
}
Error no_log_access(std::string_view user, bool mariadb, std::string_view said) {
  return lacking(
      "log_access",
      fmt::format("user {} may not ask for the position of the binlog: {}. GRANT {} ON *.* TO the user.", user, said,
                  mariadb ? "BINLOG MONITOR (REPLICATION CLIENT before 10.5)" : "REPLICATION CLIENT"));
}

Error log_bin_off() {
  return log_off();
}
Error log_format(std::string_view format) {
  return lacking("binlog_format",
                 fmt::format("binlog_format is {}; changes can be followed with ROW only. SET GLOBAL binlog_format = "
                             "'ROW', and put it into the server's options file. Clients that are connected keep the "
                             "old format until they connect again.",
                             format));
}
Error row_image_keyless(std::string_view image, const TableRef& table) {
  return lacking(
      "row_image_keyless",
      fmt::format("binlog_row_image is {}, and table {} has no primary key and no unique key over NOT NULL "
                  "columns: its changed rows cannot be told apart. SET GLOBAL binlog_row_image = 'FULL', "
                  "or give the table a key.",
                  image, to_string(table)));
}
Error row_image_other_key(std::string_view image, const TableRef& table, const std::set<std::string>& logged_by,
                          const std::set<std::string>& key) {
  return lacking(
      "row_image_other_key",
      fmt::format("binlog_row_image is {}, so the log names rows of table {} by {} alone, which is computed or "
                  "otherwise of no use as a key; changes would be applied by {}. SET GLOBAL binlog_row_image = "
                  "'FULL', or give the table a primary key.",
                  image, to_string(table), fmt::join(logged_by, ", "), fmt::join(key, ", ")));
}
Error row_image_partial(std::string_view image) {
  return lacking(
      "row_image",
      fmt::format("binlog_row_image is {}: changes are applied by key, and what the log lacks of a row stays "
                  "as the target has it. FULL is safer: SET GLOBAL binlog_row_image = 'FULL'.",
                  image));
}
Error partial_json_followed(std::string_view image, const TableRef& table, std::string_view column) {
  return lacking(
      "partial_json",
      fmt::format("binlog_row_value_options is PARTIAL_JSON and binlog_row_image is {}: an update of a part "
                  "of JSON column {} does not show the document that it changes, and table {} is suspended "
                  "at the first one. SET GLOBAL binlog_row_image = 'FULL', or binlog_row_value_options = "
                  "''.",
                  image, column, to_string(table)));
}
Error server_id_zero() {
  return lacking("server_id",
                 "server_id is 0: the server sends its binlog to nobody. Set server_id to 1 or more in the "
                 "server's options file.");
}
Error short_retention(std::string_view variable, std::string_view value) {
  const bool seconds = variable == "binlog_expire_logs_seconds";
  return lacking(
      "retention",
      fmt::format("{} is {}: binlogs may be gone before a stopped task needs them again. SET GLOBAL {} = {}.",
                  variable, value, variable, seconds ? 86400 : 1));
}
Error replica_logs_nothing(std::string_view variable) {
  return lacking("replica_updates",
                 fmt::format("the server is a replica, and {} is OFF: what it takes from its primary is not in its "
                             "binlog. Set {}=ON in its options file, or name the primary as the source.",
                             variable, variable));
}
Error not_replication_slave(std::string_view user, bool mariadb) {
  return lacking(
      "replication_slave",
      fmt::format("user {} lacks the privilege REPLICATION SLAVE, without which the server sends no binlog. "
                  "GRANT REPLICATION SLAVE ON *.* TO {}{}",
                  user, user, mariadb ? "" : "."));
}
Error not_replication_client(std::string_view user, bool mariadb, int version) {
  const std::string_view privilege = mariadb && version >= 100502 ? "BINLOG MONITOR" : "REPLICATION CLIENT";
  return lacking("replication_client",
                 fmt::format("user {} lacks the privilege {}, without which the binlog's position cannot be asked. "
                             "GRANT {} ON *.* TO {}",
                             user, privilege, privilege, user));
}
Error not_readable(const TableRef& table, std::string_view user, std::string_view said) {
  return lacking("not_readable", fmt::format("user {} cannot read table {}: {}. GRANT SELECT ON {} TO {}", user,
                                             to_string(table), said, to_string(table), user));
}
Error no_key(const TableRef& table) {
  return lacking("no_key",
                 fmt::format("table {} has no primary key and no unique key over NOT NULL columns. It is read in one "
                             "piece, and its changes are applied by comparing whole rows, which is slow. ALTER TABLE "
                             "… ADD PRIMARY KEY mends it.",
                             to_string(table)));
}
Error not_transactional(const TableRef& table, std::string_view storage_engine) {
  return lacking("not_transactional",
                 fmt::format("table {} is kept by {}, which knows no transactions: what is written to it while it is "
                             "loaded may be in the load and in the log, or half of a statement. Write nothing to it "
                             "during the load, or ALTER TABLE … ENGINE=InnoDB.",
                             to_string(table), storage_engine));
}
Error cluster_is_target() {
  return lacking("cluster_is_target",
                 "source and target are the same server, and GtidCluster hides that. Leave "
                 "GtidCluster out of the source's URI.");
}
Error open_xa(size_t count) {
  return lacking("open_xa",
                 fmt::format("{} XA transaction(s) are prepared on the server and neither committed nor rolled back "
                             "(XA RECOVER lists them), and IgnoreOpenXaTransactionsCheck is false. Commit or roll "
                             "them back.",
                             count));
}
Error xa_not_listed(std::string_view said) {
  return lacking("xa_recover",
                 fmt::format("XA RECOVER is refused ({}), and IgnoreOpenXaTransactionsCheck is false. GRANT "
                             "XA_RECOVER_ADMIN ON *.* TO the user.",
                             said));
}
Error xa_stays_open(size_t count, int64_t waited_s) {
  return lacking(
      "open_xa",
      fmt::format("{} XA transaction(s) are still prepared after {} s (TransactionConsistencyTimeout): what "
                  "they changed is in no snapshot, and in the binlog before the place where this task "
                  "would begin. Commit them or roll them back (XA RECOVER lists them), or give the source "
                  "IgnoreOpenXaTransactionsCheck=true if they will never be committed.",
                  count, waited_s));
}
Error xa_ignored(size_t count) {
  return lacking("xa_ignored",
                 fmt::format("{} XA transaction(s) are prepared on the source (XA RECOVER lists them), and "
                             "IgnoreOpenXaTransactionsCheck is true: should one of them be committed, the task ends "
                             "there and has to be started again with --restart.",
                             count));
}
Error xa_unseen(std::string_view said) {
  return lacking("xa_unseen",
                 fmt::format("Whether XA transactions are prepared on the source cannot be seen ({}): should one be "
                             "committed that is prepared now, the task ends there and has to be started again with "
                             "--restart. GRANT XA_RECOVER_ADMIN ON *.* TO the user, and the task waits for them.",
                             said));
}
Error ndb_variable(std::string_view variable, std::string_view wanted) {
  return lacking("ndb", fmt::format("the server has NDB tables, and {} must be {}: set it in its options file.",
                                    variable, wanted));
}
Error log_filtered(std::string_view database, std::string_view option) {
  return lacking("log_filtered",
                 fmt::format("database {} is left out of the binlog by the server's option {}: its changes cannot be "
                             "followed. Remove the option, or the database from the table mappings.",
                             database, option));
}
Error charset_unknown(const TableRef& table, std::string_view column, std::string_view charset) {
  return lacking("charset",
                 fmt::format("column `{}` of table {} has the character set {}, which cannot be converted from the "
                             "binlog. ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4, or leave the table out.",
                             column, to_string(table), charset));
}
Error system_versioned(const TableRef& table) {
  return lacking("system_versioned",
                 fmt::format("table {} is system-versioned: its rows as they are now are moved, not their history",
                             to_string(table)));
}
Error system_versioned_followed(const TableRef& table) {
  return lacking(
      "system_versioned",
      fmt::format("table {} is system-versioned: the binlog tells its history, not its rows (a DELETE is an "
                  "UPDATE there), so its changes cannot be followed. ALTER TABLE … DROP SYSTEM VERSIONING, "
                  "leave the table out of the mappings, or load it with --type full-load.",
                  to_string(table)));
}
Error cascade_from_outside(const ActingKey& key) {
  return lacking(
      "cascade_from_outside",
      fmt::format("foreign key `{}` changes or deletes rows of table {} when rows of table {} change (ON "
                  "DELETE {}, ON UPDATE {}), which the binlog does not hold; and table {} is not part of "
                  "the task, so nothing would do it on the target. Select that table too, or leave {} out, "
                  "or load without following changes.",
                  key.name, to_string(key.child), to_string(key.parent),
                  key.on_delete.empty() ? "nothing" : key.on_delete,
                  key.on_update.empty() ? "nothing" : key.on_update, to_string(key.parent), to_string(key.child)));
}

}  // namespace godwit::mysql::errors
