#include "postgres_quirks.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "engines/postgres/engine.h"

namespace godwit::conformance {
namespace {

constexpr const char* source_variable = "GODWIT_TEST_SOURCE_URI";
constexpr const char* pglogical_variable = "GODWIT_TEST_PGLOGICAL_URI";
constexpr const char* target_variable = "GODWIT_TEST_TARGET_URI";
constexpr int complete_version = 14;  // from here on servers have every type and value of the list

std::string quote(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string quote(const TableRef& table) {
  return quote(table.schema) + "." + quote(table.name);
}

std::string quote_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quote(name);
  return out;
}

std::string parameter(std::vector<Value>& parameters, const Value& value) {
  parameters.push_back(value);
  return "$" + std::to_string(parameters.size());
}

const ColumnSpec& column_of(const TableSpec& table, const std::string& name) {
  return *std::ranges::find(table.columns, name, &ColumnSpec::name);
}

std::string insert_sql(const Statement& statement, std::vector<Value>& parameters) {
  std::string values;
  for (const Value& value : statement.row) values += (values.empty() ? "" : ", ") + parameter(parameters, value);
  return "INSERT INTO " + quote(statement.table->ref) + " VALUES (" + values + ")";
}

// One row: by the key, or one of those whose values are written the same.
std::string where_sql(const Statement& statement, std::vector<Value>& parameters) {
  const TableSpec& table = *statement.table;
  std::vector<std::string> columns = table.key;
  if (columns.empty())
    for (const ColumnSpec& column : table.columns) columns.push_back(column.name);
  std::string condition;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string value = parameter(parameters, statement.who[i]) + "::" + column_of(table, columns[i]).type;
    const std::string name = quote(columns[i]);
    condition += i > 0 ? " AND " : "";
    condition +=
        table.key.empty() ? name + "::text IS NOT DISTINCT FROM (" + value + ")::text" : name + " = " + value;
  }
  if (!table.key.empty()) return condition;
  return "ctid = (SELECT ctid FROM " + quote(table.ref) + " WHERE " + condition + " LIMIT 1)";
}

std::string update_sql(const Statement& statement, std::vector<Value>& parameters) {
  std::string assignments;
  for (const auto& [name, value] : statement.set)
    assignments += (assignments.empty() ? "" : ", ") + quote(name) + " = " + parameter(parameters, value);
  const std::string where = where_sql(statement, parameters);
  return "UPDATE " + quote(statement.table->ref) + " SET " + assignments + " WHERE " + where;
}

std::string statement_sql(const Statement& statement, std::vector<Value>& parameters) {
  switch (statement.op) {
    case Op::insert:
      return insert_sql(statement, parameters);
    case Op::update:
      return update_sql(statement, parameters);
    case Op::erase:
      return "DELETE FROM " + quote(statement.table->ref) + " WHERE " + where_sql(statement, parameters);
    case Op::truncate:
      return "TRUNCATE " + quote(statement.table->ref);
  }
  return {};
}

std::string keys_sql(const TableSpec& table) {
  std::string out;
  if (!table.key.empty()) out += ", PRIMARY KEY (" + quote_list(table.key) + ")";
  for (const auto& columns : table.unique) out += ", UNIQUE (" + quote_list(columns) + ")";
  return out;
}

std::string columns_sql(const TableSpec& table) {
  std::string out;
  for (const ColumnSpec& column : table.columns)
    out += (out.empty() ? "" : ", ") + quote(column.name) + " " + column.type + (column.not_null ? " NOT NULL" : "");
  return out;
}

// Where a server has no hash partitions (before 11), nor keys of a partitioned table: ranges of a hundred keys.
std::string range_of_leaf(const TableSpec& table, size_t leaf) {
  const std::string from = leaf == 0 ? "MINVALUE" : std::to_string(leaf * 100);
  const std::string to = leaf + 1 == table.leaves.size() ? "MAXVALUE" : std::to_string((leaf + 1) * 100);
  return "(" + keys_sql(table).substr(2) + ") FOR VALUES FROM (" + from + ") TO (" + to + ")";
}

std::string hash_of_leaf(const TableSpec& table, size_t leaf) {
  return "FOR VALUES WITH (MODULUS " + std::to_string(table.leaves.size()) + ", REMAINDER " + std::to_string(leaf) +
         ")";
}

// Servers before 12 write the same number with more digits.
bool has_floats(const std::string& type) {
  const std::string_view words[] = {"real", "double", "point", "lseg", "line", "box", "path", "polygon", "circle"};
  return std::ranges::any_of(words, [&](std::string_view word) { return type.find(word) != std::string::npos; });
}

}  // namespace

