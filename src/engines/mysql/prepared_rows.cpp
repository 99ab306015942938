#include "engines/mysql/prepared_rows.h"

#include <utility>

#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {
namespace {

void append_little_endian(std::string& out, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

// As the log has it, with the size that it has without a checksum.
void append_event(std::string& out, const RawEvent& event) {
  append_little_endian(out, event.header.timestamp_s, 4);
  append_little_endian(out, static_cast<uint8_t>(event.header.type), 1);
  append_little_endian(out, event.header.server_id, 4);
  append_little_endian(out, EventHeader::size_bytes + event.body.size(), 4);
  append_little_endian(out, event.header.log_pos, 4);
  append_little_endian(out, event.header.flags, 2);
  out += event.body;
}

class KeptEvents : public EventFeed {
 public:
  KeptEvents(std::string events, const LogFormat& format, std::string where)
      : events_(std::move(events)), format_(format), where_(std::move(where)) {
    format_.checksums = false;
  }
  Result<std::optional<RawEvent>> next() override {
    const std::string_view left = std::string_view(events_).substr(at_);
    if (left.empty()) return std::nullopt;
    uint32_t size = 0;
    if (left.size() < EventHeader::size_bytes || !LogReader(left.substr(9)).u32(size) || size > left.size())
      return Failure(errors::damaged_log("a kept event that ends early", where_));
    at_ += size;
    return TRY(read_event(left.substr(0, size), format_, where_));
  }
  const LogFormat& format() const override { return format_; }

 private:
  std::string events_;
  LogFormat format_;
  std::string where_;
  size_t at_ = 0;
};

}  // namespace

void PreparedTransactions::begin(const LogPlace& start) {
  current_ = {};
  current_.start = start;
}

void PreparedTransactions::add(const RawEvent& event, bool rows) {
  current_.rows_events += rows ? 1U : 0U;
  if (!current_.kept) return;
  if (bytes_ + current_.events.size() + event.body.size() > bytes_max_) {
    current_.kept = false;
    std::string().swap(current_.events);
    return;
  }
  append_event(current_.events, event);
}

void PreparedTransactions::undo_from(uint64_t rows_event) {
  current_.undone.push_back({rows_event, current_.rows_events});
}

void PreparedTransactions::prepare(const XaName& name) {
  take(name);  // a name may be used again once it is free
  bytes_ += current_.events.size();
  by_name_[name] = std::exchange(current_, {});
}

std::optional<PreparedRows> PreparedTransactions::take(const XaName& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  PreparedRows out = std::move(found->second);
  bytes_ -= out.events.size();
  by_name_.erase(found);
  return out;
}

LogPlace PreparedTransactions::first_needed(bool with_rows) const {
  LogPlace out;
  for (const auto& [name, rows] : by_name_)
    if ((rows.rows_events > 0 || !with_rows) &&
        (out.empty() || compare(rows.start, out) == std::partial_ordering::less))
      out = rows.start;
  return out;
}

std::unique_ptr<EventFeed> feed_of(std::string events, const LogFormat& format, std::string where) {
  return std::make_unique<KeptEvents>(std::move(events), format, std::move(where));
}

}  // namespace godwit::mysql
