#pragma once
// The two documents of a task, as create and modify calls give them (spec/task-settings.md §1, table-mappings.md §8):
// checked, merged and made ready to be stored as text, so that no later call parses them.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace godwit {

// Where the task's log is published, shown while Logging.EnableLogging is true.
struct LogNames {
  std::string group, stream;
};

LogNames log_names(std::string_view instance_identifier, std::string_view task_id);

struct SettingsTexts {
  std::string sent;  // what was asked for over all calls; keys that were never named are not in it
  std::string echo;  // the whole document as it holds
};

struct SettingsChange {
  SettingsTexts texts;
  std::vector<std::string> warnings;                       // of what this call asks for and does not get
  std::vector<std::pair<Component, Severity>> severities;  // as they hold now
  bool delete_logs = false;                                // Logging.DeleteTaskLogs
  bool only_logging = false;                               // severities and orders alone differ from what was stored
  bool fails_on_clean_up = false;                          // FailTaskWhenCleanTaskResourceFailed
};

// A document over the defaults; an empty text is an empty document. Errors are InvalidParameterValueException.
Result<SettingsChange> create_settings(std::string_view given, std::string_view migration_type, const LogNames& log);
// Over the stored one.
Result<SettingsChange> modify_settings(const SettingsTexts& stored, std::string_view given,
                                       std::string_view migration_type, const LogNames& log);
// The echo with other log names, as after a move to another instance.
Result<std::string> with_log_names(std::string_view echo, const LogNames& log);

// FailTaskWhenCleanTaskResourceFailed of a stored document.
bool fails_on_clean_up(std::string_view echo);

// Answers what the document asks for without effect. Errors are InvalidParameterValueException.
Result<std::vector<std::string>> check_mappings(std::string_view document);

}  // namespace godwit
