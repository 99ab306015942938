// A filter pattern of any bytes is taken or refused with a fault, and one that is taken reads any message. The input:
// the pattern to the first line end, then the message.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/log_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view message = text.substr(std::min(end + 1, text.size()));
  const auto pattern = godwit::LogPattern::parse(text.substr(0, end));
  if (!pattern) {
    if (pattern.error().kind != godwit::ErrorKind::usage || pattern.error().message.empty()) std::abort();
    return 0;
  }
  // A message asked about again, now from states found out before, gets the same answer.
  const bool found = pattern->matches(message);
  if (pattern->matches(message) != found) std::abort();
  return 0;
}
