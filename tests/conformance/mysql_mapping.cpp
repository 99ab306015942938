// What PostgreSQL makes of the types of MariaDB and MySQL.

#include <algorithm>
#include <map>

#include "mapping_forms.h"
#include "mysql_quirks.h"

namespace godwit::conformance {
namespace {

// A zero or partial date is NULL in PostgreSQL.
Value moment_or_null(const std::string& text) {
  const bool whole = !text.starts_with("0000-") && text.substr(5, 2) != "00" && text.substr(8, 2) != "00";
  return whole ? without_trailing_zeros(text) : Value();
}

// A timestamp is a moment in UTC.
Value without_utc(const std::string& text) {
  return without_trailing_zeros(text.ends_with("+00") ? text.substr(0, text.size() - 3) : text);
}

Value as_bytea(const std::string& hexadecimal) {
  std::string out = "\\x" + hexadecimal;
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Value truth(const std::string& digit) {
  return digit == "1" ? "t" : "f";
}

// All the bits there are.
Value padded(const std::string& digits, size_t bits) {
  return std::string(bits - digits.size(), '0') + digits;
}

Value year_as_number(const std::string& year) {
  return std::to_string(std::stoi(year));
}

bool without_nul(const std::string& text) {
  return text.find('\0') == std::string::npos;
}

// "varchar(20) CHARACTER SET latin1" is "varchar" with "(20)".
struct Words {
  std::string word, modifiers, rest;
};

Words words_of(const std::string& type) {
  const size_t end = std::min(type.find_first_of("( "), type.size());
  Words out{type.substr(0, end), "", ""};
  size_t rest = end;
  if (end < type.size() && type[end] == '(') {
    rest = type.rfind(')') + 1;
    out.modifiers = type.substr(end, rest - end);
  }
  out.rest = type.substr(rest);
  return out;
}

Mapping of_number(const Words& words) {
  const bool is_unsigned = words.rest.find("unsigned") != std::string::npos;
  static const std::map<std::string, std::pair<const char*, const char*>> integers = {
      {"tinyint", {"smallint", "smallint"}},   {"smallint", {"smallint", "integer"}},
      {"mediumint", {"integer", "bigint"}},    {"int", {"integer", "bigint"}},
      {"bigint", {"bigint", "numeric(20,0)"}},
  };
  if (const auto at = integers.find(words.word); at != integers.end())
    return {is_unsigned ? at->second.second : at->second.first, ""};
  if (words.word == "decimal") return {"numeric" + words.modifiers, ""};
  if (words.word == "float") return {"real", "", {}, plain_real, plain_real};
  return {"double precision", "", {}, plain_double, plain_double};
}

Mapping of_bits(const Words& words) {
  const size_t bits = std::stoul(words.modifiers.substr(1));
  if (bits == 1) return {"boolean", "", {}, truth};
  return {"bit" + words.modifiers, "", {}, [bits](const std::string& digits) { return padded(digits, bits); }};
}

Mapping of_time(const Words& words) {
  if (words.word == "year") return {"smallint", "", {}, year_as_number};
  if (words.word == "time") return {"text", ""};
  if (words.word == "date") return {"date", "", {}, moment_or_null};
  const std::string digits = words.modifiers.empty() ? "(0)" : words.modifiers;
  if (words.word == "datetime")
    return {"timestamp" + digits + " without time zone", "", {}, moment_or_null, without_trailing_zeros};
  return {"timestamp" + digits + " with time zone", "", {}, moment_or_null, without_utc};
}

// Between MariaDB and MySQL types stay; these are those that only one of them has.
Mapping of_family(const Words& words) {
  if (words.word == "uuid") return {"char(36) CHARACTER SET ascii", ""};
  if (words.word == "inet6" || words.word == "inet4") return {"varchar(39)", ""};
  const size_t charset = words.rest.find("gb18030");
  if (charset != std::string::npos)
    return {words.word + words.modifiers + words.rest.substr(0, charset) + "utf8mb4", ""};
  return {"", "the target does not have it"};
}

}  // namespace

Mapping MysqlQuirks::shown_on(const std::string& family, const std::string& type) const {
  const Words words = words_of(type);
  if (family == "mysql") return of_family(words);
  if (family != "postgres") return Quirks::shown_on(family, type);
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, words.word) != names.end();
  };
  if (is({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double"}))
    return of_number(words);
  if (is({"bit"})) return of_bits(words);
  if (is({"date", "datetime", "timestamp", "time", "year"})) return of_time(words);
  if (is({"varchar", "char"})) return {"character varying" + words.modifiers, "PostgreSQL has no NUL", without_nul};
  if (is({"tinytext"})) return {"character varying(255)", "PostgreSQL has no NUL", without_nul};
  // In these a text of 65,535 bytes has so few characters that a varchar has room for them.
  if (is({"text"}) && (words.rest.ends_with("ucs2") || words.rest.find("utf16") != std::string::npos))
    return {"character varying(32767)", ""};
  if (is({"text"}) && words.rest.ends_with("utf32")) return {"character varying(16383)", ""};
  if (is({"text", "mediumtext", "longtext"})) return {"text", "PostgreSQL has no NUL", without_nul};
  if (is({"enum", "set"})) return {"text", ""};
  if (is({"inet6", "inet4"})) return {"inet", ""};
  if (is({"uuid", "json"})) return {words.word, ""};
  return {"bytea", "", {}, as_bytea};  // bytes and shapes
}

}  // namespace godwit::conformance
