#include "control/worker_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <tuple>

#include "task/measures.h"

namespace godwit {
namespace {

bool is_to_come(TableState state) {
  return state == TableState::before_load || state == TableState::full_load || state == TableState::reloading ||
         state == TableState::cancelled;
}

auto key(const TableStatistics& t) {
  return std::tuple(t.state, t.full_load_rows, t.full_load_error_rows, t.inserts, t.updates, t.deletes, t.truncates,
                    t.applied_inserts, t.applied_updates, t.applied_deletes, t.applied_truncates, t.ddls,
                    t.applied_ddls, t.parked, t.load_start_us, t.load_end_us, t.reloaded, t.ignored, t.dropped,
                    t.filtered, t.mended);
}

}  // namespace

ProcessUse own_use() {
  ProcessUse out;
  rusage use{};
  if (::getrusage(RUSAGE_SELF, &use) == 0)
    out.cpu_us =
        (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * int64_t{1000000} + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const auto kilobytes = [&] { return std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10) * 1024; };
    if (line.starts_with("VmRSS:")) out.memory_bytes = kilobytes();
    if (line.starts_with("VmSwap:")) out.swap_bytes = kilobytes();
  }
  return out;
}

bool is_shown(const Setback& setback, int64_t now_ms) {
  constexpr int64_t settled_ms = 5000;
  return !setback.error.empty() && (setback.over_ms == 0 || now_ms - setback.over_ms < settled_ms);
}

int64_t full_load_percent(const std::vector<TableStatistics>& tables, std::string_view type) {
  if (type == "cdc") return 100;
  uint64_t loaded = 0, expected = 0;
  bool to_come = tables.empty();
  for (const TableStatistics& table : tables) {
    if (table.state == TableState::error || table.state == TableState::does_not_exist) continue;
    const bool waits = is_to_come(table.state);
    to_come |= waits;
    // An estimate may be too low, or none; a table in sight counts for one row at least.
    const uint64_t rows =
        std::max({table.full_load_rows, waits ? table.estimated_rows : 0, uint64_t{waits ? 1U : 0U}});
    loaded += table.full_load_rows;
    expected += rows;
  }
  if (!to_come) return 100;
  if (expected == 0) return 0;
  return std::min<int64_t>(99,
                           static_cast<int64_t>(100.0 * static_cast<double>(loaded) / static_cast<double>(expected)));
}

WorkerStatistics worker_figures(const TaskStatistics& now, std::string_view type, int64_t now_us, int64_t now_ms) {
  WorkerStatistics out;
  out.phase = now.phase;
  out.full_load_percent = full_load_percent(now.tables, type);
  int64_t last_end_us = 0;
  for (const TableStatistics& table : now.tables) {
    out.tables_loaded += table.state == TableState::completed ? 1U : 0U;
    out.tables_loading += table.state == TableState::full_load || table.state == TableState::reloading ? 1U : 0U;
    out.tables_queued += table.state == TableState::before_load || table.state == TableState::cancelled ? 1U : 0U;
    out.tables_errored += table.state == TableState::error ? 1U : 0U;
    out.captured_changes += table.inserts + table.updates + table.deletes + table.truncates;
    if (table.load_start_us != 0 && (out.full_load_start_us == 0 || table.load_start_us < out.full_load_start_us))
      out.full_load_start_us = table.load_start_us;
    last_end_us = std::max(last_end_us, table.load_end_us);
  }
  if (out.full_load_percent == 100 && out.full_load_start_us != 0) out.full_load_finish_us = last_end_us;
  out.follows = type != "full-load" && now.phase == "change processing";
  const Latencies latencies = latencies_of(now, now_us, now_ms);
  out.latency_source_ms = latencies.source_ms;
  out.latency_target_ms = latencies.target_ms;
  out.applied_us = std::max(now.applied_us, now.started_us);
  const Backlog& backlog = now.backlog;
  out.incoming_changes = waiting_changes(now);
  // The sources tell whole transactions only: what is open there is counted there.
  const uint64_t spooled = backlog.spool_memory_bytes + backlog.spool_disk_bytes;
  if (spooled > 0)
    out.changes_disk_target =
        static_cast<uint64_t>(static_cast<double>(backlog.spool_changes) *
                              static_cast<double>(backlog.spool_disk_bytes) / static_cast<double>(spooled));
  out.changes_memory_target = backlog.spool_changes - out.changes_disk_target + backlog.window_changes;
  out.loaded_rows = now.loaded_rows;
  out.loaded_bytes = now.loaded_bytes;
  out.captured_bytes = now.captured_bytes;
  out.lob_truncations = now.lob_truncations;
  out.bulk_fallbacks = now.bulk_fallbacks;
  out.applied_changes = now.processed_changes;
  out.applied_bytes = now.applied_bytes;
  out.spool_disk_bytes = backlog.spool_disk_bytes;
  return out;
}

void add_before(WorkerStatistics& now, const WorkerStatistics& before) {
  now.has_begun = now.has_begun || before.has_begun;
  now.applied_us = std::max(now.applied_us, before.applied_us);
  now.lob_truncations += before.lob_truncations;
  now.bulk_fallbacks += before.bulk_fallbacks;
  for (const LogLineCount& each : before.log_lines) {
    const auto same = std::ranges::find_if(now.log_lines, [&](const LogLineCount& line) {
      return line.component == each.component && line.severity == each.severity;
    });
    if (same == now.log_lines.end())
      now.log_lines.push_back(each);
    else
      same->lines += each.lines;
  }
}

void LogLineCounts::note(Component component, Severity severity) {
  if (severity <= Severity::warning)
    lines_[static_cast<size_t>(severity)][static_cast<size_t>(component)].fetch_add(1, std::memory_order_relaxed);
}

std::vector<LogLineCount> LogLineCounts::counts() const {
  std::vector<LogLineCount> out;
  for (const Severity severity : {Severity::error, Severity::warning})
    for (size_t component = 0; component < component_count; ++component)
      if (const uint64_t lines = lines_[static_cast<size_t>(severity)][component].load(std::memory_order_relaxed))
        out.push_back({static_cast<Component>(component), severity, lines});
  return out;
}

void show_as_before(WorkerStatistics& now, const WorkerStatistics& before) {
  now.full_load_percent = before.full_load_percent;
  now.full_load_start_us = before.full_load_start_us;
  now.full_load_finish_us = before.full_load_finish_us;
  now.tables_loaded = before.tables_loaded;
  now.tables_loading = before.tables_loading;
  now.tables_queued = before.tables_queued;
  now.tables_errored = before.tables_errored;
}

std::vector<WorkerTable> TableWatch::look(const std::vector<TableStatistics>& now, int64_t now_us, bool& all) {
  all = now.size() != tables_.size() || !std::ranges::equal(now, tables_, {}, &TableStatistics::table,
                                                            [](const WorkerTable& t) { return t.figures.table; });
  if (all && tables_.empty()) tables_ = std::move(before_);
  std::vector<WorkerTable> fresh, changed;
  for (size_t t = 0; t < now.size(); ++t) {
    const WorkerTable* known = nullptr;
    if (!all)
      known = &tables_[t];
    else if (const auto at =
                 std::ranges::find(tables_, now[t].table, [](const WorkerTable& w) { return w.figures.table; });
             at != tables_.end())
      known = &*at;
    const bool same = known != nullptr && key(known->figures) == key(now[t]);
    fresh.push_back({now[t], same ? known->updated_us : now_us});
    if (all || !same) changed.push_back(fresh.back());
  }
  tables_ = std::move(fresh);
  return changed;
}

}  // namespace godwit
