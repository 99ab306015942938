#pragma once
// FilterLogEvents: the events of several streams in order of time, those that a pattern matches (spec/monitoring.md
// §4). A call reads a bounded amount; what is left is in its token.

#include <optional>
#include <string>
#include <vector>

#include "control/log_groups.h"
#include "control/log_pattern.h"

namespace godwit {

struct LogSearch {
  std::vector<LogStreamPlace> streams;
  LogWindow window;
  LogPattern pattern;
  std::string identity;  // of what a token is valid for: group, streams, window, pattern
  size_t limit = 10'000;
};

struct FoundLogEvent {
  std::string stream;
  LogEvent event;
};

struct LogFindings {
  std::vector<FoundLogEvent> events;
  std::string next_token;  // empty: everything was searched
};

// `token`: of an earlier call with the same identity; empty: from the start.
Result<LogFindings> search_logs(const LogSearch& search, const std::string& token);

}  // namespace godwit
