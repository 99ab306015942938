#include "engine/value_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "base/text.h"
#include "engine/sql_cursor.h"
#include "engine/value_terms.h"

namespace godwit {
namespace {

using Token = SqlToken::Kind;

constexpr int value_depth_max = 50;
constexpr size_t literal_digits_max = 18;

using Parsed = ParsedTerm;

bool is_plain_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

class ValueReader {
 public:
  ValueReader(std::vector<SqlToken> tokens, bool from_mysql, const ValueWriter& writer)
      : cursor_(std::move(tokens)), from_mysql_(from_mysql), rules_{from_mysql, writer.is_mysql}, writer_(writer) {}

  Parsed run() {
    Parsed whole = any(0);
    if (!whole || !cursor_.at_end()) return std::nullopt;
    return whole;
  }

 private:
  // --- conditions ---

  Parsed any(int depth) {
    if (depth > value_depth_max) return std::nullopt;
    return joined(depth, "or", &ValueReader::all);
  }
  Parsed all(int depth) { return joined(depth, "and", &ValueReader::negation); }

  Parsed joined(int depth, std::string_view word, Parsed (ValueReader::*part)(int)) {
    Parsed out = (this->*part)(depth);
    while (out && cursor_.take_word(word)) {
      const Parsed more = (this->*part)(depth);
      if (!more || more->kind != ValueTerm::Kind::condition || out->kind != ValueTerm::Kind::condition)
        return std::nullopt;
      out->sql = fmt::format("({} {} {})", out->sql, word == "or" ? "OR" : "AND", more->sql);
    }
    return out;
  }

  Parsed negation(int depth) {
    if (!cursor_.take_word("not")) return comparison(depth);
    const Parsed inner = negation(depth + 1);
    if (!inner || inner->kind != ValueTerm::Kind::condition || depth > value_depth_max) return std::nullopt;
    return condition(fmt::format("(NOT {})", inner->sql));
  }

  static ValueTerm condition(std::string sql) {
    ValueTerm out;
    out.sql = std::move(sql);
    return out;
  }

  Parsed comparison(int depth) {
    Parsed left = text(depth);
    if (!left || left->kind == ValueTerm::Kind::condition) return left;
    if (cursor_.take_word("is")) {
      const bool negative = cursor_.take_word("not");
      if (!cursor_.take_word("null") || left->kind == ValueTerm::Kind::null) return std::nullopt;
      return condition(fmt::format("({} IS {}NULL)", left->sql, negative ? "NOT " : ""));
    }
    static constexpr std::array<std::string_view, 7> operators = {"=", "<>", "!=", "<=", ">=", "<", ">"};
    for (const std::string_view sign : operators) {
      if (!cursor_.take_symbol(sign)) continue;
      const Parsed right = text(depth);
      if (!right || !left->is_number() || !right->is_number()) return std::nullopt;
      return condition(fmt::format("({} {} {})", left->sql, sign == "!=" ? "<>" : sign, right->sql));
    }
    return left;
  }

  // --- values ---

  Parsed text(int depth) {
    Parsed out = sum(depth);
    while (out && !from_mysql_ && cursor_.take_symbol("||")) {
      const Parsed more = sum(depth);
      if (!more) return std::nullopt;
      out = rules_.put_together(*out, *more);
    }
    return out;
  }

  Parsed sum(int depth) {
    Parsed out = product(depth);
    while (out) {
      const char sign = cursor_.take_symbol("+") ? '+' : cursor_.take_symbol("-") ? '-' : '\0';
      if (sign == '\0') break;
      const Parsed more = product(depth);
      if (!more) return std::nullopt;
      out = rules_.calculated(sign, *out, *more);
    }
    return out;
  }

  Parsed product(int depth) {
    Parsed out = factor(depth);
    while (out && cursor_.take_symbol("*")) {
      const Parsed more = factor(depth);
      if (!more) return std::nullopt;
      out = rules_.calculated('*', *out, *more);
    }
    return out;
  }

  Parsed factor(int depth) {
    if (depth > value_depth_max) return std::nullopt;
    if (!cursor_.take_symbol("-")) return primary(depth);
    const Parsed inner = factor(depth + 1);
    if (!inner || !inner->is_number() || inner->is_unsigned) return std::nullopt;
    ValueTerm out = *inner;
    out.sql = fmt::format("(- {})", inner->sql);
    out.range = {-inner->range.high, -inner->range.low};
    return rules_.checked(std::move(out));
  }

  Parsed primary(int depth) {
    Parsed out;
    if (cursor_.take_symbol("(")) {
      out = any(depth + 1);
      if (!out || !cursor_.take_symbol(")")) return std::nullopt;
    } else {
      out = atom(depth);
    }
    while (out && !from_mysql_ && cursor_.take_symbol("::")) out = cast(*std::move(out));
    return out;
  }

