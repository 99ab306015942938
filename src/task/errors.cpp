#include "task/errors.h"

#include <fmt/format.h>

#include "base/sentences.h"
#include "base/text.h"

namespace godwit::errors {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message) {
  return {kind, "task." + std::string(code), std::move(message), ""};
}

// What a task whose record is not there can do.
std::string start_anew(bool changes_alone, std::string_view came_to) {
  if (!changes_alone) return "load everything anew with --restart";
  return fmt::format("start it anew{} (--restart, --cdc-start-position)",
                     came_to.empty() ? "" : fmt::format(" from {}", came_to));
}

}  // namespace

Error taken_over(std::string_view task_id) {
  return make(
      ErrorKind::fatal, "taken_over",
      fmt::format("another worker has taken over task {}; this one ends. Nothing is lost: the other goes on from the "
                  "stored position. Run one worker a task, or give this one another --task-id.",
                  task_id));
}
Error record_gone(std::string_view task_id) {
  return make(
      ErrorKind::fatal, "record_gone",
      fmt::format("the record of task {} is no longer on the target: somebody dropped the task, or restored the "
                  "target to a time before it. This worker ends; run the task again to start it anew.",
                  task_id));
}
Error record_missing(std::string_view task_id, bool changes_alone, std::string_view came_to) {
  return make(
      ErrorKind::prerequisite, "record_missing",
      fmt::format("the target holds no record (godwit_task) of task {}, which has run before{}: the target or the "
                  "ControlSchema may be another than before, or its control tables were removed or restored. Nothing "
                  "was started, for changes would be missing. Give the former place again and resume, or {}.",
                  task_id, came_to.empty() ? "" : fmt::format(" and came to {}", came_to),
                  start_anew(changes_alone, came_to)));
}
Error record_outdated(std::string_view task_id, bool changes_alone, std::string_view came_to) {
  return make(
      ErrorKind::prerequisite, "record_outdated",
      fmt::format(
          "the record (godwit_task) of task {} on the target is of an earlier start of the task than its last "
          "one{}: the target may have been restored to a time before that, or the ControlSchema may be another "
          "than then. Nothing was started, for changes would be missing. Give the former place again and "
          "resume, or {}.",
          task_id, came_to.empty() ? "" : fmt::format(", which came to {}", came_to),
          start_anew(changes_alone, came_to)));
}
Error other_ends(std::string_view task_id, std::string_view which, std::string_view recorded,
                 std::string_view given) {
  return make(
      ErrorKind::usage, "other_ends",
      fmt::format(
          "task {} on this target belongs to another {} ({}, not {}). Use another --task-id for this pair, or "
          "--restart to load everything anew from the one you gave.",
          task_id, which, recorded, given));
}
Error other_rules(std::string_view task_id) {
  return make(
      ErrorKind::usage, "other_rules",
      fmt::format(
          "the table mappings that shape tables (selection, names, columns) are not those task {} was started "
          "with. Give the same ones to go on, or use --restart to load everything anew, or another --task-id.",
          task_id));
}
Error other_capture(std::string_view task_id, std::string_view recorded, std::string_view given) {
  return make(
      ErrorKind::usage, "other_capture",
      fmt::format(
          "task {} captures changes by {}, and the source's attributes (PluginName, SlotName, PublicationName) "
          "now say {}. Give the same ones to go on, or use --restart to start anew with these, or another "
          "--task-id.",
          task_id, recorded, given));
}
Error other_type(std::string_view task_id, std::string_view recorded, std::string_view given) {
  return make(
      ErrorKind::usage, "other_type",
      fmt::format("task {} was started as {}, not as {}. Give the same --type to go on, or use --restart, or another "
                  "--task-id.",
                  task_id, recorded, given));
}
Error same_database(std::string_view endpoint) {
  return make(
      ErrorKind::usage, "same_database",
      fmt::format(
          "source and target are the same database ({}), and the mapping writes at least one table onto itself. "
          "Name another target, or rename schemas or tables by transformation rules.",
          endpoint));
}
Error no_tables() {
  return make(
      ErrorKind::prerequisite, "no_tables",
      "No tables were found at task initialization. Either the selected table(s) no longer exist or no match was "
      "found "
      "for the table selection pattern(s). [1021707] Names are compared with case; check the selection rules against "
      "the source.");
}
Error unknown_table(const TableRef& table) {
  return make(
      ErrorKind::usage, "unknown_table",
      fmt::format(
          "table {} is named by an explicit rule and does not exist on the source, or is not visible to the role. "
          "Names are compared with case; correct the rule, or use rule-action include with a pattern.",
          to_string(table)));
}
Error keyless_not_empty(const TableRef& table) {
  return make(
      ErrorKind::prerequisite, "keyless_not_empty",
      fmt::format(
          "the target's table {} has no primary key and holds rows already, so a load would double them without "
          "notice. Empty it, or choose \"TargetTablePrepMode\": \"TRUNCATE_BEFORE_LOAD\" or "
          "\"DROP_AND_CREATE\", or write \"DO_NOTHING\" in the task settings to append on purpose.",
          to_string(table)));
}
Error slot_gone(std::string_view slot, std::string_view position) {
  return make(
      ErrorKind::fatal, "slot_gone",
      fmt::format(
          "replication slot {} is gone from the source. Changes after {} cannot be read any more, so the target "
          "cannot be brought up to date from its checkpoint. Run the task again with --restart to load "
          "everything anew; what is on the target stays as it is until then.",
          slot, position));
}
Error target_went_back(std::string_view stored, std::string_view slot, std::string_view slot_position) {
  return make(
      ErrorKind::fatal, "target_went_back",
      fmt::format("the target's stored position {} lies behind slot {} ({}): the target was restored to an earlier "
                  "time, and the source has released the changes in between. Restore a later copy of the target, or "
                  "run the task again with --restart to load everything anew.",
                  stored, slot, slot_position));
}
Error source_changed(std::string_view recorded, std::string_view found) {
  return make(
      ErrorKind::fatal, "source_changed",
      fmt::format("the source is another database cluster now ({}, was {}); its log has nothing to do with the "
                  "checkpoint. Run the task again with --restart.",
                  found, recorded));
}
Error changed_while_starting(const TableRef& table) {
  return make(ErrorKind::prerequisite, "changed_while_starting",
              fmt::format("the structure of table {} changed on the source while the task took its place in the log. "
                          "Nothing was begun: run it again.",
                          to_string(table)));
}
Error no_start_position() {
  return make(ErrorKind::usage, "cdc_start_position",
              "--cdc-start-position is taken with --type cdc only; a full load decides its own start.");
}
Error start_elsewhere(std::string_view wanted, std::string_view log_end) {
  return make(
      ErrorKind::usage, "start_position",
      fmt::format("--cdc-start-position {} is none of this source's log, which is at {} now: it names another "
                  "server, or files of another name.",
                  wanted, log_end));
}
Error start_too_early(std::string_view wanted, std::string_view begins) {
  return make(
      ErrorKind::usage, "start_position",
      fmt::format("--cdc-start-position {} lies before {}, where a slot made now begins; older changes are not "
                  "kept for this task on the source.",
                  wanted, begins));
}
Error stop_position(std::string_view text) {
  return make(ErrorKind::usage, "cdc_stop_position",
              fmt::format("\"{}\" is no stop position. Write caught-up, position:<log position>, "
                          "server_time:YYYY-MM-DDThh:mm:ss or commit_time:YYYY-MM-DDThh:mm:ss (UTC).",
                          text));
}
Error stop_already_reached(std::string_view stop, std::string_view position) {
  return make(ErrorKind::usage, "stop_already_reached",
              fmt::format("the stop position {} was reached before: the task stands at {}. Change or leave out "
                          "--cdc-stop-position to go on.",
                          stop, position));
}
Error row_refused_stop(const TableRef& table, std::string_view operation, const Error& cause) {
  return make(ErrorKind::fatal, "row_refused",
              fmt::format("the target refused a row of table {} ({}): {} The settings say STOP_TASK for this.",
                          to_string(table), operation, cause.message));
}
Error table_failed_stop(const TableRef& table, std::string_view reason) {
  return make(
      ErrorKind::fatal, "table_failed",
      fmt::format("table {} cannot go on ({}), and the settings say STOP_TASK for this.", to_string(table), reason));
}
Error leaf_truncated(const TableRef& table) {
  return make(ErrorKind::table, "leaf_truncated",
              fmt::format("a partition of table {} was truncated on the source, and the target's table has no "
                          "partitions, so that its rows cannot be told from the others. Reload the table.",
                          to_string(table)));
}

