#include "mapping/convert.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/hex.h"
#include "base/text.h"
#include "data/row_filter.h"
#include "mapping/civil_time.h"
#include "mapping/decimal.h"
#include "mapping/utf8.h"

namespace godwit {
namespace {

enum class Family { boolean, number, real, text, binary, date, time, datetime };

Family family_of(TypeClass type) {
  if (is_integer(type) || type == TypeClass::numeric) return Family::number;
  if (is_real(type)) return Family::real;
  if (is_binary(type)) return Family::binary;
  if (type == TypeClass::boolean) return Family::boolean;
  if (type == TypeClass::date) return Family::date;
  if (type == TypeClass::time) return Family::time;
  if (type == TypeClass::datetime) return Family::datetime;
  return Family::text;
}

// Bits are text of 0 and 1, whatever their class.
Family family_of(const Type& type) {
  return type.form == ValueForm::bits ? Family::text : family_of(type.type_class);
}

struct IntegerBounds {
  std::string_view lowest, highest;
};

IntegerBounds bounds_of(TypeClass type) {
  switch (type) {
    case TypeClass::int1:
      return {"-128", "127"};
    case TypeClass::int2:
      return {"-32768", "32767"};
    case TypeClass::int4:
      return {"-2147483648", "2147483647"};
    case TypeClass::int8:
      return {"-9223372036854775808", "9223372036854775807"};
    case TypeClass::uint1:
      return {"0", "255"};
    case TypeClass::uint2:
      return {"0", "65535"};
    case TypeClass::uint4:
      return {"0", "4294967295"};
    default:
      return {"0", "18446744073709551615"};
  }
}

bool is_within(const Decimal& number, IntegerBounds bounds) {
  Decimal lowest, highest;
  read_decimal(bounds.lowest, lowest);
  read_decimal(bounds.highest, highest);
  return compare(number, lowest) >= 0 && compare(number, highest) <= 0;
}

class Conversion {
 public:
  Conversion(const Type& from, const Type& to, std::string& scratch, std::string_view& why)
      : from_(from), to_(to), scratch_(scratch), why_(why) {}

  bool run(std::string_view value, std::string_view& out) {
    switch (family_of(to_.type_class)) {
      case Family::text:
        return to_text(value, out);
      case Family::number:
        return to_number(value, out);
      case Family::real:
        return to_real(value, out);
      case Family::boolean:
        return to_boolean(value, out);
      case Family::binary:
        return to_binary(value, out);
      case Family::date:
      case Family::time:
      case Family::datetime:
        return to_moment(value, out);
    }
    return false;
  }

 private:
  bool fail(std::string_view why) {
    why_ = why;
    return false;
  }
  bool written(std::string_view& out) {
    out = scratch_;
    return true;
  }

  bool to_text(std::string_view value, std::string_view& out) {
    out = value;
    const Family from = family_of(from_);
    if (from == Family::boolean) out = value == "t" ? "true" : value == "f" ? "false" : value;
    if (from == Family::binary) {
      ByteBuffer hex;
      append_hex(hex, value);
      scratch_ = hex.view();
      out = scratch_;
    }
    if (!to_.length || out.size() <= static_cast<size_t>(*to_.length) ||
        count_characters(out) <= static_cast<size_t>(*to_.length))
      return true;
    return fail("it has more characters than the type's length");
  }

  bool to_binary(std::string_view value, std::string_view& out) {
    out = value;
    if (!to_.length || out.size() <= static_cast<size_t>(*to_.length)) return true;
    return fail("it has more bytes than the type's length");
  }

  // The number as plain decimal text in scratch_.
  bool read_number(std::string_view value) {
    if (family_of(from_) == Family::boolean) {
      scratch_ = value == "t" ? "1" : "0";
      return true;
    }
    if (family_of(from_) != Family::real) return to_plain_decimal(value, scratch_);
    double real = 0;
    if (!godwit::read_real(value, real)) return false;
    if (is_integer(to_.type_class) && std::isfinite(real)) real = std::nearbyint(real);
    write_real(real, true, scratch_);
    return true;
  }

