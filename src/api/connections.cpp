// Connections: TestConnection, DescribeConnections, DeleteConnection (spec/api.md §6.4).

#include "api/filter_values.h"
#include "api/operations.h"
#include "api/paging.h"
#include "control/connection_tests.h"

namespace godwit {
namespace {

using nlohmann::json;

json connection_json(const ShownConnection& one) {
  json out = {{"ReplicationInstanceArn", one.instance_arn},
              {"EndpointArn", one.endpoint_arn},
              {"Status", one.record.status},
              {"EndpointIdentifier", one.endpoint_identifier},
              {"ReplicationInstanceIdentifier", one.instance_identifier}};
  if (!one.record.last_failure_message.empty()) out["LastFailureMessage"] = one.record.last_failure_message;
  return out;
}

Result<json> test(const Call& call) {
  const ShownConnection tested =
      TRY(test_connection(call.environment, call.text("ReplicationInstanceArn"), call.text("EndpointArn")));
  return json{{"Connection", connection_json(tested)}};
}

Result<json> remove(const Call& call) {
  const ShownConnection removed =
      TRY(remove_connection(call.environment, call.text("ReplicationInstanceArn"), call.text("EndpointArn")));
  return json{{"Connection", connection_json(removed)}};
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(call, {"endpoint-arn", "replication-instance-arn"}));
  const ConnectionChoice choice{.endpoint_ids = filter_ids(call, filters, "endpoint-arn", "endpoint"),
                                .instance_ids = filter_ids(call, filters, "replication-instance-arn", "rep")};
  const PageRequest page = TRY(read_page(call));
  std::vector<ShownConnection> rows = TRY(connections_of(call.environment, choice, list_page(page)));
  return page_reply(
      call, page, "Connections", std::move(rows),
      [](const ShownConnection& one) {
        return std::vector<std::string>{std::to_string(one.record.created_us), connection_key(one.record)};
      },
      connection_json, "Connections");
}

constexpr Operation operations[] = {
    {"DeleteConnection", remove, Role::operator_},
    {"DescribeConnections", describe, Role::viewer},
    {"TestConnection", test, Role::operator_},
};

}  // namespace

std::span<const Operation> connection_operations() {
  return operations;
}

}  // namespace godwit
