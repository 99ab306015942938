#include "http/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/detect_ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "http/fault_reply.h"
#include "http/wire_message.h"

namespace godwit {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr uint32_t header_bytes_max = 32 << 10;
constexpr size_t buffer_bytes_max = 64 << 10;
// What is read and thrown away after a refusal, so that a client still sending sees the reply.
constexpr uint64_t drained_bytes_max = uint64_t{1} << 30;
constexpr std::chrono::seconds farewell_timeout{2};

using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::request_parser<http::string_body>;

std::string peer_address(const tcp::socket& socket) {
  error_code failed;
  const asio::ip::address address = socket.remote_endpoint(failed).address();
  if (failed) return "";
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

// The reply to what is no acceptable request; none where there is nobody to tell.
std::optional<HttpReply> reply_to_unreadable(const error_code& failed) {
  if (failed == http::error::end_of_stream ||
      failed.category() != http::make_error_code(http::error::partial_message).category())
    return std::nullopt;
  if (failed == http::error::body_limit)
    return fault_reply(413, "RequestEntityTooLargeException", "The request's body is larger than this server takes.");
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow)
    return fault_reply(431, "MalformedHttpRequestException", "The request's headers are larger than 32 KiB.");
  return fault_reply(400, "MalformedHttpRequestException", "The request is not HTTP/1.1: " + failed.message() + ".");
}

template <class Stream>
class Connection : public std::enable_shared_from_this<Connection<Stream>> {
 public:
  static constexpr bool is_tls = std::is_same_v<Stream, TlsStream>;

