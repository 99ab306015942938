#pragma once
// For tests of the monitoring services: a server with one instance, "pool", and two tasks on it, T1 and T2, whose
// requests go to a facade as the router would hand them on.

#include <fmt/format.h>

#include <fstream>

#include "api/api_test_kit.h"
#include "api/facade.h"
#include "base/clock.h"
#include "control/faults.h"
#include "control/monitoring_fixture.h"

namespace godwit {

class MonitoringTest : public ApiTest {
 protected:
  static constexpr int64_t start_s = 1'769'999'700;  // five minutes before the test's clock, a multiple of 300

  MonitoringTest() {
    put_pool(*database_);
    put_task("T1", true);
    put_task("T2", true);
  }

  void put_task(const std::string& id, bool publishes_log) {
    put_pool_task(*database_, id, publishes_log);
    std::filesystem::create_directories(environment_->folder + "/tasks/" + id);
  }
  std::string log_path(const std::string& task) const {
    return environment_->folder + "/tasks/" + task + "/task.log";
  }
  void log_line(const std::string& task, int64_t second, std::string_view text) {
    std::ofstream(log_path(task), std::ios::app) << fmt::format("00000001: {} [TASK_MANAGER    ]I:  {}  (a.cpp:1)\n",
                                                                iso_seconds((start_s + second) * 1'000'000), text);
  }

  // Refusals in the service's form too, as the router asks for them.
  HttpReply reply_of(const Facade& facade, const HttpRequest& request) {
    EXPECT_TRUE(facade.match(request));
    action = facade.action(request);
    const Principal caller{.access_key_id = "AKIATEST", .name = "test", .arn = "arn", .role = Role::admin};
    auto reply = facade.answer(
        {.request = request, .environment = *environment_, .principal = caller, .request_id = "request-1"});
    if (reply) return std::move(*reply);
    EXPECT_TRUE(is_fault(reply.error())) << reply.error().message;
    return facade.refuse(request, 400, reply.error(), "request-1");
  }

  FacadeAction action;  // of the last request
};

}  // namespace godwit
