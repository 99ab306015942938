#pragma once
// The words of a statement in MySQL's dialect: comments left out, executable comments read as code. Total.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::mysql {

struct SqlWord {
  enum class Kind : uint8_t { word, quoted, text, sign };
  Kind kind = Kind::word;
  std::string value;          // of a quoted name or a text without its quotes
  std::string upper;          // of a word
  size_t begin = 0, end = 0;  // of its text in the statement
  bool is(std::string_view word) const { return kind == Kind::word && upper == word; }
  bool is_sign(char c) const { return kind == Kind::sign && value.size() == 1 && value[0] == c; }
  bool is_name() const { return kind == Kind::word || kind == Kind::quoted; }
};

// Up to `count_max` words.
std::vector<SqlWord> read_words(std::string_view sql, bool ansi_quotes, bool backslash_escapes, size_t count_max);

}  // namespace godwit::mysql
