// What the server says, as an Error: its kind by SQLSTATE, and its words without what they quote of rows.

#include <fmt/format.h>

#include <algorithm>

#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

bool starts(std::string_view state, std::string_view prefix) {
  return state.substr(0, prefix.size()) == prefix;
}

// Words before a quoted name; whatever else stands in quotes in a data error is a value.
bool names_something(std::string_view before) {
  static constexpr std::string_view words[] = {"type ",   "encoding ", "column ", "domain ",     "enum ",
                                               "schema ", "relation ", "table ",  "constraint ", "range "};
  return std::ranges::any_of(words, [&](std::string_view word) { return before.ends_with(word); });
}

constexpr std::string_view exception_raised = "a trigger or function raised an exception";

// RAISE and ASSERT of PL/pgSQL, whose words and hint are the user's, under whichever SQLSTATE they were given.
bool is_raised(std::string_view sqlstate, std::string_view source_function) {
  return sqlstate == "P0001" || sqlstate == "P0004" || source_function == "exec_stmt_raise" ||
         source_function == "exec_stmt_assert";
}

// The server's primary message without what it quotes of rows (SQLSTATE class 22: data).
std::string without_values(std::string_view message, std::string_view sqlstate) {
  if (!starts(sqlstate, "22")) return std::string(message);
  std::string out;
  while (!message.empty()) {
    const size_t open = message.find('"');
    out += message.substr(0, open);
    if (open == std::string_view::npos) return out;
    // A value may hold quotes itself: it ends with the last one, unless a name follows.
    const bool is_name = names_something(message.substr(0, open));
    const size_t close = is_name ? message.find('"', open + 1) : message.rfind('"');
    const size_t end = close == std::string_view::npos || close == open ? message.size() : close + 1;
    out += is_name ? message.substr(open, end - open) : std::string_view("\"…\"");
    message.remove_prefix(end);
  }
  return out;
}

}  // namespace

ErrorKind kind_of_sqlstate(std::string_view state) {
  struct Row {
    std::string_view prefix;
    ErrorKind kind;
  };
  // Longer prefixes first; spec/engine-postgresql.md §14.
  static constexpr Row rows[] = {
      {"57P01", ErrorKind::connection}, {"57P02", ErrorKind::connection}, {"57P03", ErrorKind::connection},
      {"57P05", ErrorKind::connection}, {"57014", ErrorKind::transient},  {"08", ErrorKind::connection},
      {"53300", ErrorKind::connection}, {"55006", ErrorKind::connection}, {"58P01", ErrorKind::fatal},
      {"58", ErrorKind::resource},      {"40001", ErrorKind::transient},  {"40P01", ErrorKind::transient},
      {"55P03", ErrorKind::transient},  {"40003", ErrorKind::connection}, {"25P03", ErrorKind::connection},
      {"25P04", ErrorKind::connection}, {"25006", ErrorKind::connection}, {"53", ErrorKind::resource},
      {"54", ErrorKind::data},          {"22", ErrorKind::data},          {"23", ErrorKind::conflict},
      {"2200", ErrorKind::data},        {"42P01", ErrorKind::table},      {"42703", ErrorKind::table},
      {"42804", ErrorKind::table},      {"42501", ErrorKind::table},      {"0A000", ErrorKind::table},
      {"428C9", ErrorKind::table},      {"2BP01", ErrorKind::table},      {"P0001", ErrorKind::data},
      {"44000", ErrorKind::conflict}};
  for (const Row& row : rows)
    if (starts(state, row.prefix)) return row.kind;
  return ErrorKind::fatal;
}

bool is_plugin_refusal(const Error& error) {
  return error.message.find("may not be used as an output plugin") != std::string::npos ||
         (error.sqlstate == "58P01" && error.message.find("could not access file") != std::string::npos);
}

namespace errors {

Error in_words(Error error) {
  const size_t at = error.said.empty() ? std::string::npos : error.message.find(exception_raised);
  if (at != std::string::npos) error.message.replace(at, exception_raised.size(), error.said);
  return error;
}
Error server_said(std::string_view message, std::string_view hint, std::string_view sqlstate,
                  std::string_view source_function) {
  // A catalog query met a structure change half-way: the next one does not.
  const bool raced = sqlstate == "XX000" && message.find("cache lookup failed") != std::string_view::npos;
  const auto worded = [&](std::string_view words) {
    return hint.empty() ? std::string(words) : fmt::format("{} (hint: {})", words, hint);
  };
  const bool raised = is_raised(sqlstate, source_function);
  const std::string bare = raised ? std::string(exception_raised) : without_values(message, sqlstate);
  const bool hides = raised || bare != message;
  Error error{raced ? ErrorKind::transient : kind_of_sqlstate(sqlstate), "postgres.server",
              hides ? bare : worded(message), std::string(sqlstate)};
  if (hides) error.said = worded(message);
  return error;
}

}  // namespace errors
}  // namespace godwit::postgres
