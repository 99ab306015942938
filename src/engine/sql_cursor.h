#pragma once
// A place in a run of SQL's words, for those who read it from left to right.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/sql_lexer.h"

namespace godwit {

class SqlCursor {
 public:
  explicit SqlCursor(std::vector<SqlToken> tokens) : tokens_(std::move(tokens)) {}

  const SqlToken& peek() const { return tokens_[at_]; }
  bool at_end() const { return peek().kind == SqlToken::Kind::end; }
  const SqlToken& next() { return at_end() ? tokens_[at_] : tokens_[at_++]; }
  bool take_symbol(std::string_view text) { return take({SqlToken::Kind::symbol, std::string(text)}); }
  bool take_word(std::string_view text) { return take({SqlToken::Kind::name, std::string(text)}); }

  // "::character varying(20)[]" and the like, any number of them.
  bool skip_casts() {
    while (take_symbol("::"))
      if (!skip_type()) return false;
    return true;
  }

 private:
  bool take(const SqlToken& token) {
    if (peek() != token) return false;
    ++at_;
    return true;
  }

  bool skip_type() {
    if (peek().kind != SqlToken::Kind::name && peek().kind != SqlToken::Kind::quoted_name) return false;
    ++at_;
    if (take_symbol(".")) ++at_;
    skip_type_words();
    if (take_symbol("(")) {
      while (!at_end() && !take_symbol(")")) ++at_;
      skip_type_words();
    }
    while (take_symbol("["))
      if (!take_symbol("]")) return false;
    return true;
  }

  void skip_type_words() {
    static constexpr std::array<std::string_view, 6> words = {"varying", "precision", "without",
                                                              "with",    "time",      "zone"};
    while (peek().kind == SqlToken::Kind::name && std::ranges::find(words, peek().text) != words.end()) ++at_;
  }

  std::vector<SqlToken> tokens_;
  size_t at_ = 0;
};

}  // namespace godwit