  template <class... Args>
  explicit Connection(ConnectionContext context, Args&&... args)
      : context_(context), stream_(std::forward<Args>(args)...), peer_(peer_address(lowest().socket())) {}
  ~Connection() {
    if (id_ != 0) context_.registry.remove(id_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    const auto executor = lowest().get_executor();
    id_ = context_.registry.add([weak = this->weak_from_this(), executor] {
      asio::post(executor, [weak] {
        if (const auto self = weak.lock()) self->close_if_waiting();
      });
    });
    asio::co_spawn(executor, [self = this->shared_from_this()] { return self->run(); }, asio::detached);
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void enter(ConnectionPhase phase) {
    phase_ = phase;
    context_.registry.set_phase(id_, phase);
  }

  void close_if_waiting() {
    if (phase_ != ConnectionPhase::busy) lowest().close();
  }

  awaitable<void> run() {
    lowest().expires_after(context_.options.header_timeout);
    if constexpr (is_tls) {
      const bool shaken = co_await shake_hands();
      if (!shaken) co_return;
    }
    bool goes_on = true;
    for (bool is_first = true; goes_on && !context_.stopping; is_first = false) {
      if (!is_first) {
        const bool begun = co_await wait_for_next();
        if (!begun) break;
      }
      goes_on = co_await serve_one();
    }
    co_await say_farewell();
  }

  awaitable<bool> shake_hands()
    requires is_tls
  {
    auto [failed, speaks_tls] = co_await beast::async_detect_ssl(lowest(), buffer_, as_values);
    if (failed) co_return false;
    if (!speaks_tls) {
      co_await refuse(lowest(), fault_reply(400, "MalformedHttpRequestException",
                                            "This port speaks TLS: use an https:// address."));
      co_return false;
    }
    auto [refused, used] =
        co_await stream_.async_handshake(asio::ssl::stream_base::server, buffer_.data(), as_values);
    if (refused) co_return false;
    buffer_.consume(used);
    co_return true;
  }

  // Until the first byte of another request is there. False: the connection has ended.
  awaitable<bool> wait_for_next() {
    if (buffer_.size() == 0) {
      buffer_.shrink_to_fit();
      enter(ConnectionPhase::idle);
      if (context_.stopping) co_return false;
      lowest().expires_after(context_.options.idle_timeout);
      auto [failed, got] = co_await stream_.async_read_some(buffer_.prepare(4096), as_values);
      if (failed) co_return false;
      buffer_.commit(got);
    }
    enter(ConnectionPhase::receiving);
    lowest().expires_after(context_.options.header_timeout);
    co_return true;
  }

  // One request and its reply. False: the connection is to end.
  awaitable<bool> serve_one() {
    Parser parser;
    parser.header_limit(header_bytes_max);
    parser.body_limit(context_.options.body_bytes_max);
    auto [unread, header_bytes] = co_await http::async_read_header(stream_, buffer_, parser, as_values);
    if (unread) {
      if (auto reply = reply_to_unreadable(unread)) co_await refuse(stream_, std::move(*reply));
      co_return false;
    }
    if (auto complaint = complaint_of(parser.get())) {
      co_await refuse(stream_, std::move(*complaint));
      co_return false;
    }
    BodyShare share(context_.bodies);
    auto obstacle = co_await read_body(parser, share);
    if (obstacle) {
      if (*obstacle) co_await refuse(stream_, std::move(**obstacle));
      co_return false;
    }
    enter(ConnectionPhase::busy);
    lowest().expires_never();
    const bool is_head = parser.get().method() == http::verb::head, keeps_alive = parser.get().keep_alive();
    const unsigned version = parser.get().version();
    HttpRequest request = taken(parser.get(), peer_);
    HttpReply reply = co_await handled(request);
    const bool goes_on = keeps_alive && !context_.stopping;
    const bool sent = co_await send(stream_, std::move(reply), version, is_head, goes_on);
    co_return sent&& goes_on;
  }

  // Nothing when the body is there; else the reply to give, which may be none.
  awaitable<std::optional<std::optional<HttpReply>>> read_body(Parser& parser, BodyShare& share) {
    lowest().expires_after(context_.options.body_timeout);
    if (!parser.is_done() && buffer_.size() == 0 && expects_continue(parser.get())) {
      http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
      auto [failed, sent] = co_await http::async_write(stream_, go_on, as_values);
      if (failed) co_return std::optional<HttpReply>();
    }
    while (!parser.is_done()) {
      auto [failed, got] = co_await http::async_read_some(stream_, buffer_, parser, as_values);
      if (failed) co_return reply_to_unreadable(failed);
      if (!share.grow_to(parser.get().body().size()))
        co_return fault_reply(503, "ServiceUnavailable", "Too many large requests at once. Try again.");
    }
    co_return std::nullopt;
  }

  awaitable<HttpReply> handled(HttpRequest& request) {
    const auto initiate = [this, &request](auto completion) {
      auto executor = asio::get_associated_executor(completion, lowest().get_executor());
      HandlerPool::Done done = [completion = std::move(completion), executor](HttpReply reply) mutable {
        asio::post(executor, [completion = std::move(completion), reply = std::move(reply)]() mutable {
          std::move(completion)(std::move(reply));
        });
      };
      if (!context_.pool.submit(request, done))
        done(fault_reply(503, "ServiceUnavailable", "Too many requests at once. Try again."));
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(HttpReply)>(initiate, asio::use_awaitable);
  }

  template <class To>
  awaitable<bool> send(To& to, HttpReply reply, unsigned version, bool is_head, bool keeps_alive) {
    lowest().expires_after(context_.options.body_timeout);
    error_code failed;
    if (is_head) {
      auto message = wire_message<http::empty_body>(reply, version, keeps_alive);
      std::tie(failed, std::ignore) = co_await http::async_write(to, message, as_values);
    } else {
      auto message = wire_message<http::string_body>(reply, version, keeps_alive);
      message.body() = std::move(reply.body);
      std::tie(failed, std::ignore) = co_await http::async_write(to, message, as_values);
    }
    co_return !failed;
  }

  template <class To>
  awaitable<void> refuse(To& to, HttpReply reply) {
    enter(ConnectionPhase::receiving);
    const bool sent = co_await send(to, std::move(reply), 11, false, false);
    if (sent) co_await drain(to);
  }

  // Closing while bytes of the client's are unread would reset the connection, and lose the reply on its way.
  template <class From>
  awaitable<void> drain(From& from) {
    lowest().expires_after(context_.options.body_timeout);
    if constexpr (!is_tls) {
      error_code ignored;
      lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
    buffer_.clear();
    for (uint64_t drained = 0; drained < drained_bytes_max && !context_.stopping;) {
      auto [failed, got] = co_await from.async_read_some(buffer_.prepare(16 << 10), as_values);
      if (failed) break;
      drained += got;
    }
  }

  awaitable<void> say_farewell() {
    enter(ConnectionPhase::receiving);
    lowest().expires_after(farewell_timeout);
    if constexpr (is_tls) {
      std::ignore = co_await stream_.async_shutdown(as_values);
    } else {
      error_code ignored;
      lowest().socket().shutdown(tcp::socket::shutdown_both, ignored);
    }
  }

  const ConnectionContext context_;
  Stream stream_;
  const std::string peer_;
  beast::flat_buffer buffer_{buffer_bytes_max};
  ConnectionPhase phase_ = ConnectionPhase::receiving;  // as the registry knows it; touched on the strand
  uint64_t id_ = 0;
};

}  // namespace

void start_connection(tcp::socket socket, ConnectionContext context) {
  if (context.tls == nullptr)
    std::make_shared<Connection<beast::tcp_stream>>(context, std::move(socket))->start();
  else
    std::make_shared<Connection<TlsStream>>(context, std::move(socket), *context.tls)->start();
}

}  // namespace godwit
