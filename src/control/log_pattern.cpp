#include "control/log_pattern.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "control/log_faults.h"

namespace godwit {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// What stands between quotes; `text` begins behind the first one and is left behind the last. Nothing: no last one.
std::optional<std::string> quoted(std::string_view& text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return out;
    if (c == '\\' && !text.empty() && (text.front() == '"' || text.front() == '\\')) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      out += c;
    }
  }
  return std::nullopt;
}

std::string word(std::string_view& text) {
  const auto end = std::ranges::find_if(text, is_blank);
  std::string out(text.begin(), end);
  text.remove_prefix(out.size());
  return out;
}

// What stands between percent signs; nothing: `text` begins with a word that has one. Else it is left behind the
// last.
std::optional<std::string> between_percents(std::string_view& text) {
  if (text.size() < 3 || text[0] != '%' || is_blank(text[1]) || text[1] == '%') return std::nullopt;
  std::string out;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '%' && (i + 1 == text.size() || is_blank(text[i + 1]))) {
      text.remove_prefix(i + 1);
      return out;
    }
    out += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) out += text[++i];
  }
  return std::nullopt;
}

}  // namespace

Result<LogPattern> LogPattern::parse(std::string_view text) {
  if (text.size() > log_pattern_bytes_max) return Failure(log_pattern_too_long(text.size()));
  LogPattern pattern;
  std::string_view rest = trim(text);
  if (rest.starts_with('{')) return Failure(log_pattern_of_json());
  if (rest.starts_with('[')) return Failure(log_pattern_of_columns());
  while (!(rest = trim(rest)).empty()) {
    std::vector<Term>* terms = &pattern.all_;
    if (rest.size() > 1 && (rest.front() == '-' || rest.front() == '?') && !is_blank(rest[1])) {
      terms = rest.front() == '-' ? &pattern.none_ : &pattern.any_;
      rest.remove_prefix(1);
    }
    if (rest.front() == '"') {
      rest.remove_prefix(1);
      auto term = quoted(rest);
      if (!term) return Failure(log_pattern_quote_open());
      terms->emplace_back(std::move(*term));
    } else if (const auto regex = between_percents(rest)) {
      terms->emplace_back(TRY(LogRegex::parse(*regex)));
    } else {
      terms->emplace_back(word(rest));
    }
  }
  return pattern;
}

bool LogPattern::matches(std::string_view message) const {
  const auto holds = [&](const Term& term) {
    if (const auto* regex = std::get_if<LogRegex>(&term)) return regex->found_in(message);
    return message.find(std::get<std::string>(term)) != std::string_view::npos;
  };
  return std::ranges::all_of(all_, holds) && std::ranges::none_of(none_, holds) &&
         (any_.empty() || std::ranges::any_of(any_, holds));
}

}  // namespace godwit
