#pragma once
// A place in a source's log, in the engine's own text (PostgreSQL: an LSN as 8 hex digits, '/', 8 hex digits). Only
// the source that made it may order two of them (Source::compare).

#include <string>

namespace godwit {

struct Position {
  std::string text;
  bool operator==(const Position&) const = default;
  bool empty() const { return text.empty(); }
};

}  // namespace godwit
