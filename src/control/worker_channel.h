#pragma once
// The unix socket between the server and its workers, and one connection of it: lines each way, never waiting. A
// Channel belongs to one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/worker_protocol.h"

namespace godwit {

// A descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// Paths may be longer than a socket's address is. The file is 0600; one that a dead server left is replaced.
Result<Descriptor> listen_for_workers(const std::string& path);
Result<Descriptor> connect_to_server(const std::string& path);

// The process at the other end, if it is of this process's user or of root.
std::optional<int64_t> trusted_peer(int fd);

class Channel {
 public:
  explicit Channel(Descriptor connection) : connection_(std::move(connection)) {}

  int fd() const { return connection_.get(); }
  // False, here and below: the connection is of no further use.
  bool send(std::string_view line);
  bool flush();
  bool has_unsent() const { return sent_ < unsent_.size(); }
  bool receive();
  std::optional<std::string> next() { return lines_.next(); }

 private:
  Descriptor connection_;
  LineReader lines_;
  std::string unsent_;
  size_t sent_ = 0;
};

}  // namespace godwit
