// Numbers as the server writes them.

#include <charconv>
#include <cmath>
#include <cstring>

#include "engines/mysql/binlog_values.h"

namespace godwit::mysql {
namespace {

constexpr unsigned digits_per_word = 9;
constexpr size_t bytes_of_digits[digits_per_word + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

// From the shortest digits to the server's choice between plain and exponential.
template <class Real>
void append_shortest(ByteBuffer& out, Real value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  const char* at = text;
  if (*at == '-') out.push_back(*at++);
  char digits[32];
  int count = 0;
  while (at < end && *at != 'e') {
    if (*at != '.' && count < 31) digits[count++] = *at;
    ++at;
  }
  int exponent = 0;
  if (at < end) std::from_chars(at + (at[1] == '+' ? 2 : 1), end, exponent);
  const int point = exponent + 1;  // digits before the decimal point
  constexpr int plain_max = 15, plain_min = -14;
  if (point >= plain_min && (point <= plain_max || point < count)) {
    if (point <= 0) {
      out.append("0.");
      for (int i = point; i < 0; ++i) out.push_back('0');
      return out.append(digits, static_cast<size_t>(count));
    }
    for (int i = 0; i < point || i < count; ++i) {
      if (i == point) out.push_back('.');
      out.push_back(i < count ? digits[i] : '0');
    }
    return;
  }
  out.push_back(digits[0]);
  if (count > 1) {
    out.push_back('.');
    out.append(digits + 1, static_cast<size_t>(count - 1));
  }
  out.push_back('e');
  char power[8];
  out.append(power, static_cast<size_t>(std::to_chars(power, power + sizeof(power), exponent).ptr - power));
}

template <class Real>
void append_real_of(ByteBuffer& out, Real value) {
  if (value == 0) return out.append(std::signbit(value) ? "-0" : "0");
  append_shortest(out, value);
}

}  // namespace

void append_real(ByteBuffer& out, double value) {
  append_real_of(out, value);
}
void append_real(ByteBuffer& out, float value) {
  append_real_of(out, value);
}

void append_number(ByteBuffer& out, uint64_t value, unsigned digits_min) {
  char digits[24];
  const auto count = static_cast<size_t>(std::to_chars(digits, digits + sizeof(digits), value).ptr - digits);
  for (size_t i = count; i < digits_min; ++i) out.push_back('0');
  out.append(digits, count);
}

void append_fraction(ByteBuffer& out, uint64_t microseconds, unsigned digits) {
  if (digits == 0) return;
  out.push_back('.');
  for (unsigned i = digits; i < 6; ++i) microseconds /= 10;
  append_number(out, microseconds, digits);
}

size_t decimal_bytes(unsigned precision, unsigned scale) {
  const unsigned whole = precision - scale;
  return whole / digits_per_word * 4 + bytes_of_digits[whole % digits_per_word] + scale / digits_per_word * 4 +
         bytes_of_digits[scale % digits_per_word];
}

bool append_decimal(ByteBuffer& out, unsigned precision, unsigned scale, std::string_view raw) {
  if (precision == 0 || precision > 65 || scale > 38 || scale > precision ||
      raw.size() != decimal_bytes(precision, scale))
    return false;
  char bytes[40];
  std::memcpy(bytes, raw.data(), raw.size());
  const bool negative = (static_cast<uint8_t>(bytes[0]) & 0x80U) == 0;
  bytes[0] = static_cast<char>(static_cast<uint8_t>(bytes[0]) ^ 0x80U);
  size_t at = 0;
  const auto word = [&](unsigned digits) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes_of_digits[digits]; ++i)
      value = value << 8U | static_cast<uint8_t>(negative ? ~bytes[at + i] : bytes[at + i]);
    at += bytes_of_digits[digits];
    return value & 0xffffffffU;
  };
  constexpr uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
  const size_t start = out.size();
  if (negative) out.push_back('-');
  bool begun = false;
  const auto whole_word = [&](unsigned digits) {
    const uint64_t value = word(digits);
    if (value >= powers[digits]) return false;
    if (begun || value != 0) append_number(out, value, begun ? digits : 1);
    begun = begun || value != 0;
    return true;
  };
  const unsigned whole = precision - scale;
  bool fine = whole % digits_per_word == 0 || whole_word(whole % digits_per_word);
  for (unsigned i = 0; fine && i < whole / digits_per_word; ++i) fine = whole_word(digits_per_word);
  if (!begun) out.push_back('0');
  if (scale > 0) out.push_back('.');
  for (unsigned left = scale; fine && left > 0;) {
    const unsigned digits = left < digits_per_word ? left : digits_per_word;
    const uint64_t value = word(digits);
    fine = value < powers[digits];
    append_number(out, value, digits);
    left -= digits;
  }
  if (!fine) out.truncate(start);
  return fine;
}

}  // namespace godwit::mysql
