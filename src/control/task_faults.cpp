#include "control/task_faults.h"

#include <fmt/format.h>

#include "control/faults.h"

namespace godwit {
namespace {

constexpr std::string_view cannot_start = "Replication Task cannot be started, invalid state";
constexpr std::string_view invalid_settings = "Invalid task settings JSON";

Error cannot(std::string_view be_done, TaskStatus status) {
  return invalid_state(fmt::format("Replication Task cannot be {}, invalid state: {}{}", be_done, to_string(status),
                                   is_live(status) ? ". Stop it first." : ""));
}

}  // namespace

Error refused(TaskStatusEvent event, TaskStatus status) {
  switch (event) {
    case TaskStatusEvent::start_asked:
      return invalid_state(std::string(cannot_start));
    case TaskStatusEvent::stop_asked:
      return invalid_state(fmt::format("Replication Task cannot be stopped, invalid state: {}", to_string(status)));
    case TaskStatusEvent::modify_asked:
      if (status == TaskStatus::running)
        return invalid_state(
            "Replication Task, excluding logging severity task settings, cannot be modified while it is running "
            "state");
      return cannot("modified", status);
    case TaskStatusEvent::move_asked:
      return cannot("moved", status);
    case TaskStatusEvent::test_asked:
      return cannot("assessed", status);
    case TaskStatusEvent::delete_asked:
      return cannot("deleted", status);
    default:
      return cannot("changed", status);
  }
}

Error task_not_found(std::string_view arn) {
  return not_found("Replication task", arn);
}

Error start_type_refused(std::string_view why) {
  return invalid_state(fmt::format("{}: {}", cannot_start, why));
}

Error start_type_not_legal(std::string_view start_type, std::string_view migration_type) {
  return invalid_combination(
      fmt::format("StartReplicationTaskType {} is not for tasks of type {}; use "
                  "start-replication with a position, or resume-processing.",
                  start_type, migration_type));
}

Error start_type_unknown(std::string_view start_type) {
  return invalid_value(fmt::format(
      "StartReplicationTaskType \"{}\" is not known; use start-replication, resume-processing or reload-target.",
      start_type));
}

Error start_position_needs_fresh_start() {
  return invalid_combination(
      "CdcStartTime and CdcStartPosition are for start-replication; resume-processing goes on from the recovery "
      "checkpoint.");
}

Error start_without_connection() {
  return invalid_state(
      "Test connection for replication instance and endpoint should be successful for starting the replication task");
}

Error start_without_instance(std::string_view instance, std::string_view status) {
  return invalid_state(fmt::format("{}: replication instance {} is {}.", cannot_start, instance, status));
}

Error start_without_endpoint(std::string_view identifier, std::string_view why) {
  return invalid_state(fmt::format("{}: endpoint {} cannot be used: {}", cannot_start, identifier, why));
}

Error no_workers_here() {
  return invalid_state("This server runs no tasks.");
}

Error both_starts_given() {
  return invalid_combination("CdcStartTime and CdcStartPosition cannot be given together.");
}

Error start_position_unreadable() {
  return invalid_value(
      "CdcStartPosition must be a date (2018-03-08T12:12:12), a checkpoint (checkpoint:V1#…) or a position of the "
      "source (4AF/B00000D0, mysql-bin-changelog.000024:373), of 4096 printable characters at most.");
}

Error stop_position_unreadable() {
  return invalid_value(
      "CdcStopPosition must be server_time:YYYY-MM-DDThh:mm:ss or commit_time:YYYY-MM-DDThh:mm:ss in UTC; besides, "
      "position:<position of the source> and caught-up are taken.");
}

Error start_position_refused(std::string_view why) {
  return invalid_value(fmt::format("CdcStartPosition: {}", why));
}

Error stop_position_refused(std::string_view why) {
  return invalid_value(fmt::format("CdcStopPosition: {}", why));
}

Error start_position_without_use(std::string_view migration_type) {
  return invalid_combination(
      fmt::format("CdcStartTime and CdcStartPosition are for tasks of type cdc; a {} task begins with its load.",
                  migration_type));
}

Error stop_position_without_use() {
  return invalid_combination("CdcStopPosition is for tasks that read changes; a full-load task stops by itself.");
}

Error task_settings_refused(std::string_view why) {
  return invalid_value(why.starts_with(invalid_settings) ? std::string(why)
                                                         : fmt::format("{}: {}", invalid_settings, why));
}

Error log_names_on_create() {
  return invalid_value("Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create.");
}

Error before_image_without_changes() {
  return task_settings_refused(
      "BeforeImageSettings.EnableBeforeImage: a full-load task reads no changes. Set it to false or choose another "
      "migration type.");
}

Error mappings_refused(std::string_view why) {
  return invalid_value(std::string(why));
}

Error endpoint_on_wrong_side(std::string_view identifier, std::string_view type, std::string_view wanted) {
  return invalid_value(fmt::format("Endpoint {} is a {} endpoint, not a {} endpoint.", identifier, type, wanted));
}

Error endpoint_without_changes(std::string_view identifier, std::string_view engine_name,
                               std::string_view migration_type) {
  return invalid_value(
      fmt::format("Endpoint {}: changes cannot be read from {}, so the migration type cannot be {}; use full-load.",
                  identifier, engine_name, migration_type));
}

Error endpoints_do_not_pair(std::string_view source_engine, std::string_view target_engine) {
  return invalid_value(fmt::format("This server cannot move rows from {} to {} yet.", source_engine, target_engine));
}

Error migration_type_unknown(std::string_view migration_type) {
  return invalid_value(
      fmt::format("MigrationType \"{}\" is not known; use full-load, cdc or full-load-and-cdc.", migration_type));
}

Error migration_type_fixed(std::string_view migration_type) {
  return invalid_combination(
      fmt::format("The migration type of a task that has run cannot be changed; it is {}.", migration_type));
}

Error move_to_same_instance(std::string_view instance) {
  return invalid_state(fmt::format("The replication task is on replication instance {} already.", instance));
}

Error move_to_older_engine(std::string_view instance, std::string_view its_version, std::string_view version) {
  return invalid_state(fmt::format(
      "Replication instance {} has engine version {}, older than {} of the task's instance. Upgrade it first.",
      instance, its_version, version));
}

Error group_takes_stop_position_alone() {
  return invalid_combination("A call that names several replication tasks can change their CdcStopPosition alone.");
}

Error group_names_task_twice(std::string_view identifier) {
  return invalid_value(fmt::format("Replication task {} is named twice.", identifier));
}

Error group_stop_without_changes(std::string_view identifier) {
  return invalid_state(fmt::format(
      "Replication task {} is of type full-load, so it has no commit point to stop at. Stop it by itself.",
      identifier));
}

Error reload_option_unknown(std::string_view option) {
  return invalid_value(fmt::format("ReloadOption \"{}\" is not known; use data-reload or validate-only.", option));
}

Error reload_refused(std::string_view why) {
  return invalid_state(fmt::format("Tables cannot be reloaded: {}", why));
}

Error reload_list_refused(std::string_view why) {
  return invalid_value(fmt::format("TablesToReload: {}", why));
}

Error task_folder_stays(std::string_view folder, std::string_view why) {
  return {.kind = ErrorKind::resource,
          .code = "task.folder",
          .message = fmt::format("The task's folder {} cannot be renamed to be removed: {}.", folder, why),
          .sqlstate = {}};
}

Error table_out_of_scope(std::string_view schema, std::string_view table) {
  return reload_list_refused(fmt::format(
      "table {}.{} is none of this task's. Names are compared with upper and lower case.", schema, table));
}

}  // namespace godwit
