#include "mapping/form_change.h"

#include "mapping/decimal.h"
#include "mapping/structured_json.h"

namespace godwit {
namespace {

constexpr size_t date_length = 10;

FormOutcome none(std::string_view& why, std::string_view reason) {
  why = reason;
  return FormOutcome::no_value;
}

// --- numbers ---

FormOutcome finite_number(const Type&, const Type&, std::string_view value, std::string&, std::string_view& out,
                          std::string_view& why) {
  if (value.ends_with('N') || value.ends_with('y')) return none(why, "the target has neither NaN nor infinity");
  out = value;
  return FormOutcome::value;
}

FormOutcome money_to_decimal(const Type&, const Type&, std::string_view value, std::string& scratch,
                             std::string_view& out, std::string_view& why) {
  if (!to_plain_decimal(value, scratch)) return none(why, "it is no amount of money as PostgreSQL writes it");
  out = scratch;
  return FormOutcome::value;
}

// --- truth values and bits ---

FormOutcome boolean_to_digit(const Type&, const Type&, std::string_view value, std::string&, std::string_view& out,
                             std::string_view& why) {
  if (value != "t" && value != "f") return none(why, "it is no truth value");
  out = value == "t" ? "1" : "0";
  return FormOutcome::value;
}

FormOutcome boolean_to_word(const Type&, const Type&, std::string_view value, std::string&, std::string_view& out,
                            std::string_view& why) {
  if (value != "t" && value != "f") return none(why, "it is no truth value");
  out = value == "t" ? "true" : "false";
  return FormOutcome::value;
}

FormOutcome digit_to_boolean(const Type&, const Type&, std::string_view value, std::string&, std::string_view& out,
                             std::string_view& why) {
  if (value != "1" && value != "0") return none(why, "it is neither 0 nor 1");
  out = value == "1" ? "t" : "f";
  return FormOutcome::value;
}

// The first byte holds what does not fill whole ones, as a binary number has it.
FormOutcome bits_to_bytes(const Type&, const Type&, std::string_view value, std::string& scratch,
                          std::string_view& out, std::string_view& why) {
  scratch.assign((value.size() + 7) / 8, '\0');
  const size_t unused = scratch.size() * 8 - value.size();
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '0' && value[i] != '1') return none(why, "it is no string of bits");
    const size_t at = unused + i;
    if (value[i] == '1')
      scratch[at / 8] = static_cast<char>(static_cast<unsigned char>(scratch[at / 8]) | (0x80U >> at % 8));
  }
  out = scratch;
  return FormOutcome::value;
}

FormOutcome bytes_to_hex(const Type&, const Type&, std::string_view value, std::string& scratch,
                         std::string_view& out, std::string_view&) {
  constexpr std::string_view digits = "0123456789abcdef";
  scratch.clear();
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    scratch += digits[byte >> 4U];
    scratch += digits[byte & 0xFU];
  }
  out = scratch;
  return FormOutcome::value;
}

// --- dates ---