Error truncate_stop(const TableRef& table) {
  return make(ErrorKind::fatal, "truncated",
              fmt::format("table {} was truncated on the source, and ApplyErrorFailOnTruncationDdl is set.",
                          to_string(table)));
}
Error unreadable_changes(const TableRef& table, std::string_view at, std::string_view why) {
  return make(
      ErrorKind::table, "unreadable_changes",
      fmt::format("the source's log holds a change of table {} at {} that cannot be read: {} Its changes up to "
                  "there are applied first, as far as no fault comes between. Run the task with --restart to "
                  "load the table anew.",
                  to_string(table), at, why));
}
Error retries_exhausted(int attempts, const Error& last) {
  return make(ErrorKind::fatal, "retries",
              fmt::format("gave up after {}: {}", counted(attempts, "attempt"), last.message));
}
Error no_common_encoding(const TableRef& table) {
  return make(
      ErrorKind::table, "encoding",
      fmt::format("the target takes rows of table {} in no encoding that the source writes.", to_string(table)));
}
Error engine_types_differ(std::string_view source, std::string_view target) {
  return make(
      ErrorKind::usage, "engines",
      fmt::format("rows cannot go from {} to {}: one of the two moves them to its like only.", source, target));
}
Error object_failed(std::string_view kind, std::string_view name, const Error& cause) {
  Error out =
      make(cause.kind, "object", fmt::format("{} {} could not be made on the target: {}", kind, name, cause.message));
  out.sqlstate = cause.sqlstate;
  return out;
}
Error stopped() {
  return make(ErrorKind::stopped, "stopped", "a stop was asked for");
}
Error stopped_midway(const Error& cause) {
  return {
      ErrorKind::fatal, std::string(stopped_midway_code),
      fmt::format("the task stands, but not by a clean stop: {} Sequences of the target may be behind, and triggers "
                  "and constraints may not be put back. Before the target is used, run the same command again and "
                  "stop it once more.",
                  as_sentence(cause.message)),
      ""};
}
Error reload_unknown(const TableRef& table) {
  return make(ErrorKind::usage, "reload_unknown",
              fmt::format("Table {} cannot be loaded again: it is none of the task's tables.", to_string(table)));
}

