// What MySQL and MariaDB make of PostgreSQL's types; what is not listed is text, written the same.

#include <algorithm>
#include <map>

#include "mapping_forms.h"
#include "postgres_quirks.h"

namespace godwit::conformance {
namespace {

bool of_four_digit_years(const std::string& text) {
  return text.size() >= 10 && text[4] == '-' && !text.ends_with("BC") && text.find("infinity") == std::string::npos;
}

bool finite(const std::string& text) {
  return text != "NaN" && !text.ends_with("Infinity");
}

Value truth_as_number(const std::string& text) {
  return text == "t" ? "1" : "0";
}

Value hex_as_upper_case(const std::string& text) {
  std::string out = text.substr(2);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

Value without_zone(const std::string& text) {
  return without_trailing_zeros(text.substr(0, text.rfind('+')));
}

const std::map<std::string, Mapping>& mappings() {
  static const Mapping moments = {"datetime(6)", "years end with 9999 and begin with 1, and there is no infinity",
                                  of_four_digit_years, without_trailing_zeros, without_trailing_zeros};
  static const Mapping clock = {"time(6)", "", {}, without_trailing_zeros, without_trailing_zeros};
  static const std::map<std::string, Mapping> all = {
      {"boolean", {"tinyint(1)", "", {}, truth_as_number}},
      {"smallint", {"smallint", ""}},
      {"integer", {"int", ""}},
      {"bigint", {"bigint", ""}},
      {"numeric(38,10)", {"decimal(38,10)", "decimals are finite", finite}},
      {"numeric(4,0)", {"decimal(4,0)", ""}},
      {"real", {"float", "numbers are finite", finite, plain_real, plain_real}},
      {"double precision", {"double", "numbers are finite", finite, plain_double, plain_double}},
      {"character varying(10)", {"varchar(10)", ""}},
      {"character(10)", {"char(10)", "", {}, without_trailing_blanks}},
      {"character(1)", {"char(1)", "", {}, without_trailing_blanks}},
      {"bytea", {"longblob", "", {}, hex_as_upper_case}},
      {"date", {"date", "years end with 9999 and begin with 1, and there is no infinity", of_four_digit_years}},
      {"timestamp without time zone", moments},
      {"timestamp(3) without time zone", moments},
      {"timestamp with time zone",
       {"datetime(6)", moments.reason, of_four_digit_years, without_zone, without_trailing_zeros}},
      {"time without time zone", clock},
      {"time(0) without time zone", clock},
      {"uuid", {"varchar(36)", ""}},
  };
  return all;
}

}  // namespace

Mapping PostgresQuirks::shown_on(const std::string& family, const std::string& type) const {
  if (family != "mysql") return Quirks::shown_on(family, type);
  const auto at = mappings().find(type);
  return at != mappings().end() ? at->second : Mapping{"longtext", ""};
}

}  // namespace godwit::conformance
