#pragma once
// Filter patterns of FilterLogEvents (spec/monitoring.md §4), case-sensitive:
//   PERSON SQL_ERROR     both
//   "Load finished for"  the text between the quotes; \" and \\ stand for a quote and a backslash
//   -DEBUG -"a b"        events without it
//   ?ERROR ?WARN         one of them at least
// All that is asked for must hold together. A term is found anywhere in the message, also inside a word. The empty
// pattern matches every event. JSON patterns ({ $.x = 1 }), columns ([a, b]) and %regular expressions% are refused.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

inline constexpr size_t log_pattern_bytes_max = 1024;

class LogPattern {
 public:
  static Result<LogPattern> parse(std::string_view text);
  bool matches(std::string_view message) const;

 private:
  std::vector<std::string> all_, none_, any_;
};

}  // namespace godwit
