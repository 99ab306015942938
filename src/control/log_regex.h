#pragma once
// Regular expressions of filter patterns (%…%). What they know: letters and other characters as they are, . any
// character, [a-z] [^a-z] \d \D \w \W \s \S, * + ? {n} {n,} {n,m} (also followed by ?), | and ( ), ^ and $ for the
// ends of the message, \t \n \r \xhh, and \ before a character that means something. No references back and no
// looking around, so that a message is read once, byte by byte, whatever the expression. Characters are UTF-8; sets
// hold ASCII.

#include <bitset>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

class LogRegex {
 public:
  // Refused: what is not known above, and what takes more than a few hundred steps written out.
  static Result<LogRegex> parse(std::string_view text);
  // Whether it is anywhere in there; any bytes. Of one thread at a time.
  bool found_in(std::string_view message) const;

  using Bytes = std::bitset<256>;

 private:
  friend class LogRegexBuilder;
  enum class Kind : uint8_t { bytes, split, begin, end, accept };
  struct Step {
    Kind kind = Kind::accept;
    uint16_t next = 0, other = 0;  // other: of a split
    Bytes bytes{};
  };
  using Members = std::vector<uint16_t>;  // steps that a message may stand before, ascending
  struct State {
    Members members;
    bool accepts = false, accepts_at_end = false;
    std::vector<int32_t> next;  // by byte; -1: not found out yet
  };

  void add(Members& to, uint16_t step, bool at_begin, bool at_end) const;
  int32_t state_of(Members members, bool at_begin) const;
  int32_t next_of(int32_t state, unsigned char byte) const;
  void begin_anew() const;

  std::vector<Step> steps_;
  uint16_t start_ = 0;
  // Found out as messages are read, and forgotten when there are many.
  mutable std::vector<State> states_;  // the first: before a message
  mutable std::map<Members, int32_t> known_;
};

}  // namespace godwit
