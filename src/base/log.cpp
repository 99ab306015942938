#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <array>
#include <mutex>
#include <vector>

#include "base/clock.h"

namespace godwit {
namespace {

// Lines logged before the file is open are kept, up to this many: checks before the start write few.
constexpr size_t early_lines_max = 1000;

std::string_view file_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

char letter(Severity severity) {
  constexpr std::string_view letters = "EWIDT";
  return letters[static_cast<size_t>(severity)];
}

}  // namespace

std::string_view to_string(Component component) {
  static constexpr std::array<std::string_view, component_count> names = {
      "TRANSFORMATION", "SOURCE_UNLOAD", "IO",           "TARGET_LOAD",    "PERFORMANCE",      "SOURCE_CAPTURE",
      "SORTER",         "TARGET_APPLY",  "TASK_MANAGER", "TABLES_MANAGER", "METADATA_MANAGER", "COMMON"};
  return names[static_cast<size_t>(component)];
}

struct Log::State {
  std::mutex mutex;
  std::shared_ptr<spdlog::sinks::basic_file_sink_mt> sink;
  std::vector<std::string> early;
  std::array<Severity, component_count> severities{};
  std::function<void(Component, Severity, std::string_view)> listener;
  uint64_t sequence = 0;

  void put(const std::string& line) {
    if (!sink) {
      if (early.size() < early_lines_max) early.push_back(line);
      return;
    }
    sink->log(spdlog::details::log_msg("", spdlog::level::info, line));
  }
};

Log::Log() : state_(std::make_unique<State>()) {
  state_->severities.fill(Severity::info);
}
Log::~Log() = default;

Result<void> Log::open(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  try {  // spdlog reports a file it cannot open by exception only
    state_->sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
  } catch (const spdlog::spdlog_ex& failure) {
    return Failure(Error{ErrorKind::usage, "log.open",
                         fmt::format("cannot write the task log {}: {}. Choose another folder with --state-dir.",
                                     path, failure.what()),
                         ""});
  }
  state_->sink->set_formatter(
      std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
  for (const std::string& line : state_->early) state_->put(line);
  state_->early.clear();
  return {};
}

void Log::set_severity(Component component, Severity severity) {
  const std::lock_guard lock(state_->mutex);
  state_->severities[static_cast<size_t>(component)] = severity;
}

bool Log::wants(Component component, Severity severity) const {
  return severity <= state_->severities[static_cast<size_t>(component)];
}

void Log::set_listener(std::function<void(Component, Severity, std::string_view)> listener) {
  const std::lock_guard lock(state_->mutex);
  state_->listener = std::move(listener);
}

void Log::write(Component component, Severity severity, std::string_view text, std::source_location where) {
  const std::lock_guard lock(state_->mutex);
  state_->put(fmt::format("{:08}: {} [{:<16}]{}:  {}  ({}:{})", ++state_->sequence, iso_seconds(now_us()),
                          to_string(component), letter(severity), text, file_name(where.file_name()), where.line()));
  if (state_->sink) state_->sink->flush();  // lines are few, and a killed worker's last ones are the ones wanted
  if (state_->listener) state_->listener(component, severity, text);
}

void Log::flush() {
  const std::lock_guard lock(state_->mutex);
  if (state_->sink) state_->sink->flush();
}

Log& task_log() {
  static Log log;
  return log;
}

}  // namespace godwit