PostgresSession::PostgresSession(const std::string& uri, const std::string& database)
    : connection_(nullptr, PQfinish) {
  const char* const keywords[] = {"dbname", database.empty() ? nullptr : "dbname", nullptr};
  const char* const values[] = {uri.c_str(), database.c_str(), nullptr};
  connection_.reset(PQconnectdbParams(keywords, values, 1));
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
  run("SET client_min_messages = warning");
  run("SET extra_float_digits = 3");
  run("SET datestyle = 'ISO, YMD'");
  run("SET intervalstyle = postgres");
  run("SET timezone = 'UTC'");
  run("SET lc_monetary = 'C'");
  run("SET search_path = ''");
  run("SET client_encoding = 'UTF8'");
}

std::vector<Row> PostgresSession::query(const std::string& sql, const std::vector<Value>& parameters) {
  std::vector<const char*> texts;
  for (const Value& value : parameters) texts.push_back(value ? value->c_str() : nullptr);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
      PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr, texts.data(), nullptr,
                   nullptr, 0),
      PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(sql.substr(0, 500) + ": " + PQerrorMessage(connection_.get()));
  std::vector<Row> rows(static_cast<size_t>(PQntuples(result.get())));
  for (int row = 0; row < PQntuples(result.get()); ++row)
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool null = PQgetisnull(result.get(), row, column) != 0;
      const auto length = static_cast<size_t>(PQgetlength(result.get(), row, column));
      rows[static_cast<size_t>(row)].push_back(
          null ? Value() : Value(std::string(PQgetvalue(result.get(), row, column), length)));
    }
  return rows;
}

PostgresQuirks::~PostgresQuirks() {
  if (!database_.empty()) drop_database();
}

void PostgresQuirks::drop_database() {
  session_.reset();
  try {
    PostgresSession admin(server_, "");
    admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", {database_});
    for (int tries = 0; tries < 500; ++tries) {
      constexpr const char* left =
          "SELECT FROM pg_stat_activity WHERE datname = $1 AND backend_type IN ('client backend', 'walsender')";
      if (admin.query(left, {database_}).empty()) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    admin.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1",
                {database_});
    // A server with pglogical takes minutes for it, and is thrown away after the tests.
    if (side_ == Side::source && plugin_ == "pglogical") return;
    admin.run("DROP DATABASE IF EXISTS " + quote(database_));
  } catch (const std::exception& error) {
    std::cout << "The test's database " << database_ << " could not be dropped: " << error.what() << "\n";
  }
}

