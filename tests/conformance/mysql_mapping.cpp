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

Value as_bytea(const std::string& hexadecimal) {
  std::string out = "\\x" + hexadecimal;
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Value truth(const std::string& digit) {
  return digit == "1" ? "t" : "f";
}

// Binary digits as the bytes of a number of so many bits.
Value bits_as_bytea(const std::string& digits, size_t bits) {
  const size_t bytes = (bits + 7) / 8;
  const std::string padded = std::string(bytes * 8 - digits.size(), '0') + digits;
  std::string out = "\\x";
  for (size_t i = 0; i < padded.size(); i += 4)
    out += "0123456789abcdef"[std::stoul(padded.substr(i, 4), nullptr, 2)];
  return out;
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
      {"mediumint", {"integer", "integer"}},   {"int", {"integer", "bigint"}},
      {"bigint", {"bigint", "numeric(20,0)"}},
  };
  if (words.word == "tinyint" && words.modifiers == "(1)")
    return {"boolean", "a boolean is 0 or 1", [](const std::string& v) { return v == "0" || v == "1"; }, truth};
  if (const auto at = integers.find(words.word); at != integers.end())
    return {is_unsigned ? at->second.second : at->second.first, ""};
  if (words.word == "decimal") return {"numeric" + words.modifiers, ""};
  return {"double precision", "", {}, plain_double, plain_double};
}

Mapping of_bits(const Words& words) {
  const size_t bits = std::stoul(words.modifiers.substr(1));
  if (bits == 1) return {"boolean", "", {}, truth};
  return {"bytea", "", {}, [bits](const std::string& digits) { return bits_as_bytea(digits, bits); }};
}

Mapping of_time(const Words& words) {
  if (words.word == "year") return {"smallint", "", {}, year_as_number};
  if (words.word == "time") return {"character varying(20)", ""};
  return {words.word == "date" ? "date" : "timestamp without time zone", "", {}, moment_or_null};
}

}  // namespace

Mapping MysqlQuirks::shown_on(const std::string& family, const std::string& type) const {
  if (family != "postgres") return Quirks::shown_on(family, type);
  const Words words = words_of(type);
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, words.word) != names.end();
  };
  if (is({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double"}))
    return of_number(words);
  if (is({"bit"})) return of_bits(words);
  if (is({"date", "datetime", "timestamp", "time", "year"})) return of_time(words);
  if (is({"varchar", "char"})) return {"character varying" + words.modifiers, "PostgreSQL has no NUL", without_nul};
  if (is({"tinytext", "text", "mediumtext", "longtext"})) return {"text", "PostgreSQL has no NUL", without_nul};
  if (is({"enum", "set", "uuid", "inet6", "inet4"})) return {"character varying", ""};
  if (is({"json"})) return {"json", ""};
  return {"bytea", "", {}, as_bytea};  // bytes and shapes
}

}  // namespace godwit::conformance
