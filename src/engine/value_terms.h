#pragma once
// What is known of the values of an expression's parts, and of those of two put together; for engine/value_sql.h.

#include <cstdint>
#include <optional>
#include <string>

#include "engine/value_range.h"

namespace godwit {

// An operand as the target writes it, with what is known of its values.
struct ValueTerm {
  enum class Kind : uint8_t { condition, integer, decimal, text, null };
  Kind kind = Kind::condition;
  std::string sql;
  bool may_be_null = false;
  IntegerRange range;        // integer
  int width = 8;             // of an integer on the source, bytes
  bool is_unsigned = false;  // an integer that the source takes for one
  int whole = 0, scale = 0;  // digits of a decimal before and behind the point
  int64_t length = 0;        // of a text, characters
  std::string charset;       // of a text; empty: any, or there is none
  std::string literal = {};  // of a text that is one

  bool is_number() const { return kind == Kind::integer || kind == Kind::decimal; }
};
using ParsedTerm = std::optional<ValueTerm>;

struct ComputedValue;

// Between two dialects. Nothing: it is not certain that both servers make the same of every value.
struct ValueRules {
  bool from_mysql = false, to_mysql = false;

  // The term, where the source can have such values.
  ParsedTerm checked(ValueTerm term) const;
  // `sign`: + - *
  ParsedTerm calculated(char sign, const ValueTerm& a, const ValueTerm& b) const;
  // One text behind the other.
  ParsedTerm put_together(const ValueTerm& a, const ValueTerm& b) const;
  // What holds the values of both, with the first one's SQL.
  ParsedTerm united(const ValueTerm& a, const ValueTerm& b) const;
  // What the column makes of the term's values, as SQL.
  std::optional<std::string> stored(const ValueTerm& term, const ComputedValue& column) const;
};

ValueTerm as_decimal(ValueTerm term);

}  // namespace godwit
