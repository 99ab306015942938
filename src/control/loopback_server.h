#pragma once
// A small HTTP server on 127.0.0.1 for tests of what posts to one: it keeps every request and answers what it was
// told to. One request a connection.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace godwit {

class LoopbackServer {
 public:
  struct Request {
    std::string line, headers, body;
  };

  LoopbackServer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    ::bind(listener_, any, size);
    ::listen(listener_, 16);
    ::getsockname(listener_, any, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~LoopbackServer() {
    hang(false);
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  void answer_with(int status) {
    set([&] { status_ = status; });
  }
  void redirect_to(const std::string& url) {
    set([&] {
      status_ = 307;
      location_ = url;
    });
  }
  // Requests are kept, and not answered until this ends.
  void hang(bool hangs) {
    set([&] { hangs_ = hangs; });
  }
  // Whether it has so many requests within this time.
  bool wait_for(size_t requests, int64_t milliseconds) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(milliseconds),
                             [&] { return requests_.size() >= requests; });
  }

 private:
  template <class Change>
  void set(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 20) != 1) continue;
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      answer(client, stop);
      ::close(client);
    }
  }

  static size_t body_bytes(const std::string& headers) {
    const size_t at = headers.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(headers.substr(at + 16));
  }

  // Empty when the client went away.
  static std::string receive(int client) {
    std::string text;
    char bytes[4096];
    for (;;) {
      const size_t end = text.find("\r\n\r\n");
      if (end != std::string::npos && text.size() >= end + 4 + body_bytes(text.substr(0, end))) return text;
      const ssize_t got = ::recv(client, bytes, sizeof bytes, 0);
      if (got <= 0) return {};
      text.append(bytes, static_cast<size_t>(got));
    }
  }

  void answer(int client, const std::stop_token& stop) {
    const std::string text = receive(client);
    if (text.empty()) return;
    const size_t line = text.find("\r\n"), end = text.find("\r\n\r\n");
    std::unique_lock lock(mutex_);
    requests_.push_back({text.substr(0, line), text.substr(line + 2, end - line), text.substr(end + 4)});
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hangs_ || stop.stop_requested(); });
    const std::string location = location_.empty() ? "" : "Location: " + location_ + "\r\n";
    const std::string reply = "HTTP/1.1 " + std::to_string(status_) + " Test\r\n" + location +
                              "Content-Length: 0\r\nConnection: close\r\n\r\n";
    lock.unlock();
    ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
  }

  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Request> requests_;
  int status_ = 200;
  std::string location_;
  bool hangs_ = false;
  std::jthread thread_;
};

}  // namespace godwit
