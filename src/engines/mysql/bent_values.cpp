#include "engines/mysql/bent_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string_view>

#include "base/text.h"

namespace godwit::mysql {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

int64_t number_at(std::string_view text) {
  int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// Of a planned type, "decimal(12,4)".
struct Planned {
  explicit Planned(const Type& type)
      : form(type.form), native(lower_ascii(type.native)), base(native.substr(0, native.find_first_of("( "))) {
    const size_t open = native.find('('), comma = native.find(','), close = native.find(')');
    if (open == std::string::npos || is_one_of(base, {"enum", "set"})) return;
    first = number_at(std::string_view(native).substr(open + 1));
    if (comma < close) second = number_at(std::string_view(native).substr(comma + 1));
  }
  bool is_whole() const {
    return form == ValueForm::boolean || form == ValueForm::integer ||
           (base == "decimal" && form == ValueForm::decimal && second == 0);
  }
  bool may_end_in_blanks() const {
    return is_one_of(base, {"varchar", "tinytext", "text", "mediumtext", "longtext"}) &&
           (form == ValueForm::text || form == ValueForm::other || form == ValueForm::xml || form == ValueForm::json);
  }
  ValueForm form;
  std::string native, base;
  int64_t first = 0, second = 0;
};

Bend bend(std::string what) {
  return {std::move(what)};
}

std::optional<Bend> in_integer(const Planned& planned) {
  if (planned.form == ValueForm::bits) return bend("takes their zeros and ones for the digits of a number");
  if (planned.is_whole()) return std::nullopt;
  return bend("rounds numbers to whole ones");
}

std::optional<Bend> in_decimal(const Planned& planned, int64_t scale) {
  if (planned.form == ValueForm::bits) return bend("takes their zeros and ones for the digits of a number");
  const bool fits = planned.base == "decimal" && planned.form == ValueForm::decimal && planned.second <= scale;
  if (planned.is_whole() || fits) return std::nullopt;
  return bend(fmt::format("rounds numbers to {} digits behind the point", scale));
}

std::optional<Bend> in_real(const Planned& planned, const OwnColumn& column) {
  constexpr int64_t double_digits = 15;
  const bool single = column.data_type == "float";
  if (planned.form == ValueForm::bits) return bend("takes their zeros and ones for the digits of a number");
  const bool has_places = planned.first > 0 && is_one_of(planned.base, {"decimal", "double", "float"});
  const bool fits_places = planned.is_whole() || (has_places && column.scale && planned.second <= *column.scale);
  if (column.scale && !fits_places)
    return bend(fmt::format("rounds numbers to {} digits behind the point", *column.scale));
  const bool small =
      planned.form == ValueForm::boolean ||
      (planned.form == ValueForm::integer && is_one_of(planned.base, {"tinyint", "smallint", "mediumint", "year"}));
  if (small || planned.base == "float") return std::nullopt;
  if (single) return bend("rounds numbers to about 7 digits");
  const bool fits = (planned.form == ValueForm::integer && planned.base == "int") || planned.base == "double" ||
                    (planned.base == "decimal" && planned.first <= double_digits);
  if (fits) return std::nullopt;
  return bend("rounds numbers to about 15 digits");
}

std::optional<Bend> in_moment(const Planned& planned, const OwnColumn& column) {
  const bool is_day_time = planned.form == ValueForm::datetime || planned.form == ValueForm::datetime_tz;
  const bool is_time = planned.form == ValueForm::time || planned.form == ValueForm::duration;
  if (column.data_type == "date") {
    if (planned.form == ValueForm::date) return std::nullopt;
    return bend("cuts the time of day off");
  }
  const bool holds_days = column.data_type != "time";
  if (holds_days && planned.form == ValueForm::date) return std::nullopt;
  if (holds_days ? !is_day_time : !is_time)
    return bend(holds_days ? "takes what it can read for a date and a time" : "keeps no more than a time of day");
  const int64_t digits = column.fraction_digits.value_or(0);
  if (planned.first <= digits) return std::nullopt;
  return bend(fmt::format("keeps {} digits of the seconds' fraction", digits));
}

std::optional<Bend> in_text(const Planned& planned, const OwnColumn& column) {
  if (!planned.may_end_in_blanks()) return std::nullopt;
  if (column.data_type == "char") return Bend{"cuts blanks at the end of texts off", 0};
  const int64_t length = column.length.value_or(0);
  if (planned.base == "varchar" && planned.first <= length) return std::nullopt;
  return Bend{
      fmt::format("refuses texts of more than {} characters, and where only blanks stand behind these it cuts "
                  "them off",
                  length),
      static_cast<uint32_t>(length)};
}

}  // namespace

std::optional<Bend> bend_of(const Type& planned_type, const OwnColumn& column) {
  const Planned planned(planned_type);
  const std::string_view type = column.data_type;
  if (is_one_of(type, {"tinyint", "smallint", "mediumint", "int", "bigint"})) return in_integer(planned);
  if (type == "decimal") return in_decimal(planned, column.scale.value_or(0));
  if (type == "float" || type == "double") return in_real(planned, column);
  if (is_one_of(type, {"date", "time", "datetime", "timestamp"})) return in_moment(planned, column);
  if (type == "char" || type == "varchar") return in_text(planned, column);
  if (is_one_of(type, {"tinytext", "text", "mediumtext", "longtext", "varbinary", "tinyblob", "blob", "mediumblob",
                       "longblob"}))
    return std::nullopt;
  const int64_t length = column.length.value_or(0);
  if (type == "binary") {
    if (planned.base == "binary" && std::max<int64_t>(planned.first, 1) == length) return std::nullopt;
    return bend(fmt::format("fills bytes up to {} with zeros", length));
  }
  if (type == "bit") {
    const bool fits = planned.form == ValueForm::integer || planned.form == ValueForm::boolean ||
                      (planned.form == ValueForm::bits && planned.first == column.precision.value_or(1));
    if (fits) return std::nullopt;
    return bend(fmt::format("fills bits up to {} with zeros", column.precision.value_or(1)));
  }
  if (planned.base == type || planned.form == ValueForm::geometry) return std::nullopt;
  if (type == "year") return bend("rounds numbers, and takes small ones for years of four digits");
  if (type == "enum" || type == "set") return bend("takes other spellings, and numbers, for its labels");
  if (type == "json") return bend("keeps documents in a form of its own");
  if (type == "uuid" && planned.base == "char") return std::nullopt;
  return bend("may write them in a form of its own");
}

bool pads_with_blanks(const Type& source) {
  const std::string native = lower_ascii(source.native);
  const std::string_view base = std::string_view(native).substr(0, native.find_first_of("( "));
  // "character varying(5)" does not.
  return (base == "character" && !native.starts_with("character v")) || base == "char" || base == "bpchar";
}

}  // namespace godwit::mysql
