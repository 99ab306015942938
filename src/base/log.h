#pragma once
// The task log in DMS's line format (spec/monitoring.md §2):
//   00000042: 2026-03-01T09:30:05 [TASK_MANAGER    ]I:  text  (runner.cpp:120)
// Thread-safe. Lines below the component's severity are dropped. Never put a secret or a row's values into a line.

#include <fmt/format.h>
#include <cstddef>

#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit {

enum class Severity { error, warning, info, debug, detailed_debug };

enum class Component {
  transformation,
  source_unload,
  io,
  target_load,
  performance,
  source_capture,
  sorter,
  target_apply,
  task_manager,
  tables_manager,
  metadata_manager,
  common,
};

inline constexpr size_t component_count = static_cast<size_t>(Component::common) + 1;

std::string_view to_string(Component component);
std::optional<Component> component_of(std::string_view name);  // "SOURCE_UNLOAD"

// When a log file is full, or its first line old, it becomes <path>.1, the one before that <path>.2 and so on; what
// lies behind the last is removed. A line is never cut in two.
struct LogRotation {
  uint64_t bytes_max = 0;  // 0: no limit, here and below
  int64_t age_max_s = 0;
  unsigned files_kept = 9;  // besides the one that is written
};

class Log {
 public:
  Log();
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Appends to `path` from now on; the folder must exist. Lines logged before are written first. A file that somebody
  // removes or renames is made again with the next line.
  Result<void> open(const std::string& path);
  void set_rotation(const LogRotation& rotation);
  void set_severity(Component component, Severity severity);
  bool wants(Component component, Severity severity) const;
  // What a line says goes through this first; set before lines are written.
  void set_wording(std::function<std::string(std::string_view)> wording);
  // Called with each line, also with one that a full disk keeps from the file.
  void set_listener(std::function<void(Component, Severity, std::string_view)> listener);
  void write(Component component, Severity severity, std::string_view text,
             std::source_location where = std::source_location::current());
  void flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The process's log: one task a process (design §2), so one log.
Log& task_log();

// A format string that remembers where it was written.
template <class... Args>
struct LogFormat {
  fmt::format_string<Args...> text;
  std::source_location where;
  template <class String>
  consteval LogFormat(const String& s,
                      std::source_location w = std::source_location::current())  // NOLINT: implicit by design
      : text(s), where(w) {}
};

template <class... Args>
void log_at(Component component, Severity severity, LogFormat<std::type_identity_t<Args>...> format, Args&&... args) {
  if (!task_log().wants(component, severity)) return;
  task_log().write(component, severity, fmt::format(format.text, std::forward<Args>(args)...), format.where);
}
template <class... Args>
void log_error(Component c, LogFormat<std::type_identity_t<Args>...> format, Args&&... args) {
  log_at<Args...>(c, Severity::error, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(Component c, LogFormat<std::type_identity_t<Args>...> format, Args&&... args) {
  log_at<Args...>(c, Severity::warning, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(Component c, LogFormat<std::type_identity_t<Args>...> format, Args&&... args) {
  log_at<Args...>(c, Severity::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_debug(Component c, LogFormat<std::type_identity_t<Args>...> format, Args&&... args) {
  log_at<Args...>(c, Severity::debug, format, std::forward<Args>(args)...);
}

// At LOGGER_SEVERITY_DETAILED_DEBUG.
template <class... Args>
void log_detail(Component c, LogFormat<std::type_identity_t<Args>...> format, Args&&... args) {
  log_at<Args...>(c, Severity::detailed_debug, format, std::forward<Args>(args)...);
}

}  // namespace godwit