  bool to_number(std::string_view value, std::string_view& out) {
    Decimal number;
    if (!read_number(value) || !read_decimal(scratch_, number)) return fail("it is no number");
    if (is_integer(to_.type_class)) return to_integer(out);
    if (number.kind != Decimal::Kind::finite)
      return to_.precision && number.kind != Decimal::Kind::nan ? fail("it is infinite") : written(out);
    const bool as_it_is = from_.type_class == TypeClass::numeric && !value.contains('$');
    if (!to_.precision) {
      out = as_it_is ? value : std::string_view(scratch_);
      return true;
    }
    const auto scale = static_cast<size_t>(to_.scale.value_or(0));
    std::string rounded;
    round_decimal(number, scale, rounded);
    scratch_ = std::move(rounded);
    read_decimal(scratch_, number);
    if (number.integer.size() + scale > static_cast<size_t>(*to_.precision))
      return fail("it has more digits than the type's precision");
    return written(out);
  }

  bool to_integer(std::string_view& out) {
    Decimal number;
    read_decimal(scratch_, number);
    if (number.kind != Decimal::Kind::finite) return fail("it is not finite");
    if (!number.fraction.empty()) {
      std::string rounded;
      round_decimal(number, 0, rounded);
      scratch_ = std::move(rounded);
      read_decimal(scratch_, number);
    }
    if (!is_within(number, bounds_of(to_.type_class))) return fail("it is out of the type's range");
    return written(out);
  }

  bool to_real(std::string_view value, std::string_view& out) {
    double real = 0;
    if (family_of(from_) == Family::real) {
      if (!godwit::read_real(value, real)) return fail("it is no number");
    } else if (!read_number(value) || !godwit::read_real(scratch_, real)) {
      return fail("it is no number");
    }
    if (to_.type_class == TypeClass::real8) {
      write_real(real, false, scratch_);
      return written(out);
    }
    if (std::isfinite(real) && std::abs(real) > std::numeric_limits<float>::max())
      return fail("it is out of the type's range");
    write_real(static_cast<float>(real), scratch_);
    return written(out);
  }

  bool to_boolean(std::string_view value, std::string_view& out) {
    const Family from = family_of(from_);
    if (from == Family::boolean) {
      out = value;
      return true;
    }
    if (from == Family::text) {
      const std::string word = lower_ascii(trim(value));
      static constexpr std::array<std::string_view, 6> yes = {"t", "true", "y", "yes", "on", "1"};
      static constexpr std::array<std::string_view, 6> no = {"f", "false", "n", "no", "off", "0"};
      const bool is_true = std::ranges::find(yes, word) != yes.end();
      if (!is_true && std::ranges::find(no, word) == no.end()) return fail("it is neither true nor false");
      out = is_true ? "t" : "f";
      return true;
    }
    Decimal number;
    if (!read_number(value) || !read_decimal(scratch_, number)) return fail("it is no number");
    out = is_zero(number) ? "f" : "t";
    return true;
  }

