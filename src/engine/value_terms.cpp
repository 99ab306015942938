#include "engine/value_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/value_sql.h"

namespace godwit {
namespace {

// Far below what either server's decimals hold, so that no step between is cut.
constexpr int whole_digits_max = 30, scale_max = 15;
constexpr int64_t text_length_max = 16383;  // of 4 bytes, the largest of MySQL's varchar

IntegerRange hull(const IntegerRange& a, const IntegerRange& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

IntegerRange arithmetic(char sign, const IntegerRange& a, const IntegerRange& b) {
  if (sign == '+') return {a.low + b.low, a.high + b.high};
  if (sign == '-') return {a.low - b.high, a.high - b.low};
  const std::array products = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
  return {*std::ranges::min_element(products), *std::ranges::max_element(products)};
}

bool same_charset(const ValueTerm& a, const ValueTerm& b, ValueTerm& out) {
  out.charset = a.charset.empty() ? b.charset : a.charset;
  return a.charset.empty() || b.charset.empty() || a.charset == b.charset;
}

// Whether no value leaves the type, rounded to it.
bool fits(const ValueTerm& value, const NumberType& type) {
  if (value.kind == ValueTerm::Kind::integer && type.is_integer) return contains(type.range, value.range);
  const ValueTerm decimal = as_decimal(value);
  const int carried = decimal.whole + (decimal.scale > type.scale ? 1 : 0);
  if (!type.is_integer) return carried <= type.whole;
  if (carried > whole_digits_max) return false;
  const IntegerRange most = integers_below(carried);
  return contains(type.range, most);
}

std::string cut(const std::string& sql, const NumberType& type) {
  const auto [low, high] = bounds_of(type);
  return fmt::format("CASE WHEN {0} > {1} THEN {1} WHEN {0} < {2} THEN {2} ELSE {0} END", sql, high, low);
}

std::optional<std::string> number_for(const ValueTerm& value, const ComputedValue& column, bool from_mysql) {
  const auto source = numbers_of(column.source), target = numbers_of(column.target);
  if (!source || !target || !holds(*target, *source) || target->scale != source->scale) return std::nullopt;
  // PostgreSQL has an error where MySQL cuts, so that no row holds such a value.
  if (!from_mysql || fits(value, *source)) return value.sql;
  return cut(value.sql, *source);
}

std::optional<std::string> text_for(const ValueTerm& value, const ComputedValue& column, bool from_mysql) {
  const auto source = texts_of(column.source), target = texts_of(column.target);
  if (!source || !target) return std::nullopt;
  if (!value.charset.empty() && source->charset != "utf8mb4" && source->charset != value.charset) return std::nullopt;
  if (target->length && (!source->length || *target->length < *source->length)) return std::nullopt;
  if (!source->length || value.length <= *source->length) return value.sql;
  // What PostgreSQL does with blanks beyond the length is its own.
  if (!from_mysql) return std::nullopt;
  return fmt::format("left({}, {})", value.sql, *source->length);
}

}  // namespace

ValueTerm as_decimal(ValueTerm node) {
  if (node.kind != ValueTerm::Kind::integer) return node;
  node.kind = ValueTerm::Kind::decimal;
  node.whole = digits_of(node.range);
  node.scale = 0;
  return node;
}

// The source has an error for what leaves its integers, so that no row holds such a value. Unsigned ones must not
// get near: what is below zero is an error there, whatever is added to it later.
ParsedTerm ValueRules::checked(ValueTerm node) const {
  if (node.kind == ValueTerm::Kind::decimal) {
    if (node.whole > whole_digits_max || node.scale > scale_max) return std::nullopt;
    return node;
  }
  if (node.kind != ValueTerm::Kind::integer) return node;
  const IntegerRange own = from_mysql ? integers_of(8) : integers_of(node.width);
  if (from_mysql && (!contains(own, node.range) || (node.is_unsigned && node.range.low < 0))) return std::nullopt;
  node.range = {std::max(node.range.low, own.low), std::min(node.range.high, own.high)};
  if (node.range.low > node.range.high) return std::nullopt;
  return node;
}

ParsedTerm ValueRules::calculated(char sign, const ValueTerm& a, const ValueTerm& b) const {
  if (!a.is_number() || !b.is_number()) return std::nullopt;
  ValueTerm out;
  out.sql = fmt::format("({} {} {})", a.sql, sign, b.sql);
  out.may_be_null = a.may_be_null || b.may_be_null;
  if (a.kind == ValueTerm::Kind::integer && b.kind == ValueTerm::Kind::integer) {
    out.kind = ValueTerm::Kind::integer;
    out.range = arithmetic(sign, a.range, b.range);
    out.width = std::max(a.width, b.width);
    out.is_unsigned = a.is_unsigned || b.is_unsigned;
    return checked(std::move(out));
  }
  const ValueTerm x = as_decimal(a), y = as_decimal(b);
  out.kind = ValueTerm::Kind::decimal;
  out.whole = sign == '*' ? x.whole + y.whole : std::max(x.whole, y.whole) + 1;
  out.scale = sign == '*' ? x.scale + y.scale : std::max(x.scale, y.scale);
  return checked(std::move(out));
}

ParsedTerm ValueRules::put_together(const ValueTerm& a, const ValueTerm& b) const {
  if (a.kind != ValueTerm::Kind::text || b.kind != ValueTerm::Kind::text) return std::nullopt;
  ValueTerm out = a;
  out.sql = to_mysql ? fmt::format("concat({}, {})", a.sql, b.sql) : fmt::format("({} || {})", a.sql, b.sql);
  out.may_be_null = a.may_be_null || b.may_be_null;
  out.length = a.length + b.length;
  out.literal.clear();
  if (!same_charset(a, b, out) || out.length > text_length_max) return std::nullopt;
  return out;
}

ParsedTerm ValueRules::united(const ValueTerm& a, const ValueTerm& b) const {
  if (a.kind == ValueTerm::Kind::condition || b.kind == ValueTerm::Kind::condition) return std::nullopt;
  if (a.kind == ValueTerm::Kind::null || b.kind == ValueTerm::Kind::null) {
    ValueTerm out = a.kind == ValueTerm::Kind::null ? b : a;
    out.may_be_null = true;
    out.literal.clear();
    return out;
  }
  ValueTerm out = a;
  out.literal.clear();
  out.may_be_null = a.may_be_null || b.may_be_null;
  if (a.kind == ValueTerm::Kind::text || b.kind == ValueTerm::Kind::text) {
    if (a.kind != b.kind || !same_charset(a, b, out)) return std::nullopt;
    out.length = std::max(a.length, b.length);
    return out;
  }
  if (a.kind == ValueTerm::Kind::integer && b.kind == ValueTerm::Kind::integer) {
    out.range = hull(a.range, b.range);
    out.width = std::max(a.width, b.width);
    out.is_unsigned = a.is_unsigned || b.is_unsigned;
    return checked(std::move(out));
  }
  const ValueTerm x = as_decimal(a), y = as_decimal(b);
  out = x;
  out.may_be_null = a.may_be_null || b.may_be_null;
  out.whole = std::max(x.whole, y.whole);
  out.scale = std::max(x.scale, y.scale);
  return checked(std::move(out));
}

std::optional<std::string> ValueRules::stored(const ValueTerm& term, const ComputedValue& column) const {
  // Without strict mode MySQL puts a zero where NULL may not be.
  if (column.not_null && term.may_be_null && from_mysql) return std::nullopt;
  if (term.is_number()) return number_for(term, column, from_mysql);
  return term.kind == ValueTerm::Kind::text ? text_for(term, column, from_mysql) : std::nullopt;
}

}  // namespace godwit
