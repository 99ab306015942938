#include "engines/mysql/errors.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>

#include "base/sentences.h"

namespace godwit::mysql {
namespace {

Error make(ErrorKind kind, std::string_view code, std::string message, std::string_view sqlstate = "") {
  return {kind, "mysql." + std::string(code), std::move(message), std::string(sqlstate)};
}

struct Row {
  unsigned number;
  ErrorKind kind;
};

constexpr Row rows[] = {
    {1205, ErrorKind::transient},   // lock wait timeout
    {1213, ErrorKind::transient},   // deadlock
    {3058, ErrorKind::transient},   // user lock deadlock
    {1020, ErrorKind::transient},   // record has changed since last read (MariaDB's snapshot isolation)
    {1317, ErrorKind::transient},   // query interrupted
    {3024, ErrorKind::transient},   // maximum statement time exceeded
    {1969, ErrorKind::transient},   // the same of MariaDB
    {1040, ErrorKind::connection},  // too many connections
    {1203, ErrorKind::connection},  // of this user
    {1053, ErrorKind::connection},  // shutdown in progress
    {1927, ErrorKind::connection},  // connection was killed
    {1158, ErrorKind::connection},   {1159, ErrorKind::connection},
    {1160, ErrorKind::connection},   {1161, ErrorKind::connection},
    {1184, ErrorKind::connection},   {1290, ErrorKind::connection},  // read only: a failover
    {1792, ErrorKind::connection},   {1836, ErrorKind::connection},
    {3159, ErrorKind::prerequisite},  // TLS is required
    {1044, ErrorKind::prerequisite}, {1045, ErrorKind::prerequisite},
    {1021, ErrorKind::resource},  // disk full
    {1030, ErrorKind::resource},     {1799, ErrorKind::resource},
    {1878, ErrorKind::resource},  // of the storage engine, its log, its temporary file
    {1037, ErrorKind::resource},     {1038, ErrorKind::resource},
    {1041, ErrorKind::resource},     {1114, ErrorKind::resource},  // table full
    {1206, ErrorKind::resource},                                   // lock table size
    {1062, ErrorKind::conflict},     {1022, ErrorKind::conflict},
    {1169, ErrorKind::conflict},     {1216, ErrorKind::conflict},
    {1217, ErrorKind::conflict},     {1451, ErrorKind::conflict},
    {1452, ErrorKind::conflict},     {1557, ErrorKind::conflict},
    {1586, ErrorKind::conflict},     {1761, ErrorKind::conflict},
    {1762, ErrorKind::conflict},     {3819, ErrorKind::conflict},
    {4025, ErrorKind::conflict},  // CHECK of MariaDB
    {1048, ErrorKind::data},         {1264, ErrorKind::data},
    {1265, ErrorKind::data},         {1292, ErrorKind::data},
    {1300, ErrorKind::data},         {1364, ErrorKind::data},
    {1366, ErrorKind::data},         {1367, ErrorKind::data},
    {1406, ErrorKind::data},         {1411, ErrorKind::data},
    {1416, ErrorKind::data},         {1525, ErrorKind::data},
    {1526, ErrorKind::data},         {1690, ErrorKind::data},
    {3140, ErrorKind::data},         {3141, ErrorKind::data},
    {3156, ErrorKind::data},         {3157, ErrorKind::data},
    {3548, ErrorKind::data},         {3643, ErrorKind::data},  // a spatial reference
    {3617, ErrorKind::data},         {4079, ErrorKind::data},
    {1267, ErrorKind::data},         {1270, ErrorKind::data},  // compared with characters that the column lacks
    {3854, ErrorKind::data},         {3988, ErrorKind::data},
    {1644, ErrorKind::data},         {1118, ErrorKind::table},
    {1146, ErrorKind::table},        {1054, ErrorKind::table},
    {1142, ErrorKind::table},        {1143, ErrorKind::table},
    {1050, ErrorKind::table},        {1051, ErrorKind::table},
    {1059, ErrorKind::table},        {1060, ErrorKind::table},
    {1061, ErrorKind::table},        {1064, ErrorKind::table},
    {1067, ErrorKind::table},        {1071, ErrorKind::table},
    {1072, ErrorKind::table},        {1091, ErrorKind::table},
    {1101, ErrorKind::table},        {1113, ErrorKind::table},
    {1170, ErrorKind::table},        {1215, ErrorKind::table},
    {1273, ErrorKind::table},        {1701, ErrorKind::table},
    {1826, ErrorKind::table},        {3780, ErrorKind::table},
};

// Numbers whose words quote values of rows; in those of 1062 the key's name stands last.
bool quotes_values(unsigned number) {
  const ErrorKind kind = kind_of_number(number);
  return kind == ErrorKind::data || number == 1062 || number == 1586 || number == 1022;
}

// 'words "…" words': everything quoted that is no name of a column or key.
std::string without_values(std::string_view message) {
  static constexpr std::string_view names[] = {"column ", "key ", "table ", "function ", "constraint ", "field "};
  std::string out;
  while (!message.empty()) {
    const size_t open = message.find('\'');
    out += message.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::string_view before = message.substr(0, open);
    const bool is_name = std::ranges::any_of(names, [&](std::string_view word) { return before.ends_with(word); });
    // A value may hold quotes itself: it ends before the words that most such messages have behind it, else with the
    // last quote.
    size_t close = is_name ? message.find('\'', open + 1) : message.rfind('\'');
    if (close == open) close = std::string_view::npos;
    if (!is_name)
      for (const std::string_view behind : {"' for column ", "' for key ", "' for function "})
        if (const size_t at = message.rfind(behind); at != std::string_view::npos && at > open) {
          close = at;
          break;
        }
    const size_t end = close == std::string_view::npos ? message.size() : close + 1;
    out += is_name ? message.substr(open, end - open) : std::string_view("'…'");
    message.remove_prefix(end);
  }
  return out;
}

// The server's own state says no more than "a constraint".
std::string_view state_of(unsigned number, std::string_view sqlstate) {
  constexpr std::string_view unique_violation = "23505";
  return number == 1062 || number == 1586 || number == 1022 ? unique_violation : sqlstate;
}

// Numbers come and go with versions: of these classes each is about the values of a row.
ErrorKind kind_of(unsigned number, std::string_view sqlstate) {
  const ErrorKind kind = kind_of_number(number);
  const std::string_view group = sqlstate.substr(0, 2);
  const bool of_values = sqlstate == "21000" || group == "22" || group == "23";
  return kind == ErrorKind::fatal && of_values ? ErrorKind::data : kind;
}

}  // namespace

ErrorKind kind_of_number(unsigned number) {
  if (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) return ErrorKind::connection;
  const Row* found = std::ranges::find(rows, number, &Row::number);
  return found == std::end(rows) ? ErrorKind::fatal : found->kind;
}

namespace errors {

Error cannot_connect(std::string_view endpoint, std::string_view said, unsigned number) {
  return make(ErrorKind::connection, "connect",
              fmt::format("cannot connect to {}: {} ({}). Check host, port, user and password, and that "
                          "the server lets this user in from here.",
                          endpoint, inside_sentence(said), number));
}
Error connection_lost(std::string_view said, unsigned number) {
  return make(ErrorKind::connection, "connection_lost",
              fmt::format("the connection to the server was lost: {} ({}).",
                          inside_sentence(said.empty() ? "no reason given" : said), number));
}
Error server_said(std::string_view message, std::string_view sqlstate, unsigned number) {
  const ErrorKind kind = kind_of(number, sqlstate);
  const bool quotes = kind == ErrorKind::data || quotes_values(number);
  const std::string bare = quotes ? without_values(message) : std::string(message);
  Error error = make(kind, std::to_string(number), fmt::format("{} ({})", bare, number), state_of(number, sqlstate));
  if (bare != message) error.said = fmt::format("{} ({})", message, number);
  return error;
}
Error bad_parameter(std::string_view name, std::string_view wanted) {
  return make(ErrorKind::usage, "parameter", fmt::format("{} of the URI must be {}", name, wanted));
}
Error setting_not_taken(std::string_view name, std::string_view wanted, std::string_view has) {
  return make(ErrorKind::prerequisite, "setting_not_taken",
              fmt::format("the session's variable {} is {} though it was set to {}: rows would be read or written "
                          "wrongly. Connect to the server itself, not through what changes statements.",
                          name, has, wanted));
}
Error iam_refused() {
  return make(ErrorKind::usage, "not_supported",
              "AuthenticationMethod=iam is not supported. Remove it, fetch a token and give it as the password.");
}

Error out_of_memory() {
  return make(ErrorKind::resource, "memory", "libmariadb could not get memory for a connection");
}

}  // namespace errors
}  // namespace godwit::mysql