int digits_at(std::string_view text, size_t from, size_t count) {
  int number = 0;
  for (size_t i = from; i < from + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

// YYYY-MM-DD that is in the calendar, from the year 1 on.
bool is_calendar_date(std::string_view text) {
  if (text.size() < date_length || text[4] != '-' || text[7] != '-') return false;
  const int year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int last = month == 2 ? (is_leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  return day <= last;
}

// Behind four digits of the year: not BC, not infinite, not beyond 9999.
bool is_finite_date(std::string_view text) {
  return text.size() >= date_length && text[4] == '-' && !text.ends_with('C');
}

enum class Zone : uint8_t { keep, drop, add };

template <ZeroDates policy>
FormOutcome zero_date(const Type& to, std::string& scratch, std::string_view& out, std::string_view& why) {
  if constexpr (policy == ZeroDates::first) {
    scratch = to.form == ValueForm::date ? "0001-01-01" : "0001-01-01 00:00:00";
    if (to.form == ValueForm::datetime_tz) scratch += "+00";
    out = scratch;
    return FormOutcome::value;
  }
  why = "a day, month or year of it is zero or not in the calendar, and the target has no such dates";
  return policy == ZeroDates::null ? FormOutcome::no_value : FormOutcome::refused;
}

void change_zone(Zone zone, std::string_view value, std::string& scratch, std::string_view& out) {
  constexpr std::string_view utc = "+00";
  out = value;
  if (zone == Zone::drop && value.ends_with(utc)) out.remove_suffix(utc.size());
  if (zone != Zone::add) return;
  scratch.assign(value).append(utc);
  out = scratch;
}

template <Zone zone, ZeroDates policy>
FormOutcome calendar_date(const Type&, const Type& to, std::string_view value, std::string& scratch,
                          std::string_view& out, std::string_view& why) {
  if (!is_calendar_date(value)) return zero_date<policy>(to, scratch, out, why);
  change_zone(zone, value, scratch, out);
  return FormOutcome::value;
}

template <Zone zone>
FormOutcome finite_date(const Type&, const Type&, std::string_view value, std::string& scratch, std::string_view& out,
                        std::string_view& why) {
  if (!is_finite_date(value))
    return none(why, "the target has no infinite dates, and none outside the years 0 to 9999");
  change_zone(zone, value, scratch, out);
  return FormOutcome::value;
}

template <Zone zone>
FormOutcome any_date(const Type&, const Type&, std::string_view value, std::string& scratch, std::string_view& out,
                     std::string_view&) {
  const bool bc = zone != Zone::keep && value.ends_with(" BC"), infinite = value.ends_with('y');
  if (!bc && !infinite) {
    change_zone(zone, value, scratch, out);
    return FormOutcome::value;
  }
  out = value;
  if (infinite) return FormOutcome::value;
  std::string_view moment = value.substr(0, value.size() - 3);
  if (zone == Zone::drop && moment.ends_with("+00")) moment.remove_suffix(3);
  scratch.assign(moment).append(zone == Zone::add ? "+00 BC" : " BC");
  out = scratch;
  return FormOutcome::value;
}

template <Zone zone>
FormChange date_change(const Type& from, const Type& to, ZeroDates policy) {
  if (from.zero_dates && !to.zero_dates)
    return policy == ZeroDates::null    ? calendar_date<zone, ZeroDates::null>
           : policy == ZeroDates::error ? calendar_date<zone, ZeroDates::error>
                                        : calendar_date<zone, ZeroDates::first>;
  if (to.finite && !from.finite) return finite_date<zone>;
  return zone == Zone::keep ? nullptr : any_date<zone>;
}

FormOutcome without_offset(const Type&, const Type&, std::string_view value, std::string&, std::string_view& out,
                           std::string_view&) {
  out = value.substr(0, value.find_first_of("+-"));
  return FormOutcome::value;
}

// --- structures ---

FormOutcome array_json(const Type& from, const Type&, std::string_view value, std::string& scratch,
                       std::string_view& out, std::string_view& why) {
  if (!array_to_json(value, from.element, scratch)) return none(why, "it is no array as PostgreSQL writes it");
  out = scratch;
  return FormOutcome::value;
}

FormOutcome range_json(const Type& from, const Type&, std::string_view value, std::string& scratch,
                       std::string_view& out, std::string_view& why) {
  if (!range_to_json(value, from.element, scratch)) return none(why, "it is no range as PostgreSQL writes it");
  out = scratch;
  return FormOutcome::value;
}

FormOutcome composite_json(const Type&, const Type&, std::string_view value, std::string& scratch,
                           std::string_view& out, std::string_view& why) {
  if (!composite_to_json(value, scratch)) return none(why, "it is no composite value as PostgreSQL writes it");
  out = scratch;
  return FormOutcome::value;
}

bool is_date(ValueForm form) {
  return form == ValueForm::date || form == ValueForm::datetime || form == ValueForm::datetime_tz;
}

std::optional<FormStep> same_form(const Type& from, const Type& to, ZeroDates policy) {
  const bool empties = is_date(from.form) && from.zero_dates && !to.zero_dates && policy == ZeroDates::null;
  if (is_date(from.form)) return FormStep{date_change<Zone::keep>(from, to, policy), empties};
  const bool is_number = from.form == ValueForm::decimal || from.form == ValueForm::real;
  return FormStep{is_number && to.finite && !from.finite ? finite_number : nullptr, false};
}

// What can be kept as text is so as it stands.
std::optional<FormStep> to_text(ValueForm from) {
  if (from == ValueForm::boolean) return FormStep{boolean_to_word, false};
  if (from == ValueForm::bytes || from == ValueForm::geometry) return FormStep{bytes_to_hex, false};
  return FormStep{};
}

std::optional<FormStep> from_structure(ValueForm from) {
  switch (from) {
    case ValueForm::array:
      return FormStep{array_json, false};
    case ValueForm::range:
      return FormStep{range_json, false};
    case ValueForm::composite:
      return FormStep{composite_json, false};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<FormStep> form_step(const Type& from, const Type& to, ZeroDates zero_dates) {
  const ValueForm a = from.form, b = to.form;
  if (a == b) return same_form(from, to, zero_dates);
  const bool empties = from.zero_dates && !to.zero_dates && zero_dates == ZeroDates::null;
  if (a == ValueForm::datetime_tz && b == ValueForm::datetime)
    return FormStep{date_change<Zone::drop>(from, to, zero_dates), empties};
  if (a == ValueForm::datetime && b == ValueForm::datetime_tz)
    return FormStep{date_change<Zone::add>(from, to, zero_dates), empties};
  if (b == ValueForm::text || b == ValueForm::other) return to_text(a);
  if (b == ValueForm::json)
    return from_structure(a) ? from_structure(a) : a == ValueForm::text ? std::optional(FormStep{}) : std::nullopt;
  switch (a) {
    case ValueForm::boolean:
      if (b == ValueForm::integer || b == ValueForm::bits) return FormStep{boolean_to_digit, false};
      break;
    case ValueForm::bits:
      if (b == ValueForm::boolean) return FormStep{digit_to_boolean, false};
      if (b == ValueForm::bytes) return FormStep{bits_to_bytes, false};
      break;
    case ValueForm::integer:
      if (b == ValueForm::decimal || b == ValueForm::real) return FormStep{};
      break;
    case ValueForm::decimal:
      if (b == ValueForm::real) return FormStep{to.finite && !from.finite ? finite_number : nullptr, false};
      break;
    case ValueForm::money:
      if (b == ValueForm::decimal) return FormStep{money_to_decimal, false};
      break;
    case ValueForm::time:
      if (b == ValueForm::duration) return FormStep{};
      break;
    case ValueForm::time_tz:
      if (b == ValueForm::time) return FormStep{without_offset, false};
      break;
    case ValueForm::bytes:
      if (b == ValueForm::geometry) return FormStep{};
      break;
    case ValueForm::geometry:
      if (b == ValueForm::bytes) return FormStep{};
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace godwit
