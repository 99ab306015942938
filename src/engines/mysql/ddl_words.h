#pragma once
// A place in the words of a statement, for whoever reads structure changes. Total: behind the end stand signs of no
// character.

#include <string_view>
#include <vector>

#include "data/table_def.h"
#include "engines/mysql/sql_words.h"

namespace godwit::mysql {

class DdlWords {
 public:
  DdlWords(std::string_view sql, std::vector<SqlWord> words) : sql_(sql), words_(std::move(words)) {}

  bool done() const { return at_ >= words_.size(); }
  const SqlWord& now() const { return ahead(0); }
  const SqlWord& ahead(size_t by) const;
  void pass() { ++at_; }
  size_t place() const { return at_; }
  void go_back(size_t place) { at_ = place; }

  bool take(std::string_view word);
  bool take_sign(char sign);
  // Both words, or none.
  bool take(std::string_view word, std::string_view next);
  // A word of this kind, quoted or not.
  bool take_name(std::string& out);
  // [schema.]table
  bool take_table(std::string_view schema, TableRef& out);
  // IF EXISTS, IF NOT EXISTS
  bool take_if_exists();
  // What stands between parentheses, which are passed.
  bool pass_group();
  // Up to a comma, or a closing parenthesis that nobody opened here.
  void pass_item();
  // Behind ORDER: BY a, b DESC; what follows another comma may be something else.
  void pass_order();
  bool at_item_end() const { return done() || now().is_sign(',') || now().is_sign(')'); }
  // The text of the statement from one word on, up to the one that stands here now.
  std::string_view text_since(size_t place) const;
  std::string_view sql() const { return sql_; }

 private:
  std::string_view sql_;
  std::vector<SqlWord> words_;
  size_t at_ = 0;
};

}  // namespace godwit::mysql
