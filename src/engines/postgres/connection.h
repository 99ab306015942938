#pragma once
// One libpq connection, used by one thread. Statements go as text; a server's error becomes an Error with its
// SQLSTATE, classified by errors.h. Notices go to the debug log. A connection whose link is gone answers kind
// connection for ever.

#include <libpq-fe.h>

#include <atomic>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "data/table_def.h"
#include "engine/endpoint.h"
#include "engines/postgres/server_traits.h"

namespace godwit::postgres {

// A result set; cells are text. Row and column must be in range.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result, PQclear) {}
  int size() const { return PQntuples(result_.get()); }
  bool empty() const { return size() == 0; }
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string_view get(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
  }
  std::string text(int row, int column) const { return std::string(get(row, column)); }
  int64_t integer(int row, int column) const;  // 0 for NULL or what is no number
  bool boolean(int row, int column) const { return get(row, column) == "t"; }
  uint64_t affected() const;  // rows of INSERT, UPDATE, DELETE, COPY
  PGresult* raw() const { return result_.get(); }

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

struct ConnectOptions {
  std::string application_name;
  bool replication = false;       // a logical walsender session
  bool metadata = false;          // statement_timeout = the endpoint's ExecuteTimeout, else none
  bool empty_search_path = true;  // false: the role's and database's own
};

class Connection {
 public:
  // Connects once, within the endpoint's ConnectionTimeout (10 s). The session's settings are those of engine.md §3.
  static Result<Connection> open(const Endpoint& endpoint, const ConnectOptions& options);
  Connection() = default;
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  Result<Rows> query(const std::string& sql);
  Result<Rows> query(const std::string& sql, std::span<const std::string> parameters);
  Result<Rows> query(const std::string& sql, std::initializer_list<std::string> parameters) {
    return query(sql, std::span(parameters.begin(), parameters.size()));
  }
  Result<void> run(const std::string& sql);
  Result<void> run(const std::string& sql, std::initializer_list<std::string> parameters);

  // A whole COPY … FROM STDIN; how many rows the server took.
  Result<uint64_t> copy_in(const std::string& sql, std::string_view bytes);

  // The error of a failed PGresult, or of the connection when it is null.
  Error error_of(const PGresult* result) const;
  Error connection_error() const;

  // Ends a statement that runs on this connection; callable from any thread.
  void cancel();
  // Waits until there is something to read, `wait_ms` passed, or a stop. False on a broken link.
  bool wait_readable(int wait_ms, const std::stop_token& stop) const;

  PGconn* raw() const { return connection_; }
  // What the server can do; a walsender's session does not ask.
  const ServerTraits& traits() const { return traits_; }
  int server_version() const { return PQserverVersion(connection_); }
  bool in_transaction() const { return PQtransactionStatus(connection_) != PQTRANS_IDLE; }
  bool broken() const { return connection_ == nullptr || PQstatus(connection_) == CONNECTION_BAD; }
  int backend_pid() const { return PQbackendPID(connection_); }

 private:
  bool met_structure_change(const std::string& sql, const PGresult* result) const;
  Result<void> learn_traits(const std::string& endpoint);

  PGconn* connection_ = nullptr;
  ServerTraits traits_;
};

// A transaction that is rolled back unless it is committed: the session may be used again after any failure.
class Transaction {
 public:
  // Within a transaction that is open already nothing is begun, and its owner ends it.
  static Result<Transaction> begin(Connection& session);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  Result<void> commit();

 private:
  explicit Transaction(Connection* session) : session_(session) {}
  Connection* session_;
};

// SQL text of names and values.
std::string quote_name(std::string_view name);                 // "a""b"
std::string quote_name(const TableRef& table);                 // "s"."t"
std::string quote_literal(std::string_view value);             // 'it''s', or E'…' with backslashes
std::string quote_array(std::span<const std::string> values);  // '{"a","b"}' as a literal, for $1::text[]
std::string array_text(std::span<const std::string> values);   // {"a","b"}: the parameter itself

}  // namespace godwit::postgres
