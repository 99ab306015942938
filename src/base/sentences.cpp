#include "base/sentences.h"

#include <algorithm>

#include "base/text.h"

namespace godwit {
namespace {

// Behind these a line goes on, or its sentence has ended already.
bool is_mark(char c) {
  return std::string_view(".?!:;,").find(c) != std::string_view::npos;
}

// An indented line that begins in lower case goes on with the sentence before it (libpq breaks its long ones so).
bool goes_on(std::string_view line) {
  const std::string_view words = trim(line);
  return !words.empty() && words.front() >= 'a' && words.front() <= 'z' && words.data() != line.data();
}

std::string_view without_stops(std::string_view text) {
  while (text.ends_with('.') && !text.ends_with("...")) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string as_sentence(std::string_view words) {
  std::string out = inside_sentence(words);
  if (!out.empty() && !out.ends_with('.') && !out.ends_with('?') && !out.ends_with('!')) out += '.';
  return out;
}

std::string inside_sentence(std::string_view words) {
  std::string out;
  for (const std::string& line : split(words, '\n')) {
    const std::string_view text = trim(line);
    if (!out.empty() && !text.empty()) out += is_mark(out.back()) || goes_on(line) ? " " : ". ";
    for (const char c : text) {
      const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
      if (!is_blank || !out.ends_with(' ')) out += is_blank ? ' ' : c;
    }
  }
  return std::string(without_stops(out));
}

std::string counted(long long count, std::string_view one) {
  return std::to_string(count) + ' ' + std::string(one) + (count == 1 ? "" : "s");
}

}  // namespace godwit
