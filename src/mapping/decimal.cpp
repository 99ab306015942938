#include "mapping/decimal.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace godwit {
namespace {

constexpr int64_t digits_max = 20000;

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool read_special(std::string_view text, Decimal& out) {
  if (text == "NaN")
    out.kind = Decimal::Kind::nan;
  else if (text == "Infinity")
    out.kind = Decimal::Kind::highest;
  else if (text == "-Infinity")
    out.kind = Decimal::Kind::lowest;
  else
    return false;
  return true;
}

bool to_special(std::string_view text, std::string& out) {
  const std::string word = lower_ascii(text);
  if (word == "nan")
    out = "NaN";
  else if (word == "infinity" || word == "inf" || word == "+infinity" || word == "+inf")
    out = "Infinity";
  else if (word == "-infinity" || word == "-inf")
    out = "-Infinity";
  else
    return false;
  return true;
}

int compare_digits(std::string_view a, std::string_view b) {
  const int order = a.compare(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int compare_magnitude(const Decimal& a, const Decimal& b) {
  if (a.integer.size() != b.integer.size()) return a.integer.size() < b.integer.size() ? -1 : 1;
  const int order = compare_digits(a.integer, b.integer);
  return order != 0 ? order : compare_digits(a.fraction, b.fraction);
}

void write_plain(bool negative, std::string_view integer, std::string_view fraction, std::string& out) {
  while (integer.starts_with('0')) integer.remove_prefix(1);
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  out.clear();
  if (negative && (!integer.empty() || !fraction.empty())) out += '-';
  out += integer.empty() ? std::string_view("0") : integer;
  if (!fraction.empty()) out.append(1, '.').append(fraction);
}

// Takes the exponent off the end of the text.
bool split_exponent(std::string_view& text, int64_t& exponent) {
  const size_t at = text.find_first_of("eE");
  if (at == std::string_view::npos) return true;
  std::string_view written = text.substr(at + 1);
  if (written.starts_with('+')) written.remove_prefix(1);
  const auto [end, error] = std::from_chars(written.begin(), written.end(), exponent);
  text = text.substr(0, at);
  return error == std::errc{} && end == written.end() && !written.empty() && exponent >= -digits_max &&
         exponent <= digits_max;
}

// Moves the point by `exponent` places.
void shift(std::string& integer, std::string& fraction, int64_t exponent) {
  std::string& from = exponent > 0 ? fraction : integer;
  const auto places = static_cast<size_t>(exponent > 0 ? exponent : -exponent);
  if (exponent > 0) {
    from.resize(std::max(from.size(), places), '0');
    integer.append(from, 0, places);
    from.erase(0, places);
  } else if (exponent < 0) {
    if (from.size() < places) from.insert(0, places - from.size(), '0');
    fraction.insert(0, from, from.size() - places, places);
    from.resize(from.size() - places);
  }
}

// Adds one to a number written in digits only; true when it grew by a digit, which is '1' and left out.
bool increment(std::string& digits) {
  for (size_t at = digits.size(); at-- > 0;) {
    if (digits[at] != '9') {
      ++digits[at];
      return false;
    }
    digits[at] = '0';
  }
  return true;
}

}  // namespace

bool read_decimal(std::string_view text, Decimal& out) {
  out = {};
  if (read_special(text, out)) return true;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const size_t point = text.find('.');
  out.integer = text.substr(0, point);
  if (point != std::string_view::npos) out.fraction = text.substr(point + 1);
  if (out.integer.size() + out.fraction.size() == 0 || !all_digits(out.integer) || !all_digits(out.fraction))
    return false;
  while (out.integer.starts_with('0')) out.integer.remove_prefix(1);
  while (out.fraction.ends_with('0')) out.fraction.remove_suffix(1);
  out.negative = negative && !is_zero(out);
  return true;
}

bool to_plain_decimal(std::string_view text, std::string& out) {
  text = trim(text);
  if (to_special(text, out)) return true;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::string grouped;
  if (text.starts_with('$')) {
    grouped = text.substr(1);
    std::erase(grouped, ',');
    text = grouped;
  }
  int64_t exponent = 0;
  if (!split_exponent(text, exponent)) return false;
  Decimal number;
  if (text.starts_with('-') || text.starts_with('+') || !read_decimal(text, number) ||
      number.kind != Decimal::Kind::finite)
    return false;
  if (exponent == 0) {
    write_plain(negative, number.integer, number.fraction, out);
    return true;
  }
  std::string integer(number.integer), fraction(number.fraction);
  shift(integer, fraction, exponent);
  write_plain(negative, integer, fraction, out);
  return true;
}

int compare(const Decimal& a, const Decimal& b) {
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.kind != Decimal::Kind::finite) return 0;
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int order = compare_magnitude(a, b);
  return a.negative ? -order : order;
}

bool is_zero(const Decimal& number) {
  return number.kind == Decimal::Kind::finite && number.integer.empty() && number.fraction.empty();
}

void round_decimal(const Decimal& number, size_t scale, std::string& out) {
  if (number.fraction.size() <= scale) {
    write_plain(number.negative, number.integer, number.fraction, out);
    return;
  }
  const bool up = number.fraction[scale] >= '5';
  std::string integer(number.integer), fraction(number.fraction.substr(0, scale));
  if (up && increment(fraction) && increment(integer)) integer.insert(0, 1, '1');
  write_plain(number.negative, integer, fraction, out);
}

}  // namespace godwit
