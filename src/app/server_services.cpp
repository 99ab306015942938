#include "app/server_services.h"

#include "base/clock.h"
#include "control/assessments.h"
#include "control/connection_tests.h"
#include "control/event_delivery.h"
#include "control/event_sinks.h"
#include "control/instances.h"
#include "control/maintenance.h"
#include "control/metrics_collector.h"
#include "control/running_assessments.h"
#include "control/schema_refreshes.h"
#include "control/server_names.h"
#include "control/task_removal.h"
#include "control/task_reports.h"
#include "control/task_runs.h"
#include "control/task_workers.h"
#include "control/tasks.h"
#include "engines/all.h"

namespace godwit {

// In the order in which they come to life; the destructor says how they end.
struct ServerServices::Parts {
  Parts(ServerFiles opened, Namespace names, EventSinks topics, const ServeArguments& arguments)
      : files(std::move(opened)),
        sinks(std::move(topics)),
        environment{.database = *files.database,
                    .secrets = files.secrets,
                    .names = std::move(names),
                    .engines = all_engines(),
                    .background = background,
                    .folder = files.folder,
                    .secret_folder = arguments.secret_dir,
                    .now_us = now_us,
                    .lenient_max_records = arguments.lenient_max_records,
                    .assessments = &assessments} {}

  ServerFiles files;
  EventSinks sinks;
  Background background;
  RunningAssessments assessments;
  Environment environment;
  std::unique_ptr<TaskWorkers> workers;
  std::unique_ptr<EventDelivery> delivery;
  std::unique_ptr<MetricsCollector> collector;
  std::unique_ptr<Maintenance> maintenance;
};

ServerServices::ServerServices(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// Jobs use the workers and reports start jobs, so jobs end first and those that come later are not begun.
ServerServices::~ServerServices() {
  parts_->maintenance.reset();
  parts_->collector.reset();
  parts_->assessments.finish();
  parts_->background.finish();
  parts_->workers.reset();
  parts_->environment.delivery = nullptr;
  parts_->delivery.reset();
}

Result<std::unique_ptr<ServerServices>> ServerServices::open(ServerFiles files, const ServeArguments& arguments) {
  EventSinks sinks;
  if (!arguments.sinks.empty()) sinks = TRY(EventSinks::read(arguments.sinks));
  Namespace names = TRY(fix_server_names(*files.database, arguments.region, arguments.account));
  auto parts = std::make_unique<Parts>(std::move(files), std::move(names), std::move(sinks), arguments);
  Environment& environment = parts->environment;
  environment.sinks = &parts->sinks;
  parts->delivery = std::make_unique<EventDelivery>(environment);
  environment.delivery = parts->delivery.get();
  WorkerEnvironment of_workers;
  of_workers.data_dir = environment.folder;
  of_workers.job_of = [&environment](const std::string& task_id) { return worker_job(environment, task_id); };
  of_workers.state_dir_of = [&environment](const std::string& task_id) { return task_folder(environment, task_id); };
  of_workers.listener = [&environment](const WorkerReport& report) { take_report(environment, report); };
  parts->workers = TRY(open_task_workers(std::move(of_workers)));
  environment.workers = parts->workers.get();
  return std::unique_ptr<ServerServices>(new ServerServices(std::move(parts)));
}

Result<void> ServerServices::begin() {
  remove_folders_put_aside(parts_->environment);
  TRY(settle_instances(parts_->environment));
  TRY(end_forgotten_work(parts_->environment));
  TRY(end_forgotten_assessments(parts_->environment));
  TRY(take_up_connection_tests(parts_->environment));
  TRY(take_up_schema_refreshes(parts_->environment));
  parts_->collector = std::make_unique<MetricsCollector>(parts_->environment);
  parts_->maintenance = std::make_unique<Maintenance>(parts_->environment);
  parts_->delivery->wake();
  return {};
}

Environment& ServerServices::environment() {
  return parts_->environment;
}

}  // namespace godwit
