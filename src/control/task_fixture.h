#pragma once
// For tests of tasks: a store in memory with an instance, two endpoints that were reached from it, and FakeWorkers.

#include "control/endpoint_fixture.h"
#include "control/fake_workers.h"
#include "control/task_reports.h"
#include "control/task_runs.h"
#include "control/task_status.h"
#include "control/tasks.h"
#include "store/connections.h"
#include "store/events.h"

namespace godwit {

class TaskFixture : public EndpointFixture {
 protected:
  void SetUp() override {
    EndpointFixture::SetUp();
    environment_->workers = &workers_;
    source_ = put("source");
    EndpointInput to = input("target");
    to.type = "target";
    const auto made = create_endpoint(*environment_, to, {});
    ASSERT_TRUE(made) << made.error().message;
    target_ = endpoint_arn(*environment_, *made);
    reach(source_);
    reach(target_);
  }

  void reach(const std::string& endpoint, const std::string& failure = "", const std::string& from = "INSTANCE") {
    const std::string id = endpoint.substr(endpoint.rfind(':') + 1);
    const auto attempt = begin_connection_test(*database_, id, from, clock_us_).value();
    ASSERT_TRUE(end_connection_test(*database_, attempt, failure));
  }

  NewTask new_task(const std::string& name = "one", const std::string& type = "full-load-and-cdc") const {
    NewTask wanted;
    wanted.identifier = name;
    wanted.source_endpoint_arn = source_;
    wanted.target_endpoint_arn = target_;
    wanted.instance_arn = instance();
    wanted.migration_type = type;
    wanted.table_mappings =
        R"({"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","rule-action":"include",
            "object-locator":{"schema-name":"s","table-name":"%"}}]})";
    return wanted;
  }
  std::string make(const std::string& name = "one", const std::string& type = "full-load-and-cdc") {
    const auto made = create_task(*environment_, new_task(name, type));
    EXPECT_TRUE(made) << made.error().message;
    return made ? task_arn(*environment_, *made) : "";
  }
  static std::string id(const std::string& arn) { return arn.substr(arn.rfind(':') + 1); }
  StoredTask stored(const std::string& arn) {
    const auto task = find_task(*database_, id(arn));
    return task && *task ? **task : StoredTask{};
  }
  std::string status(const std::string& arn) { return stored(arn).status; }
  void put_status(const std::string& arn, TaskStatus status) {
    StoredTask task = stored(arn);
    task.status = to_string(status);
    ASSERT_TRUE(update_task(*database_, task));
  }

  Result<StoredTask> start(const std::string& arn, const std::string& type = "start-replication",
                           const CdcMembers& cdc = {}) {
    return start_task(*environment_, {.arn = arn, .type = type, .cdc = cdc});
  }
  WorkerReport report(const std::string& arn, WorkerState state, const std::string& reason = "") {
    WorkerReport report;
    report.task_id = id(arn);
    report.run = stored(arn).run;
    report.state = state;
    if (!reason.empty()) report.stop_reason = "Stop Reason " + reason;
    return report;
  }
  void tell(const WorkerReport& report) { take_report(*environment_, report); }
  void pass_s(int64_t seconds) { clock_us_ += seconds * 1'000'000; }
  // A task that runs, and has for a while.
  std::string run(const std::string& name = "one", const std::string& type = "full-load-and-cdc") {
    const std::string arn = make(name, type);
    const auto started = start(arn);
    EXPECT_TRUE(started) << started.error().message;
    tell(report(arn, WorkerState::running));
    pass_s(5);
    return arn;
  }
  void end(const std::string& arn, WorkerState state = WorkerState::stopped, const std::string& reason = "NORMAL") {
    workers_.living.erase(id(arn));
    tell(report(arn, state, reason));
  }
  // The numbers of the events of a task, oldest first.
  std::vector<int64_t> events(const std::string& arn) {
    std::vector<int64_t> numbers;
    EXPECT_TRUE(database_->each("SELECT number FROM events WHERE source_arn = ? ORDER BY sequence", {arn},
                                [&](const Row& row) { numbers.push_back(row.integer(0)); }));
    return numbers;
  }

  FakeWorkers workers_;
  std::string source_, target_;
};

}  // namespace godwit
