#pragma once
// The events of one log file: a line with a time stamp and the lines without one that follow it. Files are read in
// pieces; an event longer than log_event_bytes_max goes on as a further event of the same time, so that no file, of
// any bytes, takes more memory than a few such events.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

inline constexpr size_t log_event_bytes_max = 256 * 1024 - 26;  // CloudWatch's limit, 26 bytes being its own

// A file that stays open while it is renamed or removed.
class LogFile {
 public:
  // Nothing when there is none of this path.
  static Result<std::shared_ptr<LogFile>> open(const std::string& path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  const std::string& path() const { return path_; }
  // The same while the file is renamed and grows, and another one's is another: of its inode, birth and first line.
  uint64_t identity() const { return identity_; }
  int64_t written_ms() const { return written_ms_; }
  uint64_t bytes() const { return bytes_; }  // when it was opened
  // What is to be read. A line without an end may still be being written; it counts once nothing was added to the
  // file for some seconds.
  uint64_t end() const { return end_; }
  // Up to `count` bytes from there; fewer where the file ends.
  Result<void> read(uint64_t offset, size_t count, std::string& out) const;

 private:
  LogFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  Result<void> measure();

  const std::string path_;
  const int descriptor_;
  uint64_t identity_ = 0, bytes_ = 0, end_ = 0;
  int64_t written_ms_ = 0;
};

struct RawLogEvent {
  int64_t time_ms = 0;
  uint64_t offset = 0, end = 0;  // in its file
  std::string message;           // without the sequence number and the last line's end; any bytes
};

// Reads events one after the other from `from`, where one begins. `time_ms`: of the event before, which lines that
// begin without a time stamp take over.
class LogScanner {
 public:
  LogScanner(const LogFile& file, uint64_t from, uint64_t end, int64_t time_ms)
      : file_(file), position_(from), end_(end), time_ms_(time_ms) {}

  // False: no more.
  Result<bool> next(RawLogEvent& event);
  int64_t time_ms() const { return time_ms_; }

 private:
  struct Line {
    std::string_view text;
    size_t bytes = 0;    // with its end
    bool ended = false;  // false: the file's end, or longer than was asked for
  };
  Result<Line> line_at(uint64_t offset, size_t bytes_max);
  Result<bool> fill(uint64_t offset, size_t wanted);

  const LogFile& file_;
  uint64_t position_;
  const uint64_t end_;
  int64_t time_ms_;
  std::string buffer_, more_;
  uint64_t buffer_offset_ = 0;  // of the buffer's first byte
};

// Times of a file's first and last events, found without reading the whole of it. Lines at its start that have no
// time stamp, which a cut by hand leaves, take the first one that follows, or else the time of the last write.
Result<int64_t> first_time_of(const LogFile& file);
// Nothing: the last 64 KiB hold no time stamp.
Result<std::optional<int64_t>> last_time_of(const LogFile& file);

// Which times stand where in a file: one entry for about every 64 KiB.
struct LogChunk {
  uint64_t offset;         // where its first event begins
  int64_t time_before_ms;  // of the event before
  int64_t earliest_ms, latest_ms;
};

using LogChunks = std::vector<LogChunk>;

// The chunks of a file up to its end(); there may be more, which another reader of the same file has seen since. Kept
// from call to call, and continued where the file has grown. Thread-safe.
Result<std::shared_ptr<const LogChunks>> chunks_of(const LogFile& file);

}  // namespace godwit
