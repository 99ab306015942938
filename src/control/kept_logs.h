#pragma once
// The logs of deleted tasks, kept to be read after their end: logs/<instance identifier>/<resource id>/task.log… in
// the data folder. Log groups show them as the streams that they were, until somebody deletes the stream or its
// group, or until there are more of them than kept_log_bytes_max and kept_logs_max allow: then those go first that
// were written last the longest ago.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"

namespace godwit {

inline constexpr uint64_t kept_log_bytes_max = uint64_t{1} << 30U;
inline constexpr size_t kept_logs_max = 1000;

struct KeptLog {
  std::string instance_identifier, task_id, folder;
};

// `instance_identifier`: any text; one that names no folder has none.
std::vector<KeptLog> kept_logs(const Environment& environment, std::string_view instance_identifier);
std::vector<KeptLog> kept_logs(const Environment& environment);  // of all instances

// Moves the log files of a task's folder here, behind what is kept of an earlier task of that id.
Result<void> keep_logs(const Environment& environment, std::string_view instance_identifier, std::string_view task_id,
                       const std::string& task_folder, uint64_t bytes_max = kept_log_bytes_max);
Result<void> remove_kept_log(const KeptLog& log);
// Of a new task that has the id of one whose log is kept: its stream goes on.
Result<void> take_back_logs(const Environment& environment, std::string_view instance_identifier,
                            std::string_view task_id, const std::string& task_folder);

}  // namespace godwit
