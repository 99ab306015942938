#include "engine/sql_text.h"

#include <algorithm>
#include <array>

#include "base/byte_buffer.h"
#include "base/hex.h"
#include "base/text.h"
#include "engine/sql_cursor.h"

namespace godwit {
namespace {

using Kind = SqlToken::Kind;

constexpr int condition_depth_max = 50;

// --- defaults ---

std::optional<std::string> canonical_literal(const SqlToken& token, bool negative, const Type& type) {
  if (token.kind == Kind::number) return (negative ? "-" : "") + token.text;
  if (negative) return std::nullopt;
  if (token.kind == Kind::name && (token.text == "true" || token.text == "false"))
    return token.text == "true" ? "t" : "f";
  if (token.kind != Kind::string) return std::nullopt;
  if (type.form != ValueForm::bytes) return token.text;
  ByteBuffer bytes;
  if (!token.text.starts_with("\\x") || !append_unhex(bytes, std::string_view(token.text).substr(2)))
    return std::nullopt;
  return std::string(bytes.view());
}

std::optional<DefaultMeaning> simple_default(SqlCursor& cursor, const Type& type) {
  int open = 0;
  while (cursor.take_symbol("(")) ++open;
  const bool negative = cursor.take_symbol("-");
  const SqlToken token = cursor.next();
  DefaultMeaning out;
  const bool is_word = token.kind == Kind::name && !negative;
  if (is_word && token.text == "null") {
    out.kind = DefaultMeaning::Kind::none;
  } else if (is_word && (token.text == "now" || token.text == "transaction_timestamp")) {
    if (!cursor.take_symbol("(") || !cursor.take_symbol(")")) return std::nullopt;
    out.kind = DefaultMeaning::Kind::now;
  } else if (is_word && (token.text == "current_timestamp" || token.text == "localtimestamp")) {
    if (cursor.take_symbol("(")) {
      cursor.next();
      if (!cursor.take_symbol(")")) return std::nullopt;
    }
    out.kind = DefaultMeaning::Kind::now;
  } else if (is_word && token.text == "current_date") {
    out.kind = DefaultMeaning::Kind::today;
  } else {
    const auto text = canonical_literal(token, negative, type);
    if (!text) return std::nullopt;
    out = {DefaultMeaning::Kind::literal, *text};
  }
  if (!cursor.skip_casts()) return std::nullopt;
  for (; open > 0; --open)
    if (!cursor.take_symbol(")") || !cursor.skip_casts()) return std::nullopt;
  if (!cursor.at_end()) return std::nullopt;
  return out;
}

// --- checks ---

bool is_number(ValueForm form) {
  return form == ValueForm::integer || form == ValueForm::decimal || form == ValueForm::real;
}

bool takes_strings(ValueForm form) {
  return form == ValueForm::text || form == ValueForm::date || form == ValueForm::datetime;
}

struct Node {
  enum class Kind : uint8_t { condition, column, number, string };
  Kind kind = Kind::condition;
  std::string sql;
  ValueForm form = ValueForm::other;  // of a column
  bool exact = true;
};

class CheckReader {
 public:
  CheckReader(std::vector<SqlToken> tokens, bool is_mysql, const CheckWriter& writer)
      : cursor_(std::move(tokens)), is_mysql_(is_mysql), writer_(writer) {}

  std::optional<std::string> run() {
    const auto whole = alternatives(0);
    if (!whole || whole->kind != Node::Kind::condition || !cursor_.at_end()) return std::nullopt;
    return whole->sql;
  }

 private:
  using Parsed = std::optional<Node>;

  Parsed alternatives(int depth) { return joined(depth, "or", "||", &CheckReader::conjunction); }
  Parsed conjunction(int depth) { return joined(depth, "and", "&&", &CheckReader::negation); }

  Parsed joined(int depth, std::string_view word, std::string_view symbol, Parsed (CheckReader::*part)(int)) {
    Parsed all = (this->*part)(depth);
    bool several = false;
    while (all && (cursor_.take_word(word) || (is_mysql_ && cursor_.take_symbol(symbol)))) {
      const Parsed more = (this->*part)(depth);
      if (!more || more->kind != Node::Kind::condition || all->kind != Node::Kind::condition) return std::nullopt;
      all->sql += (word == "or" ? " OR " : " AND ") + more->sql;
      several = true;
    }
    if (several && word == "or") all->sql = "(" + all->sql + ")";
    return all;
  }

  Parsed negation(int depth) {
    if (!cursor_.take_word("not")) return comparison(depth);
    const Parsed inner = comparison(depth);
    if (!inner || inner->kind != Node::Kind::condition) return std::nullopt;
    return condition("NOT (" + inner->sql + ")");
  }

  static Node condition(std::string sql) { return {Node::Kind::condition, std::move(sql)}; }

  Parsed comparison(int depth) {
    Parsed left = primary(depth);
    if (!left || left->kind == Node::Kind::condition) return left;
    if (cursor_.take_word("is")) {
      const bool negative = cursor_.take_word("not");
      if (!cursor_.take_word("null") || left->kind != Node::Kind::column) return std::nullopt;
      return condition(left->sql + (negative ? " IS NOT NULL" : " IS NULL"));
    }
    const bool negative = cursor_.take_word("not");
    if (cursor_.take_word("in")) return list(*left, negative);
    if (cursor_.take_word("between")) return between(depth, *left, negative);
    if (negative) return std::nullopt;
    static constexpr std::array<std::string_view, 7> operators = {"=", "<>", "!=", "<=", ">=", "<", ">"};
    for (const std::string_view op : operators) {
      if (!cursor_.take_symbol(op)) continue;
      if (op == "=" && cursor_.take_word("any")) return array(*left, false);
      if (op == "<>" && cursor_.take_word("all")) return array(*left, true);
      const Parsed right = primary(depth);
      const bool is_order = op.starts_with('<') || op.starts_with('>');
      if (!right || !match(*left, *right)) return std::nullopt;
      if (is_order && op != "<>" && (is_text(*left) || is_text(*right))) return std::nullopt;
      return condition(left->sql + " " + std::string(op == "!=" ? "<>" : op) + " " + right->sql);
    }
    return left;  // an operand, of a comparison around it
  }

