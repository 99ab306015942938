#include "control/task_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <ranges>
#include <set>

#include "control/log_faults.h"
#include "control/log_line.h"

namespace godwit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view newest_log = "task.log";
constexpr size_t page_bytes_max = 1024 * 1024, event_overhead_bytes = 26;

// 0 for task.log, n for task.log.n.
std::optional<uint32_t> age_of(std::string_view name) {
  if (!name.starts_with(newest_log)) return std::nullopt;
  name.remove_prefix(newest_log.size());
  if (name.empty()) return 0;
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (name.front() != '.' || error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

LogEvent shown(const RawLogEvent& raw, uint64_t file) {
  return {.time_ms = raw.time_ms,
          .ingested_ms = raw.time_ms,
          .message = valid_utf8(raw.message),
          .id = fmt::format("{:015}{:020}{:021}", std::max<int64_t>(raw.time_ms, 0), file, raw.offset)};
}

size_t weight_of(const LogEvent& event) {
  return event.message.size() + event_overhead_bytes;
}

// The entry that holds the offset.
size_t chunk_at(const LogChunks& chunks, uint64_t offset) {
  const auto after = std::ranges::upper_bound(chunks, offset, {}, &LogChunk::offset);
  return after == chunks.begin() ? 0 : static_cast<size_t>(after - chunks.begin()) - 1;
}

bool meets(const LogChunk& chunk, const LogWindow& window) {
  return chunk.latest_ms >= window.from_ms && chunk.earliest_ms < window.before_ms;
}

uint64_t chunk_end(const LogChunks& chunks, size_t chunk, const LogFile& file) {
  return chunk + 1 < chunks.size() ? std::min(chunks[chunk + 1].offset, file.end()) : file.end();
}

}  // namespace

std::string to_text(const LogPosition& position) {
  return fmt::format("{:x}.{:x}.{:x}", position.time_ms, position.file, position.offset);
}

std::optional<LogPosition> parse_log_position(std::string_view text) {
  LogPosition position;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](auto& out) {
    const auto [next, error] = std::from_chars(at, end, out, 16);
    at = next;
    return error == std::errc{};
  };
  const auto dot = [&] { return at != end && *at++ == '.'; };
  if (!number(position.time_ms) || !dot() || !number(position.file) || !dot() || !number(position.offset))
    return std::nullopt;
  if (at != end) return std::nullopt;
  return position;
}

std::vector<std::string> log_paths(const std::string& folder) {
  std::vector<std::pair<uint32_t, std::string>> found;
  std::error_code ignored;  // no folder: no files
  for (fs::directory_iterator at(folder, ignored), end; !ignored && at != end; at.increment(ignored))
    if (const auto age = age_of(at->path().filename().string())) found.emplace_back(*age, at->path().string());
  std::ranges::sort(found);
  std::vector<std::string> paths;
  for (auto& [age, path] : found) paths.push_back(std::move(path));
  return paths;
}

uint64_t log_bytes(const std::string& folder) {
  uint64_t total = 0;
  for (const std::string& path : log_paths(folder)) {
    std::error_code gone;
    const uintmax_t size = fs::file_size(path, gone);
    if (!gone) total += size;
  }
  return total;
}

Result<void> remove_logs(const std::string& folder) {
  for (const std::string& path : log_paths(folder)) {
    std::error_code failed;
    fs::remove(path, failed);
    if (failed) return Failure(log_file_unreadable(path, "remove", failed.value()));
  }
  return {};
}

Result<void> move_logs(const std::string& from, const std::string& to) {
  const auto paths = log_paths(from), there = log_paths(to);
  const auto move = [&to](const std::string& path, size_t age) -> Result<void> {
    std::error_code failed;
    fs::rename(path, fs::path(to) / (age == 0 ? std::string(newest_log) : fmt::format("{}.{}", newest_log, age)),
               failed);
    if (failed) return Failure(log_file_unreadable(path, "move", failed.value()));
    return {};
  };
  // Oldest first, so that no name is taken and an interrupted move can be done again.
  for (const std::string& path : there | std::views::reverse)
    if (const auto age = age_of(fs::path(path).filename().string())) TRY(move(path, *age + paths.size()));
  for (size_t age = paths.size(); age-- > 0;) TRY(move(paths[age], age));
  return {};
}

