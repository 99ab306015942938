#include "control/log_groups.h"

#include <algorithm>
#include <map>

#include "control/kept_logs.h"
#include "control/log_faults.h"
#include "control/monitored_tasks.h"
#include "store/log_groups.h"
#include "store/tags.h"

namespace godwit {
namespace {

constexpr std::string_view group_prefix = "dms-tasks-", stream_prefix = "dms-task-";
constexpr std::string_view tagged_type = "log-group";
constexpr int64_t day_ms = int64_t{86'400'000};

int64_t ms(int64_t us) {
  return us / 1000;
}

Result<bool> has_stream(Environment& environment, const MonitoredTask& task) {
  if (log_bytes(task.folder) == 0) return false;
  return publishes_log(environment, task);
}

// Those of its tasks that can have a stream. What a task's settings say is asked for where it is needed.
Result<std::vector<MonitoredTask>> tasks_of(Environment& environment, std::string_view group) {
  if (!group.starts_with(group_prefix)) return std::vector<MonitoredTask>{};
  return monitored_tasks(environment, std::string(group.substr(group_prefix.size())));
}

std::string_view instance_of(std::string_view group) {
  return group.starts_with(group_prefix) ? group.substr(group_prefix.size()) : std::string_view();
}

// By name. Of a task that is there and of an earlier one of its id, the stream of the one that is there.
Result<std::vector<LogStreamPlace>> streams_of(Environment& environment, std::string_view group) {
  std::map<std::string, std::string> folders;
  for (MonitoredTask& task : TRY(tasks_of(environment, group)))
    if (TRY(has_stream(environment, task))) folders.emplace(log_stream_of(task.id), std::move(task.folder));
  for (KeptLog& log : kept_logs(environment, instance_of(group)))
    folders.emplace(log_stream_of(log.task_id), std::move(log.folder));
  std::vector<LogStreamPlace> places;
  for (auto& [name, folder] : folders) places.push_back({name, std::move(folder)});
  return places;
}

Result<bool> has_a_stream(Environment& environment, std::string_view group) {
  if (!kept_logs(environment, instance_of(group)).empty()) return true;
  for (const MonitoredTask& task : TRY(tasks_of(environment, group)))
    if (TRY(has_stream(environment, task))) return true;
  return false;
}

// Without what its streams add up to.
Result<std::optional<LogGroup>> find_log_group(Environment& environment, std::string_view name) {
  for (const LogGroupRow& row : TRY(list_log_groups(environment.database)))
    if (row.name == name) return LogGroup{row.name, ms(row.created_us), row.retention_days, 0};
  if (!TRY(has_a_stream(environment, name))) return std::nullopt;
  return LogGroup{std::string(name), 0, std::nullopt, 0};
}

Result<void> add_stream(LogGroup& group, const std::string& folder) {
  group.stored_bytes += log_bytes(folder);
  const auto stream = TRY(LogStream::open(folder));
  if (!stream) return {};
  const int64_t created_ms = TRY(stream->created_ms());
  group.created_ms = group.created_ms == 0 ? created_ms : std::min(group.created_ms, created_ms);
  return {};
}

// Since when the group is there: of its oldest event, unless somebody made it.
Result<int64_t> created_us(Environment& environment, LogGroup group) {
  if (group.created_ms == 0)
    for (const LogStreamPlace& place : TRY(streams_of(environment, group.name))) TRY(add_stream(group, place.folder));
  return group.created_ms * 1000;
}

// A group that was there by its streams alone stays when the last of them goes, as CloudWatch's do.
Result<void> make_lasting(Environment& environment, const LogGroup& group) {
  const int64_t since_us = TRY(created_us(environment, group));
  TRY(insert_log_group(environment.database, {group.name, since_us, {}}));
  return {};
}

// Nothing: there is no such task, or it has no stream.
Result<std::optional<LogStreamPlace>> stream_of_task(Environment& environment, std::string_view group,
                                                     std::string_view stream) {
  for (MonitoredTask& task : TRY(tasks_of(environment, group)))
    if (log_stream_of(task.id) == stream && TRY(has_stream(environment, task)))
      return LogStreamPlace{std::string(stream), std::move(task.folder)};
  return std::nullopt;
}

}  // namespace

std::string log_group_of(std::string_view instance_identifier) {
  return std::string(group_prefix) + std::string(instance_identifier);
}
std::string log_stream_of(std::string_view task_id) {
  return std::string(stream_prefix) + std::string(task_id);
}

Result<std::vector<LogGroup>> log_groups(Environment& environment) {
  std::map<std::string, LogGroup> groups;
  for (const LogGroupRow& row : TRY(list_log_groups(environment.database)))
    groups[row.name] = {row.name, ms(row.created_us), row.retention_days, 0};
  for (const MonitoredTask& task : TRY(monitored_tasks(environment))) {
    if (!TRY(has_stream(environment, task))) continue;
    LogGroup& group = groups[log_group_of(task.instance_identifier)];
    group.name = log_group_of(task.instance_identifier);
    TRY(add_stream(group, task.folder));
  }
  for (const KeptLog& log : kept_logs(environment)) {
    LogGroup& group = groups[log_group_of(log.instance_identifier)];
    group.name = log_group_of(log.instance_identifier);
    TRY(add_stream(group, log.folder));
  }
  std::vector<LogGroup> out;
  for (auto& [name, group] : groups) out.push_back(std::move(group));
  return out;
}

Result<LogGroup> require_log_group(Environment& environment, std::string_view name) {
  auto group = TRY(find_log_group(environment, name));
  if (!group) return Failure(log_group_unknown());
  return std::move(*group);
}

Result<std::vector<LogStreamPlace>> log_streams(Environment& environment, const LogGroup& group) {
  return streams_of(environment, group.name);
}

Result<LogStreamPlace> require_log_stream(Environment& environment, const LogGroup& group, std::string_view name) {
  auto of_task = TRY(stream_of_task(environment, group.name, name));
  if (of_task) return std::move(*of_task);
  for (KeptLog& log : kept_logs(environment, instance_of(group.name)))
    if (log_stream_of(log.task_id) == name) return LogStreamPlace{std::string(name), std::move(log.folder)};
  return Failure(log_stream_unknown());
}

LogWindow retained(const Environment& environment, const LogGroup& group, LogWindow window) {
  if (group.retention_days)
    window.from_ms = std::max(window.from_ms, ms(environment.now_us()) - *group.retention_days * day_ms);
  return window;
}

Result<void> delete_log_stream(Environment& environment, std::string_view group, std::string_view stream) {
  const LogGroup its_group = TRY(require_log_group(environment, group));
  const LogStreamPlace place = TRY(require_log_stream(environment, its_group, stream));
  TRY(make_lasting(environment, its_group));
  TRY(remove_logs(place.folder));
  for (const KeptLog& log : kept_logs(environment, instance_of(group)))  // of an earlier task of its id
    if (log_stream_of(log.task_id) == stream) TRY(remove_kept_log(log));
  return {};
}

Result<void> delete_task_log(Environment& environment, std::string_view instance_identifier,
                             std::string_view task_id) {
  const std::string group = log_group_of(instance_identifier), stream = log_stream_of(task_id);
  const auto place = TRY(stream_of_task(environment, group, stream));
  if (!place) return {};
  return delete_log_stream(environment, group, stream);
}

Result<void> keep_task_log(Environment& environment, std::string_view instance_identifier, std::string_view task_id) {
  const std::string group = log_group_of(instance_identifier);
  const auto place = TRY(stream_of_task(environment, group, log_stream_of(task_id)));
  if (!place) return {};
  const LogGroup its_group = TRY(require_log_group(environment, group));
  TRY(make_lasting(environment, its_group));
  return keep_logs(environment, instance_identifier, task_id, place->folder);
}

Result<void> resume_task_log(Environment& environment, std::string_view task_id) {
  for (const KeptLog& log : kept_logs(environment)) {
    if (log.task_id != task_id) continue;
    for (const MonitoredTask& task : TRY(monitored_tasks(environment, log.instance_identifier)))
      if (task.id == task_id && TRY(publishes_log(environment, task)))
        return take_back_logs(environment, log.instance_identifier, task_id, task.folder);
  }
  return {};
}

Result<void> create_log_group(Environment& environment, std::string_view name, const LogGroupTags& tags) {
  return environment.database.atomically([&]() -> Result<void> {
    if (TRY(find_log_group(environment, name))) return Failure(log_group_exists());
    TRY(insert_log_group(environment.database, {std::string(name), environment.now_us(), {}}));
    return tag_log_group(environment, name, tags);
  });
}

Result<LogGroupTags> log_group_tags(Environment& environment, std::string_view name) {
  TRY(require_log_group(environment, name));
  return list_tags(environment.database, tagged_type, name);
}

Result<void> tag_log_group(Environment& environment, std::string_view name, const LogGroupTags& tags) {
  constexpr size_t key_bytes_max = 128, value_bytes_max = 256, tags_max = 50;
  for (const auto& [key, value] : tags)
    if (key.empty() || key.size() > key_bytes_max || value.size() > value_bytes_max)
      return Failure(log_parameter("A tag's key has 1 to 128 characters, its value at most 256."));
  return environment.database.atomically([&]() -> Result<void> {
    TRY(require_log_group(environment, name));
    for (const auto& [key, value] : tags) TRY(put_tag(environment.database, tagged_type, name, key, value));
    const auto kept = TRY(list_tags(environment.database, tagged_type, name));
    if (kept.size() > tags_max) return Failure(log_parameter("A log group has at most 50 tags."));
    return {};
  });
}

Result<void> untag_log_group(Environment& environment, std::string_view name, const std::vector<std::string>& keys) {
  return environment.database.atomically([&]() -> Result<void> {
    TRY(require_log_group(environment, name));
    for (const std::string& key : keys) TRY(delete_tag(environment.database, tagged_type, name, key));
    return {};
  });
}

Result<void> delete_log_group_of(Environment& environment, std::string_view name) {
  const LogGroup group = TRY(require_log_group(environment, name));
  for (const LogStreamPlace& place : TRY(log_streams(environment, group))) TRY(remove_logs(place.folder));
  for (const KeptLog& log : kept_logs(environment, instance_of(name))) TRY(remove_kept_log(log));
  return environment.database.atomically([&]() -> Result<void> {
    for (const auto& [key, value] : TRY(list_tags(environment.database, tagged_type, name)))
      TRY(delete_tag(environment.database, tagged_type, name, key));
    TRY(delete_log_group(environment.database, name));
    return {};
  });
}

Result<void> retain_log_group(Environment& environment, std::string_view name, std::optional<int64_t> days) {
  const LogGroup group = TRY(require_log_group(environment, name));
  const int64_t since_us = TRY(created_us(environment, group));
  return set_log_retention(environment.database, {group.name, since_us, days});
}

Result<void> expire_log_groups(Environment& environment) {
  for (const LogGroupRow& row : TRY(list_log_groups(environment.database))) {
    if (!row.retention_days) continue;
    const int64_t before_ms = ms(environment.now_us()) - *row.retention_days * day_ms;
    for (const LogStreamPlace& place : TRY(streams_of(environment, row.name)))
      TRY(expire_logs(place.folder, before_ms));
    for (const KeptLog& log : kept_logs(environment, instance_of(row.name)))
      TRY(expire_logs(log.folder, before_ms, true));
  }
  return {};
}

}  // namespace godwit
