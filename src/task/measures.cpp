#include "task/measures.h"

#include <algorithm>

namespace godwit {
namespace {

constexpr int64_t minute_us = 60000000;
// The reader is told of a log's end within this time, unless it is behind.
constexpr int64_t end_reached_within_ms = 2000;

constexpr std::string_view full_load = "FULL LOAD", change_processing = "CHANGE PROCESSING", paused_status = "Paused",
                           not_running = "NOT RUNNING";

int64_t earlier(int64_t a_us, int64_t b_us) {
  if (a_us == 0 || b_us == 0) return std::max(a_us, b_us);
  return std::min(a_us, b_us);
}

int64_t mebibytes_up(uint64_t bytes) {
  return static_cast<int64_t>((bytes + (1U << 20U) - 1) >> 20U);
}

}  // namespace

Latencies latencies_of(const TaskStatistics& statistics, int64_t now_us, int64_t now_ms) {
  const Backlog& backlog = statistics.backlog;
  const auto age_ms = [&](int64_t us) { return us == 0 ? 0 : std::max<int64_t>(0, now_us - us) / 1000; };
  const bool end_awaited =
      backlog.unreached_since_ms != 0 && now_ms - backlog.unreached_since_ms >= end_reached_within_ms;
  const bool behind = backlog.flowing || backlog.paused || end_awaited;
  Latencies out;
  if (behind) out.source_ms = age_ms(std::max(backlog.captured_us, backlog.proven_us));
  out.target_ms = std::max(out.source_ms, age_ms(earlier(backlog.spool_oldest_us, backlog.window_oldest_us)));
  return out;
}

uint64_t waiting_changes(const TaskStatistics& statistics) {
  return statistics.backlog.spool_changes + statistics.backlog.window_changes;
}

std::string_view task_status(std::string_view phase, bool paused) {
  if (phase == "full load") return full_load;
  if (phase != "change processing") return not_running;
  return paused ? paused_status : change_processing;
}

StatusRow status_row(const TaskStatistics& statistics, std::string_view status, uint64_t memory_bytes) {
  const Backlog& backlog = statistics.backlog;
  StatusRow row;
  row.status = status;
  row.pending_changes = static_cast<int64_t>(waiting_changes(statistics));
  row.disk_swap_mb = mebibytes_up(backlog.spool_disk_bytes);
  row.memory_mb = mebibytes_up(memory_bytes);
  row.current = backlog.read_to.empty() ? statistics.applied : backlog.read_to;
  row.current_us = std::max({backlog.captured_us, backlog.proven_us, statistics.started_us});
  row.tail = statistics.applied;
  row.tail_us = std::max(statistics.applied_us, statistics.started_us);
  row.applied_us = statistics.applied_us;
  return row;
}

History::History(int64_t slot_minutes, int64_t start_us)
    : slot_us_(slot_minutes * minute_us), slot_start_us_(start_us), status_(not_running) {}

void History::note(const TaskStatistics& statistics) {
  load_.records = statistics.loaded_rows;
  load_.bytes = statistics.loaded_bytes;
  changes_.records = statistics.processed_changes;
  changes_.bytes = statistics.applied_bytes;
  load_.ran |= status_ == full_load || load_.records > load_.records_before;
  changes_.ran |=
      status_ == change_processing || status_ == paused_status || changes_.records > changes_.records_before;
}

// Megabytes are cut off at both ends of a slot, so that those of all slots add up.
void History::close_slot(int64_t end_us, int64_t latency_ms, std::vector<HistoryRow>& out) {
  for (Work* work : {&load_, &changes_}) {
    if (work->ran) {
      HistoryRow row;
      row.type = work == &load_ ? full_load : change_processing;
      row.end_us = end_us;
      row.duration_min = (end_us - slot_start_us_ + minute_us - 1) / minute_us;
      if (work == &changes_) row.latency_s = latency_ms / 1000;
      row.records = static_cast<int64_t>(work->records - work->records_before);
      row.volume_mb = static_cast<int64_t>((work->bytes >> 20U) - (work->bytes_before >> 20U));
      out.push_back(std::move(row));
    }
    work->ran = false;
    work->records_before = work->records;
    work->bytes_before = work->bytes;
  }
  slot_start_us_ = end_us;
}

std::vector<HistoryRow> History::advance(const TaskStatistics& statistics, std::string_view status,
                                         int64_t latency_ms, int64_t now_us) {
  std::vector<HistoryRow> out;
  note(statistics);  // what ran until now
  while (now_us >= slot_start_us_ + slot_us_) {
    close_slot(slot_start_us_ + slot_us_, latency_ms, out);
    note(statistics);
  }
  status_ = status;
  note(statistics);
  return out;
}

std::vector<HistoryRow> History::finish(const TaskStatistics& statistics, int64_t latency_ms, int64_t now_us) {
  std::vector<HistoryRow> out = advance(statistics, not_running, latency_ms, now_us);
  if (now_us > slot_start_us_) close_slot(now_us, latency_ms, out);
  return out;
}

}  // namespace godwit
