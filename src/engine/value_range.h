#pragma once
// Which values a column's type holds, as far as its text says it, on any server; for engine/value_sql.h.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "data/type.h"

namespace godwit {

__extension__ using WideInteger = __int128;  // products of two 64-bit integers

struct IntegerRange {
  WideInteger low = 0, high = 0;
};

bool contains(const IntegerRange& whole, const IntegerRange& part);
IntegerRange integers_of(int bytes);      // signed ones
IntegerRange integers_below(int digits);  // those of so many digits
int digits_of(const IntegerRange& range);

struct NumberType {
  bool is_integer = false;
  IntegerRange range;  // integer
  int width = 8;       // integer: bytes
  bool is_unsigned = false;
  int whole = 0, scale = 0;  // digits before and behind the point; of an integer as many as it may have, and none
};

// Integers up to 8 bytes, unsigned ones below 8, and decimals with a precision; nothing for any other type.
std::optional<NumberType> numbers_of(const Type& type);
// Whether `part`'s values are `whole`'s too, digit by digit.
bool holds(const NumberType& whole, const NumberType& part);
// The lowest and the highest value, as SQL.
std::pair<std::string, std::string> bounds_of(const NumberType& type);

struct TextType {
  std::optional<int64_t> length;  // characters
  std::string charset;            // empty: the server has one for all
};

// Texts of varying length, those without a length of an unbounded or large enough one; nothing for any other type.
std::optional<TextType> texts_of(const Type& type);

}  // namespace godwit
