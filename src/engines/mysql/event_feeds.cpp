#include "engines/mysql/event_feeds.h"

#include "engines/mysql/binlog_compression.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/binlog_rows.h"

namespace godwit::mysql {
namespace {

class PayloadFeed : public EventFeed {
 public:
  PayloadFeed(PayloadReader reader, const LogFormat& format, std::string_view where)
      : reader_(std::move(reader)), format_(format), where_(where) {
    format_.checksums = false;  // the payload as a whole has one
  }
  Result<std::optional<RawEvent>> next() override {
    if (!TRY(reader_.next(event_))) return std::nullopt;
    return TRY(read_event(event_, format_, where_));
  }
  const LogFormat& format() const override { return format_; }

 private:
  PayloadReader reader_;
  LogFormat format_;
  std::string where_;
  std::string event_;
};

class LogFeed : public EventFeed {
 public:
  LogFeed(std::unique_ptr<BinlogStream> stream, const XaName& name, const LogPlace& start, std::string_view where)
      : stream_(std::move(stream)), name_(name), start_(start), where_(where) {}

  Result<std::optional<RawEvent>> next() override {
    while (!done_) {
      const std::optional<RawEvent> event = TRY(next_event());
      if (!event) continue;
      const EventType type = event->header.type;
      if (type == EventType::table_map || is_rows_event(type)) return event;
      if (type == EventType::transaction_payload)
        inner_ = TRY(payload_feed(event->body, stream_->format(), where_));
      else if (type == EventType::xa_prepare)
        TRY(end(*event));
      else if (type == EventType::xid || type == EventType::stop)
        return gone();
    }
    return std::nullopt;
  }
  const LogFormat& format() const override { return inner_ != nullptr ? inner_->format() : stream_->format(); }

 private:
  Failure gone() const { return Failure(errors::xa_rows_gone(to_string(start_), where_)); }

  Result<void> end(const RawEvent& event) {
    if (TRY(read_xa_prepare(event.body, where_)).name != name_) return gone();
    done_ = true;
    stream_.reset();
    return {};
  }

  // The log is there: it does not take long.
  Result<std::optional<RawEvent>> next_event() {
    constexpr int patience_ms = 60000;
    if (inner_ != nullptr) {
      std::optional<RawEvent> event = TRY(inner_->next());
      if (!event) inner_.reset();
      return event;
    }
    const std::optional<LoggedEvent> event = TRY(stream_->next(patience_ms, {}));
    if (!event) return Failure(errors::stream_ended(to_string(start_)));
    if (compare(event->start, start_) == std::partial_ordering::less) return std::nullopt;
    return event->raw;
  }

  std::unique_ptr<BinlogStream> stream_;
  std::unique_ptr<EventFeed> inner_;
  XaName name_;
  LogPlace start_;
  std::string where_;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<EventFeed>> payload_feed(std::string_view body, const LogFormat& format,
                                                std::string_view where) {
  return std::make_unique<PayloadFeed>(TRY(PayloadReader::open(body, where)), format, where);
}

std::unique_ptr<EventFeed> log_feed(std::unique_ptr<BinlogStream> stream, const XaName& name, const LogPlace& start,
                                    std::string_view where) {
  return std::make_unique<LogFeed>(std::move(stream), name, start, where);
}

}  // namespace godwit::mysql
