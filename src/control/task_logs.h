#pragma once
// The log of a task as CloudWatch Logs shows it: one stream of events over the files of the task's folder, task.log
// and the older task.log.1, task.log.2 … (spec/monitoring.md §1, §4). Nothing is copied: the files are the storage.
//
// Times are milliseconds since 1970. Events stand in the order in which they were written. A position stays good
// while lines are added and files are renamed by rotation; when its file is gone, reading goes on by its time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/log_events.h"

namespace godwit {

struct LogPosition {
  uint64_t file = 0, offset = 0;
  int64_t time_ms = 0;  // of the event before it
};

// "18c5d2a3f00.1f4.0"; nothing when the text is none.
std::string to_text(const LogPosition& position);
std::optional<LogPosition> parse_log_position(std::string_view text);

struct LogWindow {
  int64_t from_ms = INT64_MIN, before_ms = INT64_MAX;
  bool holds(int64_t time_ms) const { return time_ms >= from_ms && time_ms < before_ms; }
};

struct LogEvent {
  int64_t time_ms = 0, ingested_ms = 0;
  std::string message;  // UTF-8, without sequence number
  std::string id;       // 56 digits; the same whenever the event is read
};

struct LogPage {
  std::vector<LogEvent> events;  // oldest first
  LogPosition begin, end;        // where the page before ends and the next one begins
};

class LogStream {
 public:
  // Nothing: the task has written no line, or its log was deleted. The files stay open as long as the object lives.
  static Result<std::shared_ptr<LogStream>> open(const std::string& folder);

  struct Facts {
    int64_t created_ms = 0, first_ms = 0, last_ms = 0, written_ms = 0;
    uint64_t bytes = 0;
  };
  Result<Facts> facts() const;
  Result<int64_t> created_ms() const;  // as of facts(), for less

  // At most `limit` events and about 1 MB of them, from there on or the newest before it. Without a position: from
  // the oldest event on, or the newest events.
  Result<LogPage> forward(const std::optional<LogPosition>& from, const LogWindow& window, size_t limit) const;
  Result<LogPage> backward(const std::optional<LogPosition>& before, const LogWindow& window, size_t limit) const;

 private:
  friend class LogCursor;
  struct Place {
    size_t file = 0;
    uint64_t offset = 0;
    int64_t time_ms = 0;
  };
  Result<Place> find(const LogPosition& position) const;
  Result<Place> oldest() const;
  LogPosition position_of(const Place& place) const;

  std::vector<std::shared_ptr<LogFile>> files_;  // oldest first, none empty
};

// Walks over a stream's events of a window, oldest first.
class LogCursor {
 public:
  LogCursor(std::shared_ptr<const LogStream> stream, LogWindow window)
      : stream_(std::move(stream)), window_(window) {}

  // To the first event of the window at or after `from`, or of all.
  Result<void> start(const std::optional<LogPosition>& from);
  // Null: no more. Valid until the next step.
  const RawLogEvent* event() const { return at_event_ ? &event_ : nullptr; }
  Result<void> step();
  LogEvent take() const;
  LogPosition position() const { return stream_->position_of(place_); }  // of event(), or the stream's end
  LogPosition end_of_event() const;
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  Result<bool> open_chunk();

  const std::shared_ptr<const LogStream> stream_;
  const LogWindow window_;
  LogStream::Place place_;
  std::shared_ptr<const LogChunks> chunks_;  // of the place's file
  std::optional<LogScanner> scanner_;        // over the place's chunk
  uint64_t chunk_end_ = 0;
  RawLogEvent event_;
  bool at_event_ = false;
  uint64_t bytes_read_ = 0;
};

// The log files of a folder, newest first, as paths; and their size together.
std::vector<std::string> log_paths(const std::string& folder);
uint64_t log_bytes(const std::string& folder);
// Removes them all. A running worker's log makes a new file with its next line.
Result<void> remove_logs(const std::string& folder);
// Moves them all to another folder, which is there; what it holds is older.
Result<void> move_logs(const std::string& from, const std::string& to);
// Removes the older files whose last line is older than that; of a log that nobody writes to, the newest one too.
Result<void> expire_logs(const std::string& folder, int64_t before_ms, bool newest_too = false);

}  // namespace godwit
