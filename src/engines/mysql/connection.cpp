#include "engines/mysql/connection.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <ma_pvio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>

#include "base/hex.h"
#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/session_settings.h"

namespace godwit::mysql {
namespace {

constexpr unsigned connect_timeout_s = 10, greeting_timeout_s = 60, write_timeout_s = 3600;
// A link whose other end is gone is noticed after about three minutes.
constexpr int keepalive_idle_s = 60, keepalive_interval_s = 15, keepalive_probes = 8;

template <class Number>
Number number_of(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<unsigned> seconds_of(const Endpoint& endpoint, std::string_view name, unsigned otherwise) {
  const std::optional<std::string> text = endpoint.parameter(name);
  if (!text) return otherwise;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value == 0)
    return Failure(errors::bad_parameter(name, "a number of seconds from 1 on"));
  return value;
}

// SslMode as DMS has it: none, require, verify-ca, verify-full; with SslCa, SslCert, SslKey as files.
Result<void> set_up_tls(MYSQL* handle, const Endpoint& endpoint) {
  const std::string mode = endpoint.parameter("SslMode").value_or("none");
  const bool verifies = mode == "verify-ca" || mode == "verify-full";
  if (mode != "none" && mode != "require" && !verifies)
    return Failure(errors::bad_parameter("SslMode", "none, require, verify-ca or verify-full"));
  const my_bool enforce = mode != "none", verify = verifies;
  mysql_optionsv(handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_optionsv(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  const std::pair<std::string_view, enum mysql_option> files[] = {
      {"SslCa", MYSQL_OPT_SSL_CA}, {"SslCert", MYSQL_OPT_SSL_CERT}, {"SslKey", MYSQL_OPT_SSL_KEY}};
  for (const auto& [name, option] : files)
    if (const auto file = endpoint.parameter(name)) mysql_optionsv(handle, option, file->c_str());
  return {};
}

Result<void> set_up(MYSQL* handle, const Endpoint& endpoint, const ConnectOptions& options) {
  const unsigned connect_s = TRY(seconds_of(endpoint, "ConnectionTimeout", connect_timeout_s));
  mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
  const unsigned greeting_s = std::max(connect_s, greeting_timeout_s);
  mysql_optionsv(handle, MYSQL_OPT_READ_TIMEOUT, &greeting_s);
  mysql_optionsv(handle, MYSQL_OPT_WRITE_TIMEOUT, &write_timeout_s);
  mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned local_infile = options.local_infile ? 1 : 0;
  mysql_optionsv(handle, MYSQL_OPT_LOCAL_INFILE, &local_infile);
  const unsigned long packet_max = 1UL << 30U;
  mysql_optionsv(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
  mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", ("godwit:" + options.tag).c_str());
  mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "godwit_role", options.role.c_str());
  return set_up_tls(handle, endpoint);
}

// Once the server has let us in there is no telling how long a statement takes (an index of a large table): its
// answer is waited for as long as the link lives, unless the session's use knows better. What is to end sooner is
// interrupted.
void wait_for_any_answer(MYSQL* handle, unsigned seconds) {
  MARIADB_PVIO* link = handle->net.pvio;
  if (link != nullptr && link->methods->set_timeout != nullptr)
    link->methods->set_timeout(link, PVIO_READ_TIMEOUT, static_cast<int>(seconds));
  const int socket = static_cast<int>(mysql_get_socket(handle));
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_idle_s, sizeof keepalive_idle_s);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &keepalive_interval_s, sizeof keepalive_interval_s);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &keepalive_probes, sizeof keepalive_probes);
}

// The library reads ahead, and then nothing more may come by the socket. (What TLS holds back comes with the next
// heartbeat.)
bool has_read_ahead(const MYSQL* handle) {
  const MARIADB_PVIO* link = handle->net.pvio;
  return link != nullptr && link->cache != nullptr && link->cache_pos < link->cache + link->cache_size;
}

struct InfileState {
  Connection::InfileSource* source;
  std::optional<Error> error;
};

int infile_init(void** state, const char*, void* given) {
  *state = given;
  return 0;
}
int infile_read(void* state, char* buffer, unsigned capacity) {
  auto* infile = static_cast<InfileState*>(state);
  auto got = infile->source->next(buffer, capacity);
  if (got) return static_cast<int>(*got);
  infile->error = got.error();
  return -1;
}
void infile_end(void*) {}
int infile_error(void* state, char* message, unsigned capacity) {
  const auto* infile = static_cast<InfileState*>(state);
  std::snprintf(message, capacity, "%s", infile->error ? infile->error->message.c_str() : "no rows");
  return CR_UNKNOWN_ERROR;
}

}  // namespace

Rows::Rows(MYSQL_RES* result) : result_(result, mysql_free_result) {
  if (result == nullptr) return;
  const unsigned width = mysql_num_fields(result);
  rows_.reserve(mysql_num_rows(result));
  while (MYSQL_ROW cells = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    rows_.push_back({cells, {lengths, lengths + width}});
  }
}

