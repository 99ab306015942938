#pragma once
// One line of a task log, or of a log that DMS wrote (spec/monitoring.md §2):
//   00000042: 2026-03-01T09:30:05 [TASK_MANAGER    ]I:  text  (runner.cpp:120)
// A line that does not begin so belongs to the line before it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace godwit {

struct LogLineStart {
  int64_t time_ms;        // UTC, since 1970
  size_t sequence_bytes;  // of "00000042: ", which readers of the stream do not see; 0 where there is none
};

// Nothing: a line of text that goes on from the one before. Looks at the first log_line_start_bytes_max bytes only.
std::optional<LogLineStart> log_line_start(std::string_view line);
inline constexpr size_t log_line_start_bytes_max = 64;

// The same text with each byte that is no part of a UTF-8 character replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace godwit