Error reload_would_empty(const TableRef& table) {
  return make(ErrorKind::prerequisite, "reload_would_empty",
              fmt::format("Table {} is not loaded again: the target's table held rows before its load and may not be "
                          "emptied (DO_NOTHING). Empty it and ask again, or use TRUNCATE_BEFORE_LOAD.",
                          to_string(table)));
}

Error restart_would_empty(const TableRef& table) {
  return make(
      ErrorKind::prerequisite, "restart_would_empty",
      fmt::format("the target's table {} held rows before its first load and the preparation mode is DO_NOTHING, so "
                  "--restart may not empty it. Empty it yourself, or choose \"TargetTablePrepMode\": "
                  "\"TRUNCATE_BEFORE_LOAD\" or \"DROP_AND_CREATE\".",
                  to_string(table)));
}
Error too_many_reloads(const TableRef& table) {
  return make(
      ErrorKind::table, "reloads",
      fmt::format("table {} was rewritten again and again while it was loaded. Let DDL and VACUUM FULL on it rest "
                  "during the load, and run the task with --restart.",
                  to_string(table)));
}
Error untold_change(const TableRef& table, std::string_view what) {
  return make(ErrorKind::table, "untold_change",
              fmt::format("table {}: {}. The source's log does not tell this, so no more "
                          "changes are applied to the table. Run the task with --restart to load it anew.",
                          to_string(table), what));
}
Error no_identity_counted(const TableRef& table, uint64_t updates, uint64_t deletes) {
  return make(
      ErrorKind::table, "no_identity_counted",
      fmt::format("table {} has no replica identity, and the source counted {} updates and {} deletes on it "
                  "since the start, which the log does not carry. Run ALTER TABLE {}.{} REPLICA IDENTITY "
                  "FULL; and load the table anew (--restart)",
                  to_string(table), updates, deletes, in_quotes(table.schema, '"'), in_quotes(table.name, '"')));
}
Error counts_do_not_close(const TableRef& table, uint64_t missing) {
  return make(
      ErrorKind::fatal, "counts_do_not_close",
      fmt::format("the counts of table {} do not close: {} of the rows and changes that were read are neither "
                  "applied nor parked nor left out on purpose. Compare the table on both sides, load it anew "
                  "(--restart), and report this with the task's log.",
                  to_string(table), missing));
}
Error no_look_up(const TableRef& table) {
  return {ErrorKind::table, "task.no_look_up",
          fmt::format("table {} has a row filter, and its log lacks a value of a changed row. The row cannot be read "
                      "from the source, because the target has no key, or one that the table mapping computes or "
                      "changes. Leave the key columns as they are, or set REPLICA IDENTITY FULL on the source",
                      to_string(table)),
          ""};
}

