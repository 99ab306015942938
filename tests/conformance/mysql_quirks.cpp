#include "mysql_quirks.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include "engines/all.h"

namespace godwit::conformance {
namespace {

const char* variable(Side side) {
  return side == Side::source ? "GODWIT_TEST_SOURCE_URI" : "GODWIT_TEST_TARGET_URI";
}

std::string quote(const std::string& name) {
  std::string out = "`";
  for (const char c : name) out.append(c == '`' ? 2 : 1, c);
  return out + "`";
}

std::string quote(const TableRef& table) {
  return quote(table.schema) + "." + quote(table.name);
}

std::string quote_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quote(name);
  return out;
}

enum class Form { text, hexadecimal, binary_digits, all_digits };

Form form_of(const std::string& type) {
  if (type.starts_with("bit")) return Form::binary_digits;
  if (type.starts_with("float")) return Form::all_digits;
  constexpr std::array words = {"binary", "blob", "geometry", "point", "linestring", "polygon", "geometrycollection"};
  for (const std::string_view word : words)
    if (type.find(word) != std::string::npos && !type.starts_with("enum") && !type.starts_with("set"))
      return Form::hexadecimal;
  return Form::text;
}

std::string shown_sql(const ColumnSpec& column) {
  switch (form_of(column.type)) {
    case Form::text:
      return quote(column.name);
    case Form::hexadecimal:
      return "hex(" + quote(column.name) + ")";
    case Form::binary_digits:
      return "bin(" + quote(column.name) + " + 0)";
    case Form::all_digits:
      return quote(column.name) + " * 1e0";  // which keeps the sign of zero
  }
  return {};
}

// Of a string the sign of zero would be lost.
std::string as_double(const std::string& text) {
  return text.find('e') == std::string::npos ? text + "e0" : text;
}

const ColumnSpec& column_of(const TableSpec& table, const std::string& name) {
  return *std::ranges::find(table.columns, name, &ColumnSpec::name);
}

bool is_keyed(const TableSpec& table, const std::string& column) {
  const auto has = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, column) != names.end();
  };
  return has(table.key) || std::ranges::any_of(table.unique, has);
}

// Text keys are short, for an index has its limits; and text of the suite is told apart by its bytes.
std::string column_sql(const TableSpec& table, const ColumnSpec& column) {
  std::string type = column.type;
  if (type == "longtext")
    type = (is_keyed(table, column.name) ? std::string("varchar(191)") : type) +
           " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
  return quote(column.name) + " " + type + (column.not_null ? " NOT NULL" : " NULL");
}

}  // namespace