Result<void> expire_logs(const std::string& folder, int64_t before_ms, bool newest_too) {
  for (const std::string& path : log_paths(folder)) {
    if (path.ends_with(newest_log) && !newest_too) continue;
    const auto file = TRY(LogFile::open(path));
    if (!file || file->written_ms() >= before_ms) continue;
    std::error_code failed;
    fs::remove(path, failed);
    if (failed) return Failure(log_file_unreadable(path, "remove", failed.value()));
  }
  return {};
}

Result<std::shared_ptr<LogStream>> LogStream::open(const std::string& folder) {
  auto stream = std::make_shared<LogStream>();
  std::set<uint64_t> seen;
  for (const std::string& path :
       log_paths(folder)) {  // newest first: a rotation meanwhile shows one twice, none never
    auto file = TRY(LogFile::open(path));
    if (file && file->end() > 0 && seen.insert(file->identity()).second) stream->files_.push_back(std::move(file));
  }
  if (stream->files_.empty()) return nullptr;
  std::ranges::reverse(stream->files_);
  return stream;
}

Result<int64_t> LogStream::created_ms() const {
  return first_time_of(*files_.front());
}

Result<LogStream::Facts> LogStream::facts() const {
  Facts facts;
  for (const auto& file : files_) {
    facts.bytes += file->bytes();
    facts.written_ms = std::max(facts.written_ms, file->written_ms());
  }
  facts.created_ms = facts.first_ms = TRY(created_ms());
  if (const auto last_ms = TRY(last_time_of(*files_.back()))) {
    facts.last_ms = *last_ms;
  } else {
    const auto newest = TRY(backward(std::nullopt, {}, 1));
    if (!newest.events.empty()) facts.last_ms = newest.events.back().time_ms;
  }
  return facts;
}

LogPosition LogStream::position_of(const Place& place) const {
  return {.file = files_[place.file]->identity(), .offset = place.offset, .time_ms = place.time_ms};
}

Result<LogStream::Place> LogStream::oldest() const {
  const auto chunks = TRY(chunks_of(*files_.front()));
  return Place{.file = 0, .offset = 0, .time_ms = chunks->empty() ? 0 : chunks->front().time_before_ms};
}

Result<LogStream::Place> LogStream::find(const LogPosition& position) const {
  for (size_t i = 0; i < files_.size(); ++i)
    if (files_[i]->identity() == position.file && files_[i]->bytes() >= position.offset)
      return Place{.file = i, .offset = position.offset, .time_ms = position.time_ms};
  // The file is gone, deleted or expired: what is left was written later.
  for (size_t i = 0; i < files_.size(); ++i) {
    const auto chunks = TRY(chunks_of(*files_[i]));
    for (const LogChunk& chunk : *chunks) {
      if (chunk.latest_ms < position.time_ms) continue;
      LogScanner scanner(*files_[i], chunk.offset, files_[i]->end(), chunk.time_before_ms);
      RawLogEvent event;
      while (TRY(scanner.next(event)))
        if (event.time_ms >= position.time_ms)
          return Place{.file = i, .offset = event.offset, .time_ms = position.time_ms};
    }
  }
  return Place{.file = files_.size() - 1, .offset = files_.back()->end(), .time_ms = position.time_ms};
}

Result<LogPage> LogStream::forward(const std::optional<LogPosition>& from, const LogWindow& window,
                                   size_t limit) const {
  // The cursor does not outlive this call.
  LogCursor cursor(std::shared_ptr<const LogStream>(std::shared_ptr<void>(), this), window);
  TRY(cursor.start(from));
  LogPage page;
  page.begin = page.end = cursor.position();
  size_t weight = 0;
  while (cursor.event() != nullptr && page.events.size() < limit) {
    LogEvent event = cursor.take();
    weight += weight_of(event);
    if (weight > page_bytes_max && !page.events.empty()) break;
    page.events.push_back(std::move(event));
    page.end = cursor.end_of_event();
    TRY(cursor.step());
  }
  return page;
}

