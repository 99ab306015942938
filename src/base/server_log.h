#pragma once
// The log of `godwit serve`: one line an event, on stderr and in a file,
//   2026-03-01T09:30:05.123Z INFO  api: request=… operation=dms:StartReplicationTask …
// Control characters of a text are written as \xNN, so that no text can make a second line. Thread-safe. Never put a
// secret or a row's values into a line. The log of a task is another one (base/log.h).

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"

namespace godwit {

// Writes to this file too from now on (made with mode 0600); at `bytes_max` it is renamed to <path>.1, up to .5.
Result<void> open_server_log(const std::string& path, uint64_t bytes_max = uint64_t{16} << 20);

// Lines of a lesser severity are dropped; at the start it is info.
void set_server_log_severity(Severity severity);

// `part`: which part of the server speaks: "api", "workers", "serve".
void server_log(Severity severity, std::string_view part, std::string_view text);

template <class... Args>
void server_log_of(Severity severity, std::string_view part, fmt::format_string<Args...> format, Args&&... args) {
  server_log(severity, part, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace godwit