Error look_up_failed(const TableRef& table, const Error& cause) {
  return {
      ErrorKind::table, "task.no_look_up",
      fmt::format("the log of table {} lacks a value of a changed row, and the row cannot be read from the source: "
                  "{}. If the row is not right in the end, load the table anew; REPLICA IDENTITY FULL makes such "
                  "look-ups unnecessary",
                  to_string(table), cause.message),
      ""};
}

Error shaping_stop(const TableRef& table, std::string_view what) {
  return {ErrorKind::fatal, "task.shaping_stop",
          fmt::format("{}. The settings ask to stop the task at that (table {}). Mend the rule or the row, or choose "
                      "another policy under ErrorBehavior, and run the task again.",
                      what, to_string(table)),
          ""};
}

Error shaping_suspends(const TableRef& table, std::string_view what) {
  return {ErrorKind::table, "task.shaping_suspends",
          fmt::format("{}. The settings ask to suspend table {} at that. Mend the rule or the row and run the task "
                      "with --restart",
                      what, to_string(table)),
          ""};
}

Error identity_moved(const TableRef& table) {
  return make(
      ErrorKind::data, "identity_moved",
      fmt::format("an UPDATE of table {} gave a GENERATED ALWAYS identity a new value, which no UPDATE may write, "
                  "and the log lacks the row's large values, so that it cannot be replaced either. Write the row "
                  "on the target by DELETE and INSERT … OVERRIDING SYSTEM VALUE",
                  to_string(table)));
}
Error key_not_logged(const TableRef& table, std::string_view op, std::string_view column) {
  return make(
      ErrorKind::data, "key_not_logged",
      fmt::format("the source's log names the row of a {} of table {} without column {} of the key that changes "
                  "are applied by, so the row cannot be found. Let the log hold whole rows (MySQL and MariaDB: "
                  "SET GLOBAL binlog_row_image = 'FULL', and in every session), and reload the table",
                  op, to_string(table), column));
}
Error control_table_unwritten(std::string_view name, const Error& cause) {
  return make(cause.kind, "control_table_unwritten",
              fmt::format("the control table {} on the target could not be written: {} The task goes on; check that "
                          "the table is there and that the task's role may write it.",
                          name, cause.message));
}
Error cascades_need_keys(const TableRef& table) {
  return make(
      ErrorKind::prerequisite, "cascades",
      fmt::format("the source's log does not hold what foreign keys with CASCADE or SET NULL do to rows (table "
                  "{} among others), so the target's own keys have to do it; but this role can only drop them "
                  "for the time of the task. Let the role take session_replication_role (a superuser, or GRANT "
                  "SET ON PARAMETER session_replication_role), or leave such tables out.",
                  to_string(table)));
}
Error key_does_not_act(std::string_view child, std::string_view parent) {
  return make(
      ErrorKind::table, "key_does_not_act",
      fmt::format(
          "a foreign key of table {} to {} deletes or changes rows by itself on the source, which the "
          "source's log does not hold, and no foreign key on the target does the same (it is missing, could "
          "not be built, or has other actions). Its rows would silently stay behind. Make the same key on the "
          "target and load the tables anew (--restart).",
          child, parent));
}
Error columns_withheld(const TableRef& table, std::string_view columns) {
  return make(
      ErrorKind::table, "columns_withheld",
      fmt::format("columns of table {} came to the source while HandleSourceTableAltered=false kept the target's "
                  "table as it was, and are not written: {}. Later structure changes are carried out; to have "
                  "these columns too, load the table anew (--restart).",
                  to_string(table), columns));
}
Error key_acts_from_outside(std::string_view child, std::string_view parent) {
  return make(
      ErrorKind::table, "key_acts_from_outside",
      fmt::format("a foreign key of table {} to {} deletes or changes rows by itself on the source, which the "
                  "source's log does not hold, and table {} is not part of the task, so nothing would do it on "
                  "the target. Select that table too, or leave {} out, and load the tables anew (--restart).",
                  child, parent, parent, child));
}
Error key_acts_alone(std::string_view child, std::string_view parent) {
  return make(
      ErrorKind::table, "key_acts_alone",
      fmt::format("a foreign key of the target's table {} to {} deletes or changes rows by itself, and none does the "
                  "same on the source, so rows would silently go. Make the key as it is on the source and load the "
                  "tables anew (--restart).",
                  child, parent));
}
Error parent_suspended(const TableRef& parent) {
  return make(ErrorKind::table, "parent_suspended",
              fmt::format("table {} is suspended, and what its deletes and updates do here by foreign key is not in "
                          "the source's log. Load the tables anew together (--restart).",
                          to_string(parent)));
}
Error drop_would_lose(std::string_view failure) {
  return make(
      ErrorKind::prerequisite, "drop_would_lose",
      fmt::format("the task was not dropped, because its record holds the only definition of what was dropped "
                  "for the load: {} Mend the rows or make the object by hand, and drop the task again.",
                  failure));
}
Error drop_without_record(std::string_view task_id, std::string_view slot) {
  return make(ErrorKind::prerequisite, "drop_without_record",
              fmt::format("the target holds no record of task {0}, but the source has its slot {1}; nothing was "
                          "removed. If the task has a ControlSchema, name it with --control-schema; if the record is "
                          "lost, --force removes the slot.",
                          task_id, slot));
}
Error target_not_cleared(std::string_view task_id, std::string_view control_schema, const Error& cause) {
  return in_context(
      cause,
      fmt::format("what task {0} keeps on its target stays there: its rows in godwit_task, godwit_load_slices "
                  "and awsdms_txn_state{1}. Once it can be reached, Godwit's command drop, given this id and both "
                  "ends, removes them and makes again what was dropped for a load",
                  task_id, control_schema.empty() ? "" : fmt::format(" of {}", control_schema)));
}
Error source_not_cleared(std::string_view task_id, const Error& cause) {
  return in_context(cause, fmt::format("what task {} made on its source may be there still", task_id));
}
Error lock_in_the_way(std::string_view holders, const Error& cause) {
  return in_context(cause, fmt::format("it waited for a lock on the target that {} holds, and was given up; wait for "
                                       "that session to end, or end it",
                                       holders));
}
std::string slot_left(std::string_view slot) {
  return fmt::format(
      "Slot {0} and its publications may still be on the source, which keeps its log for it: SELECT "
      "pg_drop_replication_slot('{0}'); DROP PUBLICATION IF EXISTS \"{0}\", \"{0}_i\".",
      slot);
}
std::string slot_kept(std::string_view slot) {
  return fmt::format(
      "Until then slot {0} stays on the source and keeps its log; if the task is not to go on: SELECT "
      "pg_drop_replication_slot('{0}').",
      slot);
}
std::string slot_elsewhere(std::string_view slot, std::string_view system, std::string_view now) {
  return fmt::format(
      "the task read from another source before (system {1}; now it is {2}), where its slot {0} may still be and "
      "keep "
      "that server's log: SELECT pg_drop_replication_slot('{0}').",
      slot, system, now);
}
std::string other_target(std::string_view task_id, std::string_view control_schema, std::string_view system) {
  return fmt::format(
      "the task has written to target system {1}, which was not looked at: its record in godwit_task{2} may still be "
      "there, and alone knows which indexes and constraints a load that was left half-way had dropped. `godwit "
      "drop`, "
      "given the id {0} and that target, makes them again and removes it.",
      task_id, system, control_schema.empty() ? "" : fmt::format(" of {}", control_schema));
}
Error large_object_taken(uint32_t number) {
  return make(ErrorKind::fatal, "large_object_taken",
              fmt::format("large object {0} of the source cannot be copied: the target holds another one under this "
                          "number, which this task did not make. Remove it there (SELECT lo_unlink({0})) if nothing "
                          "needs it, and run the same command again; what is loaded stays.",
                          number));
}
Error nothing_started(std::string_view task_id) {
  return make(ErrorKind::usage, "nothing_started",
              fmt::format("there is no task {} on this target. Check --task-id and the target's URI.", task_id));
}

}  // namespace godwit::errors
