// What MySQL and MariaDB make of PostgreSQL's types; what is not listed is text, written the same.

#include <algorithm>
#include <map>

#include "mapping_forms.h"
#include "postgres_quirks.h"

namespace godwit::conformance {
namespace {

// Years end with 9999 and begin with 1, and there is no infinity.
Value date_or_null(const std::string& text) {
  const bool fits = text.size() >= 10 && text[4] == '-' && !text.ends_with("BC");
  return fits ? Value(text) : Value();
}

Value moment_or_null(const std::string& text) {
  const Value moment = date_or_null(text);
  if (!moment) return moment;
  return without_trailing_zeros(moment->ends_with("+00") ? moment->substr(0, moment->size() - 3) : *moment);
}

bool is_finite(const std::string& text) {
  return text != "NaN" && !text.ends_with("Infinity");
}

Value decimal_or_null(const std::string& text) {
  return is_finite(text) ? Value(text) : Value();
}

Value real_or_null(const std::string& text) {
  return is_finite(text) ? plain_real(text) : Value();
}

Value double_or_null(const std::string& text) {
  return is_finite(text) ? plain_double(text) : Value();
}

// -$1,234.50
Value amount(std::string text) {
  std::erase_if(text, [](char c) { return c == '$' || c == ','; });
  return text;
}

Value truth_as_number(const std::string& text) {
  return text == "t" ? "1" : "0";
}

Value hex_as_upper_case(const std::string& text) {
  std::string out = text.substr(2);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// As bin() shows a number.
Value bits_as_number(const std::string& text) {
  const size_t first = text.find('1');
  return first == std::string::npos ? "0" : text.substr(first);
}

const std::map<std::string, Mapping>& mappings() {
  static const std::map<std::string, Mapping> all = {
      {"boolean", {"tinyint(1)", "", {}, truth_as_number}},
      {"smallint", {"smallint", ""}},
      {"integer", {"int", ""}},
      {"s.positive", {"int", ""}},
      {"bigint", {"bigint", ""}},
      {"oid", {"bigint unsigned", ""}},
      {"xid", {"bigint unsigned", ""}},
      {"xid8", {"bigint unsigned", ""}},
      {"cid", {"bigint unsigned", ""}},
      {"numeric(38,10)", {"decimal(38,10)", "", {}, decimal_or_null}},
      {"numeric(4,0)", {"decimal(4,0)", "", {}, decimal_or_null}},
      {"money", {"decimal(19,2)", "", {}, amount}},
      {"real", {"float", "", {}, real_or_null, plain_real}},
      {"double precision", {"double", "", {}, double_or_null, plain_double}},
      {"character varying(10)", {"varchar(10)", ""}},
      {"s.short_text", {"varchar(5)", ""}},
      {"character(10)", {"varchar(10)", ""}},
      {"character(1)", {"varchar(1)", ""}},
      {"bytea", {"longblob", "", {}, hex_as_upper_case}},
      {"bit(1)", {"bit(1)", ""}},
      {"bit(11)", {"bit(11)", "", {}, bits_as_number}},
      {"bit varying(20)", {"varchar(20)", ""}},
      {"uuid", {"char(36) CHARACTER SET ascii", ""}},
      {"date", {"date", "", {}, date_or_null}},
      {"timestamp without time zone", {"datetime(6)", "", {}, moment_or_null, without_trailing_zeros}},
      {"timestamp(3) without time zone", {"datetime(3)", "", {}, moment_or_null, without_trailing_zeros}},
      {"timestamp with time zone", {"datetime(6)", "", {}, moment_or_null, without_trailing_zeros}},
      {"time without time zone", {"time(6)", "", {}, without_trailing_zeros, without_trailing_zeros}},
      {"time(0) without time zone", {"time", ""}},
      {"time with time zone", {"varchar(32)", ""}},
      {"interval", {"varchar(128)", ""}},
      {"interval year to month", {"varchar(128)", ""}},
      {"interval day to second(3)", {"varchar(128)", ""}},
      {"inet", {"varchar(50)", ""}},
      {"cidr", {"varchar(50)", ""}},
      {"macaddr", {"varchar(50)", ""}},
      {"macaddr8", {"varchar(50)", ""}},
      {"s.mood", {"varchar(64)", ""}},
      {"s.\"Mixed Mood\"", {"varchar(64)", ""}},
  };
  return all;
}

}  // namespace

Mapping PostgresQuirks::shown_on(const std::string& family, const std::string& type) const {
  if (family != "mysql") return Quirks::shown_on(family, type);
  const auto at = mappings().find(type);
  return at != mappings().end() ? at->second : Mapping{"longtext", "", {}, json_of(type)};
}

}  // namespace godwit::conformance
