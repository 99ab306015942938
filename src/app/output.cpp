#include "app/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "task/measures.h"

namespace godwit {
namespace {

constexpr auto print_interval = std::chrono::seconds(1);

void put(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

std::string bar(double share, size_t width) {
  const auto filled = static_cast<size_t>(std::lround(share * static_cast<double>(width)));
  std::string out;
  for (size_t i = 0; i < width; ++i) out += i < filled ? "█" : "░";
  return out;
}

// How much of a table's load is done: by bytes, since rows are only estimated.
double load_share(const TableStatistics& table) {
  if (table.state == TableState::completed) return 1;
  if (table.slices > 0 && table.slices == table.slices_done) return 1;
  if (table.slices == 0) return 0;
  return static_cast<double>(table.slices_done) / static_cast<double>(table.slices);
}

std::string seconds_text(int64_t seconds) {
  if (seconds >= 3600) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  return seconds >= 60 ? fmt::format("{}m{:02}s", seconds / 60, seconds % 60) : fmt::format("{}s", seconds);
}

struct Totals {
  uint64_t load_rows = 0, load_bytes = 0, estimated_bytes = 0, applied = 0, parked = 0, done_bytes = 0;
  size_t completed = 0, in_error = 0;
};

Totals totals_of(const TaskStatistics& statistics) {
  Totals out;
  for (const TableStatistics& table : statistics.tables) {
    out.load_rows += table.full_load_rows;
    out.load_bytes += table.full_load_bytes;
    out.estimated_bytes += table.estimated_bytes;
    out.done_bytes += static_cast<uint64_t>(load_share(table) * static_cast<double>(table.estimated_bytes));
    out.applied += table.applied_inserts + table.applied_updates + table.applied_deletes;
    out.parked += table.parked;
    out.completed += table.state == TableState::completed ? 1U : 0U;
    out.in_error += table.state == TableState::error ? 1U : 0U;
  }
  return out;
}

std::string phase_line(const TaskStatistics& now, const Totals& totals, double rows_per_s, double bytes_per_s) {
  if (now.phase == "full load") {
    std::string out = fmt::format("full load: {} of {} tables, {} rows, {}", totals.completed, now.tables.size(),
                                  human_count(totals.load_rows), human_bytes(totals.load_bytes));
    if (rows_per_s > 0)
      out += fmt::format(", {} rows/s, {}/s", human_count(static_cast<uint64_t>(rows_per_s)),
                         human_bytes(static_cast<uint64_t>(bytes_per_s)));
    if (bytes_per_s > 0 && totals.done_bytes < totals.estimated_bytes)
      out += fmt::format(", ETA {}",
                         seconds_text(static_cast<int64_t>(
                             static_cast<double>(totals.estimated_bytes - totals.done_bytes) / bytes_per_s)));
    return out;
  }
  if (now.phase != "change processing") return now.phase;
  std::string out =
      fmt::format("change processing: {} changes of {} transactions applied, {} waiting, lag {:.1f} s, position {}",
                  human_count(totals.applied), human_count(now.transactions), human_count(waiting_changes(now)),
                  static_cast<double>(latencies_of(now, now_us(), monotonic_ms()).target_ms) / 1000,
                  now.applied.text.empty() ? "-" : now.applied.text);
  if (now.backlog.paused) out += ", reading paused (spool full)";
  if (totals.parked > 0) out += fmt::format(", {} parked", human_count(totals.parked));
  if (totals.in_error > 0) out += fmt::format(", {} tables in error", totals.in_error);
  return out;
}

}  // namespace

std::string table_event_json(const TableStatistics& table) {
  const nlohmann::ordered_json out = {
      {"event", "table"},
      {"SchemaName", table.table.schema},
      {"TableName", table.table.name},
      {"TableState", to_string(table.state)},
      {"FullLoadRows", table.full_load_rows},
      {"FullLoadErrorRows", table.full_load_error_rows},
      {"FullLoadCondtnlChkFailedRows", 0},
      {"FullLoadStartTime", table.load_start_us == 0 ? "" : iso_seconds(table.load_start_us)},
      {"FullLoadEndTime", table.load_end_us == 0 ? "" : iso_seconds(table.load_end_us)},
      {"FullLoadReloaded", table.reloaded},
      {"Inserts", table.inserts},
      {"Updates", table.updates},
      {"Deletes", table.deletes},
      {"Ddls", table.truncates},
      {"AppliedInserts", table.applied_inserts},
      {"AppliedUpdates", table.applied_updates},
      {"AppliedDeletes", table.applied_deletes},
      {"AppliedDdls", table.applied_truncates},
      {"LastUpdateTime", iso_seconds(now_us())}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string summary_json(const TaskSummary& summary) {
  nlohmann::ordered_json out = {{"event", "summary"},
                                {"exit", summary.exit},
                                {"stop_reason", "Stop Reason " + summary.stop_reason},
                                {"checkpoint", summary.checkpoint},
                                {"tables", summary.tables},
                                {"read_rows", summary.read_rows},
                                {"applied_rows", summary.applied_rows},
                                {"filtered_rows", summary.filtered_rows},
                                {"parked_rows", summary.parked_rows},
                                {"elapsed_ms", summary.elapsed_ms},
                                {"remarks", summary.remarks}};
  if (summary.error) out["error"] = {{"code", summary.error->code}, {"message", summary.error->message}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Output::Output(OutputFormat format, Progress& progress)
    : format_(format), terminal_(format == OutputFormat::text && isatty(STDOUT_FILENO) != 0), progress_(progress) {
  started_ms_ = before_ms_ = monotonic_ms();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Output::~Output() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Output::run(const std::stop_token& stop) {
  std::mutex waiting;
  std::condition_variable_any woken;
  while (!stop.stop_requested()) {
    std::unique_lock lock(waiting);
    woken.wait_for(lock, stop, print_interval, [] { return false; });
    if (!stop.stop_requested()) print(false);
  }
}

void Output::print(bool last) {
  const std::lock_guard lock(mutex_);
  const TaskStatistics now = progress_.copy();
  if (format_ == OutputFormat::json)
    print_json(now);
  else if (terminal_ && !last)
    print_live(now);
  else
    print_lines(now, last);
  before_ = now;
}

// Only tables whose figures changed since the last print.
void Output::print_json(const TaskStatistics& now) {
  for (size_t t = 0; t < now.tables.size(); ++t) {
    const auto key = [](const TableStatistics& s) {
      return std::tuple(s.state, s.full_load_rows, s.full_load_error_rows,
                        s.inserts + s.updates + s.deletes + s.truncates,
                        s.applied_inserts + s.applied_updates + s.applied_deletes, s.parked);
    };
    if (t < before_.tables.size() && key(before_.tables[t]) == key(now.tables[t])) continue;
    put(table_event_json(now.tables[t]));
  }
  const Latencies latencies = latencies_of(now, now_us(), monotonic_ms());
  const nlohmann::ordered_json task = {{"event", "task"},
                                       {"phase", now.phase},
                                       {"position", now.applied.text},
                                       {"CDCLatencySource", latencies.source_ms / 1000},
                                       {"CDCLatencyTarget", latencies.target_ms / 1000},
                                       {"CDCIncomingChanges", waiting_changes(now)},
                                       {"spool_disk_bytes", now.backlog.spool_disk_bytes},
                                       {"paused", now.backlog.paused}};
  put(task.dump());
}

void Output::print_lines(const TaskStatistics& now, bool last) {
  for (size_t t = 0; t < now.tables.size(); ++t) {
    const TableStatistics& table = now.tables[t];
    const TableState was = t < before_.tables.size() ? before_.tables[t].state : TableState::before_load;
    if (table.state == was || now.phase == "starting") continue;
    if (table.state == TableState::completed && table.load_end_us != 0)
      put(fmt::format("{}  {}: {} rows, {} loaded", iso_seconds(now_us()), to_string(table.table),
                      human_count(table.full_load_rows), human_bytes(table.full_load_bytes)));
    if (table.state == TableState::error)
      put(fmt::format("{}  {}: in error", iso_seconds(now_us()), to_string(table.table)));
  }
  const Totals totals = totals_of(now);
  const int64_t ms = monotonic_ms();
  const double seconds = static_cast<double>(std::max<int64_t>(1, ms - before_ms_)) / 1000;
  const std::string line = phase_line(
      now, totals, static_cast<double>(totals.load_rows - std::min(totals.load_rows, rows_before_)) / seconds,
      static_cast<double>(totals.load_bytes - std::min(totals.load_bytes, bytes_before_)) / seconds);
  before_ms_ = ms;
  rows_before_ = totals.load_rows;
  bytes_before_ = totals.load_bytes;
  if (line == last_line_ || last) return;
  last_line_ = line;
  put(fmt::format("{}  {}", iso_seconds(now_us()), line));
}

void Output::clear_live() {
  if (live_lines_ > 0) std::fputs(fmt::format("\x1b[{}A\x1b[J", live_lines_).c_str(), stdout);
  live_lines_ = 0;
}

void Output::print_live(const TaskStatistics& now) {
  winsize size{};
  const size_t height = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 6 ? size.ws_row - 4U : 20U;
  const Totals totals = totals_of(now);
  const int64_t ms = monotonic_ms();
  const double seconds = static_cast<double>(std::max<int64_t>(1, ms - started_ms_)) / 1000;
  std::vector<std::string> lines;
  for (const TableStatistics& table : now.tables) {
    if (lines.size() + 1 >= height) break;
    const uint64_t applied = table.applied_inserts + table.applied_updates + table.applied_deletes;
    if (now.phase == "change processing" && applied == 0 && table.state == TableState::completed &&
        now.tables.size() >= height)
      continue;
    lines.push_back(fmt::format("{:<32.32} {} {:>12} rows {:>10} changes  {}", to_string(table.table),
                                bar(load_share(table), 16), human_count(table.full_load_rows), human_count(applied),
                                to_string(table.state)));
  }
  if (lines.size() < now.tables.size())
    lines.push_back(fmt::format("… and {} more tables", now.tables.size() - lines.size()));
  lines.push_back(phase_line(now, totals, static_cast<double>(totals.load_rows) / seconds,
                             static_cast<double>(totals.load_bytes) / seconds));
  clear_live();
  for (const std::string& line : lines) put(line);
  live_lines_ = lines.size();
}

void Output::notice(Severity severity, std::string_view text) {
  if (format_ == OutputFormat::json) return;
  const std::lock_guard lock(mutex_);
  clear_live();
  std::fputs(fmt::format("{}: {}\n", severity == Severity::error ? "error" : "warning", text).c_str(), stderr);
}

void Output::finish(const TaskSummary& summary) {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  print(true);
  if (format_ == OutputFormat::json) {
    put(summary_json(summary));
    return;
  }
  if (terminal_) print_live(progress_.copy());
  put(fmt::format("{} tables, {} rows and changes read, {} applied, {} filtered, {} parked, {:.1f} s", summary.tables,
                  human_count(summary.read_rows), human_count(summary.applied_rows),
                  human_count(summary.filtered_rows), human_count(summary.parked_rows),
                  static_cast<double>(summary.elapsed_ms) / 1000));
  for (const std::string& remark : summary.remarks) put("note: " + remark);
  if (!summary.checkpoint.empty()) put("checkpoint: " + summary.checkpoint);
  if (summary.error)
    std::fputs(fmt::format("error: {} [{}]\n", summary.error->message, summary.error->code).c_str(), stderr);
  put(fmt::format("stopped: {} (exit status {})", summary.stop_reason, summary.exit));
}

}  // namespace godwit
