#pragma once
// Slices that a table-settings rule asks for (spec/table-mappings.md §5.1). The bounds of one are its condition behind
// a question mark.

#include <string>
#include <string_view>

namespace godwit::postgres {

inline bool is_segment(std::string_view bounds) {
  return bounds.starts_with('?');
}
inline std::string segment_condition(std::string_view bounds) {
  return "(" + std::string(bounds.substr(1)) + ")";
}

}  // namespace godwit::postgres
