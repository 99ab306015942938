#pragma once
// Filter patterns of FilterLogEvents (spec/monitoring.md §4), case-sensitive:
//   PERSON SQL_ERROR     both
//   "Load finished for"  the text between the quotes; \" and \\ stand for a quote and a backslash
//   -DEBUG -"a b"        events without it
//   ?ERROR ?WARN         one of them at least
//   %SQL.?ERROR [0-9]+%  a regular expression (control/log_regex.h) up to a % before a blank or the end; \% stands
//                        for a percent sign; - and ? may go before it
// All that is asked for must hold together. A term is found anywhere in the message, also inside a word. The empty
// pattern matches every event. JSON patterns ({ $.x = 1 }) and columns ([a, b]) are refused.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "control/log_regex.h"

namespace godwit {

inline constexpr size_t log_pattern_bytes_max = 1024;

class LogPattern {
 public:
  static Result<LogPattern> parse(std::string_view text);
  bool matches(std::string_view message) const;  // of one thread at a time

 private:
  using Term = std::variant<std::string, LogRegex>;
  std::vector<Term> all_, none_, any_;
};

}  // namespace godwit
