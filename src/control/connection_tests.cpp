#include "control/connection_tests.h"

#include <fmt/format.h>

#include "control/connectable.h"
#include "control/endpoint_faults.h"
#include "control/endpoints.h"
#include "control/instances.h"
#include "store/tasks.h"

namespace godwit {
namespace {

// The words of DMS for a kind of failure; the driver's own follow them.
std::string_view short_message(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::connection:
    case ErrorKind::transient:
      return "Failed to connect Network error has occurred";
    case ErrorKind::usage:
      return "Failed to connect The settings of the endpoint are not valid";
    case ErrorKind::prerequisite:
      return "Failed to connect The server or the login lacks what is needed";
    default:
      return "Failed to connect";
  }
}

// "mysql.1045": the server's own number.
std::string native_number(const Error& error) {
  const std::string last = error.code.substr(error.code.rfind('.') + 1);
  const bool digits = !last.empty() && last.find_first_not_of("0123456789") == std::string::npos;
  constexpr std::string_view no_link = "101";
  if (digits) return last;
  return std::string(error.kind == ErrorKind::connection ? no_link : "0");
}

Result<ShownConnection> shown(Environment& environment, const ConnectionRecord& record) {
  ShownConnection out{.record = record,
                      .endpoint_arn = make_arn(environment.names, "endpoint", record.endpoint_id),
                      .endpoint_identifier = {},
                      .instance_arn = make_arn(environment.names, "rep", record.instance_id),
                      .instance_identifier = {}};
  const auto endpoint = TRY(find_endpoint(environment.database, record.endpoint_id));
  const auto instance = TRY(find_instance(environment.database, record.instance_id));
  if (endpoint) out.endpoint_identifier = endpoint->identifier;
  if (instance) out.instance_identifier = instance->identifier;
  return out;
}

Result<void> probe(const Environment& environment, const EndpointRecord& endpoint) {
  const Endpoint login = TRY(connectable(environment, endpoint));
  const EndpointKind kind = TRY(endpoint_kind(environment, endpoint.engine_name));
  TRY(kind.served_by->probe(login, endpoint_role(endpoint.type)));
  return {};
}

Result<void> run_test(Environment& environment, const ConnectionRecord& attempt) {
  const auto latest = TRY(find_connection(environment.database, attempt.endpoint_id, attempt.instance_id));
  if (!latest || latest->attempt != attempt.attempt) return {};  // superseded while it waited
  const auto endpoint = TRY(find_endpoint(environment.database, attempt.endpoint_id));
  if (!endpoint) return {};
  const auto done = probe(environment, *endpoint);
  until_stored(environment.background, "connections", "The end of a connection test",
               [&environment, attempt, failure = done ? std::string() : failure_text(done.error())] {
                 return end_connection_test(environment.database, attempt, failure);
               });
  return {};
}

void start_test(Environment& environment, const ConnectionRecord& attempt) {
  environment.background.start([&environment, attempt](const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    until_stored(environment.background, "connections", "The end of a connection test",
                 [&environment, attempt] { return run_test(environment, attempt); });
  });
}

}  // namespace

std::string failure_text(const Error& error) {
  const bool refused = error.kind == ErrorKind::connection && error.sqlstate.empty();
  return fmt::format(
      "Test Endpoint failed: Application-Status: 1020912, Application-Message: {}, Application-Detailed-Message: "
      "RetCode: SQL_ERROR SqlState: {} NativeError: {} Message: {}",
      short_message(error.kind),
      refused                  ? "08001"
      : error.sqlstate.empty() ? "HY000"
                               : error.sqlstate,
      native_number(error), error.message);
}

Result<ShownConnection> test_connection(Environment& environment, const std::string& instance_arn,
                                        const std::string& endpoint_arn) {
  const auto tested = environment.database.atomically([&]() -> Result<ConnectionRecord> {
    const InstanceRecord instance = TRY(require_available_instance(environment, instance_arn));
    const EndpointRecord endpoint = TRY(endpoint_of(environment, endpoint_arn));
    const auto earlier = TRY(find_connection(environment.database, endpoint.id, instance.id));
    if (earlier && earlier->status == "testing" && earlier->asked)
      return Failure(connection_being_tested(instance.identifier, endpoint.identifier));
    return begin_connection_test(environment.database, endpoint.id, instance.id, environment.now_us());
  });
  if (!tested) return Failure(tested.error());
  start_test(environment, *tested);
  return shown(environment, *tested);
}

Result<ShownConnection> remove_connection(Environment& environment, const std::string& instance_arn,
                                          const std::string& endpoint_arn) {
  return environment.database.atomically([&]() -> Result<ShownConnection> {
    const InstanceRecord instance = TRY(require_instance(environment, instance_arn));
    const EndpointRecord endpoint = TRY(endpoint_of(environment, endpoint_arn));
    const auto record = TRY(find_connection(environment.database, endpoint.id, instance.id));
    if (!record) return Failure(no_connection(instance_arn, endpoint_arn));
    TaskFilter running;
    running.endpoints = {endpoint.id};
    running.instances = {instance.id};
    running.statuses = {"starting", "running", "stopping"};
    const auto tasks = TRY(list_tasks(environment.database, running, {.limit = 1}));
    if (!tasks.empty()) return Failure(connection_has_task(tasks.front().identifier));
    ShownConnection out = TRY(shown(environment, *record));
    out.record.status = "deleting";
    TRY(delete_connection(environment.database, endpoint.id, instance.id));
    return out;
  });
}

Result<std::vector<ShownConnection>> connections_of(Environment& environment, const ConnectionChoice& choice,
                                                    const ListPage& page) {
  std::vector<ShownConnection> out;
  for (const ConnectionRecord& record : TRY(list_connections(environment.database, choice, page))) {
    ShownConnection one = TRY(shown(environment, record));
    out.push_back(std::move(one));
  }
  return out;
}

Result<void> require_tested(Environment& environment, const std::string& instance_id,
                            const std::string& endpoint_id) {
  const auto record = TRY(find_connection(environment.database, endpoint_id, instance_id));
  if (record && record->status == "successful") return {};
  return Failure(not_tested("starting the replication task"));
}

Result<std::vector<ConnectionRecord>> begin_tests_again(Environment& environment, const std::string& endpoint_id) {
  std::vector<ConnectionRecord> out;
  for (const ConnectionRecord& record :
       TRY(list_connections(environment.database, {.endpoint_ids = {{endpoint_id}}}))) {
    const ConnectionRecord begun = TRY(begin_connection_test(environment.database, record.endpoint_id,
                                                             record.instance_id, environment.now_us(), false));
    out.push_back(begun);
  }
  return out;
}

void run_tests(Environment& environment, const std::vector<ConnectionRecord>& attempts) {
  for (const ConnectionRecord& attempt : attempts) start_test(environment, attempt);
}

Result<void> take_up_connection_tests(Environment& environment) {
  const auto attempts = TRY(list_running_connection_tests(environment.database));
  run_tests(environment, attempts);
  return {};
}

}  // namespace godwit
