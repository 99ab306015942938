#pragma once
// Decimal numbers of any length as text, compared and rounded exactly.

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit {

// A view into plain decimal text.
struct Decimal {
  enum class Kind : uint8_t { lowest, finite, highest, nan };  // in PostgreSQL's order
  Kind kind = Kind::finite;
  bool negative = false;               // never of zero
  std::string_view integer, fraction;  // digits without leading, respectively trailing zeros
};

// Plain text: "-12.50", "NaN", "Infinity", "-Infinity". No blanks, no exponent, no grouping.
bool read_decimal(std::string_view text, Decimal& out);

// Puts what people and programs write into plain text without superfluous zeros: signs, exponents (up to 20,000
// digits), blanks around it, and money as PostgreSQL writes it in the C locale ("-$1,234.50"). False: no number.
bool to_plain_decimal(std::string_view text, std::string& out);

// Below, equal, above: negative, 0, positive. NaN equals itself and is greatest.
int compare(const Decimal& a, const Decimal& b);

bool is_zero(const Decimal& number);

// Plain text of a finite number at `scale` digits behind the point (fewer if it has fewer), rounded half away from
// zero. `out` is replaced.
void round_decimal(const Decimal& number, size_t scale, std::string& out);

}  // namespace godwit
