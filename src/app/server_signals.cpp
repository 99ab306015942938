#include "app/server_signals.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace godwit {
namespace {

std::array<int, 2> stop_pipe = {-1, -1};

extern "C" void on_stop_signal(int number) {
  const int kept = errno;
  const auto byte = static_cast<char>(number);
  [[maybe_unused]] const ssize_t written = ::write(stop_pipe[1], &byte, 1);
  errno = kept;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

void notify_systemd() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || *path == '\0' || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // of the abstract namespace
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  constexpr std::string_view state = "READY=1";
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  if (socket >= 0)
    ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), length);
  if (socket >= 0) ::close(socket);
}

}  // namespace

void protect_process() {
  ::prctl(PR_SET_DUMPABLE, 0);
  constexpr rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::StopSignals() {
  if (::pipe2(stop_pipe.data(), O_CLOEXEC) != 0) std::abort();
  handle(SIGTERM, on_stop_signal);
  handle(SIGINT, on_stop_signal);
}

std::string StopSignals::wait() {
  char number = 0;
  while (::read(stop_pipe[0], &number, 1) < 0 && errno == EINTR) {
  }
  handle(SIGTERM, SIG_DFL);  // the next one, of either kind, ends the process
  handle(SIGINT, SIG_DFL);
  return number == SIGINT ? "SIGINT" : "SIGTERM";
}

void announce_ready(const std::string& url, int ready_fd) {
  notify_systemd();
  if (ready_fd < 0) return;
  const std::string line = url + "\n";
  [[maybe_unused]] const ssize_t written = ::write(ready_fd, line.data(), line.size());
  ::close(ready_fd);
}

}  // namespace godwit
