#include "api/prometheus.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>

#include "api/form_fields.h"
#include "api/prometheus_text.h"
#include "api/request_counts.h"
#include "control/faults.h"
#include "control/host_readings.h"
#include "control/metrics.h"
#include "control/monitored_tasks.h"
#include "control/task_workers.h"

namespace godwit {
namespace {

constexpr auto gauge = PrometheusType::gauge, counter = PrometheusType::counter;

template <class Number>
double real(Number value) {
  return static_cast<double>(value);
}

// Families of one number each, with where it is.
template <class Figures>
struct Shown {
  PrometheusFamily family;
  double (*value)(const Figures&);
};

using Worker = WorkerStatistics;

// Of the last worker, and kept when it is gone.
constexpr Shown<Worker> task_counters[] = {
    {{"godwit_task_full_load_rows_total", counter, "Rows loaded since the worker's start."},
     [](const Worker& w) { return real(w.loaded_rows); }},
    {{"godwit_task_full_load_bytes_total", counter, "Bytes loaded since the worker's start."},
     [](const Worker& w) { return real(w.loaded_bytes); }},
    {{"godwit_task_lob_truncations_total", counter, "Values cut to LobMaxSize since the fresh start."},
     [](const Worker& w) { return real(w.lob_truncations); }},
    {{"godwit_task_bulk_fallbacks_total", counter,
      "Sets of changes that were applied one by one instead, since the fresh start."},
     [](const Worker& w) { return real(w.bulk_fallbacks); }},
    {{"godwit_task_cpu_seconds_total", counter, "Processor time of the worker."},
     [](const Worker& w) { return real(w.cpu_us) / 1e6; }},
    {{"godwit_task_full_load_progress_ratio", gauge, "Share of the full load that is done."},
     [](const Worker& w) { return real(w.full_load_percent) / 100; }},
};
constexpr Shown<Worker> task_gauges[] = {
    {{"godwit_task_memory_bytes", gauge, "Memory of the worker."},
     [](const Worker& w) { return real(w.memory_bytes); }},
    {{"godwit_task_swap_bytes", gauge, "Swap of the worker."}, [](const Worker& w) { return real(w.swap_bytes); }},
    {{"godwit_task_spool_disk_bytes", gauge, "Changes that wait on disk."},
     [](const Worker& w) { return real(w.spool_disk_bytes); }},
};

constexpr PrometheusFamily task_errors = {"godwit_task_errors_total", counter,
                                          "Errors and warnings in the task's log since the fresh start."};
constexpr PrometheusFamily task_status = {"godwit_task_status", gauge, "1 for the status that the task has."};
constexpr PrometheusFamily task_tables = {"godwit_task_tables", gauge, "Tables by state of their full load."};
constexpr PrometheusFamily task_parked = {"godwit_task_apply_exceptions_total", counter,
                                          "Changes put into awsdms_apply_exceptions."};
constexpr PrometheusFamily cdc_incoming = {"godwit_task_cdc_incoming_changes", gauge,
                                           "Changes captured and not applied yet."};
constexpr PrometheusFamily cdc_changes = {"godwit_task_cdc_changes", gauge,
                                          "Changes that wait, by the end they wait for and where they are kept."};
constexpr PrometheusFamily cdc_rows = {"godwit_task_cdc_rows_total", counter, "Changes captured and applied."};
constexpr PrometheusFamily cdc_bytes = {"godwit_task_cdc_bytes_total", counter,
                                        "Bytes of the changes captured and applied, as held in memory."};
constexpr PrometheusFamily cdc_latency = {"godwit_task_cdc_latency_seconds", gauge,
                                          "How far behind the source capture and apply are."};

constexpr std::string_view statuses[] = {"creating", "ready",     "starting", "running", "stopping", "stopped",
                                         "failed",   "modifying", "moving",   "testing", "deleting", "failed-move"};

PrometheusLabels with(PrometheusLabels labels, std::string_view name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

void show_change_gauges(PrometheusText& text, const PrometheusLabels& labels, const Worker& figures) {
  const auto source = with(labels, "side", "source"), target = with(labels, "side", "target");
  text.add(cdc_incoming, labels, real(figures.incoming_changes));
  text.add(cdc_changes, with(source, "store", "memory"), real(figures.changes_memory_source));
  text.add(cdc_changes, with(source, "store", "disk"), real(figures.changes_disk_source));
  text.add(cdc_changes, with(target, "store", "memory"), real(figures.changes_memory_target));
  text.add(cdc_changes, with(target, "store", "disk"), real(figures.changes_disk_target));
  text.add(cdc_latency, source, real(figures.latency_source_ms) / 1e3);
  text.add(cdc_latency, target, real(figures.latency_target_ms) / 1e3);
}

void show_change_counters(PrometheusText& text, const PrometheusLabels& labels, const Worker& figures) {
  const auto source = with(labels, "side", "source"), target = with(labels, "side", "target");
  text.add(cdc_rows, source, real(figures.captured_changes));
  text.add(cdc_rows, target, real(figures.applied_changes));
  text.add(cdc_bytes, source, real(figures.captured_bytes));
  text.add(cdc_bytes, target, real(figures.applied_bytes));
}

// All there can be, so that the first line of a kind is an increase too.
void show_log_lines(PrometheusText& text, const PrometheusLabels& labels, const Worker& figures) {
  for (size_t c = 0; c < component_count; ++c)
    for (const auto& [severity, word] :
         {std::pair(Severity::error, "error"), std::pair(Severity::warning, "warning")}) {
      const auto component = static_cast<Component>(c);
      uint64_t lines = 0;
      for (const LogLineCount& each : figures.log_lines)
        if (each.component == component && each.severity == severity) lines += each.lines;
      text.add(task_errors, with(with(labels, "component", to_string(component)), "severity", word), real(lines));
    }
}

struct TableCounter {
  PrometheusFamily family;
  uint64_t TableStatistics::* captured;
  uint64_t TableStatistics::* applied;
};

constexpr TableCounter table_counters[] = {
    {{"godwit_table_inserts_total", counter, "Inserts captured, or applied."},
     &TableStatistics::inserts,
     &TableStatistics::applied_inserts},
    {{"godwit_table_updates_total", counter, "Updates captured, or applied."},
     &TableStatistics::updates,
     &TableStatistics::applied_updates},
    {{"godwit_table_deletes_total", counter, "Deletes captured, or applied."},
     &TableStatistics::deletes,
     &TableStatistics::applied_deletes},
    {{"godwit_table_ddls_total", counter, "Changes of the table's definition captured, or applied."},
     &TableStatistics::ddls,
     &TableStatistics::applied_ddls},
};
constexpr PrometheusFamily table_rows = {"godwit_table_full_load_rows", gauge, "Rows loaded."};

void show_tables(PrometheusText& text, const PrometheusLabels& labels, const Worker& figures) {
  for (const WorkerTable& table : figures.tables) {
    const auto its = with(with(labels, "schema", table.figures.table.schema), "table", table.figures.table.name);
    text.add(table_rows, its, real(table.figures.full_load_rows));
    for (const TableCounter& each : table_counters) {
      text.add(each.family, with(its, "applied", "false"), real(table.figures.*each.captured));
      text.add(each.family, with(its, "applied", "true"), real(table.figures.*each.applied));
    }
  }
}

void show_task(PrometheusText& text, Environment& environment, const MonitoredTask& task, bool tables) {
  const PrometheusLabels labels = {
      {"instance_id", task.instance_identifier}, {"task", task.identifier}, {"task_id", task.id}};
  for (const std::string_view status : statuses)
    text.add(task_status, with(labels, "status", status), task.status == status ? 1 : 0);
  const auto figures =
      environment.workers == nullptr ? std::nullopt : environment.workers->statistics(task.id, task.folder);
  if (!figures) return;
  text.add(task_tables, with(labels, "state", "loaded"), real(figures->tables_loaded));
  text.add(task_tables, with(labels, "state", "loading"), real(figures->tables_loading));
  text.add(task_tables, with(labels, "state", "queued"), real(figures->tables_queued));
  text.add(task_tables, with(labels, "state", "errored"), real(figures->tables_errored));
  uint64_t parked = 0;
  for (const WorkerTable& table : figures->tables) parked += table.figures.parked;
  text.add(task_parked, labels, real(parked));
  if (tables) show_tables(text, labels, *figures);
  for (const auto& [family, value] : task_counters) text.add(family, labels, value(*figures));
  show_log_lines(text, labels, *figures);
  if (figures->follows || figures->captured_changes > 0) show_change_counters(text, labels, *figures);
  if (!figures->live) return;  // what a worker that is gone last said of its moment is not now
  for (const auto& [family, value] : task_gauges) text.add(family, labels, value(*figures));
  if (figures->follows) show_change_gauges(text, labels, *figures);
}

constexpr Shown<HostMemory> memory_figures[] = {
    {{"godwit_instance_memory_available_bytes", gauge, "Memory that programs can have without swapping."},
     [](const HostMemory& m) { return real(m.available_bytes); }},
    {{"godwit_instance_memory_free_bytes", gauge, "Memory that nothing uses."},
     [](const HostMemory& m) { return real(m.free_bytes); }},
    {{"godwit_instance_memory_freeable_bytes", gauge, "Buffers and cache that can be reclaimed."},
     [](const HostMemory& m) { return real(m.freeable_bytes); }},
    {{"godwit_instance_swap_used_bytes", gauge, "Swap in use."},
     [](const HostMemory& m) { return real(m.swap_used_bytes); }},
};

constexpr Shown<HostDisk> disk_figures[] = {
    {{"godwit_instance_disk_read_bytes_total", counter, "Bytes read from disk."},
     [](const HostDisk& d) { return real(d.read_bytes); }},
    {{"godwit_instance_disk_written_bytes_total", counter, "Bytes written to disk."},
     [](const HostDisk& d) { return real(d.written_bytes); }},
    {{"godwit_instance_disk_reads_total", counter, "Reads from disk."},
     [](const HostDisk& d) { return real(d.reads); }},
    {{"godwit_instance_disk_writes_total", counter, "Writes to disk."},
     [](const HostDisk& d) { return real(d.writes); }},
    {{"godwit_instance_disk_io_seconds_total", counter, "Time that reads and writes took, added up."},
     [](const HostDisk& d) { return real(d.read_ms + d.write_ms) / 1e3; }},
};

constexpr PrometheusFamily received = {"godwit_instance_network_receive_bytes_total", counter,
                                       "Bytes received on all interfaces but loopback."};
constexpr PrometheusFamily transmitted = {"godwit_instance_network_transmit_bytes_total", counter,
                                          "Bytes sent on all interfaces but loopback."};
constexpr PrometheusFamily storage_free = {"godwit_instance_storage_free_bytes", gauge,
                                           "Allocated storage less what the tasks' folders take."};
constexpr PrometheusFamily cpu_ratio = {"godwit_instance_cpu_utilization_ratio", gauge,
                                        "Share of the instance's processors that its tasks used in the last minute."};

Result<void> show_instance(PrometheusText& text, Environment& environment, const MonitoredInstance& instance,
                           const HostReadings& host, uint64_t used_bytes) {
  const PrometheusLabels labels = {{"instance_id", instance.identifier}};
  if (host.memory)
    for (const auto& [family, value] : memory_figures) text.add(family, labels, value(*host.memory));
  if (host.disk)
    for (const auto& [family, value] : disk_figures) text.add(family, labels, value(*host.disk));
  if (host.network) {
    text.add(received, labels, real(host.network->received_bytes));
    text.add(transmitted, labels, real(host.network->sent_bytes));
  }
  text.add(storage_free, labels, real(free_storage(instance, host, used_bytes)));
  const int64_t now_s = environment.now_us() / 1'000'000;
  const MetricSource cpu{find_metric(MetricScope::instance, "CPUUtilization"), instance.identifier, ""};
  const MetricSeries series =
      TRY(read_metric(environment.database, cpu, now_s - 2 * minute_s, now_s + 1, minute_s, now_s));
  if (!series.buckets.empty())
    text.add(cpu_ratio, labels, series.buckets.back().value_of({.kind = Statistic::Kind::average, .name = ""}) / 100);
  return {};
}

constexpr PrometheusFamily process_cpu = {"process_cpu_seconds_total", counter, "Processor time of this server."};
constexpr PrometheusFamily process_memory = {"process_resident_memory_bytes", gauge, "Memory of this server."};

void show_server(PrometheusText& text) {
  request_counts().show(text);
  struct rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) { return real(time.tv_sec) + real(time.tv_usec) / 1e6; };
    text.add(process_cpu, {}, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  uint64_t pages = 0, resident_pages = 0;
  std::ifstream statm("/proc/self/statm");
  if (statm >> pages >> resident_pages) text.add(process_memory, {}, real(resident_pages) * real(::getpagesize()));
}

bool match(const HttpRequest& request) {
  return request.path() == "/metrics";
}

FacadeAction action(const HttpRequest&) {
  return {.name = "prometheus:GetMetrics"};
}

Result<HttpReply> answer(const FacadeCall& call) {
  if (call.request.method != "GET" && call.request.method != "HEAD")
    return HttpReply{.status = 405, .content_type = "text/plain", .headers = {{"Allow", "GET, HEAD"}}};
  const std::string* accept = call.request.header("accept");
  PrometheusText text(accept != nullptr && accept->contains("application/openmetrics-text"));
  const auto fields = form_fields(call.request);
  const auto asked = fields.find("tables");
  const bool tables = asked != fields.end() && asked->second == "true";
  if (asked != fields.end() && !tables && asked->second != "false")
    return HttpReply{.status = 400, .content_type = "text/plain", .body = "tables is true or false\n"};
  std::map<std::string, uint64_t> used_bytes;
  for (const MonitoredTask& task : TRY(monitored_tasks(call.environment))) {
    show_task(text, call.environment, task, tables);
    used_bytes[task.instance_identifier] += folder_bytes(task.folder);
  }
  const HostReadings host = read_host(call.environment.folder);
  for (const MonitoredInstance& instance : TRY(monitored_instances(call.environment)))
    TRY(show_instance(text, call.environment, instance, host, used_bytes[instance.identifier]));
  show_server(text);
  return HttpReply{.status = 200, .content_type = std::string(text.content_type()), .body = text.text()};
}

HttpReply refuse(const HttpRequest&, unsigned status, const Error& error, std::string_view) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = error.message + "\n"};
}

constexpr std::array<std::string_view, 4> services = {"monitoring", "dms", "logs", "sts"};

}  // namespace

Facade prometheus_facade() {
  return {.name = "prometheus",
          .access = FacadeAccess::key_off_loopback,
          .services = services,
          .match = match,
          .action = action,
          .answer = answer,
          .refuse = refuse};
}

}  // namespace godwit
