// A server without a face: opens TaskWorkers on a data folder and does what lines of JSON on standard input ask, so
// that tests in Python can kill it, and its workers, at any moment. Every report is a line on standard output, and so
// is the answer to each request: {"answer": n, "error": "…" or null, …}.
//
//   godwit_task_workers_driver DATA_DIR GODWIT_BINARY HUNG_AFTER_MS STOP_MAX_MS

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "control/task_workers.h"
#include "control/worker_errors.h"
#include "control/worker_protocol.h"

namespace {

using nlohmann::json;
using namespace godwit;

std::mutex output_mutex, jobs_mutex;
std::map<std::string, WorkerJob> jobs;
int jobs_refused = 0;  // so many times jobs cannot be made

void put(const json& line) {
  const std::lock_guard lock(output_mutex);
  std::cout << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
}

json to_value(const WorkerReport& report) {
  return {{"task", report.task_id},
          {"run", report.run},
          {"state", to_string(report.state)},
          {"pid", report.pid},
          {"heartbeat_us", report.heartbeat_us},
          {"restarts", report.restarts},
          {"stop_reason", report.stop_reason},
          {"last_failure", report.last_failure},
          {"checkpoint", report.checkpoint},
          {"has_findings", report.has_findings},
          {"remarks", report.remarks}};
}

std::vector<TableRef> tables_of(const json& request) {
  std::vector<TableRef> out;
  for (const json& table : request.at("tables")) out.push_back({table.at(0), table.at(1)});
  return out;
}

WorkerJob job_of(const json& request) {
  auto order = parse_worker_order(request.at("job").dump());
  if (!order) throw std::runtime_error(order.error().message);
  order->job.goes_on = request.at("job").value("goes_on", false);
  const std::lock_guard lock(jobs_mutex);
  return jobs[order->job.task_id] = order->job;
}

Result<void> severities(TaskWorkers& workers, const json& request) {
  return workers.set_severities(request.at("task"), {{*component_of(request.at("component").get<std::string>()),
                                                      static_cast<Severity>(request.at("severity").get<int>())}});
}

// Answers later, by `answer`.
void remove_task(TaskWorkers& workers, const json& request) {
  workers.remove(job_of(request), [number = request.at("number")](const Result<void>& done) {
    put({{"answer", number},
         {"error", done ? json() : json(done.error().message)},
         {"stays", !done && done.error().code == errors::clean_up_would_lose}});
  });
}

Result<void> obey(TaskWorkers& workers, const json& request, json& answer) {
  const std::string what = request.at("do");
  if (what == "start") return workers.start(job_of(request));
  if (what == "job") return job_of(request), Result<void>();
  if (what == "refuse_jobs") {
    const std::lock_guard lock(jobs_mutex);
    jobs_refused = request.at("times");
    return {};
  }
  if (what == "take_up") {
    workers.take_up(request.at("runs").get<std::vector<std::pair<std::string, int64_t>>>());
    return {};
  }
  if (what == "stop") {
    const auto report = workers.report(request.at("task"));
    return workers.stop(request.at("task"), report ? report->run : 0);
  }
  if (what == "reload") return workers.reload(request.at("task"), tables_of(request));
  if (what == "severities") return severities(workers, request);
  if (what == "recycle") {
    workers.recycle_all(request.at("wait_ms"));
    return {};
  }
  if (what == "statistics") {
    const auto statistics = workers.statistics(request.at("task"), request.at("state_dir"));
    answer["live"] = statistics && statistics->live;
    answer["statistics"] = statistics ? json::parse(to_json(*statistics)) : json();
    return {};
  }
  throw std::runtime_error("unknown request " + what);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  WorkerEnvironment environment;
  environment.data_dir = argv[1];
  environment.program = argv[2];
  environment.hung_after_ms = std::atoll(argv[3]);
  environment.stop_max_ms = std::atoll(argv[4]);
  environment.job_of = [](const std::string& task_id) -> Result<WorkerJob> {
    const std::lock_guard lock(jobs_mutex);
    if (jobs_refused > 0 && jobs_refused-- > 0)
      return Failure(Error{ErrorKind::resource, "driver", "the secret is being written", ""});
    const auto at = jobs.find(task_id);
    if (at == jobs.end()) return Failure(errors::worker_not_there(task_id));
    return at->second;
  };
  environment.state_dir_of = [](const std::string& task_id) -> std::string {
    const std::lock_guard lock(jobs_mutex);
    const auto at = jobs.find(task_id);
    return at == jobs.end() ? "" : at->second.state_dir;
  };
  environment.listener = [](const WorkerReport& report) { put({{"report", to_value(report)}}); };
  auto workers = open_task_workers(environment);
  if (!workers) {
    std::cerr << workers.error().message << std::endl;
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const json request = json::parse(line);
    if (request.at("do") == "remove") {
      remove_task(**workers, request);
      continue;
    }
    json answer = {{"answer", request.at("number")}};
    const auto done = obey(**workers, request, answer);
    answer["error"] = done ? json() : json(done.error().message);
    put(answer);
  }
  return 0;
}
