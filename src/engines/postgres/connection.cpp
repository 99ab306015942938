#include "engines/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/connection_attributes.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

constexpr int catalog_tries = 20;

// Settings every session needs so that rows are read whole and values are exact (engine.md §3, spec §1).
std::string session_options(const ConnectOptions& options, const Endpoint& endpoint) {
  std::string out =
      "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c intervalstyle=postgres -c timezone=UTC -c "
      "extra_float_digits=3 "
      "-c bytea_output=hex -c xmloption=content -c row_security=off -c lc_monetary=C "
      "-c idle_in_transaction_session_timeout=0 -c lock_timeout=0 -c default_transaction_read_only=off "
      "-c default_transaction_isolation=read\\ committed";
  if (options.empty_search_path) out += " -c search_path=";
  const std::string timeout_s = options.metadata ? endpoint.parameter("ExecuteTimeout").value_or("60") : "0";
  out += fmt::format(" -c statement_timeout={}s", timeout_s);
  if (const auto own = endpoint.parameter("options")) out += " " + *own;
  return out;
}

void on_notice(void*, const PGresult* result) {
  const char* message = PQresultErrorMessage(result);
  if (message != nullptr) log_debug(Component::common, "server notice: {}", trim(message));
}

void add_endpoint(const Endpoint& endpoint, std::vector<std::pair<std::string, std::string>>& parameters) {
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) parameters.emplace_back(key, value);
  };
  add("host", endpoint.host);
  add("port", endpoint.port);
  add("user", endpoint.user);
  add("password", endpoint.password);
  add("dbname", endpoint.database);
  for (const auto& [key, value] : endpoint.parameters)
    if (!is_attribute(key) && lower_ascii(key) != "options") parameters.emplace_back(key, value);
}

PGconn* connect(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectdbParams(keys.data(), values.data(), 0);
}

}  // namespace

int64_t Rows::integer(int row, int column) const {
  const std::string_view cell = get(row, column);
  int64_t value = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return value;
}

uint64_t Rows::affected() const {
  const std::string_view count = PQcmdTuples(result_.get());
  uint64_t value = 0;
  std::from_chars(count.data(), count.data() + count.size(), value);
  return value;
}

Result<Connection> Connection::open(const Endpoint& endpoint, const ConnectOptions& options) {
  std::vector<std::pair<std::string, std::string>> parameters;
  add_endpoint(endpoint, parameters);
  parameters.emplace_back("connect_timeout", endpoint.parameter("ConnectionTimeout").value_or("10"));
  parameters.emplace_back("application_name", options.application_name);
  parameters.emplace_back("options", session_options(options, endpoint));
  parameters.emplace_back("keepalives_idle", "30");
  parameters.emplace_back("tcp_user_timeout", "60000");
  if (options.replication) parameters.emplace_back("replication", "database");
  Connection out;
  out.connection_ = connect(parameters);
  if (out.connection_ == nullptr) return Failure(errors::connection_lost("out of memory"));
  if (PQstatus(out.connection_) != CONNECTION_OK)
    return Failure(errors::cannot_connect(to_string(endpoint), trim(PQerrorMessage(out.connection_)), ""));
  PQsetNoticeReceiver(out.connection_, on_notice, nullptr);
  if (!options.replication) TRY(out.learn_traits(to_string(endpoint)));
  if (!out.traits_.is_cockroach && !version::is_supported(out.server_version()))
    return Failure(errors::too_old(to_string(endpoint), out.server_version()));
  if (version::has_transaction_timeout(out.server_version())) TRY(out.run("SET transaction_timeout = 0"));
  return out;
}

Result<void> Connection::learn_traits(const std::string& endpoint) {
  const Rows rows = TRY(query("SELECT version()"));
  traits_ = TRY(traits_of(rows.get(0, 0), endpoint));
  return {};
}

Connection::~Connection() {
  if (connection_ != nullptr) PQfinish(connection_);
}

Connection::Connection(Connection&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), traits_(std::move(other.traits_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(traits_, other.traits_);
  return *this;
}

Error Connection::connection_error() const {
  return errors::connection_lost(connection_ == nullptr ? "never connected" : trim(PQerrorMessage(connection_)));
}

Error Connection::error_of(const PGresult* result) const {
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr) return connection_error();
  const auto field = [&](int code) -> std::string_view {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string_view() : text;
  };
  return errors::server_said(field(PG_DIAG_MESSAGE_PRIMARY), field(PG_DIAG_MESSAGE_HINT), state,
                             field(PG_DIAG_SOURCE_FUNCTION));
}

// What libpq would end before the NUL, the server is not asked: it has no such characters.
static bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

static Failure nul_refused() {
  return Failure(errors::server_said("invalid byte sequence for encoding \"UTF8\": 0x00", "", "22021"));
}

