#include "control/log_search.h"

#include <map>
#include <memory>

#include "base/base64.h"
#include "base/text.h"
#include "control/log_faults.h"

namespace godwit {
namespace {

constexpr size_t page_bytes_max = 1024 * 1024, event_overhead_bytes = 26;
constexpr uint64_t read_bytes_max = uint64_t{32} << 20;

struct SearchedStream {
  const LogStreamPlace* place;
  std::unique_ptr<LogCursor> cursor;
};

using Positions = std::map<std::string, LogPosition, std::less<>>;

// "<identity>;<stream>=<position>;…" of the streams that were begun.
std::string make_token(const std::string& identity, const Positions& positions) {
  std::string text = hex64(fnv1a(identity));
  for (const auto& [stream, position] : positions) text += ";" + stream + "=" + to_text(position);
  return base64_url(text);
}

Result<Positions> read_token(const std::string& identity, const std::string& token) {
  Positions positions;
  if (token.empty()) return positions;
  const auto text = from_base64(token);
  if (!text) return Failure(log_token_invalid("nextToken"));
  const std::vector<std::string> parts = split(*text, ';');
  if (parts.empty() || parts.front() != hex64(fnv1a(identity))) return Failure(log_token_invalid("nextToken"));
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].rfind('=');
    if (equals == std::string::npos) return Failure(log_token_invalid("nextToken"));
    const auto position = parse_log_position(std::string_view(parts[i]).substr(equals + 1));
    if (!position) return Failure(log_token_invalid("nextToken"));
    positions[parts[i].substr(0, equals)] = *position;
  }
  return positions;
}

Result<std::vector<SearchedStream>> open_sources(const LogSearch& search, const Positions& positions) {
  std::vector<SearchedStream> sources;
  for (const LogStreamPlace& place : search.streams) {
    auto stream = TRY(LogStream::open(place.folder));
    if (!stream) continue;  // deleted meanwhile
    SearchedStream source{&place, std::make_unique<LogCursor>(std::move(stream), search.window)};
    const auto at = positions.find(place.name);
    TRY(source.cursor->start(at == positions.end() ? std::nullopt : std::optional(at->second)));
    sources.push_back(std::move(source));
  }
  return sources;
}

// Of the sources' next events the oldest one; of equal times, the first stream's. Null: all are at their end.
SearchedStream* oldest_of(std::vector<SearchedStream>& sources) {
  SearchedStream* oldest = nullptr;
  for (SearchedStream& source : sources) {
    const RawLogEvent* event = source.cursor->event();
    if (event != nullptr && (oldest == nullptr || event->time_ms < oldest->cursor->event()->time_ms))
      oldest = &source;
  }
  return oldest;
}

}  // namespace

Result<LogFindings> search_logs(const LogSearch& search, const std::string& token) {
  const Positions positions = TRY(read_token(search.identity, token));
  std::vector<SearchedStream> sources = TRY(open_sources(search, positions));
  LogFindings findings;
  size_t bytes = 0;
  uint64_t read = 0;
  while (SearchedStream* source = oldest_of(sources)) {
    const bool matches = search.pattern.matches(source->cursor->event()->message);
    const size_t weight = matches ? source->cursor->event()->message.size() + event_overhead_bytes : 0;
    const bool full = matches && !findings.events.empty() &&
                      (findings.events.size() == search.limit || bytes + weight > page_bytes_max);
    if (full || read > read_bytes_max) {
      Positions reached;
      for (const SearchedStream& each : sources) reached[each.place->name] = each.cursor->position();
      findings.next_token = make_token(search.identity, reached);
      return findings;
    }
    if (matches) findings.events.push_back({source->place->name, source->cursor->take()});
    bytes += weight;
    const uint64_t before = source->cursor->bytes_read();
    TRY(source->cursor->step());
    read += source->cursor->bytes_read() - before;
  }
  return findings;
}

}  // namespace godwit
