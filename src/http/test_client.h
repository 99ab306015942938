#pragma once
// For tests: a client that sends bytes as they are given, and a server that answers with what it was asked.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "http/server.h"

namespace godwit::testing_http {

using namespace std::chrono_literals;

class TestClient {
 public:
  explicit TestClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~TestClient() {
    if (socket_ >= 0) ::close(socket_);
  }
  TestClient(TestClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        is_connected_(other.is_connected_),
        read_(std::move(other.read_)) {}
  TestClient& operator=(TestClient&&) = delete;

  bool is_connected() const { return is_connected_; }
  int socket() const { return socket_; }

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void end_sending() const { ::shutdown(socket_, SHUT_WR); }

  // One reply: status line, headers, and as much as Content-Length says; "" when the connection ends or nothing
  // comes.
  std::string read_reply(bool has_body = true) {
    size_t head = std::string::npos;
    while ((head = read_.find("\r\n\r\n")) == std::string::npos)
      if (!read_more()) return "";
    size_t wanted = head + 4;
    if (const size_t at = read_.find("Content-Length: "); has_body && at < head) {
      size_t length = 0;
      std::from_chars(read_.data() + at + 16, read_.data() + head, length);
      wanted += length;
    }
    while (read_.size() < wanted)
      if (!read_more()) return "";
    std::string reply = read_.substr(0, wanted);
    read_.erase(0, wanted);
    return reply;
  }
  // True when the server ends the connection, without another byte, in that time.
  bool ends_within(std::chrono::milliseconds time) {
    std::string rest = std::exchange(read_, "");
    return rest.empty() && !read_more(time) && has_ended_ && read_.empty();
  }
  std::string ask(std::string_view bytes) { return send(bytes) ? read_reply() : ""; }

 private:
  bool read_more(std::chrono::milliseconds time = 10s) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(time.count())) <= 0) return false;
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    has_ended_ = got <= 0;
    if (got > 0) read_.append(bytes, static_cast<size_t>(got));
    return got > 0;
  }

  int socket_;
  bool is_connected_ = false, has_ended_ = false;
  std::string read_;
};

inline std::string post(std::string_view body, std::string_view more_headers = "", std::string_view target = "/") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", target, body.size(),
                     more_headers, body);
}

// "POST /?a b" and the body, of the request.
inline HttpReply echo(const HttpRequest& request) {
  return {.status = 200,
          .content_type = "text/plain",
          .body = request.method + " " + request.target + "\n" + request.body};
}

inline std::unique_ptr<HttpServer> started(HttpServerOptions options = {}, HttpHandler handler = echo) {
  auto server = HttpServer::start(std::move(options), std::move(handler));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(*server);
}

inline bool holds_soon(const std::function<bool()>& condition) {
  for (const int64_t until = monotonic_ms() + 5000; monotonic_ms() < until; usleep(2000))
    if (condition()) return true;
  return condition();
}

}  // namespace godwit::testing_http
