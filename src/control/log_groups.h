#pragma once
// Log groups and their streams (spec/monitoring.md §1, §4). A group dms-tasks-<instance identifier> is there once a
// task of that instance that publishes its log (Logging.EnableLogging) has written a line, and a stream
// dms-task-<resource id> as long as that task has log files, or as they are kept when the task is deleted
// (control/kept_logs.h). Groups may be made by hand too, of any name; they hold a retention and tags. Events past a
// group's retention are not shown, and their files removed by the housekeeping of the metrics collector.
//
// Unknown groups and streams: ResourceNotFoundException.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"
#include "control/task_logs.h"

namespace godwit {

std::string log_group_of(std::string_view instance_identifier);
std::string log_stream_of(std::string_view task_id);

struct LogGroup {
  std::string name;
  int64_t created_ms = 0;
  std::optional<int64_t> retention_days;
  uint64_t stored_bytes = 0;
};

struct LogStreamPlace {
  std::string name, folder;
};

Result<std::vector<LogGroup>> log_groups(Environment& environment);  // by name
// Without the figures that take all of its streams to tell: 0 for stored_bytes, and for created_ms where nobody made
// the group by hand.
Result<LogGroup> require_log_group(Environment& environment, std::string_view name);
// By name.
Result<std::vector<LogStreamPlace>> log_streams(Environment& environment, const LogGroup& group);
Result<LogStreamPlace> require_log_stream(Environment& environment, const LogGroup& group, std::string_view name);
// The window with what the group's retention has let go cut off.
LogWindow retained(const Environment& environment, const LogGroup& group, LogWindow window);

Result<void> delete_log_stream(Environment& environment, std::string_view group, std::string_view stream);
// As above, of a task's own stream; nothing happens where it has none. A worker that runs makes a new file with its
// next line.
Result<void> delete_task_log(Environment& environment, std::string_view instance_identifier,
                             std::string_view task_id);
// Before a task's folder goes: its stream stays, where it has one.
Result<void> keep_task_log(Environment& environment, std::string_view instance_identifier, std::string_view task_id);
// A new task that publishes its log and has the id of a deleted one of its instance: the stream goes on.
Result<void> resume_task_log(Environment& environment, std::string_view task_id);
using LogGroupTags = std::vector<std::pair<std::string, std::string>>;  // key, value; at most 50 a group

Result<void> create_log_group(Environment& environment, std::string_view name, const LogGroupTags& tags);
// With the logs of its tasks, and of those that were deleted.
Result<void> delete_log_group_of(Environment& environment, std::string_view name);
Result<void> retain_log_group(Environment& environment, std::string_view name, std::optional<int64_t> days);
Result<LogGroupTags> log_group_tags(Environment& environment, std::string_view name);
Result<void> tag_log_group(Environment& environment, std::string_view name, const LogGroupTags& tags);
Result<void> untag_log_group(Environment& environment, std::string_view name, const std::vector<std::string>& keys);
// Removes the files whose events are all past the retention of their group.
Result<void> expire_log_groups(Environment& environment);

}  // namespace godwit