std::optional<size_t> Rows::column(std::string_view name) const {
  if (!result_) return std::nullopt;
  const MYSQL_FIELD* fields = mysql_fetch_fields(result_.get());
  for (unsigned c = 0; c < mysql_num_fields(result_.get()); ++c)
    if (lower_ascii(fields[c].name) == name) return c;
  return std::nullopt;
}

int64_t Rows::integer(size_t row, size_t column) const {
  return number_of<int64_t>(get(row, column));
}
uint64_t Rows::unsigned_integer(size_t row, size_t column) const {
  return number_of<uint64_t>(get(row, column));
}

Result<Connection> Connection::open(const Endpoint& endpoint, const ConnectOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
  Connection out;
  out.handle_.reset(mysql_init(nullptr));
  if (!out.handle_) return Failure(errors::out_of_memory());
  out.endpoint_ = std::make_shared<const Endpoint>(endpoint);
  TRY(set_up(out.raw(), endpoint, options));
  const unsigned port = endpoint.port.empty() ? 3306 : number_of<unsigned>(endpoint.port);
  const std::string host = endpoint.host.empty() ? "127.0.0.1" : endpoint.host;
  const unsigned long flags = CLIENT_FOUND_ROWS | (options.local_infile ? CLIENT_LOCAL_FILES : 0UL) |
                              (options.scripts ? CLIENT_MULTI_STATEMENTS : 0UL);
  if (mysql_real_connect(out.raw(), host.c_str(), endpoint.user.c_str(), endpoint.password.c_str(),
                         options.database.empty() ? nullptr : options.database.c_str(), port, nullptr,
                         flags) == nullptr)
    return Failure(errors::cannot_connect(to_string(endpoint), mysql_error(out.raw()), mysql_errno(out.raw())));
  wait_for_any_answer(out.raw(), options.read_timeout_s);
  TRY(out.prepare_session(options.read_only));
  return out;
}

Result<void> Connection::prepare_session(bool read_only) {
  constexpr const char* no_writes = "SET SESSION TRANSACTION READ ONLY";
  TRY(run(std::string(no_select_limit)));
  if (read_only) TRY(run(no_writes));
  const Rows version = TRY(query("SELECT VERSION()"));
  traits_ = traits_of_version(version.get(0, 0));
  TRY(set_up_session(*this, *endpoint_));
  if (read_only) TRY(run(no_writes));  // whatever a script of the user's made of it
  if (!traits_.mariadb) {
    const Rows gtids = TRY(query("SELECT @@global.gtid_mode"));
    traits_.has_gtids = gtids.get(0, 0) == "ON";
  }
  return {};
}

Error Connection::last_error() {
  const unsigned number = mysql_errno(raw());
  if (number == CR_SERVER_GONE_ERROR || number == CR_SERVER_LOST || number == 0) {
    broken_ = true;
    return errors::connection_lost(mysql_error(raw()), number);
  }
  Error error = errors::server_said(mysql_error(raw()), mysql_sqlstate(raw()), number);
  if (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) broken_ = true;
  return error;
}

Result<Rows> Connection::query(const std::string& sql) {
  if (broken()) return Failure(errors::connection_lost("it was closed", 0));
  if (mysql_real_query(raw(), sql.data(), sql.size()) != 0) return Failure(last_error());
  MYSQL_RES* result = mysql_store_result(raw());
  if (result == nullptr && mysql_field_count(raw()) != 0) return Failure(last_error());
  return Rows(result);
}

Result<Done> Connection::run(const std::string& sql) {
  TRY(query(sql));
  return Done{mysql_affected_rows(raw()), mysql_insert_id(raw()), mysql_warning_count(raw())};
}

Result<void> Connection::run_script(const std::string& sql, std::vector<Done>& done) {
  TRY(send(sql));
  while (true) {
    const Done one = TRY(receive());
    done.push_back(one);
    if (!mysql_more_results(raw())) return {};
    if (mysql_next_result(raw()) > 0) return Failure(last_error());
  }
}

