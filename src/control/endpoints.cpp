#include "control/endpoints.h"

#include "control/account.h"
#include "control/connection_tests.h"
#include "control/endpoint_draft.h"
#include "control/endpoint_faults.h"
#include "control/endpoint_kinds.h"
#include "control/faults.h"
#include "control/identifiers.h"
#include "store/tasks.h"

namespace godwit {
namespace {

Result<EndpointRecord> require_endpoint(const Environment& environment, const std::string& arn) {
  const auto id = id_of(environment.names, arn, "endpoint");
  if (!id) return Failure(not_found("Endpoint", arn));
  const auto found = TRY(find_endpoint(environment.database, *id));
  if (!found) return Failure(not_found("Endpoint", arn));
  return *found;
}

// The identifier of a task of the endpoint's that the filter lets through.
Result<std::optional<std::string>> task_of(const Environment& environment, const std::string& endpoint_id,
                                           TaskFilter filter = {}) {
  filter.endpoints = {endpoint_id};
  const auto tasks = TRY(list_tasks(environment.database, filter, {.limit = 1}));
  if (tasks.empty()) return std::nullopt;
  return tasks.front().identifier;
}

// What a task left on a server, and where it stands in a log, are of no use to another family of engines.
Result<void> require_fitting_engine(const Environment& environment, const EndpointRecord& before,
                                    const EndpointRecord& after) {
  if (before.engine_name == after.engine_name) return {};
  const auto was = endpoint_kind(environment, before.engine_name);  // a build that had more engines may have made it
  const EndpointKind is = TRY(endpoint_kind(environment, after.engine_name));
  if (was && was->served_by == is.served_by && was->engine->captures_changes <= is.engine->captures_changes)
    return {};
  const auto task = TRY(task_of(environment, before.id));
  if (task) return Failure(endpoint_engine_in_use(before, after.engine_name, *task));
  return {};
}

Result<void> require_unused(const Environment& environment, const EndpointRecord& before,
                            const EndpointRecord& after) {
  const auto running = TRY(task_of(environment, before.id, {.statuses = {{"starting", "running", "stopping"}}}));
  if (running) return Failure(endpoint_has_running_task(before.identifier, *running));
  if (before.type != after.type)
    if (const auto task = TRY(task_of(environment, before.id))) return Failure(endpoint_side_in_use(before, *task));
  return require_fitting_engine(environment, before, after);
}

Result<void> require_free_name(const Environment& environment, const EndpointRecord& wanted) {
  const auto same = TRY(find_endpoint_named(environment.database, wanted.identifier));
  if (same && same->id != wanted.id)
    return Failure(already_exists("Endpoint", wanted.identifier, endpoint_arn(environment, *same)));
  return {};
}

bool says_anything(const EndpointInput& input) {
  return input.identifier || input.type || input.engine_name || input.username || input.password ||
         input.server_name || input.database_name || input.extra_connection_attributes || input.ssl_mode ||
         input.certificate_arn || input.kms_key_id || input.service_access_role_arn ||
         input.external_table_definition || input.port || !input.settings.empty() || input.exact_settings;
}

}  // namespace

std::string endpoint_arn(const Environment& environment, const EndpointRecord& endpoint) {
  return make_arn(environment.names, "endpoint", endpoint.id);
}

Result<EndpointRecord> create_endpoint(Environment& environment, const EndpointInput& input,
                                       const std::vector<Tag>& tags) {
  EndpointRecord start;
  start.id = new_resource_id();
  if (input.resource_identifier) start.id = TRY(read_resource_identifier(*input.resource_identifier));
  start.kms_key_id = default_kms_key_arn(environment.names);
  start.created_us = environment.now_us();
  return environment.database.atomically([&]() -> Result<EndpointRecord> {
    EndpointDraft draft(environment, start);
    TRY(draft.take(input));
    const EndpointRecord record = TRY(draft.finish());
    TRY(require_free_name(environment, record));
    const auto same_id = TRY(find_endpoint(environment.database, record.id));
    if (same_id) return Failure(already_exists("Endpoint", record.id, endpoint_arn(environment, record)));
    TRY(require_quota(environment, "Endpoints"));
    TRY(insert_endpoint(environment.database, record));
    TRY(add_tags(environment, endpoint_arn(environment, record), tags));
    return record;
  });
}

Result<EndpointRecord> modify_endpoint(Environment& environment, const std::string& arn, const EndpointInput& input) {
  std::vector<ConnectionRecord> tests;
  auto modified = environment.database.atomically([&]() -> Result<EndpointRecord> {
    const EndpointRecord before = TRY(require_endpoint(environment, arn));
    if (!says_anything(input)) return before;
    EndpointDraft draft(environment, before);
    TRY(draft.take(input));
    const EndpointRecord after = TRY(draft.finish());
    TRY(require_unused(environment, before, after));
    TRY(require_free_name(environment, after));
    TRY(update_endpoint(environment.database, after));
    tests = TRY(begin_tests_again(environment, after.id));
    return after;
  });
  if (modified) run_tests(environment, tests);
  return modified;
}

Result<EndpointRecord> delete_endpoint(Environment& environment, const std::string& arn) {
  return environment.database.atomically([&]() -> Result<EndpointRecord> {
    const EndpointRecord record = TRY(require_endpoint(environment, arn));
    const auto task = TRY(task_of(environment, record.id));
    if (task) return Failure(endpoint_has_task(record.identifier, *task));
    TRY(delete_endpoint(environment.database, record.id));
    return record;
  });
}

Result<EndpointRecord> endpoint_of(const Environment& environment, const std::string& arn) {
  return require_endpoint(environment, arn);
}

Result<std::vector<EndpointRecord>> endpoints_of(const Environment& environment, const EndpointChoice& choice,
                                                 const ListPage& page) {
  return list_endpoints(environment.database, choice, page);
}

std::map<std::string, nlohmann::json> echoed_settings(const Environment& environment, const EndpointRecord& record) {
  const auto kind = endpoint_kind(environment, record.engine_name);
  if (!kind) return {};
  nlohmann::json settings = nlohmann::json::object();
  if (const auto pairs = parse_extra_attributes(record.extra_connection_attributes, *kind->form))
    for (const auto& [name, value] : *pairs)
      if (const Attribute* attribute = find_attribute(kind->form->attributes, name);
          attribute != nullptr && !attribute->member.empty())
        settings[std::string(attribute->member)] = setting_of(*attribute, value);
  settings.update(nlohmann::json::parse(record.settings));
  for (const auto& [member, value] :
       {std::pair("Username", &record.username), std::pair("ServerName", &record.server_name),
        std::pair("DatabaseName", &record.database_name)})
    if (!value->empty()) settings[member] = *value;
  if (record.port) settings["Port"] = *record.port;
  std::map<std::string, nlohmann::json> out;
  if (!kind->engine->older_structure.empty()) {
    nlohmann::json& older = out[std::string(kind->engine->older_structure)] = settings;
    for (const Attribute& attribute : kind->form->attributes)
      if (!attribute.older_structure) older.erase(std::string(attribute.name));
  }
  out[std::string(kind->engine->settings_structure)] = std::move(settings);
  return out;
}

}  // namespace godwit
