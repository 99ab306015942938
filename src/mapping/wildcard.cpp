#include "mapping/wildcard.h"

#include <algorithm>

namespace godwit {
namespace {

// The first character of a text; a byte that starts no UTF-8 character counts as one.
std::string_view first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t length = (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 1;
  if (length > text.size()) return text.substr(0, 1);
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return text.substr(0, 1);
  return text.substr(0, length);
}

struct Token {
  enum class Kind { run, any, one_of, literal };
  Kind kind = Kind::literal;
  std::string_view text;  // literal: the character; one_of: what stands between the brackets
  size_t length = 0;      // bytes of the pattern
};

Token first_token(std::string_view pattern) {
  if (pattern.front() == '%') return {Token::Kind::run, pattern.substr(0, 1), 1};
  if (pattern.front() == '_') return {Token::Kind::any, pattern.substr(0, 1), 1};
  const size_t close = pattern.front() == '[' ? pattern.find(']') : std::string_view::npos;
  if (close != std::string_view::npos && close > 1)
    return {Token::Kind::one_of, pattern.substr(1, close - 1), close + 1};
  const std::string_view character = first_character(pattern);
  return {Token::Kind::literal, character, character.size()};
}

// UTF-8 sorts like its code points, so a range is a comparison of texts.
bool in_class(std::string_view members, std::string_view character) {
  while (!members.empty()) {
    const std::string_view low = first_character(members);
    members.remove_prefix(low.size());
    if (members.size() < 2 || members.front() != '-') {
      if (character == low) return true;
      continue;
    }
    const std::string_view high = first_character(members.substr(1));
    if (low <= character && character <= high) return true;
    members.remove_prefix(1 + high.size());
  }
  return false;
}

bool takes(const Token& token, std::string_view character) {
  switch (token.kind) {
    case Token::Kind::any:
      return true;
    case Token::Kind::one_of:
      return in_class(token.text, character);
    case Token::Kind::literal:
      return token.text == character;
    case Token::Kind::run:
      break;
  }
  return false;
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view name) {
  // Where to go on when the characters after the last `%` do not fit: that `%` takes one character more.
  bool may_retry = false;
  std::string_view retry_pattern, retry_name;
  while (true) {
    if (pattern.empty() && name.empty()) return true;
    if (!pattern.empty()) {
      const Token token = first_token(pattern);
      if (token.kind == Token::Kind::run) {
        pattern.remove_prefix(token.length);
        may_retry = true;
        retry_pattern = pattern;
        retry_name = name;
        continue;
      }
      const std::string_view character = name.empty() ? std::string_view() : first_character(name);
      if (!name.empty() && takes(token, character)) {
        pattern.remove_prefix(token.length);
        name.remove_prefix(character.size());
        continue;
      }
    }
    if (!may_retry || retry_name.empty()) return false;
    retry_name.remove_prefix(first_character(retry_name).size());
    pattern = retry_pattern;
    name = retry_name;
  }
}

bool names_exactly(std::string_view pattern, std::string_view name) {
  if (pattern == name) return true;
  while (!pattern.empty() && !name.empty()) {
    const Token token = first_token(pattern);
    const bool one_character =
        token.kind == Token::Kind::literal ||
        (token.kind == Token::Kind::one_of && first_character(token.text).size() == token.text.size());
    const std::string_view character = first_character(name);
    if (!one_character || token.text != character) return false;
    pattern.remove_prefix(token.length);
    name.remove_prefix(character.size());
  }
  return pattern.empty() && name.empty();
}

bool has_wildcard(std::string_view text) {
  while (!text.empty()) {
    const Token token = first_token(text);
    if (token.kind == Token::Kind::run || token.kind == Token::Kind::one_of) return true;
    text.remove_prefix(token.length);
  }
  return false;
}

}  // namespace godwit
