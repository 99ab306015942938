// From the text of an expression to SQL with parameters.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mapping/errors.h"
#include "mapping/expression.h"
#include "mapping/utf8.h"

namespace godwit {
namespace {

struct Token {
  enum class Kind { word, number, text, variable, sign };
  Kind kind = Kind::sign;
  std::string_view text;  // of a variable: its name
};

// Functions whose arguments are text to them.
constexpr std::array<std::string_view, 14> text_functions = {
    "lower",     "upper", "ltrim",        "rtrim", "trim",        "replace", "substr",
    "substring", "hex",   "replacechars", "instr", "hash_sha256", "length",  "printf"};
// They would begin a statement within an expression.
constexpr std::array<std::string_view, 4> statement_words = {"select", "values", "with", "raise"};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}
bool is_word_character(char c) {
  return is_name_character(c) || static_cast<unsigned char>(c) >= 0x80;
}

Failure broken(std::string why) {
  return Failure(mapping_expression(std::move(why)));
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        ++at_;
      else if (c == '\'')
        TRY(read_text());
      else if (c == '$')
        TRY(read_variable());
      else if (is_word_character(c))
        read_run(is_digit(c) ? Token::Kind::number : Token::Kind::word);
      else
        TRY(read_sign());
    }
    if (depth_ > 0) return broken("a closing parenthesis is missing");
    if (tokens_.empty()) return broken("it is empty");
    return std::move(tokens_);
  }

 private:
  Result<void> read_text() {
    const size_t start = at_++;
    for (;; ++at_) {
      if (at_ >= text_.size()) return broken("a text in single quotes has no end");
      if (text_[at_] != '\'') continue;
      if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') break;
      ++at_;
    }
    add(Token::Kind::text, start, ++at_);
    return {};
  }

  Result<void> read_variable() {
    size_t start = at_ + 1, end = start;
    if (start < text_.size() && text_[start] == '{') {
      end = text_.find('}', ++start);
      if (end == std::string_view::npos) return broken(R"(a "${" has no "}")");
      at_ = end + 1;
    } else {
      while (end < text_.size() && is_name_character(text_[end])) ++end;
      at_ = end;
    }
    if (start == end) return broken("a $ has no column name behind it");
    tokens_.push_back({Token::Kind::variable, text_.substr(start, end - start)});
    return {};
  }

  void read_run(Token::Kind kind) {
    const size_t start = at_;
    while (at_ < text_.size() &&
           (is_word_character(text_[at_]) || (kind == Token::Kind::number && text_[at_] == '.')))
      ++at_;
    add(kind, start, at_);
  }

  Result<void> read_sign() {
    static constexpr std::array<std::string_view, 9> pairs = {"||", "<<", ">>", "<=", ">=", "<>", "!=", "==", "->"};
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("--") || rest.starts_with("/*")) return broken("comments are not allowed");
    if (rest.front() == ';') return broken("it is one expression, and \";\" would end it");
    if (rest.front() == '"' || rest.front() == '`' || rest.front() == '[')
      return broken("columns are written $name or ${name}, and text in single quotes");
    if (std::string_view("().,+-*/%<>=!|&~").find(rest.front()) == std::string_view::npos)
      return broken(fmt::format("the character {} has no meaning here", rest.substr(0, character_bytes(rest))));
    if (rest.front() == '(') ++depth_;
    if (rest.front() == ')' && --depth_ < 0) return broken("a closing parenthesis has no opening one");
    const bool is_pair = std::ranges::any_of(pairs, [&](std::string_view pair) { return rest.starts_with(pair); });
    const size_t start = at_;
    at_ += is_pair ? 2 : 1;
    add(Token::Kind::sign, start, at_);
    return {};
  }

  void add(Token::Kind kind, size_t start, size_t end) {
    tokens_.push_back({kind, text_.substr(start, end - start)});
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  std::vector<Token> tokens_;
};

class Writer {
 public:
  explicit Writer(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<ExpressionText> write() {
    out_.sql = "SELECT (";
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.kind == Token::Kind::word) TRY(check_word(i));
      if (token.kind == Token::Kind::sign) follow_parentheses(i);
      // x'00' is one token of SQLite's
      const bool glued = i > 0 && token.kind == Token::Kind::text && lower_ascii(tokens_[i - 1].text) == "x";
      if (!glued) out_.sql += ' ';
      if (token.kind == Token::Kind::variable)
        out_.sql += fmt::format("?{}", parameter(i));
      else
        out_.sql += token.text;
    }
    out_.sql += " )";
    return std::move(out_);
  }

 private:
  Result<void> check_word(size_t i) {
    const std::string word = lower_ascii(tokens_[i].text);
    if (std::ranges::find(statement_words, word) != statement_words.end())
      return broken(fmt::format("{} is no expression; statements are not allowed", upper_utf8(word)));
    if (word == "operation_indicator" && is_sign(i + 1, "(")) out_.marks_operation = true;
    return {};
  }

  void follow_parentheses(size_t i) {
    if (tokens_[i].text == "(")
      calls_.push_back(i > 0 && tokens_[i - 1].kind == Token::Kind::word ? lower_ascii(tokens_[i - 1].text) : "");
    else if (tokens_[i].text == ")" && !calls_.empty())
      calls_.pop_back();
  }

  bool is_sign(size_t i, std::string_view text) const {
    return i < tokens_.size() && tokens_[i].kind == Token::Kind::sign && tokens_[i].text == text;
  }

  bool wants_text(size_t i) const {
    const size_t before = i - 1;  // wraps at the first token, where is_sign() answers no
    if (tokens_.size() == 1 || is_sign(before, "||") || is_sign(i + 1, "||")) return true;
    if (calls_.empty()) return false;
    const bool is_argument =
        (is_sign(before, "(") || is_sign(before, ",")) && (is_sign(i + 1, ")") || is_sign(i + 1, ","));
    if (is_argument) return std::ranges::find(text_functions, calls_.back()) != text_functions.end();
    return calls_.back() == "cast" && i + 2 < tokens_.size() && lower_ascii(tokens_[i + 1].text) == "as" &&
           lower_ascii(tokens_[i + 2].text) == "text";
  }

  size_t parameter(size_t i) {
    const bool as_text = wants_text(i);
    const std::string_view name = tokens_[i].text;
    for (size_t known = 0; known < out_.variables.size(); ++known)
      if (out_.variables[known].name == name && out_.variables[known].as_text == as_text) return known + 1;
    out_.variables.push_back({std::string(name), as_text});
    return out_.variables.size();
  }

  std::vector<Token> tokens_;
  std::vector<std::string> calls_;  // the function of each open parenthesis; empty: none
  ExpressionText out_;
};

}  // namespace

Result<ExpressionText> read_expression_text(std::string_view text) {
  return Writer(TRY(Lexer(text).read())).write();
}

}  // namespace godwit
