#include "base/server_log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "base/clock.h"

namespace godwit {
namespace {

constexpr size_t rotated_files = 5;

struct State {
  std::mutex mutex;
  std::shared_ptr<spdlog::sinks::rotating_file_sink_mt> file;
  std::atomic<Severity> severity = Severity::info;
};

State& state() {
  static State made;
  return made;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

}  // namespace

Result<void> open_server_log(const std::string& path, uint64_t bytes_max) {
  const std::lock_guard lock(state().mutex);
  const mode_t mask = ::umask(0077);
  bool opened = true;
  std::string why;
  try {  // spdlog reports a file it cannot open by exception only
    state().file = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, bytes_max, rotated_files);
    state().file->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
  } catch (const spdlog::spdlog_ex& failure) {
    opened = false;
    why = failure.what();
  }
  ::umask(mask);
  if (opened) return {};
  return Failure(
      Error{ErrorKind::resource, "log.open",
            fmt::format("The server's log {} cannot be written: {}. Choose another --data-dir.", path, why), ""});
}

void set_server_log_severity(Severity severity) {
  state().severity = severity;
}

void server_log(Severity severity, std::string_view part, std::string_view text) {
  constexpr std::array<std::string_view, 5> words = {"ERROR", "WARN ", "INFO ", "DEBUG", "TRACE"};
  if (severity > state().severity.load()) return;
  const int64_t now = now_us();
  const std::string line = fmt::format("{}.{:03}Z {} {}: {}", iso_seconds(now), now / 1000 % 1000,
                                       words[static_cast<size_t>(severity)], part, one_line(text));
  const std::string with_end = line + "\n";
  const std::lock_guard lock(state().mutex);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, with_end.data(), with_end.size());
  if (!state().file) return;
  try {  // a full disk must not end the server
    state().file->log(spdlog::details::log_msg("", spdlog::level::info, line));
    state().file->flush();
  } catch (const spdlog::spdlog_ex&) {
    return;
  }
}

}  // namespace godwit
