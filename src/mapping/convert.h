#pragma once
// change-data-type: canonical text of one type to that of another (spec/table-mappings.md §4.2, types.md §1). Also
// gives the results of expressions their column's type.

#include <string>
#include <string_view>

#include "data/type.h"

namespace godwit {

// Whether there is a conversion at all; a date never becomes a number.
bool can_convert(TypeClass from, TypeClass to);

// True when every value goes through as it is, whatever its encoding.
bool is_same(const Type& from, const Type& to);

// Numbers round half away from zero as they lose digits (reals becoming integers: half to even), as PostgreSQL's
// casts do; fractions of seconds are cut off. `out` points into `value` or `scratch`. False: the value is none of the
// new type; `why` says so without the value, as part of a sentence.
bool convert(const Type& from, const Type& to, std::string_view value, std::string& scratch, std::string_view& out,
             std::string_view& why);

// Whether what convert() made of a value stands for that value alone, so that no two values become one: a number,
// date or time must still be the same one; of the texts that mean one number, date or truth value, the one written
// without padding zeros is kept. What becomes text or bytes always is.
bool keeps_value(const Type& from, const Type& to, std::string_view value, std::string_view converted);

// The shortest text that reads back as the same number; without exponent if `plain`. NaN and Infinity as words.
void write_real(double value, bool plain, std::string& out);
void write_real(float value, std::string& out);

// As read from canonical text; false: no number.
bool read_real(std::string_view text, double& out);

}  // namespace godwit
