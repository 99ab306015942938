#pragma once
// Messages of the supervisor and of what stands between it and its workers.

#include <string>
#include <string_view>

#include "base/error.h"
#include "data/table_def.h"

namespace godwit::errors {

Error worker_message(std::string_view what);
Error worker_socket(const std::string& path, int number);
Error worker_folder(const std::string& path, int number);
Error worker_not_started(int number);
Error worker_there_already(const std::string& task_id);
Error worker_not_there(const std::string& task_id);
Error worker_of_other_run(const std::string& task_id, int64_t run);
Error worker_not_running(const std::string& task_id);
Error worker_holds_folder(const std::string& state_dir);
Error worker_limit(std::string_view what, int number);
Error worker_job(std::string_view member, std::string_view why);
Error reload_of_changes_only(const std::string& task_id);
Error reload_of_unknown_table(const std::string& task_id, const TableRef& table);
// The code says whether the task has to stay, since its record may hold what nothing else knows.
inline constexpr std::string_view clean_up_would_lose = "control.clean_up_would_lose";
Error clean_up_failed(std::string message, bool holds_definitions);
Error clean_up_late(const std::string& task_id, bool may_hold_definitions);
Error clean_up_died(const std::string& task_id, const std::string& how, bool may_hold_definitions);

// Texts for LastFailureMessage.
std::string worker_died(const std::string& how, int64_t wait_s, int attempt);
std::string worker_was_restarted(const std::string& how, int64_t died_us, int attempt);
std::string worker_gave_up(const std::string& task_id, const std::string& how, int attempts);
std::string task_set_back(const std::string& why, int64_t attempt);  // it tries to get over an error
std::string worker_stopped_midway(const std::string& how);

}  // namespace godwit::errors
