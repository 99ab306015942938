#include "engines/mysql/sql_words.h"

#include "base/text.h"

namespace godwit::mysql {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         (static_cast<uint8_t>(c) & 0x80U) != 0;
}

void append_escaped(char c, std::string& out) {
  switch (c) {
    case 'n':
      out += '\n';
      break;
    case 't':
      out += '\t';
      break;
    case 'r':
      out += '\r';
      break;
    case 'b':
      out += '\b';
      break;
    case '0':
      out += '\0';
      break;
    case 'Z':
      out += '\x1a';
      break;
    case '%':
    case '_':
      out += '\\';
      out += c;
      break;
    default:
      out += c;
  }
}

class Scanner {
 public:
  Scanner(std::string_view sql, bool ansi, bool backslashes) : sql_(sql), ansi_(ansi), backslashes_(backslashes) {}

  bool next(SqlWord& out) {
    pass_blanks();
    if (at_ >= sql_.size()) return false;
    const char c = sql_[at_];
    out = {};
    out.begin = at_;
    if (c == '`' || (c == '"' && ansi_)) {
      out.kind = SqlWord::Kind::quoted;
      quoted(c, false, out.value);
    } else if (c == '\'' || c == '"') {
      out.kind = SqlWord::Kind::text;
      quoted(c, backslashes_, out.value);
    } else if (is_word(c)) {
      const size_t start = at_;
      while (at_ < sql_.size() && is_word(sql_[at_])) ++at_;
      out.value = sql_.substr(start, at_ - start);
      for (const char letter : out.value)
        out.upper += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    } else {
      out.kind = SqlWord::Kind::sign;
      out.value = c;
      ++at_;
    }
    out.end = at_;
    return true;
  }

 private:
  bool here(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

  void pass_blanks() {
    while (at_ < sql_.size()) {
      if (is_blank(sql_[at_])) {
        ++at_;
      } else if (here("/*!") || here("/*M!")) {
        at_ += here("/*!") ? 3U : 4U;
        while (at_ < sql_.size() && sql_[at_] >= '0' && sql_[at_] <= '9') ++at_;  // the version that runs it
        ++inside_;
      } else if (inside_ > 0 && here("*/")) {
        at_ += 2;
        --inside_;
      } else if (here("/*")) {
        const size_t end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
      } else if (sql_[at_] == '#' || (here("--") && (at_ + 2 >= sql_.size() || is_blank(sql_[at_ + 2])))) {
        const size_t end = sql_.find('\n', at_);
        at_ = end == std::string_view::npos ? sql_.size() : end + 1;
      } else {
        return;
      }
    }
  }

  void quoted(char quote, bool escapes, std::string& out) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == quote) {
        if (at_ + 1 >= sql_.size() || sql_[at_ + 1] != quote) break;
        ++at_;
      } else if (escapes && sql_[at_] == '\\' && at_ + 1 < sql_.size()) {
        append_escaped(sql_[++at_], out);
        continue;
      }
      out += sql_[at_];
    }
    if (at_ < sql_.size()) ++at_;
  }

  std::string_view sql_;
  bool ansi_, backslashes_;
  size_t at_ = 0;
  unsigned inside_ = 0;
};

}  // namespace

std::vector<SqlWord> read_words(std::string_view sql, bool ansi_quotes, bool backslash_escapes, size_t count_max) {
  Scanner scanner(sql, ansi_quotes, backslash_escapes);
  std::vector<SqlWord> out;
  SqlWord word;
  while (out.size() < count_max && scanner.next(word)) out.push_back(std::move(word));
  return out;
}

}  // namespace godwit::mysql
