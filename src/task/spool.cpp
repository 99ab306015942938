#include "task/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "data/change_codec.h"

namespace godwit {
namespace {

constexpr size_t frame_head_bytes = 12;
constexpr std::string_view segment_suffix = ".spool";

Failure io_failed(std::string_view what, const std::string& path) {
  return Failure(Error{ErrorKind::resource, "spool.io",
                       fmt::format("cannot {} the spool file {}: {}. Check the disk, or choose another folder with "
                                   "--state-dir; nothing is lost, the source keeps its log.",
                                   what, path, std::strerror(errno)),
                       ""});
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool read_all(int file, uint64_t offset, char* out, size_t count) {
  while (count > 0) {
    const ssize_t got = ::pread(file, out, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;  // shorter than what was written
    if (got <= 0) return false;
    out += got;
    offset += static_cast<uint64_t>(got);
    count -= static_cast<size_t>(got);
  }
  return true;
}

uint64_t commits_of(const ChangeBatch& batch) {
  return static_cast<uint64_t>(std::ranges::count(batch.parts, TxnPart::Kind::commit, &TxnPart::kind));
}

}  // namespace

Spool::Spool(std::string folder, Limits limits, std::vector<std::shared_ptr<const TableDef>> layouts)
    : folder_(std::move(folder)), limits_(limits), layouts_(std::move(layouts)) {}

Result<std::unique_ptr<Spool>> Spool::open(std::string folder, Limits limits,
                                           std::vector<std::shared_ptr<const TableDef>> layouts) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    errno = failed.value();
    return io_failed("create", folder);
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    if (entry.path().string().ends_with(segment_suffix)) std::filesystem::remove(entry.path(), failed);
  return std::unique_ptr<Spool>(new Spool(std::move(folder), limits, std::move(layouts)));
}

Spool::~Spool() {
  while (!segments_.empty()) drop_front();
}

void Spool::drop_front() {
  Segment& segment = segments_.front();
  disk_bytes_ -= segment.written;
  ::close(segment.file);
  ::unlink(segment.path.c_str());
  segments_.pop_front();
}

Result<bool> Spool::put(ChangeBatch& batch) {
  const std::lock_guard lock(mutex_);
  const size_t bytes = batch.memory_bytes();
  const auto changes = static_cast<uint32_t>(batch.changes.size());
  // An empty memory takes a batch of any size: a value larger than the budget must pass too.
  const int64_t commit_us = batch.parts.empty() ? 0 : batch.parts.front().commit_us;
  const uint64_t commits = task_log().wants(Component::sorter, Severity::debug) ? commits_of(batch) : 0;
  const bool to_memory = on_disk_.empty() && (memory_.empty() || memory_bytes_ + bytes <= limits_.memory_bytes);
  if (to_memory) {
    disk_full_ = false;
    memory_bytes_ += bytes;
    memory_.push_back(std::move(batch));
  } else {
    if (disk_bytes_ + bytes > limits_.disk_bytes) {
      disk_full_ = false;
      return false;
    }
    const bool written = TRY(write(batch));
    if (!written) return false;
    on_disk_.push_back(changes);
  }
  changes_ += changes;
  commit_us_.push_back(commit_us);
  filled_.notify_one();
  tell(commits, to_memory);
  return true;
}

// At most once a second.
void Spool::tell(uint64_t commits, bool to_memory) {
  constexpr int64_t interval_ms = 1000;
  (to_memory ? kept_ : spilled_) += commits;
  if (kept_ + spilled_ == 0) return;
  const int64_t now = monotonic_ms();
  if (now - told_ms_ < interval_ms) return;
  told_ms_ = now;
  log_debug(Component::sorter,
            "{} transactions were kept in memory, {} went to disk; {} changes wait, {} in memory, {} on disk", kept_,
            spilled_, changes_, human_bytes(memory_bytes_), human_bytes(disk_bytes_));
  kept_ = spilled_ = 0;
}

Result<void> Spool::roll() {
  Segment segment;
  segment.path = fmt::format("{}/{:08}{}", folder_, next_segment_++, segment_suffix);
  segment.file = ::open(segment.path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (segment.file < 0) return io_failed("create", segment.path);
  log_detail(Component::sorter, "Changes go to the spool file {}", segment.path);
  segments_.push_back(std::move(segment));
  failpoint(failpoints::spool_segment_roll);
  return {};
}

// False: the disk is full; what was written of the frame is cut off again.
Result<bool> Spool::write(const ChangeBatch& batch) {
  if (segments_.empty() || segments_.back().written >= limits_.segment_bytes) TRY(roll());
  Segment& segment = segments_.back();
  ByteBuffer body, frame;
  encode(batch, body);
  append_big_endian(frame, static_cast<uint32_t>(body.size()));
  append_big_endian(frame, fnv1a(body.view()));
  const bool forced = failpoint(failpoints::spool_write);
  if (forced) errno = ENOSPC;
  if (!forced && write_all(segment.file, frame.view()) && write_all(segment.file, body.view())) {
    segment.written += frame_head_bytes + body.size();
    disk_bytes_ += frame_head_bytes + body.size();
    disk_full_ = false;
    return true;
  }
  if (errno != ENOSPC && errno != EDQUOT) return io_failed("write", segment.path);
  if (!disk_full_)
    log_warning(
        Component::sorter,
        "The disk of the spool folder {} is full. Reading goes on once the target has taken what is there, or room "
        "was made.",
        folder_);
  disk_full_ = true;
  if (::ftruncate(segment.file, static_cast<off_t>(segment.written)) != 0 ||
      ::lseek(segment.file, static_cast<off_t>(segment.written), SEEK_SET) < 0)
    return io_failed("cut", segment.path);
  return false;
}

Result<ChangeBatch> Spool::read() {
  while (segments_.front().taken == segments_.front().written) drop_front();
  Segment& segment = segments_.front();
  char head[frame_head_bytes];
  if (!read_all(segment.file, segment.taken, head, sizeof head)) return io_failed("read", segment.path);
  ByteReader in({head, sizeof head});
  uint32_t length = 0;
  uint64_t checksum = 0;
  in.u32(length);
  in.u64(checksum);
  if (length > segment.written - segment.taken - frame_head_bytes) {
    errno = EIO;
    return io_failed("trust the frame length in", segment.path);
  }
  ByteBuffer body;
  if (!read_all(segment.file, segment.taken + frame_head_bytes, body.tail(length), length))
    return io_failed("read", segment.path);
  body.advance(length);
  if (fnv1a(body.view()) != checksum) {
    errno = EIO;
    return io_failed("trust the checksum of", segment.path);
  }
  segment.taken += frame_head_bytes + length;
  if (segment.taken == segment.written) drop_front();
  return decode(body.view(), layouts_);
}

Result<std::optional<ChangeBatch>> Spool::take(int wait_ms) {
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return !memory_.empty() || !on_disk_.empty(); });
  if (!memory_.empty()) {
    ChangeBatch batch = std::move(memory_.front());
    memory_.pop_front();
    commit_us_.pop_front();
    memory_bytes_ -= batch.memory_bytes();
    changes_ -= batch.changes.size();
    return batch;
  }
  if (on_disk_.empty()) return std::nullopt;
  ChangeBatch batch = TRY(read());
  changes_ -= on_disk_.front();
  on_disk_.pop_front();
  commit_us_.pop_front();
  return batch;
}

Spool::Usage Spool::usage() const {
  const std::lock_guard lock(mutex_);
  const auto oldest = std::ranges::find_if(commit_us_, [](int64_t us) { return us != 0; });
  return {memory_.size() + on_disk_.size(),         memory_bytes_,      disk_bytes_, changes_,
          oldest == commit_us_.end() ? 0 : *oldest, limits_.disk_bytes, disk_full_};
}

}  // namespace godwit
