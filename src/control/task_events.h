#pragma once
// What is told of a task (spec/monitoring.md §6), each inside the transaction of its change.

#include <string_view>

#include "control/environment.h"
#include "store/tasks.h"

namespace godwit {

// Why a task does not read its source just now; StoredTask::reading_paused.
enum class ReadingPause { none = 0, swap_files = 1, disk_full = 2 };

Result<void> note_created(Environment& environment, const StoredTask& task);                           // 0074
Result<void> note_deleted(Environment& environment, const StoredTask& task);                           // 0073
Result<void> note_modified(Environment& environment, const StoredTask& task);                          // 0080
Result<void> note_moved(Environment& environment, const StoredTask& task, std::string_view instance);  // 0080
Result<void> note_started(Environment& environment, const StoredTask& task);                           // 0069
Result<void> note_stopped(Environment& environment, const StoredTask& task);                           // 0079
Result<void> note_failed(Environment& environment, const StoredTask& task);                            // 0078
Result<void> note_reloads(Environment& environment, const StoredTask& task, std::string_view tables);  // 0081
Result<void> note_reading(Environment& environment, const StoredTask& task, ReadingPause pause);       // 0091 to 0093
// `why`: what could not be removed, and where.
Result<void> note_clean_up_failed(Environment& environment, const StoredTask& task, std::string_view why);  // 0082

}  // namespace godwit
