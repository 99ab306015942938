#include "control/tasks.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/server_log.h"
#include "control/account.h"
#include "control/arn.h"
#include "control/endpoint_kinds.h"
#include "control/endpoints.h"
#include "control/engine_versions.h"
#include "control/faults.h"
#include "control/identifiers.h"
#include "control/instances.h"
#include "control/log_groups.h"
#include "control/task_documents.h"
#include "control/task_events.h"
#include "control/task_faults.h"
#include "control/task_figures.h"
#include "control/task_logs.h"
#include "control/task_removal.h"
#include "control/task_runs.h"
#include "control/task_status.h"
#include "control/task_workers.h"
#include "store/endpoints.h"
#include "store/instances.h"

namespace godwit {
namespace {

using Event = TaskStatusEvent;

constexpr std::array<std::string_view, 3> migration_types = {"full-load", "cdc", "full-load-and-cdc"};

Result<void> check_migration_type(std::string_view type) {
  if (std::ranges::find(migration_types, type) == migration_types.end()) return Failure(migration_type_unknown(type));
  return {};
}

// Both ends' engines must be able to do what the task is for.
Result<void> check_ends(const Environment& environment, const EndpointRecord& source, const EndpointRecord& target,
                        std::string_view migration_type) {
  if (source.type != "source") return Failure(endpoint_on_wrong_side(source.identifier, source.type, "source"));
  if (target.type != "target") return Failure(endpoint_on_wrong_side(target.identifier, target.type, "target"));
  const EndpointKind from = TRY(endpoint_kind(environment, source.engine_name));
  const EndpointKind to = TRY(endpoint_kind(environment, target.engine_name));
  if (migration_type != "full-load" && !from.engine->captures_changes)
    return Failure(endpoint_without_changes(source.identifier, source.engine_name, migration_type));
  if (from.served_by != to.served_by && (!from.served_by->exchanges_rows() || !to.served_by->exchanges_rows()))
    return Failure(endpoints_do_not_pair(source.engine_name, target.engine_name));
  return {};
}

Result<void> require_free_identifier(Environment& environment, const std::string& identifier) {
  const auto known = TRY(find_task_by_identifier(environment.database, identifier));
  if (known) return Failure(already_exists("Replication task", identifier, task_arn(environment, *known)));
  return {};
}

Result<std::string> new_task_id(Environment& environment, const std::optional<std::string>& wanted) {
  if (!wanted) return new_resource_id();
  std::string id = TRY(read_resource_identifier(*wanted));
  if (TRY(find_task(environment.database, id)))
    return Failure(already_exists("Replication task", id, make_arn(environment.names, "task", id)));
  return id;
}

Result<std::string> instance_name(Environment& environment, const StoredTask& task) {
  const auto instance = TRY(find_instance(environment.database, task.instance_id));
  return instance ? instance->identifier : std::string();
}

void warn(const StoredTask& task, std::span<const std::string> warnings) {
  for (const std::string& warning : warnings)
    server_log_of(Severity::warning, "tasks", "task={} {}", task.identifier, warning);
}

// A task that rests passes through `event` and back; answers what the reply shows meanwhile.
Result<StoredTask> passing(const StoredTask& task, Event event) {
  const auto status = next(task_status(task.status), event);
  if (!status) return Failure(refused(event, task_status(task.status)));
  StoredTask shown = task;
  shown.status = to_string(*status);
  return shown;
}

// What a modify call asks for, checked; the task is as it will be.
struct Modification {
  StoredTask task;
  std::optional<SettingsChange> settings;
  std::vector<std::string> warnings;
};

// `mappings`: what the change's own have been found to be, before the store was taken.
Result<Modification> plan_modification(Environment& environment, const StoredTask& task, const TaskChange& change,
                                       const Result<std::vector<std::string>>& mappings) {
  Modification plan{.task = task, .settings = {}, .warnings = {}};
  if (change.identifier) {
    plan.task.identifier = TRY(read_identifier("ReplicationTaskIdentifier", *change.identifier));
    if (plan.task.identifier != task.identifier) TRY(require_free_identifier(environment, plan.task.identifier));
  }
  if (change.migration_type && *change.migration_type != task.migration_type) {
    TRY(check_migration_type(*change.migration_type));
    if (task.run != 0) return Failure(migration_type_fixed(task.migration_type));
    plan.task.migration_type = *change.migration_type;
    const auto source = TRY(find_endpoint(environment.database, task.source_endpoint_id));
    const auto target = TRY(find_endpoint(environment.database, task.target_endpoint_id));
    if (source && target) TRY(check_ends(environment, *source, *target, plan.task.migration_type));
  }
  if (change.table_mappings) {
    plan.warnings = TRY(mappings);
    plan.task.table_mappings = *change.table_mappings;
  }
  if (change.task_data) plan.task.task_data = *change.task_data;
  if (change.settings) {
    const LogNames names = log_names(TRY(instance_name(environment, task)), task.id);
    plan.settings =
        TRY(modify_settings({task.settings_sent, task.settings}, *change.settings, plan.task.migration_type, names));
    plan.task.settings_sent = plan.settings->texts.sent;
    plan.task.settings = plan.settings->texts.echo;
    plan.warnings.insert(plan.warnings.end(), plan.settings->warnings.begin(), plan.settings->warnings.end());
  }
  const CdcPositions positions = TRY(merge_positions(environment, task.source_endpoint_id, plan.task.migration_type,
                                                     {task.cdc_start_position, task.cdc_stop_position}, change.cdc));
  if (!positions.start.empty() && plan.task.migration_type != "cdc")
    return Failure(start_position_without_use(plan.task.migration_type));
  plan.task.cdc_start_position = positions.start;
  if (change.cdc.starts()) plan.task.start_position_taken = 0;
  plan.task.cdc_stop_position = positions.stop;
  return plan;
}

// Whether nothing but what a worker takes while it runs would change.
bool fits_running_task(const StoredTask& before, const Modification& plan) {
  const StoredTask& after = plan.task;
  return before.identifier == after.identifier && before.migration_type == after.migration_type &&
         before.table_mappings == after.table_mappings && before.task_data == after.task_data &&
         before.cdc_start_position == after.cdc_start_position && (!plan.settings || plan.settings->only_logging);
}

// What a task that does not publish its log has written goes too.
Result<void> delete_log_files(Environment& environment, const StoredTask& task) {
  TRY(delete_task_log(environment, TRY(instance_name(environment, task)), task.id));
  return remove_logs(task_folder(environment, task.id));
}

void delete_logs(Environment& environment, const StoredTask& task) {
  if (const auto removed = delete_log_files(environment, task); !removed)
    server_log_of(Severity::warning, "tasks", "task={} its log stays: {}", task.identifier, removed.error().message);
}

// Of a deleted task that had the same id.
void go_on_with_log(Environment& environment, const StoredTask& task) {
  if (const auto resumed = resume_task_log(environment, task.id); !resumed)
    server_log_of(Severity::warning, "tasks", "task={} begins a log of its own: {}", task.identifier,
                  resumed.error().message);
}

Result<StoredTask> modify_running(Environment& environment, const StoredTask& task, const Modification& plan) {
  if (!fits_running_task(task, plan)) return Failure(refused(Event::modify_asked, TaskStatus::running));
  StoredTask modified = plan.task;
  if (modified.cdc_stop_position != task.cdc_stop_position) ask_for_new_stop_position(modified);
  TRY(update_task(environment.database, modified));
  TRY(note_modified(environment, modified));
  return modified;
}

Result<StoredTask> modify_resting(Environment& environment, const StoredTask& task, const Modification& plan) {
  const StoredTask shown = TRY(passing(task, Event::modify_asked));
  TRY(update_task(environment.database, plan.task));
  TRY(note_modified(environment, plan.task));
  StoredTask reply = plan.task;
  reply.status = shown.status;
  return reply;
}

}  // namespace

std::string task_arn(const Environment& environment, const StoredTask& task) {
  return make_arn(environment.names, "task", task.id);
}

Result<StoredTask> require_task(const Environment& environment, std::string_view arn) {
  const auto id = id_of(environment.names, arn, "task");
  if (!id) return Failure(task_not_found(arn));
  auto task = TRY(find_task(environment.database, *id));
  if (!task) return Failure(task_not_found(arn));
  return *std::move(task);
}

Result<std::vector<StoredTask>> tasks_of(const Environment& environment, const TaskFilter& filter,
                                         const ListPage& page, TaskTexts texts) {
  std::vector<StoredTask> tasks = TRY(list_tasks(environment.database, filter, page, texts));
  for (StoredTask& task : tasks) show_live_figures(environment, task);
  return tasks;
}

std::string task_folder(const Environment& environment, std::string_view task_id) {
  return (std::filesystem::path(environment.folder) / "tasks" / task_id).string();
}

Result<StoredTask> create_task(Environment& environment, const NewTask& wanted) {
  StoredTask task;
  // Read before the store is taken; the task's names come afterwards.
  std::vector<std::string> warnings = TRY(check_mappings(wanted.table_mappings));
  auto read_settings = create_settings(wanted.settings, wanted.migration_type, {});
  TRY(environment.database.atomically([&]() -> Result<void> {
    task.identifier = TRY(read_identifier("ReplicationTaskIdentifier", wanted.identifier));
    TRY(require_free_identifier(environment, task.identifier));
    task.id = TRY(new_task_id(environment, wanted.resource_identifier));
    TRY(check_migration_type(wanted.migration_type));
    const InstanceRecord instance = TRY(require_available_instance(environment, wanted.instance_arn));
    const EndpointRecord source = TRY(endpoint_of(environment, wanted.source_endpoint_arn));
    const EndpointRecord target = TRY(endpoint_of(environment, wanted.target_endpoint_arn));
    TRY(check_ends(environment, source, target, wanted.migration_type));
    TRY(require_quota(environment, "ReplicationTasks"));
    const int64_t beside = TRY(count_tasks(environment.database, {.instances = {{instance.id}}}));
    TRY(require_within_quota("ReplicationTasksPerInstance", beside + 1));
    const CdcPositions positions =
        TRY(merge_positions(environment, source.id, wanted.migration_type, {}, wanted.cdc));
    SettingsChange settings = TRY(std::move(read_settings));
    task.source_endpoint_id = source.id;
    task.target_endpoint_id = target.id;
    task.instance_id = instance.id;
    task.migration_type = wanted.migration_type;
    task.table_mappings = wanted.table_mappings;
    task.task_data = wanted.task_data;
    task.settings_sent = std::move(settings.texts.sent);
    task.settings = TRY(with_log_names(settings.texts.echo, log_names(instance.identifier, task.id)));
    task.cdc_start_position = positions.start;
    task.cdc_stop_position = positions.stop;
    task.created_us = environment.now_us();
    task.status = to_string(next(TaskStatus::creating, Event::created).value_or(TaskStatus::failed));
    warnings.insert(warnings.end(), settings.warnings.begin(), settings.warnings.end());
    TRY(insert_task(environment.database, task));
    TRY(add_tags(environment, task_arn(environment, task), wanted.tags));
    return note_created(environment, task);
  }));
  warn(task, warnings);
  go_on_with_log(environment, task);
  task.status = to_string(TaskStatus::creating);
  return task;
}

Result<StoredTask> modify_task(Environment& environment, std::string_view arn, const TaskChange& change) {
  Modification plan;
  StoredTask shown;
  bool runs = false;
  const auto mappings = change.table_mappings ? check_mappings(*change.table_mappings)
                                              : Result<std::vector<std::string>>(std::vector<std::string>());
  TRY(environment.database.atomically([&]() -> Result<void> {
    const StoredTask task = TRY(require_task(environment, arn));
    runs = task_status(task.status) == TaskStatus::running;
    if (!runs) TRY(passing(task, Event::modify_asked));  // the state is what a caller is told first
    plan = TRY(plan_modification(environment, task, change, mappings));
    auto modified = runs ? modify_running(environment, task, plan) : modify_resting(environment, task, plan);
    shown = TRY(std::move(modified));
    return {};
  }));
  warn(shown, plan.warnings);
  if (plan.settings && plan.settings->delete_logs) delete_logs(environment, shown);
  if (runs && plan.settings) take_severities(environment, shown, plan.settings->severities);
  if (runs) carry_out_stops(environment, {&shown, 1});
  return shown;
}

Result<StoredTask> modify_stop_positions(Environment& environment, const std::vector<std::string>& arns,
                                         const std::string& stop_position) {
  std::vector<StoredTask> modified;
  TRY(environment.database.atomically([&]() -> Result<void> {
    std::set<std::string> seen;
    for (const std::string& arn : arns) {
      const StoredTask task = TRY(require_task(environment, arn));
      if (!seen.insert(task.id).second) return Failure(group_names_task_twice(task.identifier));
      const bool runs = task_status(task.status) == TaskStatus::running;
      if (auto allowed = passing(task, Event::modify_asked); !runs && !allowed)
        return Failure(in_context(std::move(allowed).error(), task.identifier));
      TaskChange change;
      change.cdc.stop_position = stop_position;
      const Modification plan = TRY(plan_modification(environment, task, change, std::vector<std::string>()));
      auto done = runs ? modify_running(environment, task, plan) : modify_resting(environment, task, plan);
      modified.push_back(TRY(std::move(done)));
    }
    return {};
  }));
  carry_out_stops(environment, modified);
  return modified.front();
}

Result<StoredTask> move_task(Environment& environment, std::string_view arn, std::string_view target_instance_arn) {
  return environment.database.atomically([&]() -> Result<StoredTask> {
    const StoredTask task = TRY(require_task(environment, arn));
    const StoredTask shown = TRY(passing(task, Event::move_asked));
    const InstanceRecord target = TRY(require_available_instance(environment, target_instance_arn));
    if (target.id == task.instance_id) return Failure(move_to_same_instance(target.identifier));
    const auto from = TRY(find_instance(environment.database, task.instance_id));
    if (from && !is_same_or_newer(target.engine_version, from->engine_version))
      return Failure(move_to_older_engine(target.identifier, target.engine_version, from->engine_version));
    const int64_t there = TRY(count_tasks(environment.database, {.instances = {{target.id}}}));
    TRY(require_within_quota("ReplicationTasksPerInstance", there + 1));
    StoredTask moved = task;
    moved.instance_id = target.id;
    moved.settings = TRY(with_log_names(task.settings, log_names(target.identifier, task.id)));
    TRY(update_task(environment.database, moved));
    TRY(note_moved(environment, moved, target.identifier));
    return shown;
  });
}

Result<StoredTask> remove_task(Environment& environment, std::string_view arn) {
  const StoredTask removed = TRY(environment.database.atomically([&]() -> Result<StoredTask> {
    StoredTask task = TRY(require_task(environment, arn));
    const auto status = next(task_status(task.status), Event::delete_asked);
    if (!status) return Failure(refused(Event::delete_asked, task_status(task.status)));
    task.status = to_string(*status);
    TRY(update_task(environment.database, task));
    return task;
  }));
  remove_traces_of(environment, removed);
  return removed;
}

Result<StoredTask> begin_testing(Environment& environment, std::string_view task_arn) {
  return environment.database.atomically([&]() -> Result<StoredTask> {
    StoredTask task = TRY(require_task(environment, task_arn));
    StoredTask shown = TRY(passing(task, Event::test_asked));
    shown.resting_status = task.status;
    TRY(update_task(environment.database, shown));
    return shown;
  });
}

Result<void> end_testing(Environment& environment, std::string_view task_id) {
  return environment.database.atomically([&]() -> Result<void> {
    auto task = TRY(find_task(environment.database, task_id));
    if (!task) return {};
    const auto status = next(task_status(task->status), Event::tested, task_status(task->resting_status));
    if (!status) return {};  // it is being deleted
    task->status = to_string(*status);
    return update_task(environment.database, *task);
  });
}

Result<void> rename_log_groups(Environment& environment, std::string_view instance_id,
                               std::string_view instance_identifier) {
  for (StoredTask& task :
       TRY(list_tasks(environment.database, {.instances = {{std::string(instance_id)}}}, {}, TaskTexts::all))) {
    task.settings = TRY(with_log_names(task.settings, log_names(instance_identifier, task.id)));
    TRY(update_task(environment.database, task));
  }
  return {};
}

}  // namespace godwit
