#include "engine/sql_lexer.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace godwit {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}
class Lexer {
 public:
  Lexer(std::string_view sql, bool is_mysql) : rest_(sql), is_mysql_(is_mysql) {}

  std::optional<std::vector<SqlToken>> run() {
    for (;;) {
      rest_ = trim(rest_);
      if (rest_.empty()) {
        out_.push_back({});
        return out_;
      }
      if (!token()) return std::nullopt;
    }
  }

 private:
  bool token() {
    const char c = rest_.front();
    if (is_mysql_ && rest_.starts_with("\\'")) return escaped_string();
    if (c == '\'') return quoted('\'', SqlToken::Kind::string);
    if (c == '"') return quoted('"', is_mysql_ ? SqlToken::Kind::string : SqlToken::Kind::quoted_name);
    if (c == '`' && is_mysql_) return quoted('`', SqlToken::Kind::quoted_name);
    if (is_digit(c) || (c == '.' && rest_.size() > 1 && is_digit(rest_[1]))) return number();
    if (is_letter(c)) return name();
    return symbol();
  }

  void add(SqlToken::Kind kind, std::string text, size_t length) {
    out_.push_back({kind, std::move(text)});
    rest_.remove_prefix(length);
  }

  // In MySQL's catalog of checks quotes stand behind backslashes.
  bool escaped_string() {
    const size_t end = rest_.find("\\'", 2);
    if (end == std::string_view::npos) return false;
    const std::string_view text = rest_.substr(2, end - 2);
    if (text.find('\\') != std::string_view::npos) return false;
    add(SqlToken::Kind::string, std::string(text), end + 2);
    return true;
  }

  // E'…' of PostgreSQL and every string of MySQL know backslashes.
  bool quoted(char quote, SqlToken::Kind kind) {
    const bool escapes = kind == SqlToken::Kind::string && (is_mysql_ || behind_e_);
    std::string text;
    for (size_t at = 1; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (c == '\\' && escapes) {
        if (at + 1 >= rest_.size() || (rest_[at + 1] != '\\' && rest_[at + 1] != quote)) return false;
        text += rest_[++at];
      } else if (c == quote && at + 1 < rest_.size() && rest_[at + 1] == quote) {
        text += rest_[++at];
      } else if (c == quote) {
        add(kind, std::move(text), at + 1);
        return true;
      } else {
        text += c;
      }
    }
    return false;
  }

  bool number() {
    size_t at = 0;
    while (at < rest_.size() && (is_digit(rest_[at]) || rest_[at] == '.')) ++at;
    if (at < rest_.size() && is_letter(rest_[at])) return false;  // an exponent, hexadecimal digits
    add(SqlToken::Kind::number, std::string(rest_.substr(0, at)), at);
    return true;
  }

  bool name() {
    size_t at = 0;
    while (at < rest_.size() && (is_letter(rest_[at]) || is_digit(rest_[at]) || rest_[at] == '$')) ++at;
    std::string text = lower_ascii(rest_.substr(0, at));
    const bool quote_follows = at < rest_.size() && (rest_[at] == '\'' || rest_.substr(at).starts_with("\\'"));
    if (!quote_follows) {
      add(SqlToken::Kind::name, std::move(text), at);
      return true;
    }
    rest_.remove_prefix(at);
    const bool is_introducer = is_mysql_ && text.starts_with("_utf8");
    if (!is_introducer && (is_mysql_ || (text != "e" && text != "b"))) return false;
    behind_e_ = text == "e";
    const bool read = token();
    behind_e_ = false;
    return read;
  }

  bool symbol() {
    static constexpr std::array<std::string_view, 7> two = {"::", "<>", "!=", "<=", ">=", "||", "&&"};
    for (const std::string_view text : two)
      if (rest_.starts_with(text)) {
        add(SqlToken::Kind::symbol, std::string(text), 2);
        return true;
      }
    constexpr std::string_view one = "()[],.=<>-+*/%!";
    if (one.find(rest_.front()) == std::string_view::npos) return false;
    add(SqlToken::Kind::symbol, std::string(1, rest_.front()), 1);
    return true;
  }

  std::string_view rest_;
  bool is_mysql_;
  bool behind_e_ = false;
  std::vector<SqlToken> out_;
};

}  // namespace

std::optional<std::vector<SqlToken>> read_tokens(std::string_view sql, bool is_mysql) {
  return Lexer(sql, is_mysql).run();
}

}  // namespace godwit
