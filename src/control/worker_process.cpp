#include "control/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "control/worker_errors.h"

namespace godwit {
namespace {

constexpr int order_fd = 3;
constexpr off_t error_file_bytes_max = 1 << 20U;

// A file that has no name and lies in memory only.
Result<Descriptor> file_of(const std::string& text) {
  Descriptor out(::memfd_create("godwit-job", MFD_CLOEXEC));
  if (!out) return Failure(errors::worker_not_started(errno));
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(out.get(), text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failure(errors::worker_not_started(errno));
    done += static_cast<size_t>(wrote);
  }
  if (::lseek(out.get(), 0, SEEK_SET) != 0) return Failure(errors::worker_not_started(errno));
  return out;
}

struct Actions {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  Actions() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~Actions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

void inherit(Actions& actions, const WorkerCommandLine& line, int order, int output) {
  posix_spawn_file_actions_addopen(&actions.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (output >= 0)
    posix_spawn_file_actions_adddup2(&actions.files, output, STDOUT_FILENO);
  else
    posix_spawn_file_actions_addopen(&actions.files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  struct stat there{};
  const bool full = ::stat(line.error_file.c_str(), &there) == 0 && there.st_size > error_file_bytes_max;
  posix_spawn_file_actions_addopen(&actions.files, STDERR_FILENO, line.error_file.c_str(),
                                   O_WRONLY | O_CREAT | (full ? O_TRUNC : O_APPEND), 0600);
  posix_spawn_file_actions_adddup2(&actions.files, order, order_fd);
  posix_spawn_file_actions_addclosefrom_np(&actions.files, order_fd + 1);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&actions.attributes, &none);
  posix_spawnattr_setsigdefault(&actions.attributes, &all);
  posix_spawnattr_setflags(&actions.attributes,
                           static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
}

}  // namespace

Result<WorkerProcess> WorkerProcess::start(const WorkerCommandLine& line) {
  const Descriptor order = TRY(file_of(line.order));
  WorkerProcess out;
  Descriptor written;
  if (line.reads_output) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Failure(errors::worker_not_started(errno));
    out.output_ = Descriptor(ends[0]);
    written = Descriptor(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  Actions actions;
  inherit(actions, line, order.get(), written.get());
  std::array<std::string, 6> words = {"godwit",   "run",           "--job", std::to_string(order_fd),
                                      "--socket", line.socket_path};
  std::array<char*, 7> argv{};
  const size_t count = line.socket_path.empty() ? 4 : 6;
  for (size_t i = 0; i < count; ++i) argv[i] = words[i].data();
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, line.program.c_str(), &actions.files, &actions.attributes, argv.data(), environ);
  if (failed != 0) return Failure(errors::worker_not_started(failed));
  out.pid_ = pid;
  out.is_child_ = true;
  // Nobody else reaps it, so that the number is its own until then.
  out.pidfd_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (out.pidfd_) return out;
  const int number = errno;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return Failure(errors::worker_not_started(number));
}

std::optional<WorkerProcess> WorkerProcess::find(int64_t pid) {
  WorkerProcess out;
  out.pid_ = pid;
  out.pidfd_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
  if (!out.pidfd_) return std::nullopt;
  return out;
}

void WorkerProcess::signal(int number) const {
  if (pidfd_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

std::string WorkerProcess::reap(int& status) {
  status = -1;
  pidfd_.reset();
  output_.reset();
  int raw = 0;
  if (!is_child_ || ::waitpid(static_cast<pid_t>(pid_), &raw, 0) < 0) return "ended without a word";
  if (WIFSIGNALED(raw)) return fmt::format("was killed by signal {} ({})", WTERMSIG(raw), sigdescr_np(WTERMSIG(raw)));
  status = WEXITSTATUS(raw);
  return fmt::format("ended with status {}", status);
}

}  // namespace godwit
