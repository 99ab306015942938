#include "engines/mysql/log_times.h"

#include <optional>

#include "base/clock.h"
#include "engines/mysql/change_reader.h"
#include "engines/mysql/log_continuity.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/source_errors.h"
#include "engines/mysql/transactions.h"

namespace godwit::mysql {
namespace {

// What a server stamps with a second may be written a little later.
constexpr int64_t stamp_delay_us = 2'000'000;

bool is_before(const LogPlace& a, const LogPlace& b) {
  return compare(a, b) == std::partial_ordering::less;
}

// When the server began the file.
Result<int64_t> file_start_us(Connection& session, const LogAccess& access, const std::string& file) {
  const LogPlace start{file, log_start_offset};
  LogWalk walk = TRY(open_walk(session, access, {start, std::nullopt}));
  for (;;) {
    const std::optional<LoggedEvent> event = TRY(walk.next());
    if (event && event->raw.header.type == EventType::format_description)
      return int64_t{event->raw.header.timestamp_s} * 1'000'000;
    if (event && is_before(start, event->end)) return Failure(errors::no_file_start(file));
  }
}

struct Reached {
  Position position;
  bool found = false;
};

// Reads from `after` to `end`. The start of the first transaction that committed at `time_us` or later, or `end`.
Result<Reached> first_from(Connection& session, const LogAccess& access, const BinlogPosition& after,
                           const LogPlace& end, int64_t time_us) {
  DecoderOptions options;
  options.server = TRY(log_server(session));
  options.tells_rows = false;
  const StreamStart start = TRY(stream_start(after, options.server, session.traits().has_gtids, true));
  LogWalk walk = TRY(open_walk(session, access, start));
  LogDecoder decoder({}, {}, std::move(options), after, start.gtids.has_value());
  ChangeBatch batch;
  decoder.start_batch(batch);
  while (walk.place().empty() || is_before(walk.place(), end)) {
    const std::optional<LoggedEvent> event = TRY(walk.next());
    if (!event) continue;
    TRY(decoder.decode(*event, walk.format(), batch));
    if (const auto open = decoder.under_way(); open && open->commit_us >= time_us) return Reached{open->start, true};
    while (decoder.has_more()) TRY(decoder.tell_more(batch));
  }
  // Heartbeats, and what is no transaction, may not move the decoder.
  BinlogPosition at = TRY(BinlogPosition::parse(decoder.position().text));
  at.place = end;
  return Reached{at.position(), false};
}

Result<BinlogPosition> log_end_now(Connection& session) {
  std::optional<BinlogPosition> end = TRY(log_end_position(session));
  if (!end) return Failure(errors::log_off());
  return *std::move(end);
}

}  // namespace

Result<Position> find_start_at(Connection& session, const LogAccess& access, int64_t time_us) {
  const BinlogPosition end = TRY(log_end_now(session));
  if (TRY(server_clock_us(session)) < time_us) return Failure(errors::start_time_to_come(iso_seconds(time_us)));
  const Rows files = TRY(session.query("SHOW BINARY LOGS"));
  BinlogPosition from;
  from.server = end.server;
  for (size_t i = files.size(); i-- > 0;) {
    from.place = {files.text(i, 0), log_start_offset};
    const int64_t begun_us = TRY(file_start_us(session, access, from.place.file));
    if (begun_us < time_us) break;
    // What committed between the time and the file's start was in a file before it.
    if (i == 0 && file_number(from.place.file).value_or(0) > 1)
      return Failure(errors::start_time_purged(iso_seconds(time_us), from.place.file, iso_seconds(begun_us)));
  }
  const Reached reached = TRY(first_from(session, access, from, end.place, time_us));
  if (reached.found) return reached.position;
  const std::optional<BinlogPosition> now = TRY(exact_end_position(session));
  return now && now->place == end.place && now->xa_known ? now->position() : reached.position;
}

Result<CommitBorder> find_border(Connection& session, const LogAccess& access, const BinlogPosition& after,
                                 int64_t time_us) {
  // The place first and the clock then: what lies before the place is older than the clock.
  const BinlogPosition end = TRY(log_end_now(session));
  const int64_t clock_us = TRY(server_clock_us(session));
  if (clock_us <= time_us) return CommitBorder{end.position(), false};
  const Reached reached = TRY(first_from(session, access, after, end.place, time_us + 1));
  // A task goes on from there: the end has what is prepared, and no GTIDs of what came later.
  return CommitBorder{reached.position, reached.found || clock_us > time_us + stamp_delay_us};
}

}  // namespace godwit::mysql
