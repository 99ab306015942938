#pragma once
// Forms of values that both ends of a pair of families can be brought to.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "quirks.h"

namespace godwit::conformance {

// Numbers written with more or fewer digits or exponents are the same; MariaDB shows no sign of zero.
inline Value plain_double(const std::string& text) {
  char out[40];
  std::snprintf(out, sizeof out, "%.17g", std::strtod(text.c_str(), nullptr) + 0.0);
  return out;
}

inline Value plain_real(const std::string& text) {
  char out[40];
  std::snprintf(out, sizeof out, "%.9g", static_cast<double>(std::strtof(text.c_str(), nullptr)) + 0.0);
  return out;
}

// Of a fraction of seconds.
inline Value without_trailing_zeros(const std::string& text) {
  if (text.find('.') == std::string::npos) return text;
  const std::string cut = text.substr(0, text.find_last_not_of('0') + 1);
  return cut.ends_with('.') ? cut.substr(0, cut.size() - 1) : cut;
}

inline Value without_trailing_blanks(const std::string& text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace godwit::conformance