void PostgresQuirks::make_database() {
  static std::atomic<int> next = 0;
  database_ = "godwit_conformance_" + std::to_string(getpid()) + "_" + std::to_string(++next);
  PostgresSession(server_, "")
      .run("CREATE DATABASE " + quote(database_) + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
  session_ = std::make_unique<PostgresSession>(server_, database_);
  for (const std::string extension : {"hstore", "citext"}) {
    const auto there = session_->query("SELECT 1 FROM pg_available_extensions WHERE name = $1", {extension});
    if (!there.empty()) session_->run("CREATE EXTENSION " + extension + " SCHEMA public");
  }
  // Types get other numbers on the target, so that nothing which carries a number over passes by luck.
  if (side_ == Side::target)
    for (const char* sql : {"CREATE SCHEMA before", "CREATE TYPE before.them AS (a integer)"}) session_->run(sql);
  session_->run("CREATE SCHEMA s");
  session_->run("DO $do$ BEGIN " + postgres_type_script() + " END $do$");
}

// Notes the server's URI.
std::optional<std::string> PostgresQuirks::find_server() {
  const bool by_pglogical = side_ == Side::source && plugin_ == "pglogical";
  const char* usual = std::getenv(side_ == Side::source ? source_variable : target_variable);
  const char* named = by_pglogical ? std::getenv(pglogical_variable) : usual;
  if (usual != nullptr && !std::string_view(usual).starts_with("postgres"))
    return std::string(usual) + " is no PostgreSQL server; another binary has this pair";
  if (by_pglogical && named == nullptr)
    return std::string("no source server with pglogical: run ./dev test, which starts one, or set ") +
           pglogical_variable;
  if (named == nullptr)
    return std::string("no PostgreSQL servers: run ./dev test, which starts them, or set ") + source_variable +
           " and " + target_variable + " to the URIs of superusers on two servers with wal_level = logical";
  server_ = named;
  return std::nullopt;
}

std::optional<std::string> PostgresQuirks::open(Side side) {
  side_ = side;
  if (auto reason = find_server()) return reason;
  make_database();
  if (side == Side::source && plugin_ == "pglogical") session_->run("CREATE EXTENSION pglogical");
  return std::nullopt;
}

bool PostgresQuirks::takes(const std::string& sql, const std::vector<Value>& parameters) {
  try {
    return session_->query(sql, parameters).at(0).at(0) != "f";
  } catch (const std::runtime_error&) {
    return false;
  }
}

// The type with those of its values that the server takes: infinite numbers, say, came with 14.
std::optional<TypeCase> PostgresQuirks::taken(const PostgresType& type) {
  TypeCase out = type.type;
  if (!type.needs.empty() && !takes(std::string(type.needs), {})) return std::nullopt;
  if (session_->version() >= complete_version) return out;
  if (!takes("SELECT NULL::" + out.type + " IS NULL", {})) return std::nullopt;
  std::erase_if(out.values, [&](const std::string& value) {
    return !takes("SELECT ($1::" + out.type + ")::text IS NOT NULL", {value});
  });
  if (out.values.size() < type.type.values.size())
    std::cout << "Left out, since a server does not take them: " << type.type.values.size() - out.values.size()
              << " values of type " << out.type << "\n";
  return out;
}

std::vector<TypeCase> PostgresQuirks::types(const std::vector<TypeCase>* wanted) {
  std::vector<TypeCase> out;
  for (PostgresType& type : postgres_types()) {
    if (wanted != nullptr) {
      const auto other = std::ranges::find(*wanted, type.type.type, &TypeCase::type);
      if (other == wanted->end()) continue;
      type.type = *other;
    }
    if (auto there = taken(type))
      out.push_back(*there);
    else
      std::cout << "Left out, since a server does not have it: type " << type.type.type << "\n";
  }
  return out;
}

std::optional<std::string> PostgresQuirks::lacks(Ability ability) const {
  if (ability == Ability::truncate_in_the_log && session_->version() < 11)
    return "PostgreSQL 10 does not publish TRUNCATE";
  return std::nullopt;
}

Engine& PostgresQuirks::engine() {
  return postgres_engine();
}

Endpoint PostgresQuirks::endpoint() {
  Endpoint endpoint = must(parse_endpoint(server_));
  endpoint.database = database_;
  if (side_ == Side::source) endpoint.parameters["PluginName"] = plugin_;
  return endpoint;
}

// Text that hardly compresses, so that it is stored out of line.
std::string PostgresQuirks::large_value(char seed) const {
  std::string out;
  auto state = static_cast<uint32_t>(static_cast<unsigned char>(seed));
  for (int i = 0; i < 20000; ++i) {
    state = state * 1664525U + 1013904223U;
    out += static_cast<char>('!' + (state >> 24U) % 90);
  }
  return out;
}

void PostgresQuirks::create_table(const TableSpec& table) {
  const std::string name = quote(table.ref);
  const bool hashes = session_->version() >= 11;
  const std::string partitioning =
      table.leaves.empty()
          ? ""
          : std::string(" PARTITION BY ") + (hashes ? "HASH" : "RANGE") + " (" + quote_list(table.key) + ")";
  const bool has_keys = table.leaves.empty() || hashes;
  session_->run("CREATE TABLE " + name + " (" + columns_sql(table) + (has_keys ? keys_sql(table) : "") + ")" +
                partitioning);
  for (size_t i = 0; i < table.leaves.size(); ++i)
    session_->run("CREATE TABLE " + quote(TableRef{table.ref.schema, table.leaves[i]}) + " PARTITION OF " + name +
                  " " + (hashes ? hash_of_leaf(table, i) : range_of_leaf(table, i)));
  if (table.full_identity) session_->run("ALTER TABLE " + name + " REPLICA IDENTITY FULL");
}

void PostgresQuirks::drop_table(const TableSpec& table) {
  session_->run("DROP TABLE " + quote(table.ref));
}

void PostgresQuirks::run(const std::vector<Statement>& transaction) {
  session_->run("BEGIN");
  try {
    for (const Statement& statement : transaction) {
      std::vector<Value> parameters;
      const std::string sql = statement_sql(statement, parameters);
      session_->query(sql, parameters);
    }
  } catch (...) {
    session_->run("ROLLBACK");
    throw;
  }
  session_->run("COMMIT");
}

void PostgresQuirks::rewrite(const TableSpec& table) {
  session_->run("VACUUM FULL " + quote(table.ref));
}

std::vector<Row> PostgresQuirks::rows(const TableSpec& table) {
  return session_->query("SELECT * FROM " + quote(table.ref), {});
}

bool PostgresQuirks::spells_otherwise(const std::string& type) const {
  return session_->version() < 12 && has_floats(type);
}

std::string PostgresQuirks::respelled(const std::string& type, const std::string& value) {
  return session_->query("SELECT $1::" + type, {value}).at(0).at(0).value();
}

}  // namespace godwit::conformance
