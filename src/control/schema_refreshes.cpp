#include "control/schema_refreshes.h"

#include "control/connectable.h"
#include "control/connection_tests.h"
#include "control/endpoint_faults.h"
#include "control/endpoints.h"
#include "control/instances.h"

namespace godwit {
namespace {

Result<std::vector<std::string>> read_schemas(const Environment& environment, const EndpointRecord& endpoint) {
  const Endpoint login = TRY(connectable(environment, endpoint));
  const EndpointKind kind = TRY(endpoint_kind(environment, endpoint.engine_name));
  return kind.served_by->list_schemas(login, endpoint_role(endpoint.type));
}

Result<void> run_refresh(Environment& environment, const SchemaListRecord& attempt) {
  const auto endpoint = TRY(find_endpoint(environment.database, attempt.endpoint_id));
  if (!endpoint) return {};
  until_stored(environment.background, "schemas", "The end of a refresh of schemas",
               [&environment, attempt, names = read_schemas(environment, *endpoint)] {
                 return names ? end_schema_refresh(environment.database, attempt, *names)
                              : fail_schema_refresh(environment.database, attempt, failure_text(names.error()));
               });
  return {};
}

void start_refresh(Environment& environment, const SchemaListRecord& attempt) {
  environment.background.start([&environment, attempt](const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    until_stored(environment.background, "schemas", "The end of a refresh of schemas",
                 [&environment, attempt] { return run_refresh(environment, attempt); });
  });
}

}  // namespace

Result<SchemaListRecord> refresh_schemas(Environment& environment, const std::string& endpoint_arn,
                                         const std::string& instance_arn) {
  bool begun = false;
  auto refresh = environment.database.atomically([&]() -> Result<SchemaListRecord> {
    const EndpointRecord endpoint = TRY(endpoint_of(environment, endpoint_arn));
    const InstanceRecord instance = TRY(require_available_instance(environment, instance_arn));
    const auto earlier = TRY(find_schema_list(environment.database, endpoint.id));
    if (earlier && earlier->status == "refreshing") return *earlier;
    const auto connection = TRY(find_connection(environment.database, endpoint.id, instance.id));
    if (!connection || connection->status != "successful") return Failure(not_tested("refreshing the schemas"));
    begun = true;
    return begin_schema_refresh(environment.database, endpoint.id, instance.id, environment.now_us());
  });
  if (refresh && begun) start_refresh(environment, *refresh);
  return refresh;
}

Result<SchemaListRecord> schema_refresh_of(const Environment& environment, const std::string& endpoint_arn) {
  const EndpointRecord endpoint = TRY(endpoint_of(environment, endpoint_arn));
  const auto found = TRY(find_schema_list(environment.database, endpoint.id));
  if (!found) return Failure(never_refreshed(endpoint_arn));
  return *found;
}

Result<std::vector<std::string>> schemas_of(const Environment& environment, const std::string& endpoint_arn,
                                            const std::string& after, int64_t limit) {
  const EndpointRecord endpoint = TRY(endpoint_of(environment, endpoint_arn));
  return list_schema_names(environment.database, endpoint.id, after, limit);
}

Result<void> take_up_schema_refreshes(Environment& environment) {
  for (const SchemaListRecord& record : TRY(list_running_schema_refreshes(environment.database)))
    start_refresh(environment, record);
  return {};
}

}  // namespace godwit
