#include "control/log_events.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/text.h"
#include "control/log_faults.h"
#include "control/log_line.h"

namespace godwit {
namespace {

constexpr size_t read_bytes = 16 * 1024;
constexpr uint64_t chunk_bytes = 64 * 1024;
constexpr int64_t torn_line_rests_ms = 5000;
constexpr size_t indexed_files_max = 2000;
constexpr size_t fingerprint_bytes = 48;  // of the first line, which is no shorter

// Tells a file from a later one that got its inode, where the file system keeps the time at which files are made.
std::string birth_of(int descriptor, uint64_t inode) {
  struct statx found{};
  const bool known =
      ::statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &found) == 0 && (found.stx_mask & STATX_BTIME) != 0;
  if (!known) return std::to_string(inode);
  return std::to_string(inode) + ' ' + std::to_string(found.stx_btime.tv_sec) + ' ' +
         std::to_string(found.stx_btime.tv_nsec);
}

// Cut between two characters, where there is a cut at all.
std::string_view cut(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && bytes_max - end < 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end == 0 || bytes_max - end >= 4 ? bytes_max : end);
}

}  // namespace

Result<std::shared_ptr<LogFile>> LogFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return nullptr;
    return Failure(log_file_unreadable(path, "open", errno));
  }
  std::shared_ptr<LogFile> file(new LogFile(path, descriptor));
  TRY(file->measure());
  return file;
}

LogFile::~LogFile() {
  ::close(descriptor_);
}

Result<void> LogFile::measure() {
  struct stat found{};
  if (::fstat(descriptor_, &found) != 0) return Failure(log_file_unreadable(path_, "examine", errno));
  if (!S_ISREG(found.st_mode)) return Failure(log_file_unreadable(path_, "read", EINVAL));
  bytes_ = end_ = static_cast<uint64_t>(found.st_size);
  written_ms_ = int64_t{found.st_mtim.tv_sec} * 1000 + found.st_mtim.tv_nsec / 1'000'000;
  std::string beginning;
  TRY(read(0, std::min<uint64_t>(bytes_, fingerprint_bytes), beginning));
  identity_ = fnv1a(beginning, fnv1a(birth_of(descriptor_, found.st_ino)));
  if (now_us() / 1000 - written_ms_ >= torn_line_rests_ms) return {};
  const uint64_t tail = std::min<uint64_t>(bytes_, log_event_bytes_max);
  std::string last;
  TRY(read(bytes_ - tail, tail, last));
  const size_t newline = last.rfind('\n');
  if (newline != std::string::npos)
    end_ = bytes_ - tail + newline + 1;
  else if (tail == bytes_)
    end_ = 0;
  return {};
}

