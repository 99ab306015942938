#include "engines/mysql/ddl_values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "engines/mysql/column_facts.h"
#include "engines/mysql/native_type.h"

namespace godwit::mysql {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// -007.50 as sign, digits before and behind the point without needless zeros. Nothing: it is written otherwise.
struct Number {
  bool negative = false;
  std::string whole, fraction;
};

std::optional<Number> number_of(std::string_view text) {
  Number out;
  text = trim(text);
  if (text.starts_with('-') || text.starts_with('+')) {
    out.negative = text.starts_with('-');
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if ((!whole.empty() && !all_digits(whole)) || (!fraction.empty() && !all_digits(fraction))) return std::nullopt;
  out.whole = whole.substr(std::min(whole.find_first_not_of('0'), whole.size()));
  if (out.whole.empty()) out.whole = "0";
  out.fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  if (out.whole == "0" && out.fraction.empty()) out.negative = false;
  return out;
}

std::string text_of(const Number& number, size_t scale) {
  std::string out = number.negative ? "-" : "";
  out += number.whole;
  if (scale == 0) return out;
  return out + '.' + number.fraction + std::string(scale - number.fraction.size(), '0');
}

std::optional<std::string> numeric_value(std::string_view text, const Type& type, std::string_view name) {
  constexpr size_t single_digits = 6, double_digits = 15;
  const std::optional<Number> number = number_of(text);
  if (!number || type.native.find("zerofill") != std::string::npos) return std::nullopt;
  if (name == "year") {
    const std::string year = text_of(*number, 0);
    return number->fraction.empty() && year.size() == 4 ? std::optional(year) : std::nullopt;
  }
  if (type.form == ValueForm::integer)
    return number->fraction.empty() ? std::optional(text_of(*number, 0)) : std::nullopt;
  if (type.form == ValueForm::real) {
    const size_t digits = number->whole.size() + number->fraction.size();
    if (digits > (name == "float" ? single_digits : double_digits) || type.native.find('(') != std::string::npos)
      return std::nullopt;
    return text_of(*number, number->fraction.size());
  }
  const auto scale = static_cast<size_t>(type.scale.value_or(0));
  if (number->fraction.size() > scale) return std::nullopt;
  return text_of(*number, scale);
}

std::optional<std::string> bits_value(const DdlDefault& value, const Type& type) {
  std::string digits = value.text;
  if (value.kind == DdlDefault::Kind::number) {
    uint64_t number = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    digits.clear();
    for (; number > 0; number /= 2) digits.insert(digits.begin(), static_cast<char>('0' + number % 2));
  } else if (value.kind != DdlDefault::Kind::bits) {
    return std::nullopt;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (type.form == ValueForm::boolean)
    return digits.size() > 1 ? std::nullopt : std::optional<std::string>(digits.empty() ? "f" : "t");
  const auto width = static_cast<size_t>(type.length.value_or(1));
  if (digits.size() > width) return std::nullopt;
  return std::string(width - digits.size(), '0') + digits;
}

// "9999-99-99" against a text: each 9 is a digit.
bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form, [](char c, char f) { return f == '9' ? c >= '0' && c <= '9' : c == f; });
}

// .5 behind a moment, made as long as the type has digits.
bool append_fraction(std::string_view fraction, const Type& type, std::string& out) {
  const auto digits = static_cast<size_t>(type.precision.value_or(0));
  if (fraction.starts_with('.')) fraction.remove_prefix(1);
  if (fraction.size() > digits || (!fraction.empty() && !all_digits(fraction))) return false;
  if (digits > 0) out += '.' + std::string(fraction) + std::string(digits - fraction.size(), '0');
  return true;
}

std::optional<std::string> moment_value(std::string_view text, const Type& type) {
  constexpr std::string_view date = "9999-99-99", datetime = "9999-99-99 99:99:99";
  const auto is_date = [](std::string_view day) {
    return day.substr(0, 4) != "0000" && day.substr(5, 2) != "00" && day.substr(8, 2) != "00";
  };
  if (type.form == ValueForm::date)
    return has_form(text, date) && is_date(text) ? std::optional<std::string>(text) : std::nullopt;
  if (type.form == ValueForm::duration) {
    const size_t point = std::min(text.find('.'), text.size());
    const std::string_view clock = text.substr(0, point), positive = clock.starts_with('-') ? clock.substr(1) : clock;
    if (!has_form(positive, "99:99:99") && !has_form(positive, "999:99:99")) return std::nullopt;
    std::string out(clock);
    return append_fraction(text.substr(point), type, out) ? std::optional(out) : std::nullopt;
  }
  // A timestamp is meant in the time zone of whoever wrote the statement.
  if (type.form != ValueForm::datetime || text.size() < datetime.size()) return std::nullopt;
  std::string out(text.substr(0, datetime.size()));
  if (!has_form(out, datetime) || !is_date(out)) return std::nullopt;
  return append_fraction(text.substr(datetime.size()), type, out) ? std::optional(out) : std::nullopt;
}

std::optional<std::string> text_value(const DdlDefault& value, std::string_view name) {
  std::string text = value.text;
  if (value.kind == DdlDefault::Kind::number) {
    if (!number_of(text)) return std::nullopt;
  } else if (value.kind != DdlDefault::Kind::text) {
    return std::nullopt;
  }
  if (name == "char") text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::optional<std::string> label_value(const DdlDefault& value, const Type& type) {
  if (value.kind != DdlDefault::Kind::text || type.labels == nullptr) return std::nullopt;
  const std::vector<std::string>& labels = *type.labels;
  if (type.form == ValueForm::enumeration)
    return std::ranges::find(labels, value.text) != labels.end() ? std::optional(value.text) : std::nullopt;
  if (value.text.empty()) return value.text;
  auto from = labels.begin();
  for (const std::string& label : split(value.text, ',')) {
    from = std::find(from, labels.end(), label);
    if (from == labels.end()) return std::nullopt;
    ++from;
  }
  return value.text;
}

std::optional<std::string> bytes_value(const DdlDefault& value, const Type& type, std::string_view name) {
  const bool plain = std::ranges::all_of(value.text, [](char c) { return (static_cast<uint8_t>(c) & 0x80U) == 0; });
  if (value.kind != DdlDefault::Kind::text || !plain) return std::nullopt;
  if (name == "binary" && value.text.size() != static_cast<size_t>(type.length.value_or(0))) return std::nullopt;
  return value.text;
}

// --- conversions ---

struct Whole {
  std::string_view name;
  int bits;
};
constexpr std::array whole_numbers = {Whole{"tinyint", 8}, Whole{"smallint", 16}, Whole{"mediumint", 24},
                                      Whole{"int", 32}, Whole{"bigint", 64}};

int bits_of(std::string_view name) {
  const auto* found = std::ranges::find(whole_numbers, name, &Whole::name);
  return found == whole_numbers.end() ? 0 : found->bits;
}

// Bytes that a type of the text or blob kind holds; 0: it is none.
uint64_t large_bytes(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, unsigned>, 4> kinds = {
      {{"tiny", 8}, {"", 16}, {"medium", 24}, {"long", 32}}};
  for (const auto& [prefix, bits] : kinds)
    for (const std::string_view kind : {"text", "blob"})
      if (name == std::string(prefix) + std::string(kind)) return uint64_t{1} << bits;
  return 0;
}

bool keeps_integers(const ColumnFacts& from, const ColumnFacts& to) {
  if (from.zerofill_width != to.zerofill_width) return false;
  const int a = bits_of(from.data_type), b = bits_of(to.data_type);
  if (from.is_unsigned == to.is_unsigned) return a <= b;
  return from.is_unsigned && a < b;
}

bool keeps_decimals(const Type& from, const Type& to, const ColumnFacts& a, const ColumnFacts& b) {
  if (a.zerofill_width != b.zerofill_width || (b.is_unsigned && !a.is_unsigned)) return false;
  const int scale = from.scale.value_or(0), new_scale = to.scale.value_or(0);
  return scale <= new_scale && from.precision.value_or(0) - scale <= to.precision.value_or(0) - new_scale;
}

bool keeps_characters(const Type& from, const Type& to, const ColumnFacts& a, const ColumnFacts& b, bool strict) {
  constexpr uint64_t character_bytes_max = 4;
  const bool a_large = large_bytes(a.data_type) > 0, b_large = large_bytes(b.data_type) > 0;
  if (b.data_type == "char" && a.data_type != "char") return false;  // blanks at the end go
  if (a.charset != b.charset && b.charset != "utf8mb4" && !strict) return false;
  if (!a_large && !b_large) return from.length.value_or(0) <= to.length.value_or(0);
  if (!b_large) return false;
  if (strict) return true;
  const uint64_t holds = large_bytes(b.data_type);
  if (a_large) return large_bytes(a.data_type) <= holds && a.charset == b.charset;
  return static_cast<uint64_t>(from.length.value_or(0)) * character_bytes_max < holds;
}

bool keeps_bytes(const Type& from, const Type& to, const ColumnFacts& a, const ColumnFacts& b) {
  if (a.data_type == "binary" || b.data_type == "binary")
    return a.data_type == b.data_type && from.length == to.length;  // values are filled up with zeros
  const uint64_t holds = large_bytes(b.data_type), held = large_bytes(a.data_type);
  const auto length = [](const Type& type) { return static_cast<uint64_t>(type.length.value_or(0)); };
  if (held == 0 && holds == 0) return length(from) <= length(to);
  if (holds == 0) return false;
  return held == 0 ? length(from) < holds : held <= holds;
}

bool keeps_labels(const Type& from, const Type& to, const ColumnFacts& a, const ColumnFacts& b, bool strict) {
  if (from.labels == nullptr || to.labels == nullptr || from.labels->size() > to.labels->size()) return false;
  if (a.charset != b.charset && b.charset != "utf8mb4" && !strict) return false;
  return std::equal(from.labels->begin(), from.labels->end(), to.labels->begin());
}

bool is_bytes(const Type& type) {
  return type.form == ValueForm::bytes;
}

}  // namespace

std::optional<std::string> plain_value(const DdlDefault& value, const Type& type) {
  if (value.kind == DdlDefault::Kind::none || value.kind == DdlDefault::Kind::null ||
      value.kind == DdlDefault::Kind::expression)
    return std::nullopt;
  const std::string name = native_facts("", type).data_type;
  switch (type.form) {
    case ValueForm::integer:
    case ValueForm::decimal:
    case ValueForm::real:
      return value.kind == DdlDefault::Kind::bits ? std::nullopt : numeric_value(value.text, type, name);
    case ValueForm::boolean:
    case ValueForm::bits:
      return bits_value(value, type);
    case ValueForm::date:
    case ValueForm::datetime:
    case ValueForm::duration:
      return value.kind == DdlDefault::Kind::text ? moment_value(value.text, type) : std::nullopt;
    case ValueForm::text:
      return text_value(value, name);
    case ValueForm::enumeration:
    case ValueForm::label_set:
      return label_value(value, type);
    case ValueForm::bytes:
      return bytes_value(value, type, name);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> implied_value(const Type& type) {
  const std::string name = native_facts("", type).data_type;
  switch (type.form) {
    case ValueForm::integer:
    case ValueForm::decimal:
    case ValueForm::real:
      return name == "year" ? std::nullopt : plain_value({DdlDefault::Kind::number, "0", "0"}, type);
    case ValueForm::boolean:
    case ValueForm::bits:
      return plain_value({DdlDefault::Kind::bits, "0", ""}, type);
    case ValueForm::enumeration:
      return type.labels != nullptr && !type.labels->empty() ? std::optional(type.labels->front()) : std::nullopt;
    case ValueForm::text:
    case ValueForm::label_set:
      return "";
    case ValueForm::bytes:
      return name == "binary" ? std::nullopt : std::optional<std::string>("");
    default:
      return std::nullopt;
  }
}

bool keeps_values(const Type& from, const Type& to, bool strict) {
  if (from.native == to.native && from.form == to.form) return true;
  const ColumnFacts a = native_facts("", from), b = native_facts("", to);
  if (bits_of(a.data_type) > 0 && bits_of(b.data_type) > 0) return keeps_integers(a, b);
  if (from.form != to.form || is_bytes(from) != is_bytes(to)) return false;
  switch (from.form) {
    case ValueForm::decimal:
      return keeps_decimals(from, to, a, b);
    case ValueForm::text:
      return keeps_characters(from, to, a, b, strict);
    case ValueForm::bytes:
      return a.data_type != "vector" && b.data_type != "vector" && keeps_bytes(from, to, a, b);
    case ValueForm::enumeration:
    case ValueForm::label_set:
      return keeps_labels(from, to, a, b, strict);
    case ValueForm::datetime:
    case ValueForm::datetime_tz:
    case ValueForm::duration:
      return a.fraction_digits <= b.fraction_digits;
    default:
      return false;
  }
}

}  // namespace godwit::mysql