Result<void> Connection::run_users_script(const std::string& sql) {
  if (broken()) return Failure(errors::connection_lost("it was closed", 0));
  const bool had_scripts = (raw()->client_flag & CLIENT_MULTI_STATEMENTS) != 0;
  if (!had_scripts && mysql_set_server_option(raw(), MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0)
    return Failure(last_error());
  auto done = drain(sql);
  if (!had_scripts && !broken() && mysql_set_server_option(raw(), MYSQL_OPTION_MULTI_STATEMENTS_OFF) != 0)
    return Failure(last_error());
  return done;
}

// Runs statements of any kind up to the first that fails, and lets go of what they answer.
Result<void> Connection::drain(const std::string& sql) {
  if (mysql_real_query(raw(), sql.data(), sql.size()) != 0) return Failure(last_error());
  for (;;) {
    mysql_free_result(mysql_store_result(raw()));
    if (mysql_errno(raw()) != 0) return Failure(last_error());
    if (!mysql_more_results(raw())) return {};
    if (mysql_next_result(raw()) > 0) return Failure(last_error());
  }
}

Result<void> Connection::send(const std::string& sql) {
  if (broken()) return Failure(errors::connection_lost("it was closed", 0));
  if (mysql_send_query(raw(), sql.data(), sql.size()) != 0) return Failure(last_error());
  awaits_answer_ = true;
  return {};
}

Result<Done> Connection::receive() {
  if (std::exchange(awaits_answer_, false) && mysql_read_query_result(raw()) != 0) return Failure(last_error());
  return Done{mysql_affected_rows(raw()), mysql_insert_id(raw()), mysql_warning_count(raw())};
}

Result<unsigned> Connection::stream(const std::string& sql) {
  if (broken()) return Failure(errors::connection_lost("it was closed", 0));
  if (mysql_real_query(raw(), sql.data(), sql.size()) != 0) return Failure(last_error());
  streamed_.reset(mysql_use_result(raw()));
  if (!streamed_) return Failure(last_error());
  return mysql_num_fields(streamed_.get());
}

Result<bool> Connection::next_row(MYSQL_ROW& cells, const unsigned long*& lengths) {
  if (!streamed_) return false;
  cells = mysql_fetch_row(streamed_.get());
  if (cells != nullptr) {
    lengths = mysql_fetch_lengths(streamed_.get());
    return true;
  }
  // The end of the rows and a link that breaks in their middle look alike but for the error.
  const bool failed = mysql_errno(raw()) != 0;
  std::optional<Error> error;
  if (failed) error = last_error();
  streamed_.reset();
  if (error) return Failure(std::move(*error));
  return false;
}

void Connection::end_stream() {
  streamed_.reset();
}

Result<Done> Connection::load(const std::string& sql, InfileSource& source) {
  InfileState state{&source, std::nullopt};
  mysql_set_local_infile_handler(raw(), infile_init, infile_read, infile_end, infile_error, &state);
  auto done = run(sql);
  mysql_set_local_infile_default(raw());
  if (state.error) return Failure(std::move(*state.error));
  return done;
}

Result<void> Connection::send_command(enum enum_server_command command, std::string_view payload, bool answers) {
  if (broken()) return Failure(errors::connection_lost("it was closed", 0));
  if (raw()->methods->db_command(raw(), command, payload.data(), payload.size(), answers ? 0 : 1, nullptr) != 0)
    return Failure(last_error());
  return {};
}

Result<std::string_view> Connection::read_packet(int wait_ms, const std::stop_token& stop) {
  constexpr int step_ms = 100;
  for (int waited = 0; !has_read_ahead(raw()); waited += step_ms) {
    pollfd socket{mysql_get_socket(raw()), POLLIN, 0};
    const int ready = poll(&socket, 1, std::min(step_ms, std::max(0, wait_ms - waited)));
    if (ready > 0) break;
    if (stop.stop_requested() || waited >= wait_ms) return std::string_view();
  }
  const unsigned long length = mysql_net_read_packet(raw());
  if (length == packet_error) return Failure(last_error());
  return std::string_view(reinterpret_cast<const char*>(raw()->net.read_pos), length);
}

void Connection::interrupt() const {
  if (!handle_ || !endpoint_) return;
  auto other = open(*endpoint_, {.tag = "interrupt", .role = "interrupt", .database = {}});
  auto killed = other ? other->run(fmt::format("KILL QUERY {}", thread_id())) : Result<Done>(Failure(other.error()));
  // It may have ended by itself.
  if (killed || killed.error().code == "mysql.1094") return;
  log_warning(Component::common, "The statement of session {} cannot be ended, so its connection is: {}", thread_id(),
              killed.error().message);
  // Whoever uses it finds it gone, instead of reading on to the end of a table.
  ::shutdown(mysql_get_socket(raw()), SHUT_RDWR);
}

uint64_t Connection::thread_id() const {
  return handle_ ? mysql_thread_id(handle_.get()) : 0;
}

Result<Transaction> Transaction::begin(Connection& session) {
  TRY(session.run("START TRANSACTION"));
  return Transaction(&session);
}

Transaction::~Transaction() {
  if (session_ != nullptr && !session_->broken()) (void)session_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
  Connection* session = std::exchange(session_, nullptr);
  TRY(session->run("COMMIT"));
  return {};
}

std::string quote_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

std::string quote_name(const TableRef& table) {
  return quote_name(table.schema) + "." + quote_name(table.name);
}

std::string quote_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\0')
      out += "\\0";
    else if (c == '\'' || c == '\\')
      out += std::string("\\") + c;
    else
      out += c;
  }
  return out + "'";
}

std::string hex_literal(std::string_view bytes) {
  ByteBuffer digits;
  append_hex(digits, bytes);
  return fmt::format("X'{}'", digits.view(0, digits.size()));
}

}  // namespace godwit::mysql