Result<void> LogFile::read(uint64_t offset, size_t count, std::string& out) const {
  out.resize(count);
  size_t have = 0;
  while (have < count) {
    const ssize_t got = ::pread(descriptor_, out.data() + have, count - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure(log_file_unreadable(path_, "read", errno));
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  out.resize(have);
  return {};
}

// Makes the buffer hold bytes from `offset` on: `wanted`, or up to the end. False: it holds no more than before.
Result<bool> LogScanner::fill(uint64_t offset, size_t wanted) {
  if (offset < buffer_offset_ || offset > buffer_offset_ + buffer_.size()) {
    buffer_.clear();
    buffer_offset_ = offset;
  }
  buffer_.erase(0, offset - buffer_offset_);
  buffer_offset_ = offset;
  const uint64_t from = buffer_offset_ + buffer_.size();
  if (buffer_.size() >= wanted || from >= end_) return false;
  const size_t missing = std::max(wanted - buffer_.size(), read_bytes);
  TRY(file_.read(from, std::min<uint64_t>(missing, end_ - from), more_));
  buffer_ += more_;
  return !more_.empty();
}

Result<LogScanner::Line> LogScanner::line_at(uint64_t offset, size_t bytes_max) {
  if (offset < buffer_offset_ || offset >= buffer_offset_ + buffer_.size()) TRY(fill(offset, read_bytes));
  size_t searched = 0;
  while (true) {
    const std::string_view held = std::string_view(buffer_).substr(offset - buffer_offset_);
    const std::string_view searchable = held.substr(0, bytes_max + 1);
    const size_t newline = searchable.find('\n', searched);
    if (newline != std::string_view::npos) return Line{held.substr(0, newline), newline + 1, true};
    searched = searchable.size();
    const bool enough = held.size() > bytes_max + 4;  // for a cut between two characters
    if (!enough && TRY(fill(offset, std::min(held.size() + read_bytes, bytes_max + 5)))) continue;
    const std::string_view rest = std::string_view(buffer_).substr(offset - buffer_offset_);
    const std::string_view text = cut(rest, bytes_max);
    return Line{text, text.size(), false};
  }
}

Result<bool> LogScanner::next(RawLogEvent& event) {
  event.message.clear();
  event.offset = position_;
  while (position_ < end_) {
    const bool first = position_ == event.offset;
    const size_t room = log_event_bytes_max - std::min(event.message.size() + (first ? 0 : 1), log_event_bytes_max);
    const Line line = TRY(line_at(position_, first ? room : std::max(room, log_line_start_bytes_max)));
    if (line.bytes == 0) break;  // the file was cut short under our hands
    const auto start = log_line_start(line.text);
    const bool whole = line.text.size() <= room && (line.ended || position_ + line.bytes == end_);
    if (!first && (start || !whole)) break;
    if (start) time_ms_ = start->time_ms;
    if (!first) event.message += '\n';
    event.message += line.text.substr(start ? start->sequence_bytes : 0);
    position_ += line.bytes;
    if (!line.ended) break;
  }
  event.time_ms = time_ms_;
  event.end = position_;
  return event.end > event.offset;
}

namespace {

// The chunks of one file, kept between calls.
struct KeptChunks {
  std::mutex mutex;
  uint64_t file = 0;  // its identity
  uint64_t scanned = 0;
  std::shared_ptr<const LogChunks> chunks = std::make_shared<LogChunks>();
};

class ChunkMemory {
 public:
  std::shared_ptr<KeptChunks> of(uint64_t file) {
    const std::lock_guard lock(mutex_);
    const auto at = std::ranges::find(kept_, file, &KeptChunks::file);
    std::shared_ptr<KeptChunks> found;
    if (at != kept_.end()) {
      found = *at;
      kept_.erase(at);
    } else {
      found = std::make_shared<KeptChunks>();
      found->file = file;
      if (kept_.size() >= indexed_files_max) kept_.pop_back();
    }
    kept_.push_front(found);
    return found;
  }

 private:
  std::mutex mutex_;
  std::list<std::shared_ptr<KeptChunks>> kept_;  // those used last in front
};

// Adds the events from the last chunk's start on. The last event may have been seen in part only, so its chunk is
// read again.
Result<void> extend(LogChunks& chunks, const LogFile& file) {
  uint64_t from = 0;
  int64_t time_before_ms = 0;
  if (!chunks.empty()) {
    from = chunks.back().offset;
    time_before_ms = chunks.back().time_before_ms;
    chunks.pop_back();
  }
  LogScanner scanner(file, from, file.end(), time_before_ms);
  RawLogEvent event;
  bool fresh = true;
  while (TRY(scanner.next(event))) {
    if (fresh || event.offset - chunks.back().offset >= chunk_bytes) {
      chunks.push_back({event.offset, time_before_ms, event.time_ms, event.time_ms});
      fresh = false;
    }
    LogChunk& chunk = chunks.back();
    chunk.earliest_ms = std::min(chunk.earliest_ms, event.time_ms);
    chunk.latest_ms = std::max(chunk.latest_ms, event.time_ms);
    time_before_ms = event.time_ms;
  }
  return {};
}

}  // namespace

Result<int64_t> first_time_of(const LogFile& file) {
  std::string head;
  TRY(file.read(0, std::min<uint64_t>(file.end(), chunk_bytes), head));
  for (std::string_view text = head; !text.empty();) {
    if (const auto start = log_line_start(text)) return start->time_ms;
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return file.written_ms();
}

Result<std::optional<int64_t>> last_time_of(const LogFile& file) {
  const uint64_t from = file.end() - std::min<uint64_t>(file.end(), chunk_bytes);
  std::string tail;
  TRY(file.read(from, file.end() - from, tail));
  if (tail.ends_with('\n')) tail.pop_back();
  for (std::string_view text = tail; !text.empty();) {  // from its last line to its first
    const size_t newline = text.rfind('\n');
    if (newline == std::string_view::npos && from != 0) break;  // the middle of a line
    const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (const auto start = log_line_start(text.substr(begin))) return start->time_ms;
    text = text.substr(0, newline == std::string_view::npos ? 0 : newline);
  }
  return std::nullopt;
}

Result<std::shared_ptr<const LogChunks>> chunks_of(const LogFile& file) {
  static ChunkMemory memory;
  const std::shared_ptr<KeptChunks> kept = memory.of(file.identity());
  const std::lock_guard lock(kept->mutex);
  if (file.end() <= kept->scanned) return kept->chunks;
  auto chunks = std::make_shared<LogChunks>(*kept->chunks);
  if (chunks->empty()) {
    const auto first_time = TRY(first_time_of(file));
    chunks->push_back({0, first_time, 0, 0});
  }
  TRY(extend(*chunks, file));
  kept->chunks = std::move(chunks);
  kept->scanned = file.end();
  return kept->chunks;
}

}  // namespace godwit
