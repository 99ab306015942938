#include "engine/value_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/text.h"

namespace godwit {
namespace {

constexpr int digits_max = 38;  // of a WideInteger, all of them

WideInteger power_of_ten(int digits) {
  WideInteger out = 1;
  for (int i = 0; i < std::min(digits, digits_max); ++i) out *= 10;
  return out;
}

std::string text_of(WideInteger value) {
  if (value < 0) return "-" + text_of(-value);
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return out;
}

std::string_view word_of(std::string_view native) {
  return native.substr(0, native.find_first_of("( "));
}

// "(10,2)" of "decimal(10,2) unsigned"; one number: the other is 0.
std::optional<std::pair<int, int>> modifiers(std::string_view native) {
  const size_t open = native.find('('), close = native.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  const std::string_view inside = native.substr(open + 1, close - open - 1);
  const size_t comma = inside.find(',');
  std::pair<int, int> out = {0, 0};
  const auto read = [](std::string_view text, int& number) {
    text = trim(text);
    return std::from_chars(text.data(), text.data() + text.size(), number).ptr == text.data() + text.size();
  };
  if (!read(inside.substr(0, comma), out.first)) return std::nullopt;
  if (comma != std::string_view::npos && !read(inside.substr(comma + 1), out.second)) return std::nullopt;
  return out;
}

std::optional<NumberType> integer_type(std::string_view word, bool is_unsigned) {
  struct Width {
    std::string_view word;
    int bytes;
  };
  static constexpr std::array<Width, 6> widths = {
      {{"tinyint", 1}, {"smallint", 2}, {"mediumint", 3}, {"int", 4}, {"integer", 4}, {"bigint", 8}}};
  const auto found = std::ranges::find(widths, word, &Width::word);
  if (found == widths.end() || (is_unsigned && found->bytes == 8)) return std::nullopt;
  NumberType out;
  out.is_integer = true;
  out.width = found->bytes;
  out.is_unsigned = is_unsigned;
  out.range = integers_of(out.width);
  if (is_unsigned) out.range = {0, out.range.high * 2 + 1};
  out.whole = digits_of(out.range);
  return out;
}

}  // namespace

bool contains(const IntegerRange& whole, const IntegerRange& part) {
  return whole.low <= part.low && part.high <= whole.high;
}

IntegerRange integers_of(int bytes) {
  const WideInteger half = WideInteger{1} << (8 * bytes - 1);
  return {-half, half - 1};
}

IntegerRange integers_below(int digits) {
  const WideInteger end = power_of_ten(digits);
  return {1 - end, end - 1};
}

int digits_of(const IntegerRange& range) {
  int out = 1;
  while (out < digits_max && !contains(integers_below(out), range)) ++out;
  return out;
}

std::optional<NumberType> numbers_of(const Type& type) {
  const std::string native = lower_ascii(type.native);
  const bool is_unsigned = native.find("unsigned") != std::string::npos;
  const std::string_view word = word_of(native);
  if (type.form == ValueForm::integer) return integer_type(word, is_unsigned);
  if (type.form != ValueForm::decimal || (word != "decimal" && word != "numeric")) return std::nullopt;
  const auto digits = modifiers(native);
  if (!digits || digits->second < 0 || digits->second > digits->first || digits->first > digits_max || is_unsigned)
    return std::nullopt;
  NumberType out;
  out.whole = digits->first - digits->second;
  out.scale = digits->second;
  return out;
}

bool holds(const NumberType& whole, const NumberType& part) {
  if (whole.is_integer) return part.is_integer && contains(whole.range, part.range);
  return whole.whole >= part.whole && (part.is_integer || whole.scale == part.scale);
}

std::pair<std::string, std::string> bounds_of(const NumberType& type) {
  if (type.is_integer) return {text_of(type.range.low), text_of(type.range.high)};
  std::string high(static_cast<size_t>(std::max(type.whole, 1)), type.whole > 0 ? '9' : '0');
  if (type.scale > 0) high += "." + std::string(static_cast<size_t>(type.scale), '9');
  return {"-" + high, high};
}

std::optional<TextType> texts_of(const Type& type) {
  if (type.form != ValueForm::text) return std::nullopt;
  const std::string native = lower_ascii(type.native);
  TextType out;
  constexpr std::string_view set = "character set ";
  if (const size_t at = native.find(set); at != std::string::npos)
    out.charset = native.substr(at + set.size(), native.find(' ', at + set.size()) - at - set.size());
  const std::string_view word = word_of(native);
  if (word == "varchar" || native.starts_with("character varying(")) {
    const auto digits = modifiers(native);
    if (!digits) return std::nullopt;
    out.length = digits->first;
    return out;
  }
  // MySQL's "text" ends at 65535 bytes.
  const bool unbounded = word == "longtext" || (word == "text" && type.dialect != "mysql");
  return unbounded ? std::optional(out) : std::nullopt;
}

}  // namespace godwit