Result<LogPage> LogStream::backward(const std::optional<LogPosition>& before, const LogWindow& window,
                                    size_t limit) const {
  Place place{.file = files_.size() - 1, .offset = files_.back()->end(), .time_ms = 0};
  if (before) place = TRY(find(*before));
  LogPage page;
  page.begin = page.end = position_of(place);
  size_t weight = 0;
  bool full = false, last = true;
  for (size_t f = place.file + 1; f-- > 0 && !full;) {
    const LogFile& file = *files_[f];
    const auto chunks = TRY(chunks_of(file));
    const uint64_t stop = f == place.file ? std::min(place.offset, file.end()) : file.end();
    for (size_t c = chunks->size(); c-- > 0 && !full;) {
      const LogChunk& chunk = (*chunks)[c];
      if (chunk.offset >= stop || !meets(chunk, window)) continue;
      std::vector<std::pair<LogEvent, LogPosition>> found;
      LogScanner scanner(file, chunk.offset, std::min(chunk_end(*chunks, c, file), stop), chunk.time_before_ms);
      RawLogEvent raw;
      int64_t time_before_ms = chunk.time_before_ms;
      while (TRY(scanner.next(raw))) {
        if (window.holds(raw.time_ms))
          found.emplace_back(shown(raw, file.identity()), LogPosition{file.identity(), raw.offset, time_before_ms});
        time_before_ms = raw.time_ms;
        if (last && window.holds(raw.time_ms)) page.end = {file.identity(), raw.end, raw.time_ms};
      }
      while (!found.empty() && !full) {
        weight += weight_of(found.back().first);
        full = page.events.size() == limit || (weight > page_bytes_max && !page.events.empty());
        if (full) break;
        page.begin = found.back().second;
        page.events.push_back(std::move(found.back().first));
        found.pop_back();
      }
      if (!page.events.empty()) last = false;
    }
  }
  std::ranges::reverse(page.events);
  return page;
}

Result<void> LogCursor::start(const std::optional<LogPosition>& from) {
  place_ = from ? TRY(stream_->find(*from)) : TRY(stream_->oldest());
  return step();
}

// Opens the chunk that the place stands in, or the next one that the window meets. False: there is none.
Result<bool> LogCursor::open_chunk() {
  while (true) {
    const LogFile& file = *stream_->files_[place_.file];
    if (!chunks_) chunks_ = TRY(chunks_of(file));
    const LogChunks& chunks = *chunks_;
    for (size_t c = chunk_at(chunks, place_.offset); c < chunks.size() && chunks[c].offset < file.end(); ++c) {
      const uint64_t end = chunk_end(chunks, c, file);
      if (end <= place_.offset) continue;
      if (chunks[c].offset >= place_.offset) {
        place_.offset = chunks[c].offset;
        place_.time_ms = chunks[c].time_before_ms;
      }
      if (!meets(chunks[c], window_)) continue;
      scanner_.emplace(file, place_.offset, end, place_.time_ms);
      chunk_end_ = end;
      return true;
    }
    place_.offset = std::max(place_.offset, file.end());
    if (place_.file + 1 == stream_->files_.size()) return false;
    ++place_.file;
    place_.offset = 0;
    chunks_.reset();
  }
}

Result<void> LogCursor::step() {
  if (at_event_) {
    place_.offset = event_.end;
    place_.time_ms = event_.time_ms;
  }
  at_event_ = false;
  while (true) {
    if (!scanner_ && !TRY(open_chunk())) return {};
    while (TRY(scanner_->next(event_))) {
      bytes_read_ += event_.end - event_.offset;
      place_.offset = event_.offset;
      if (window_.holds(event_.time_ms)) {
        at_event_ = true;
        return {};
      }
      place_.offset = event_.end;
      place_.time_ms = event_.time_ms;
    }
    place_.offset = chunk_end_;
    scanner_.reset();
  }
}

LogEvent LogCursor::take() const {
  return shown(event_, stream_->files_[place_.file]->identity());
}

LogPosition LogCursor::end_of_event() const {
  return {.file = stream_->files_[place_.file]->identity(), .offset = event_.end, .time_ms = event_.time_ms};
}

}  // namespace godwit