  // Casts that change no value, to types without a length.
  Parsed cast(ValueTerm node) {
    const SqlToken token = cursor_.next();
    if (token.kind != Token::name) return std::nullopt;
    std::string type = token.text;
    if (type == "character" && cursor_.take_word("varying")) type = "text";
    if (cursor_.peek() == SqlToken{Token::symbol, "("} || cursor_.peek() == SqlToken{Token::symbol, "["})
      return std::nullopt;
    if (node.kind == ValueTerm::Kind::null) return node;
    if (type == "text") return node.kind == ValueTerm::Kind::text ? Parsed(std::move(node)) : std::nullopt;
    if (node.kind == ValueTerm::Kind::text && !node.literal.empty()) return negative_number(node.literal, type);
    if (type == "numeric" && node.kind == ValueTerm::Kind::decimal) return node;
    return node.kind == ValueTerm::Kind::integer ? cast_number(std::move(node), type) : std::nullopt;
  }

  Parsed cast_number(ValueTerm node, std::string_view type) const {
    if (type == "numeric") {
      node = as_decimal(std::move(node));
      if (writer_.is_mysql) node.sql = fmt::format("cast({} as decimal({},0))", node.sql, node.whole);
      return rules_.checked(std::move(node));
    }
    node.width = type == "smallint" ? 2 : type == "integer" ? 4 : type == "bigint" ? 8 : 0;
    return node.width == 0 ? std::nullopt : rules_.checked(std::move(node));
  }

  // '-1'::integer
  Parsed negative_number(const std::string& text, std::string_view type) {
    const std::string digits = text.substr(1);
    if (text[0] != '-' || digits.empty() || digits.find_first_not_of("0123456789.") != std::string::npos)
      return std::nullopt;
    Parsed out = number(digits);
    const bool whole = out && out->kind == ValueTerm::Kind::integer;
    if (!out || (!whole && type != "numeric")) return std::nullopt;
    out->sql = fmt::format("(- {})", out->sql);
    out->range = {-out->range.high, -out->range.low};
    return whole ? cast_number(*std::move(out), type) : out;
  }

  Parsed atom(int depth) {
    const SqlToken token = cursor_.next();
    if (token.kind == Token::number) return number(token.text);
    if (token.kind == Token::string) return string(token.text);
    if (token.kind == Token::quoted_name) return column(token.text);
    if (token.kind != Token::name) return std::nullopt;
    if (token.text == "null") {
      ValueTerm out = condition("NULL");
      out.kind = ValueTerm::Kind::null;
      out.may_be_null = true;
      return out;
    }
    if (token.text == "case") return cases(depth);
    if (token.text == "true" || token.text == "false") return std::nullopt;
    if (!cursor_.take_symbol("(")) return column(token.text);
    return function(depth, token.text);
  }

  Parsed number(const std::string& digits) const {
    ValueTerm out;
    const size_t point = digits.find('.');
    if (digits.size() > literal_digits_max || std::ranges::count(digits, '.') > 1) return std::nullopt;
    out.sql = writer_.is_mysql ? digits : digits + "::numeric";
    if (point != std::string::npos) {
      out.kind = ValueTerm::Kind::decimal;
      out.whole = static_cast<int>(std::max<size_t>(point, 1));
      out.scale = static_cast<int>(digits.size() - point - 1);
      return rules_.checked(std::move(out));
    }
    int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    out.kind = ValueTerm::Kind::integer;
    out.range = {value, value};
    out.width = value <= std::numeric_limits<int32_t>::max() ? 4 : 8;
    return out;
  }

  Parsed string(const std::string& text) const {
    if (!is_plain_ascii(text)) return std::nullopt;
    ValueTerm out;
    out.kind = ValueTerm::Kind::text;
    out.sql = writer_.literal(text) + (writer_.is_mysql ? "" : "::text");
    out.length = static_cast<int64_t>(text.size());
    out.literal = text;
    return out;
  }

  Parsed column(const std::string& name) const {
    const auto found = writer_.column(name);
    if (!found) return std::nullopt;
    ValueTerm out;
    out.sql = found->sql;
    out.may_be_null = !found->not_null;
    const auto source = numbers_of(found->source), target = numbers_of(found->target);
    if (source && target) {
      if (!holds(*target, *source)) return std::nullopt;
      if (!writer_.is_mysql) out.sql += "::numeric";
      out.kind = source->is_integer ? ValueTerm::Kind::integer : ValueTerm::Kind::decimal;
      out.range = source->range;
      out.width = source->width;
      out.is_unsigned = source->is_unsigned;
      out.whole = source->whole;
      out.scale = source->scale;
      return rules_.checked(std::move(out));
    }
    const auto text = texts_of(found->source), there = texts_of(found->target);
    if (!text || !there || !text->length || (there->length && *there->length < *text->length)) return std::nullopt;
    out.kind = ValueTerm::Kind::text;
    out.length = *text->length;
    out.charset = text->charset;
    return out;
  }