  bool to_moment(std::string_view value, std::string_view& out) {
    const Family from = family_of(from_), to = family_of(to_.type_class);
    const DateStyle style = from == Family::text ? DateStyle::written : DateStyle::canonical;
    Moment moment;
    const bool readable = from == Family::time || (from == Family::text && to == Family::time)
                              ? read_time(value, style, moment)
                              : read_datetime(value, style, moment);
    if (!readable) return fail("it is no date or time of the form YYYY-MM-DD, HH:MM:SS or YYYY-MM-DD HH:MM:SS");
    // A time with a zone keeps what the clock shows.
    if (to == Family::time) moment.nanosecond -= moment.zone_s * int64_t{1'000'000'000};
    if (to == Family::time && moment.infinity != 0) return fail("it is infinite");
    const int digits = to_.precision.value_or(9);
    scratch_ = to == Family::date   ? date_text(moment)
               : to == Family::time ? time_text(moment, digits)
                                    : datetime_text(moment, digits);
    return written(out);
  }

  const Type& from_;
  const Type& to_;
  std::string& scratch_;
  std::string_view& why_;
};

bool is_moment(Family family) {
  return family == Family::date || family == Family::time || family == Family::datetime;
}

bool is_same_moment(Family from, Family to, std::string_view value, std::string_view converted) {
  const auto read = [](Family family, std::string_view text, Moment& out) {
    return family == Family::time ? read_time(text, DateStyle::canonical, out)
                                  : read_datetime(text, DateStyle::canonical, out);
  };
  Moment was, is;
  return (from == Family::time) == (to == Family::time) && read(from, value, was) && read(to, converted, is) &&
         was == is;
}

bool plain_number(Family family, std::string_view value, std::string& out) {
  if (family != Family::boolean) return to_plain_decimal(value, out);
  out = value == "t" ? "1" : "0";
  return true;
}

bool is_same_number(Family from, Family to, std::string_view value, std::string_view converted) {
  std::string was, is;
  Decimal a, b;
  return plain_number(from, value, was) && plain_number(to, converted, is) && read_decimal(was, a) &&
         read_decimal(is, b) && compare(a, b) == 0;
}

// Many texts mean one number, date or truth value; of them one alone is kept: the one that the new type writes
// without padding.
bool is_own_text(std::string_view value, std::string_view converted) {
  if (value != converted) return false;
  Decimal number;
  if (!read_decimal(value, number) || number.kind != Decimal::Kind::finite) return true;
  const bool is_negative = value.starts_with('-');
  if (is_negative && is_zero(number)) return false;
  const std::string_view digits = value.substr(is_negative ? 1 : 0);
  const bool padded = digits.size() > 1 && digits[0] == '0' && digits[1] != '.';
  const bool trailing = digits.contains('.') && (digits.ends_with('0') || digits.ends_with('.'));
  return !padded && !trailing;
}

template <class Real>
void write_shortest(Real value, std::string& out) {
  if (std::isnan(value) || std::isinf(value)) {
    out = std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  std::array<char, 32> text{};
  out.assign(text.data(), std::to_chars(text.begin(), text.end(), value).ptr);
}

}  // namespace

bool can_convert(TypeClass from, TypeClass to) {
  const Family a = family_of(from), b = family_of(to);
  if (a == b || b == Family::text) return true;
  const auto is_numeric = [](Family family) {
    return family == Family::number || family == Family::real || family == Family::boolean;
  };
  if (a == Family::text) return true;
  if (is_numeric(a)) return is_numeric(b);
  return (a == Family::date && b == Family::datetime) ||
         (a == Family::datetime && (b == Family::date || b == Family::time));
}

bool is_same(const Type& from, const Type& to) {
  if (to.length || to.precision) return false;
  if (filter_comparison(from) == FilterComparison::text && is_character(to.type_class)) return true;
  const bool has_zone = from.native.find("with time zone") != std::string::npos ||
                        from.form == ValueForm::datetime_tz || from.form == ValueForm::time_tz;
  return from.type_class == to.type_class && !is_character(to.type_class) && from.native != "money" && !has_zone;
}

bool convert(const Type& from, const Type& to, std::string_view value, std::string& scratch, std::string_view& out,
             std::string_view& why) {
  return Conversion(from, to, scratch, why).run(value, out);
}

bool keeps_value(const Type& from, const Type& to, std::string_view value, std::string_view converted) {
  const Family a = family_of(from), b = family_of(to.type_class);
  const auto is_string = [](Family family) { return family == Family::text || family == Family::binary; };
  if (is_string(b)) return true;
  // Bits of one length are as many values as texts.
  if (from.form == ValueForm::bits && !from.native.contains("varying")) return true;
  if (is_string(a)) return is_own_text(value, converted);
  return is_moment(a) ? is_same_moment(a, b, value, converted) : is_same_number(a, b, value, converted);
}

void write_real(double value, bool plain, std::string& out) {
  if (!plain || !std::isfinite(value)) {
    write_shortest(value, out);
    return;
  }
  std::array<char, 400> text{};
  out.assign(text.data(), std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed).ptr);
}

void write_real(float value, std::string& out) {
  write_shortest(value, out);
}

bool read_real(std::string_view text, double& out) {
  text = trim(text);
  const std::string_view digits = text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
  const std::string word =
      digits.starts_with('N') || digits.starts_with('n') || digits.starts_with('I') || digits.starts_with('i')
          ? lower_ascii(digits)
          : std::string();
  if (word == "nan" || word == "infinity" || word == "inf") {
    out = word == "nan" ? std::nan("") : text.starts_with('-') ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.begin(), text.end(), out);
  return error == std::errc{} && end == text.end() && std::isfinite(out);
}

}  // namespace godwit