// A look at the catalog that met somebody's DDL: some of its functions see what is newer than the statement's
// snapshot.
bool Connection::met_structure_change(const std::string& sql, const PGresult* result) const {
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return message != nullptr && std::string_view(message).starts_with("cache lookup failed for") &&
         PQtransactionStatus(connection_) == PQTRANS_IDLE &&
         (trim(sql).starts_with("SELECT") || trim(sql).starts_with("WITH"));
}

Result<Rows> Connection::query(const std::string& sql) {
  if (has_nul(sql)) return nul_refused();
  Rows rows(PQexec(connection_, sql.c_str()));
  for (int i = 1; i < catalog_tries && met_structure_change(sql, rows.raw()); ++i)
    rows = Rows(PQexec(connection_, sql.c_str()));
  const ExecStatusType status = PQresultStatus(rows.raw());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_IN ||
      status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || status == PGRES_EMPTY_QUERY)
    return rows;
  return Failure(error_of(rows.raw()));
}

Result<Rows> Connection::query(const std::string& sql, std::span<const std::string> parameters) {
  if (has_nul(sql) || std::ranges::any_of(parameters, has_nul)) return nul_refused();
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const auto execute = [&] {
    return Rows(PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                             nullptr, nullptr, 0));
  };
  Rows rows = execute();
  for (int i = 1; i < catalog_tries && met_structure_change(sql, rows.raw()); ++i) rows = execute();
  const ExecStatusType status = PQresultStatus(rows.raw());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
  return Failure(error_of(rows.raw()));
}

Result<void> Connection::run(const std::string& sql) {
  TRY(query(sql));
  return {};
}

Result<void> Connection::run(const std::string& sql, std::initializer_list<std::string> parameters) {
  TRY(query(sql, parameters));
  return {};
}

Result<uint64_t> Connection::copy_in(const std::string& sql, std::string_view bytes) {
  constexpr size_t piece_bytes = 1U << 20U;
  TRY(query(sql));
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
    const std::string_view piece = bytes.substr(at, piece_bytes);
    if (PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size())) != 1)
      return Failure(connection_error());
  }
  if (PQputCopyEnd(connection_, nullptr) != 1) return Failure(connection_error());
  const Rows result(PQgetResult(connection_));
  const bool ok = PQresultStatus(result.raw()) == PGRES_COMMAND_OK;
  const Error error = ok ? Error{} : error_of(result.raw());
  while (PGresult* rest = PQgetResult(connection_)) PQclear(rest);
  if (!ok) return Failure(error);
  return result.affected();
}

Result<Transaction> Transaction::begin(Connection& session) {
  if (session.in_transaction()) return Transaction(nullptr);
  TRY(session.run("BEGIN"));
  return Transaction(&session);
}

Result<void> Transaction::commit() {
  if (session_ == nullptr) return {};
  TRY(session_->run("COMMIT"));
  session_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  if (session_ == nullptr || session_->broken() || !session_->in_transaction()) return;
  static_cast<void>(session_->run("ROLLBACK"));  // a broken session ends its transaction by itself
}

void Connection::cancel() {
  if (connection_ == nullptr) return;
  const std::unique_ptr<PGcancel, void (*)(PGcancel*)> handle(PQgetCancel(connection_), PQfreeCancel);
  char text[256];
  if (handle && PQcancel(handle.get(), text, sizeof text) == 0)
    log_debug(Component::common, "could not cancel a statement: {}", text);
}

bool Connection::wait_readable(int wait_ms, const std::stop_token& stop) const {
  constexpr int slice_ms = 100;  // a stop is noticed within this
  const int64_t until = monotonic_ms() + wait_ms;
  for (;;) {
    pollfd waiting{PQsocket(connection_), POLLIN, 0};
    if (waiting.fd < 0) return false;
    const int64_t left = std::max<int64_t>(0, until - monotonic_ms());
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, slice_ms)));
    if (ready > 0) return true;
    if (left == 0 || stop.stop_requested()) return true;
  }
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string quote_name(const TableRef& table) {
  return quote_name(table.schema) + "." + quote_name(table.name);
}

std::string quote_literal(std::string_view value) {
  const bool escaped = value.find('\\') != std::string_view::npos;
  std::string out = escaped ? "E'" : "'";
  for (const char c : value) {
    if (c == '\'' || (c == '\\' && escaped)) out += c;
    out += c;
  }
  return out + '\'';
}

std::string array_text(std::span<const std::string> values) {
  std::string out = "{";
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    out += '"';
    for (const char c : values[i]) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

std::string quote_array(std::span<const std::string> values) {
  return quote_literal(array_text(values));
}

}  // namespace godwit::postgres
