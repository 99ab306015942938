#pragma once
// XA transactions that are prepared and neither committed nor rolled back. Their rows are small enough to be kept, up
// to a budget for all of them together; of the others the place in the log is kept, where they are read again when
// they are committed. So memory is bounded and nothing is spilled.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/mysql/binlog_event.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/reader_memory.h"

namespace godwit::mysql {

// Events that come from elsewhere than the stream: out of a payload, or of what was prepared.
class EventFeed {
 public:
  virtual ~EventFeed() = default;
  // Valid until the next call; nothing: there are no more.
  virtual Result<std::optional<RawEvent>> next() = 0;
  virtual const LogFormat& format() const = 0;
};

struct PreparedRows {
  LogPlace start;                  // of the transaction that prepared them
  uint64_t rows_events = 0;        // of followed tables
  std::vector<UndoneRows> undone;  // of these
  bool kept = true;                // `events` holds them
  std::string events;              // header and body of each, checksums left out
};

class PreparedTransactions {
 public:
  explicit PreparedTransactions(size_t bytes_max) : bytes_max_(bytes_max) {}
  // The transaction under way.
  void begin(const LogPlace& start);
  void add(const RawEvent& event, bool rows);
  uint64_t rows_events() const { return current_.rows_events; }
  // All rows events from this one on did not happen.
  void undo_from(uint64_t rows_event);
  void prepare(const XaName& name);
  // Nothing: it is not known.
  std::optional<PreparedRows> take(const XaName& name);
  // The first place that is still needed; empty: none. `with_rows`: of those alone that have rows of followed tables.
  LogPlace first_needed(bool with_rows) const;

 private:
  size_t bytes_max_;
  size_t bytes_ = 0;
  PreparedRows current_;
  std::map<XaName, PreparedRows> by_name_;
};

// The kept events, one after the other.
std::unique_ptr<EventFeed> feed_of(std::string events, const LogFormat& format, std::string where);

}  // namespace godwit::mysql