  // Whether the two can be compared on the target, and with the same result.
  static bool match(const Node& a, const Node& b) {
    if (a.kind != Node::Kind::column) return b.kind == Node::Kind::column && match(b, a);
    if (b.kind == Node::Kind::number) return is_number(a.form);
    if (b.kind == Node::Kind::string) return takes_strings(a.form) && a.exact;
    return b.kind == Node::Kind::column && a.exact && b.exact &&
           (a.form == b.form || (is_number(a.form) && is_number(b.form)));
  }

  // What comes before what differs with the collation.
  static bool is_text(const Node& node) {
    return node.kind == Node::Kind::column && !is_number(node.form) && node.form != ValueForm::date &&
           node.form != ValueForm::datetime;
  }

  Parsed between(int depth, const Node& left, bool negative) {
    const Parsed low = primary(depth);
    if (!low || !cursor_.take_word("and")) return std::nullopt;
    const Parsed high = primary(depth);
    if (!high || !match(left, *low) || !match(left, *high) || is_text(left)) return std::nullopt;
    return condition(left.sql + (negative ? " NOT BETWEEN " : " BETWEEN ") + low->sql + " AND " + high->sql);
  }

  Parsed list(const Node& left, bool negative) {
    if (!cursor_.take_symbol("(")) return std::nullopt;
    return items(left, negative, ")");
  }

  // PostgreSQL's form of IN: ANY (ARRAY[…]), with casts in between.
  Parsed array(const Node& left, bool negative) {
    int open = 0;
    while (cursor_.take_symbol("(")) ++open;
    if (open == 0 || !cursor_.take_word("array") || !cursor_.take_symbol("[")) return std::nullopt;
    Parsed out = items(left, negative, "]");
    if (!out || !cursor_.skip_casts()) return std::nullopt;
    for (; open > 0; --open)
      if (!cursor_.take_symbol(")") || !cursor_.skip_casts()) return std::nullopt;
    return out;
  }

  Parsed items(const Node& left, bool negative, std::string_view closing) {
    std::string sql = left.sql + (negative ? " NOT IN (" : " IN (");
    bool first = true;
    do {
      const Parsed item = primary(0);
      if (!item || item->kind == Node::Kind::column || !match(left, *item)) return std::nullopt;
      sql += (first ? "" : ", ") + item->sql;
      first = false;
    } while (cursor_.take_symbol(","));
    if (!cursor_.take_symbol(closing)) return std::nullopt;
    return condition(sql + ")");
  }

  Parsed primary(int depth) {
    if (depth > condition_depth_max) return std::nullopt;
    Parsed out;
    if (cursor_.take_symbol("(")) {
      out = alternatives(depth + 1);
      if (!out || !cursor_.take_symbol(")")) return std::nullopt;
    } else {
      out = atom(depth);
    }
    if (!out || !cursor_.skip_casts()) return std::nullopt;
    return out;
  }

  Parsed atom(int depth) {
    const bool negative = cursor_.take_symbol("-");
    const SqlToken token = cursor_.next();
    if (token.kind == Kind::number) return Node{Node::Kind::number, (negative ? "-" : "") + token.text};
    if (negative) return std::nullopt;
    if (token.kind == Kind::string) return Node{Node::Kind::string, writer_.literal(token.text)};
    if (token.kind == Kind::name && cursor_.take_symbol("(")) return length_of(depth, token.text);
    if (token.kind != Kind::name && token.kind != Kind::quoted_name) return std::nullopt;
    if (token.kind == Kind::name && (token.text == "true" || token.text == "false" || token.text == "null"))
      return std::nullopt;
    const auto column = writer_.column(token.text);
    if (!column) return std::nullopt;
    return Node{Node::Kind::column, column->sql, column->form, column->exact_text};
  }

  Parsed length_of(int depth, std::string_view function) {
    const bool counts =
        function == "char_length" || function == "character_length" || (function == "length" && !is_mysql_);
    const Parsed inner = counts ? primary(depth + 1) : std::nullopt;
    if (!inner || inner->kind != Node::Kind::column || inner->form != ValueForm::text || !cursor_.take_symbol(")"))
      return std::nullopt;
    // PostgreSQL does not count the blanks at the end of a char(n).
    if (!is_mysql_ && !inner->exact) return std::nullopt;
    return Node{Node::Kind::column, "char_length(" + inner->sql + ")", ValueForm::integer};
  }

  SqlCursor cursor_;
  bool is_mysql_;
  const CheckWriter& writer_;
};

}  // namespace

DefaultMeaning read_default(std::string_view sql, const Type& type) {
  if (sql.empty()) return {};
  if (auto tokens = read_tokens(sql, false)) {
    SqlCursor cursor(std::move(*tokens));
    if (auto simple = simple_default(cursor, type)) return *simple;
  }
  return {DefaultMeaning::Kind::expression, std::string(sql)};
}

std::optional<std::string> write_check(std::string_view condition, std::string_view dialect,
                                       const CheckWriter& writer) {
  const bool is_mysql = dialect == "mysql";
  auto tokens = read_tokens(condition, is_mysql);
  if (!tokens) return std::nullopt;
  return CheckReader(std::move(*tokens), is_mysql, writer).run();
}

}  // namespace godwit
