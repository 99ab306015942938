#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
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

// 0: it is no line of a task's log.
int64_t time_of_first_line(const std::string& path) {
  constexpr size_t time_at = 10, time_length = 19;  // behind "00000042: "
  std::ifstream file(path, std::ios::binary);
  std::string line;
  int64_t us = 0;
  if (!std::getline(file, line) || line.size() < time_at + time_length) return 0;
  return parse_utc(std::string_view(line).substr(time_at, time_length), us) ? us : 0;
}

}  // namespace

std::string_view to_string(Component component) {
  static constexpr std::array<std::string_view, component_count> names = {
      "TRANSFORMATION", "SOURCE_UNLOAD", "IO",           "TARGET_LOAD",    "PERFORMANCE",      "SOURCE_CAPTURE",
      "SORTER",         "TARGET_APPLY",  "TASK_MANAGER", "TABLES_MANAGER", "METADATA_MANAGER", "COMMON"};
  return names[static_cast<size_t>(component)];
}

std::optional<Component> component_of(std::string_view name) {
  for (size_t i = 0; i < component_count; ++i)
    if (to_string(static_cast<Component>(i)) == name) return static_cast<Component>(i);
  return std::nullopt;
}

struct Log::State {
  std::mutex mutex;
  std::shared_ptr<spdlog::sinks::basic_file_sink_mt> sink;
  std::vector<std::string> early;
  std::array<std::atomic<Severity>, component_count> severities{};
  std::function<std::string(std::string_view)> wording;
  std::function<void(Component, Severity, std::string_view)> listener;
  uint64_t sequence = 0;

  std::string path;
  LogRotation rotation;
  ino_t inode = 0;
  uint64_t bytes = 0;    // of the file that is written
  int64_t first_us = 0;  // time of its first line

  // spdlog reports a file that it cannot open by exception only.
  void open_file() {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
    struct stat there{};
    const bool known = ::stat(path.c_str(), &there) == 0;
    inode = known ? there.st_ino : 0;
    bytes = known ? static_cast<uint64_t>(there.st_size) : 0;
    first_us = bytes > 0 ? time_of_first_line(path) : 0;
  }

  bool is_gone() const {
    struct stat there{};
    return ::stat(path.c_str(), &there) != 0 || there.st_ino != inode;
  }

  bool is_full(size_t line, int64_t now) const {
    if (bytes == 0) return false;
    if (rotation.bytes_max > 0 && bytes + line > rotation.bytes_max) return true;
    return rotation.age_max_s > 0 && first_us > 0 && now - first_us > rotation.age_max_s * 1000000;
  }

  void rotate() {
    const auto numbered = [&](unsigned n) { return n == 0 ? path : fmt::format("{}.{}", path, n); };
    std::remove(numbered(rotation.files_kept).c_str());
    for (unsigned n = rotation.files_kept; n > 0; --n) std::rename(numbered(n - 1).c_str(), numbered(n).c_str());
  }

  void put(const std::string& line) {
    if (!sink) {
      if (early.size() < early_lines_max) early.push_back(line);
      return;
    }
    const int64_t now = now_us();
    try {
      const bool full = is_full(line.size() + 1, now);
      if (full) rotate();
      if (full || is_gone()) open_file();
    } catch (const spdlog::spdlog_ex&) {  // the file that is open goes on
    }
    if (bytes == 0) first_us = now;
    bytes += line.size() + 1;
    // Flushed at once: lines are few, and a killed worker's last ones are the ones wanted.
    unless_full([&] {
      sink->log(spdlog::details::log_msg("", spdlog::level::info, line));
      sink->flush();
    });
  }

  // A disk without room takes lines away, never the task, which waits for room by itself.
  template <class Work>
  static void unless_full(const Work& work) {
    try {
      work();
    } catch (const spdlog::spdlog_ex&) {  // nowhere to say it
    }
  }
};

Log::Log() : state_(std::make_unique<State>()) {
  for (std::atomic<Severity>& severity : state_->severities) severity = Severity::info;
}
Log::~Log() = default;

Result<void> Log::open(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  try {  // spdlog reports a file it cannot open by exception only
    state_->path = path;
    state_->open_file();
  } catch (const spdlog::spdlog_ex& failure) {
    return Failure(Error{ErrorKind::usage, "log.open",
                         fmt::format("cannot write the task log {}: {}. Choose another folder with --state-dir.",
                                     path, failure.what()),
                         ""});
  }
  for (const std::string& line : state_->early) state_->put(line);
  state_->early.clear();
  return {};
}

void Log::set_rotation(const LogRotation& rotation) {
  const std::lock_guard lock(state_->mutex);
  state_->rotation = rotation;
}

void Log::set_severity(Component component, Severity severity) {
  state_->severities[static_cast<size_t>(component)] = severity;
}

bool Log::wants(Component component, Severity severity) const {
  return severity <= state_->severities[static_cast<size_t>(component)];
}

void Log::set_wording(std::function<std::string(std::string_view)> wording) {
  const std::lock_guard lock(state_->mutex);
  state_->wording = std::move(wording);
}

void Log::set_listener(std::function<void(Component, Severity, std::string_view)> listener) {
  const std::lock_guard lock(state_->mutex);
  state_->listener = std::move(listener);
}

void Log::write(Component component, Severity severity, std::string_view text, std::source_location where) {
  const std::lock_guard lock(state_->mutex);
  std::string worded;
  if (state_->wording) text = worded = state_->wording(text);
  state_->put(fmt::format("{:08}: {} [{:<16}]{}:  {}  ({}:{})", ++state_->sequence, iso_seconds(now_us()),
                          to_string(component), letter(severity), text, file_name(where.file_name()), where.line()));
  if (state_->listener) state_->listener(component, severity, text);
}

void Log::flush() {
  const std::lock_guard lock(state_->mutex);
  if (state_->sink) State::unless_full([&] { state_->sink->flush(); });
}

Log& task_log() {
  static Log log;
  return log;
}

}  // namespace godwit
