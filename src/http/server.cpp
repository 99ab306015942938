#include "http/server.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/connection.h"
#include "http/errors.h"
#include "http/tls.h"

namespace godwit {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr unsigned io_threads = 2;  // they move bytes; the work is done on the pool's
constexpr std::chrono::seconds replies_go_out{5};
constexpr std::chrono::milliseconds accept_pause{20};
constexpr size_t files_beside_connections = 256;

bool is_loopback_address(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

// Worker processes must not hold the port after this one has died, nor its clients' connections.
void keep_from_children(int file) {
  fcntl(file, F_SETFD, FD_CLOEXEC);
}

Result<tcp::endpoint> resolve(asio::io_context& io, const std::string& address, uint16_t port) {
  error_code failed;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(address, std::to_string(port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, failed);
  if (failed || found.empty()) return Failure(listen_address_unknown(address, failed.message()));
  return found.begin()->endpoint();
}

Result<void> listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  error_code failed;
  std::ignore = acceptor.open(endpoint.protocol(), failed);
  if (!failed) keep_from_children(acceptor.native_handle());
  if (!failed) std::ignore = acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) std::ignore = acceptor.bind(endpoint, failed);
  if (!failed) std::ignore = acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  if (failed == asio::error::address_in_use) return Failure(listen_address_in_use(address, endpoint.port()));
  if (failed == asio::error::make_error_code(asio::error::basic_errors::address_family_not_supported) ||
      failed.value() == EADDRNOTAVAIL)
    return Failure(listen_address_unknown(address, failed.message()));
  if (failed) return Failure(listen_refused(address, endpoint.port(), failed.message()));
  return {};
}

// Where the limit cannot be raised, a full table closes the longest waiting connections earlier than connections_max.
void allow_open_files(size_t connections_max) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, connections_max + files_beside_connections);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

// In the order of need: what stands later goes first, and the sockets' coroutines end with `io`.
struct HttpServer::State {
  State(HttpServerOptions o, HttpHandler handler)
      : options(std::move(o)),
        registry(options.connections_max),
        bodies(options.bodies_bytes_max),
        pool(options.threads, options.requests_queued_max, std::move(handler)) {}
  ~State() { stop(); }  // NOLINT(bugprone-exception-escape): threads that cannot be joined are a defect

  Result<void> open();
  void run();
  void stop();
  asio::awaitable<void> accept_all();

  const HttpServerOptions options;
  std::atomic<bool> stopping = false;
  std::optional<asio::ssl::context> tls;
  ConnectionRegistry registry;
  BodyBudget bodies;
  HandlerPool pool;
  asio::io_context io{static_cast<int>(io_threads)};
  asio::strand<asio::io_context::executor_type> accepting = asio::make_strand(io);
  tcp::acceptor acceptor{accepting};
  tcp::endpoint endpoint;
  std::vector<std::thread> threads;
};

Result<void> HttpServer::State::open() {
  const bool has_cert = !options.tls_cert_path.empty(), has_key = !options.tls_key_path.empty();
  if (has_cert != has_key) return Failure(tls_half_given(has_cert));
  if (has_cert) tls.emplace(TRY(server_tls(options.tls_cert_path, options.tls_key_path)));
  endpoint = TRY(resolve(io, options.address, options.port));
  if (!tls && !options.allow_plain_beyond_loopback && !is_loopback_address(endpoint.address()))
    return Failure(plain_beyond_loopback(endpoint.address().to_string()));
  TRY(listen(acceptor, endpoint));
  error_code failed;
  endpoint = acceptor.local_endpoint(failed);
  if (failed) return Failure(listen_refused(options.address, options.port, failed.message()));
  allow_open_files(options.connections_max);
  return {};
}

void HttpServer::State::run() {
  asio::co_spawn(accepting, accept_all(), asio::detached);
  for (unsigned i = 0; i < io_threads; ++i)
    threads.emplace_back([this] {
      const auto guard = asio::make_work_guard(io);
      io.run();
    });
}

asio::awaitable<void> HttpServer::State::accept_all() {
  const ConnectionContext context{options, tls ? &*tls : nullptr, registry, pool, bodies, stopping};
  while (!stopping) {
    auto [failed, socket] = co_await acceptor.async_accept(asio::any_io_executor(asio::make_strand(io)), as_values);
    if (stopping) break;
    if (failed) {  // mostly for want of open files
      if (!registry.close_longest_waiting())
        log_warning(Component::common, "A connection could not be accepted: {}", failed.message());
      asio::steady_timer pause(co_await asio::this_coro::executor, accept_pause);
      co_await pause.async_wait(as_values);
      continue;
    }
    if (!registry.make_room()) continue;  // which closes the newcomer
    keep_from_children(socket.native_handle());
    error_code ignored;
    std::ignore = socket.set_option(tcp::no_delay(true), ignored);
    start_connection(std::move(socket), context);
  }
}

void HttpServer::State::stop() {
  stopping = true;
  asio::post(accepting, [this] {
    error_code ignored;
    std::ignore = acceptor.close(ignored);
  });
  registry.close_waiting();
  pool.stop();
  registry.wait_until_empty(threads.empty() ? std::chrono::milliseconds(0) : replies_go_out);
  io.stop();
  for (std::thread& thread : threads) thread.join();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler) {
  auto state = std::make_unique<State>(std::move(options), std::move(handler));
  TRY(state->open());
  state->run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

uint16_t HttpServer::port() const {
  return state_->endpoint.port();
}

std::string HttpServer::address() const {
  return state_->endpoint.address().to_string();
}

bool HttpServer::is_loopback() const {
  return is_loopback_address(state_->endpoint.address());
}

bool HttpServer::is_tls() const {
  return state_->tls.has_value();
}

size_t HttpServer::connections() const {
  return state_->registry.size();
}

}  // namespace godwit
