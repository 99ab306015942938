#include "control/worker_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "control/worker_errors.h"

namespace godwit {
namespace {

constexpr auto look_interval = std::chrono::milliseconds(50);
constexpr int64_t file_bytes_max = int64_t{256} << 20U;

std::string lock_path(const std::string& state_dir) {
  return state_dir + "/worker.lock";
}

Result<void> write_whole(const std::string& path, const std::string& text, bool durably = false) {
  const std::string fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failure(errors::worker_folder(fresh, errno));
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int number = errno;
      ::close(fd);
      return Failure(errors::worker_folder(fresh, number));
    }
    done += static_cast<size_t>(wrote);
  }
  if (durably && ::fsync(fd) != 0) {
    const int number = errno;
    ::close(fd);
    return Failure(errors::worker_folder(fresh, number));
  }
  ::close(fd);
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return Failure(errors::worker_folder(path, errno));
  return {};
}

std::optional<std::string> read_whole(const std::string& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed || static_cast<int64_t>(size) > file_bytes_max) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Result<WorkerLock> WorkerLock::take(const std::string& state_dir, int64_t wait_ms) {
  const std::string path = lock_path(state_dir);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failure(errors::worker_folder(path, errno));
  WorkerLock lock(fd);
  const int64_t until_ms = monotonic_ms() + wait_ms;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Failure(errors::worker_folder(path, errno));
    if (monotonic_ms() >= until_ms) return Failure(errors::worker_holds_folder(state_dir));
    std::this_thread::sleep_for(look_interval);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return Failure(errors::worker_folder(path, errno));
  return lock;
}

WorkerLock::WorkerLock(WorkerLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

WorkerLock::~WorkerLock() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<int64_t> WorkerLock::holder(const std::string& state_dir) {
  const int fd = ::open(lock_path(state_dir).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<int64_t> out;
  // The number is written right behind the lock: a holder without one is about to.
  for (int look = 0; look < 20 && !out; ++look) {
    if (::flock(fd, LOCK_SH | LOCK_NB) == 0) break;
    char text[32];
    const ssize_t length = ::pread(fd, text, sizeof text, 0);
    int64_t pid = 0;
    if (length > 0 && std::from_chars(text, text + length, pid).ec == std::errc() && pid > 0) out = pid;
    if (!out) std::this_thread::sleep_for(look_interval);
  }
  ::close(fd);
  return out;
}

Result<void> make_state_folder(const std::string& state_dir) {
  std::error_code failed;
  std::filesystem::create_directories(state_dir, failed);
  if (failed) return Failure(errors::worker_folder(state_dir, failed.value()));
  if (::chmod(state_dir.c_str(), 0700) != 0) return Failure(errors::worker_folder(state_dir, errno));
  return {};
}

Result<void> write_outcome(const std::string& state_dir, const WorkerOutcome& outcome) {
  return write_whole(state_dir + "/outcome.json", to_json(outcome));
}

std::optional<WorkerOutcome> read_outcome(const std::string& state_dir) {
  const std::optional<std::string> text = read_whole(state_dir + "/outcome.json");
  if (!text) return std::nullopt;
  auto outcome = parse_worker_outcome(*text);
  return outcome ? std::optional(std::move(*outcome)) : std::nullopt;
}

void forget_outcome(const std::string& state_dir) {
  std::remove((state_dir + "/outcome.json").c_str());
}

Result<void> write_orders(const std::string& state_dir, const ReloadOrders& orders) {
  const std::string path = state_dir + "/orders.json";
  if (!orders.empty()) return write_whole(path, to_json(orders), true);
  if (std::remove(path.c_str()) != 0 && errno != ENOENT) return Failure(errors::worker_folder(path, errno));
  return {};
}

Result<ReloadOrders> read_orders(const std::string& state_dir) {
  const std::optional<std::string> text = read_whole(state_dir + "/orders.json");
  if (!text) return ReloadOrders{};
  return parse_reload_orders(*text);
}

Result<void> write_statistics(const std::string& state_dir, const WorkerStatistics& statistics) {
  return write_whole(state_dir + "/statistics.json", to_json(statistics));
}

std::optional<WorkerStatistics> read_statistics(const std::string& state_dir) {
  const std::optional<std::string> text = read_whole(state_dir + "/statistics.json");
  if (!text) return std::nullopt;
  auto statistics = parse_worker_statistics(*text);
  return statistics ? std::optional(std::move(*statistics)) : std::nullopt;
}

Result<void> remember_capture(const std::string& state_dir, const CaptureTrace& capture) {
  // What cannot be read is no use to anybody.
  std::vector<CaptureTrace> known = read_captures(state_dir).value_or(std::vector<CaptureTrace>());
  if (std::ranges::find(known, capture) != known.end()) return {};
  known.push_back(capture);
  return write_whole(state_dir + "/captures.json", to_json(known), true);
}

Result<std::vector<CaptureTrace>> read_captures(const std::string& state_dir) {
  const std::optional<std::string> text = read_whole(state_dir + "/captures.json");
  if (!text) return std::vector<CaptureTrace>();
  return parse_captures(*text);
}

}  // namespace godwit
