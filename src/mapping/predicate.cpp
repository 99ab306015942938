#include "mapping/predicate.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "mapping/convert.h"
#include "mapping/decimal.h"

namespace godwit {
namespace {

bool is_padded(const Type& type) {
  const std::string native = lower_ascii(type.native);
  return native == "bpchar" || native.starts_with("character(") || native.starts_with("char(") ||
         native.starts_with("nchar(") || native == "character" || native == "char";
}

std::string_view without_padding(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool has_zone(const Type& type) {
  if (type.form == ValueForm::datetime_tz || type.form == ValueForm::time_tz) return true;
  return type.native.find("with time zone") != std::string::npos || lower_ascii(type.native).ends_with("tz");
}

// Letters and signs that only a zone has.
bool names_zone(std::string_view time) {
  return time.find_first_of("+Zz") != std::string_view::npos || time.find('-') != std::string_view::npos;
}

// A real4 is its nearest single, as the column holds it.
bool read_real(const Type& type, std::string_view text, double& out) {
  if (!godwit::read_real(text, out)) return false;
  if (type.type_class != TypeClass::real4 || !std::isfinite(out)) return true;
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  float single = 0;  // of the text itself: by way of a double it would be rounded twice
  if (std::from_chars(text.begin(), text.end(), single).ec != std::errc{}) return false;
  out = single;
  return true;
}

std::string real_text(const Type& type, double value) {
  std::string text;
  if (type.type_class == TypeClass::real4)
    write_real(static_cast<float>(value), text);
  else
    write_real(value, false, text);
  return text;
}

bool read_boolean(std::string_view written, std::string& out) {
  const std::string word = lower_ascii(trim(written));
  if (word == "t" || word == "true" || word == "1")
    out = "t";
  else if (word == "f" || word == "false" || word == "0")
    out = "f";
  else
    return false;
  return true;
}

// The operand's text is the value on the time line of UTC, with the zone where the column has one.
bool read_moment(const Type& type, FilterComparison comparison, std::string_view written, Operand& out) {
  written = trim(written);
  if (comparison == FilterComparison::date) {
    if (!read_date(written, DateStyle::written, out.moment)) return false;
    out.text = date_text(out.moment);
    return true;
  }
  const std::string_view clock = comparison == FilterComparison::time ? written
                                 : written.size() > 10                ? written.substr(10)
                                                                      : "";
  if (!has_zone(type) && names_zone(clock)) return false;
  // The server would round what it cannot hold, and judge otherwise than we do.
  const size_t point = clock.find('.');
  const bool is_micro = type.native.starts_with("time") || type.dialect == "mysql";
  if (is_micro && point != std::string_view::npos && clock.find_first_not_of("0123456789", point + 1) - point > 7 &&
      clock.size() - point > 7)
    return false;
  if (comparison == FilterComparison::time) {
    out.text = written;
    return read_time(written, DateStyle::written, out.moment);
  }
  if (!read_datetime(written, DateStyle::written, out.moment)) return false;
  out.text = datetime_text(out.moment);
  if (has_zone(type) && out.moment.infinity == 0)
    out.text.insert(out.text.ends_with(" BC") ? out.text.size() - 3 : out.text.size(), "+00");
  return true;
}

int sign(std::strong_ordering order) {
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int compare_real(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

int compare_number(std::string_view cell, std::string_view operand) {
  Decimal a, b;
  std::string plain;
  if (!read_decimal(cell, a) && (!to_plain_decimal(cell, plain) || !read_decimal(plain, a))) return 1;
  return read_decimal(operand, b) ? compare(a, b) : -1;
}

int compare_moment(FilterComparison comparison, std::string_view cell, const Moment& operand) {
  Moment moment;
  const bool readable = comparison == FilterComparison::date   ? read_date(cell, DateStyle::canonical, moment)
                        : comparison == FilterComparison::time ? read_time(cell, DateStyle::canonical, moment)
                                                               : read_datetime(cell, DateStyle::canonical, moment);
  return readable ? sign(moment <=> operand) : 1;
}

Truth truth(bool holds) {
  return holds ? Truth::yes : Truth::no;
}

bool holds(const Predicate::Column& column, const Predicate::Condition& condition, const JudgedCell& cell) {
  if (condition.op == FilterOperator::null) return cell.null;
  if (condition.op == FilterOperator::notnull) return !cell.null;
  if (cell.null) return false;
  const auto against = [&](const Operand& operand) {
    return compare_with(column.type, column.comparison, cell.text, operand);
  };
  switch (condition.op) {
    case FilterOperator::eq:
      return against(condition.value) == 0;
    case FilterOperator::noteq:
      return against(condition.value) != 0;
    case FilterOperator::gte:
      return against(condition.value) >= 0;
    case FilterOperator::lte:
      return against(condition.value) <= 0;
    case FilterOperator::between:
      return against(condition.value) >= 0 && against(condition.end_value) <= 0;
    case FilterOperator::notbetween:
      return against(condition.value) < 0 || against(condition.end_value) > 0;
    default:
      return false;
  }
}

}  // namespace

Truth both(Truth a, Truth b) {
  return std::min(a, b);
}
Truth either(Truth a, Truth b) {
  return std::max(a, b);
}

bool read_operand(const Type& type, std::string_view written, Operand& out) {
  const FilterComparison comparison = filter_comparison(type);
  switch (comparison) {
    case FilterComparison::number:
      return to_plain_decimal(written, out.text);
    case FilterComparison::real:
      if (!read_real(type, written, out.real)) return false;
      out.text = real_text(type, out.real);
      return true;
    case FilterComparison::text:
      out.padded = is_padded(type);
      out.text = out.padded ? without_padding(written) : written;
      return true;
    case FilterComparison::boolean:
      return read_boolean(written, out.text);
    case FilterComparison::date:
    case FilterComparison::time:
    case FilterComparison::datetime:
      return read_moment(type, comparison, written, out);
    case FilterComparison::identity:
      out.text = type.native == "uuid" ? lower_ascii(written) : std::string(written);
      return true;
    case FilterComparison::none:
      return false;
  }
  return false;
}

int compare_with(const Type& type, FilterComparison comparison, std::string_view cell, const Operand& operand) {
  switch (comparison) {
    case FilterComparison::number:
      return compare_number(cell, operand.text);
    case FilterComparison::real: {
      double value = 0;
      return read_real(type, cell, value) ? compare_real(value, operand.real) : 1;
    }
    case FilterComparison::text:
      return (operand.padded ? without_padding(cell) : cell).compare(operand.text);
    case FilterComparison::date:
    case FilterComparison::time:
    case FilterComparison::datetime:
      return compare_moment(comparison, cell, operand.moment);
    default:
      return cell.compare(operand.text);
  }
}

// (one of the inclusive and null conditions, if there are any) and (all of the negative ones)
Truth judge(const Predicate::Column& column, const JudgedCell& cell) {
  if (!cell.known) return Truth::unknown;
  bool wants_one = false, has_one = false;
  for (const Predicate::Condition& condition : column.conditions) {
    const bool is_true = holds(column, condition, cell);
    if (is_negative(condition.op)) {
      if (!is_true) return Truth::no;
    } else {
      wants_one = true;
      has_one |= is_true;
    }
  }
  return truth(!wants_one || has_one);
}

}  // namespace godwit