MysqlSession::MysqlSession(const Endpoint& endpoint) : connection_(mysql_init(nullptr), mysql_close) {
  const unsigned long packet_max = 1UL << 30U;
  mysql_options(connection_.get(), MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
  mysql_options(connection_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const auto port = static_cast<unsigned>(endpoint.port.empty() ? 3306 : std::stoi(endpoint.port));
  if (mysql_real_connect(connection_.get(), endpoint.host.c_str(), endpoint.user.c_str(), endpoint.password.c_str(),
                         nullptr, port, nullptr, 0) == nullptr)
    throw std::runtime_error(mysql_error(connection_.get()));
  query("SET time_zone = '+00:00', sql_mode = ''");  // zero and partial dates are values too
}

std::vector<Row> MysqlSession::query(const std::string& sql) {
  if (mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0)
    throw std::runtime_error(sql.substr(0, 500) + ": " + mysql_error(connection_.get()));
  const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> result(mysql_store_result(connection_.get()),
                                                                mysql_free_result);
  if (!result) {
    if (mysql_errno(connection_.get()) != 0) throw std::runtime_error(mysql_error(connection_.get()));
    return {};
  }
  std::vector<Row> rows;
  while (const MYSQL_ROW cells = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    Row& row = rows.emplace_back();
    for (unsigned i = 0; i < mysql_num_fields(result.get()); ++i)
      row.push_back(cells[i] == nullptr ? Value() : Value(std::string(cells[i], lengths[i])));
  }
  return rows;
}

std::string MysqlSession::literal(const std::string& text) const {
  std::string out(text.size() * 2 + 1, '\0');
  out.resize(mysql_real_escape_string(connection_.get(), out.data(), text.data(), text.size()));
  return "'" + out + "'";
}

bool MysqlQuirks::serves(Side side) {
  const char* uri = std::getenv(variable(side));
  return uri != nullptr && !std::string_view(uri).starts_with("postgres");
}

MysqlQuirks::~MysqlQuirks() {
  if (!session_) return;
  try {
    clear();
  } catch (const std::exception& error) {
    std::cout << "The test's databases could not be dropped: " << error.what() << "\n";
  }
}

// A worker's session that is still about to end would hold its table.
void MysqlQuirks::clear() {
  session_->query("SET lock_wait_timeout = 20");
  for (const char* name : {"s", "awsdms_control"}) session_->query("DROP DATABASE IF EXISTS " + quote(name));
}

void MysqlQuirks::connect(Side side) {
  side_ = side;
  server_ = std::getenv(variable(side));
  session_ = std::make_unique<MysqlSession>(must(parse_endpoint(server_)));
  clear();
  session_->query("CREATE DATABASE s CHARACTER SET utf8mb4");
}

std::optional<std::string> MysqlQuirks::open(Side side) {
  if (!serves(side))
    return std::string("no server of MariaDB or MySQL: run ./dev test, which starts one, or set ") + variable(side);
  const Endpoint named = must(parse_endpoint(std::getenv(variable(side))));
  if (const auto engine = find_engine(named.scheme); !engine) return engine.error().message;
  connect(side);
  return std::nullopt;
}

Engine& MysqlQuirks::engine() {
  return *must(find_engine(endpoint().scheme));
}

Endpoint MysqlQuirks::endpoint() {
  Endpoint endpoint = must(parse_endpoint(server_));
  endpoint.database = "s";
  return endpoint;
}

std::optional<std::string> MysqlQuirks::lacks(Ability ability) const {
  switch (ability) {
    case Ability::partitions_of_their_own:
      return "partitions of MariaDB and MySQL are no tables";
    case Ability::snapshots_held_elsewhere:
      return "sessions of MariaDB and MySQL share no snapshot";
    case Ability::merges:
    case Ability::truncate_in_the_log:
      break;
  }
  return std::nullopt;
}

bool MysqlQuirks::takes(const std::string& sql) {
  try {
    session_->query(sql);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::vector<TypeCase> MysqlQuirks::types(const std::vector<TypeCase>* wanted) {
  const bool shows_minus_zero = session_->query("SELECT -0e0").at(0).at(0) == "-0";  // MariaDB does not
  std::vector<TypeCase> out;
  for (MysqlType& type : mysql_types()) {
    if (wanted != nullptr) {
      const auto other = std::ranges::find(*wanted, type.type.type, &TypeCase::type);
      if (other == wanted->end()) continue;
      type.type = *other;
    }
    session_->query("DROP TEMPORARY TABLE IF EXISTS s.probe");
    if (!type.needs.empty() && !(takes("CREATE TEMPORARY TABLE s.probe (value " + type.type.type + ")") &&
                                 takes("INSERT INTO s.probe VALUES (" + type.needs + ")"))) {
      std::cout << "Left out, since a server does not have it: type " << type.type.type << "\n";
      continue;
    }
    if (!shows_minus_zero) std::erase(type.type.values, "-0");
    out.push_back(std::move(type.type));
  }
  return out;
}

// From then on the log names what an UPDATE names, and of large columns nothing else.
std::string MysqlQuirks::large_value(char seed) const {
  leaves_out_large_values_ = true;
  return std::string(20000, seed);
}

void MysqlQuirks::create_table(const TableSpec& table) {
  std::string sql;
  for (const ColumnSpec& column : table.columns) sql += (sql.empty() ? "" : ", ") + column_sql(table, column);
  if (!table.key.empty()) sql += ", PRIMARY KEY (" + quote_list(table.key) + ")";
  for (const auto& columns : table.unique) sql += ", UNIQUE (" + quote_list(columns) + ")";
  sql = "CREATE TABLE " + quote(table.ref) + " (" + sql + ") ENGINE = InnoDB";
  if (!table.leaves.empty())
    sql += " PARTITION BY KEY (" + quote_list(table.key) + ") PARTITIONS " + std::to_string(table.leaves.size());
  session_->query(sql);
}

std::string MysqlQuirks::literal(const std::string& type, const Value& value) const {
  if (!value) return "NULL";
  switch (form_of(type)) {
    case Form::hexadecimal:
      return "x'" + *value + "'";
    case Form::binary_digits:
      return "b'" + *value + "'";
    case Form::text:
      return type == "double" ? as_double(*value) : session_->literal(*value);
    case Form::all_digits:
      return as_double(*value);
  }
  return {};
}

// One row: by the key, or one of those whose values are shown the same.
std::string MysqlQuirks::where_sql(const Statement& statement) const {
  const TableSpec& table = *statement.table;
  std::string out;
  for (size_t i = 0; i < statement.who.size(); ++i) {
    const ColumnSpec& column = table.key.empty() ? table.columns[i] : column_of(table, table.key[i]);
    const Value& value = statement.who[i];
    out += i > 0 ? " AND " : " WHERE ";
    if (!table.key.empty())
      out += quote(column.name) + " = " + literal(column.type, value);
    else
      out += "CAST(CONVERT(" + shown_sql(column) + " USING utf8mb4) AS BINARY) <=> " +
             (value ? "CAST(" + session_->literal(*value) + " AS BINARY)" : "NULL");
  }
  return out + " LIMIT 1";
}

std::string MysqlQuirks::statement_sql(const Statement& statement) const {
  const TableSpec& table = *statement.table;
  const std::string name = quote(table.ref);
  std::string values;
  switch (statement.op) {
    case Op::insert:
      for (size_t i = 0; i < statement.row.size(); ++i)
        values += (i > 0 ? ", " : "") + literal(table.columns[i].type, statement.row[i]);
      return "INSERT INTO " + name + " VALUES (" + values + ")";
    case Op::update:
      for (const auto& [column, value] : statement.set)
        values +=
            (values.empty() ? "" : ", ") + quote(column) + " = " + literal(column_of(table, column).type, value);
      return "UPDATE " + name + " SET " + values + where_sql(statement);
    case Op::erase:
      return "DELETE FROM " + name + where_sql(statement);
    case Op::truncate:
      return "TRUNCATE TABLE " + name;
  }
  return {};
}

void MysqlQuirks::drop_table(const TableSpec& table) {
  session_->query("DROP TABLE " + quote(table.ref));
}

void MysqlQuirks::run(const std::vector<Statement>& transaction) {
  session_->query(std::string("SET SESSION binlog_row_image = ") + (leaves_out_large_values_ ? "NOBLOB" : "FULL"));
  session_->query("BEGIN");
  try {
    for (const Statement& statement : transaction) session_->query(statement_sql(statement));
  } catch (...) {
    session_->query("ROLLBACK");
    throw;
  }
  session_->query("COMMIT");
}

void MysqlQuirks::analyze(const TableSpec& table) {
  session_->query("ANALYZE NO_WRITE_TO_BINLOG TABLE " + quote(table.ref));
}

void MysqlQuirks::rewrite(const TableSpec& table) {
  session_->query("OPTIMIZE NO_WRITE_TO_BINLOG TABLE " + quote(table.ref));
}

std::vector<Row> MysqlQuirks::rows(const TableSpec& table) {
  std::string columns;
  for (const ColumnSpec& column : table.columns) columns += (columns.empty() ? "" : ", ") + shown_sql(column);
  return session_->query("SELECT " + columns + " FROM " + quote(table.ref));
}

}  // namespace godwit::conformance
