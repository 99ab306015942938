// Schema lists: RefreshSchemas, DescribeRefreshSchemasStatus, DescribeSchemas (spec/api.md §6.5).

#include "api/operations.h"
#include "api/paging.h"
#include "control/schema_refreshes.h"

namespace godwit {
namespace {

using nlohmann::json;

json status_json(const Call& call, const SchemaListRecord& one) {
  json out = {{"EndpointArn", make_arn(call.environment.names, "endpoint", one.endpoint_id)},
              {"ReplicationInstanceArn", make_arn(call.environment.names, "rep", one.instance_id)},
              {"Status", one.status},
              {"LastRefreshDate", json_time(one.last_refresh_us)}};
  if (!one.last_failure_message.empty()) out["LastFailureMessage"] = one.last_failure_message;
  return json{{"RefreshSchemasStatus", std::move(out)}};
}

Result<json> refresh(const Call& call) {
  const SchemaListRecord begun =
      TRY(refresh_schemas(call.environment, call.text("EndpointArn"), call.text("ReplicationInstanceArn")));
  return status_json(call, begun);
}

Result<json> describe_status(const Call& call) {
  const SchemaListRecord latest = TRY(schema_refresh_of(call.environment, call.text("EndpointArn")));
  return status_json(call, latest);
}

Result<json> describe(const Call& call) {
  const PageRequest page = TRY(read_page(call));
  const std::string after = page.after.empty() ? "" : page.after.front();
  std::vector<std::string> names =
      TRY(schemas_of(call.environment, call.text("EndpointArn"), after, static_cast<int64_t>(page.limit) + 1));
  return page_reply(
      call, page, "Schemas", std::move(names), [](const std::string& name) { return std::vector<std::string>{name}; },
      [](const std::string& name) { return json(name); }, "");
}

constexpr Operation operations[] = {
    {"DescribeRefreshSchemasStatus", describe_status, Role::viewer},
    {"DescribeSchemas", describe, Role::viewer},
    {"RefreshSchemas", refresh, Role::operator_},
};

}  // namespace

std::span<const Operation> schema_operations() {
  return operations;
}

}  // namespace godwit
