#include "control/worker_channel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "control/worker_errors.h"

namespace godwit {
namespace {

constexpr int waiting_connections = 256;
// Somebody who reads nothing is given up.
constexpr size_t unsent_bytes_max = size_t{64} << 20U;

// Address of a path of any length: by way of its folder where it does not fit.
struct Address {
  sockaddr_un value{};
  Descriptor folder;
};

Result<Address> address_of(const std::string& path) {
  Address out;
  out.value.sun_family = AF_UNIX;
  std::string text = path;
  if (text.size() >= sizeof out.value.sun_path) {
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    out.folder = Descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!out.folder) return Failure(errors::worker_socket(path, errno));
    text = fmt::format("/proc/self/fd/{}/{}", out.folder.get(), path.substr(slash + 1));
    if (text.size() >= sizeof out.value.sun_path) return Failure(errors::worker_socket(path, ENAMETOOLONG));
  }
  std::memcpy(out.value.sun_path, text.c_str(), text.size() + 1);
  return out;
}

Result<Descriptor> new_socket(const std::string& path) {
  Descriptor out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out) return Failure(errors::worker_socket(path, errno));
  return out;
}

const sockaddr* general(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // the sockets' own way
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Descriptor> listen_for_workers(const std::string& path) {
  Descriptor out = TRY(new_socket(path));
  const Address address = TRY(address_of(path));
  ::unlink(path.c_str());
  if (::fchmod(out.get(), 0600) != 0 || ::bind(out.get(), general(address.value), sizeof address.value) != 0 ||
      ::listen(out.get(), waiting_connections) != 0)
    return Failure(errors::worker_socket(path, errno));
  return out;
}

Result<Descriptor> connect_to_server(const std::string& path) {
  Descriptor out = TRY(new_socket(path));
  const Address address = TRY(address_of(path));
  if (::connect(out.get(), general(address.value), sizeof address.value) != 0)
    return Failure(errors::worker_socket(path, errno));
  return out;
}

std::optional<int64_t> trusted_peer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (peer.uid != ::geteuid() && peer.uid != 0) return std::nullopt;
  return peer.pid;
}

bool Channel::send(std::string_view line) {
  if (unsent_.size() - sent_ + line.size() > unsent_bytes_max) return false;
  unsent_.append(line);
  return flush();
}

bool Channel::flush() {
  while (has_unsent()) {
    const ssize_t wrote =
        ::send(connection_.get(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno == EAGAIN;
    sent_ += static_cast<size_t>(wrote);
  }
  unsent_.clear();
  sent_ = 0;
  return true;
}

// One piece at a time: whoever says much does not keep the others waiting.
bool Channel::receive() {
  std::array<char, 65536> piece;
  const ssize_t got = ::recv(connection_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  return lines_.add({piece.data(), static_cast<size_t>(got)});
}

}  // namespace godwit