  Parsed function(int depth, std::string_view name) {
    std::vector<ValueTerm> values;
    do {
      Parsed value = any(depth + 1);
      if (!value) return std::nullopt;
      values.push_back(*std::move(value));
    } while (cursor_.take_symbol(","));
    if (!cursor_.take_symbol(")")) return std::nullopt;
    if (name == "coalesce" || (name == "ifnull" && from_mysql_ && values.size() == 2)) return coalesced(values);
    if (name == "concat" && from_mysql_) return concatenated(values);
    if (name == "if" && from_mysql_ && values.size() == 3) return chosen(values);
    const bool counts = from_mysql_ && (name == "char_length" || name == "character_length");
    return counts && values.size() == 1 ? length_of(values[0]) : std::nullopt;
  }

  Parsed coalesced(const std::vector<ValueTerm>& values) const {
    Parsed out = values[0];
    bool all_null = true;
    std::string sql;
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0 && out) out = rules_.united(*out, values[i]);
      all_null = all_null && values[i].may_be_null;
      sql += (i == 0 ? "" : ", ") + values[i].sql;
    }
    if (!out || out->kind == ValueTerm::Kind::condition || out->kind == ValueTerm::Kind::null) return std::nullopt;
    out->may_be_null = all_null;
    out->literal.clear();
    out->sql = "coalesce(" + sql + ")";
    return out;
  }

  Parsed concatenated(const std::vector<ValueTerm>& values) const {
    if (values[0].kind != ValueTerm::Kind::text) return std::nullopt;
    Parsed out = values[0];
    for (size_t i = 1; i < values.size() && out; ++i) out = rules_.put_together(*out, values[i]);
    return out;
  }

  Parsed chosen(const std::vector<ValueTerm>& values) const {
    if (values[0].kind != ValueTerm::Kind::condition) return std::nullopt;
    Parsed out = rules_.united(values[1], values[2]);
    if (!out || out->kind == ValueTerm::Kind::null) return std::nullopt;
    out->sql = fmt::format("(CASE WHEN {} THEN {} ELSE {} END)", values[0].sql, values[1].sql, values[2].sql);
    return out;
  }

  // PostgreSQL's is one of bytes where its database has no encoding.
  Parsed length_of(const ValueTerm& text) const {
    static constexpr std::array<std::string_view, 5> sets = {"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii"};
    if (text.kind != ValueTerm::Kind::text || std::ranges::find(sets, text.charset) == sets.end())
      return std::nullopt;
    ValueTerm out;
    out.kind = ValueTerm::Kind::integer;
    out.sql = fmt::format("char_length({}){}", text.sql, writer_.is_mysql ? "" : "::numeric");
    out.may_be_null = text.may_be_null;
    out.range = {0, text.length};
    out.width = 4;
    return out;
  }

  // CASE WHEN … THEN … ELSE … END; without ELSE it is NULL.
  Parsed cases(int depth) {
    Parsed out;
    std::string sql = "(CASE";
    const auto add = [&](const ValueTerm& value) {
      out = out ? rules_.united(*out, value) : Parsed(value);
      return out.has_value();
    };
    while (cursor_.take_word("when")) {
      const Parsed when = any(depth + 1);
      if (!when || when->kind != ValueTerm::Kind::condition || !cursor_.take_word("then")) return std::nullopt;
      const Parsed then = any(depth + 1);
      if (!then || !add(*then)) return std::nullopt;
      sql += fmt::format(" WHEN {} THEN {}", when->sql, then->sql);
    }
    if (!out) return std::nullopt;
    bool may_be_null = true;
    if (cursor_.take_word("else")) {
      const Parsed otherwise = any(depth + 1);
      if (!otherwise || !add(*otherwise)) return std::nullopt;
      sql += " ELSE " + otherwise->sql;
      may_be_null = out->may_be_null;
    }
    if (!cursor_.take_word("end") || out->kind == ValueTerm::Kind::condition || out->kind == ValueTerm::Kind::null)
      return std::nullopt;
    out->sql = sql + " END)";
    out->literal.clear();
    out->may_be_null = may_be_null;
    return out;
  }

  SqlCursor cursor_;
  bool from_mysql_;
  ValueRules rules_;
  const ValueWriter& writer_;
};

}  // namespace

std::optional<std::string> write_value(const ComputedValue& value, const ValueWriter& writer) {
  const bool from_mysql = value.dialect == "mysql";
  auto tokens = read_tokens(value.sql, from_mysql);
  if (!tokens) return std::nullopt;
  const Parsed node = ValueReader(std::move(*tokens), from_mysql, writer).run();
  if (!node) return std::nullopt;
  return ValueRules{from_mysql, writer.is_mysql}.stored(*node, value);
}

}  // namespace godwit
