#include "control/assessed_task.h"

#include <algorithm>

#include "control/assessment_faults.h"
#include "control/connectable.h"
#include "control/endpoint_kinds.h"
#include "control/faults.h"
#include "control/instances.h"
#include "control/running_assessments.h"
#include "control/tasks.h"
#include "store/connections.h"
#include "store/endpoints.h"

namespace godwit {
namespace {

TaskType task_type_of(std::string_view text) {
  for (const TaskType type : {TaskType::full_load, TaskType::cdc})
    if (to_string(type) == text) return type;
  return TaskType::full_load_and_cdc;
}

std::vector<std::string> names_of(const std::vector<AssessmentInfo>& list) {
  std::vector<std::string> out;
  for (const AssessmentInfo& one : list) out.push_back(one.name);
  return out;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

Result<void> require_reached(Environment& environment, const StoredTask& task) {
  for (const std::string* endpoint : {&task.source_endpoint_id, &task.target_endpoint_id}) {
    const auto connection = TRY(find_connection(environment.database, *endpoint, task.instance_id));
    if (!connection || connection->status != "successful") return Failure(assessment_without_connection());
  }
  return {};
}

Result<EndpointRecord> end_of(const Environment& environment, const std::string& id) {
  auto endpoint = TRY(find_endpoint(environment.database, id));
  if (!endpoint) return Failure(assessment_without_endpoint(id, "it was deleted."));
  return *std::move(endpoint);
}

Result<Endpoint> login_of(const Environment& environment, const EndpointRecord& record) {
  auto login = connectable(environment, record);
  if (!login) return Failure(assessment_without_endpoint(record.identifier, login.error().message));
  return std::move(*login);
}

Result<Family> family_on(const Environment& environment, const std::string& engine_name, std::string_view side) {
  const EndpointKind kind = TRY(endpoint_kind(environment, engine_name));
  if (!kind.engine->serves(endpoint_role(side))) return Failure(assessed_engine_on_wrong_side(engine_name, side));
  return family_of(kind.engine->name);
}

}  // namespace

Result<StoredTask> begin_assessment(Environment& environment, std::string_view task_arn) {
  if (environment.assessments == nullptr) return Failure(no_assessments_here());
  const StoredTask task = TRY(begin_testing(environment, task_arn));
  TRY(require_reached(environment, task));
  return task;
}

Result<AssessmentRequest> assessment_request(const Environment& environment, const StoredTask& task) {
  const EndpointRecord source = TRY(end_of(environment, task.source_endpoint_id));
  const EndpointRecord target = TRY(end_of(environment, task.target_endpoint_id));
  AssessmentRequest out;
  out.source = TRY(login_of(environment, source));
  out.target = TRY(login_of(environment, target));
  const EndpointKind from = TRY(endpoint_kind(environment, source.engine_name));
  const EndpointKind to = TRY(endpoint_kind(environment, target.engine_name));
  out.source_engine = from.served_by;
  out.target_engine = to.served_by;
  out.source_family = family_of(source.engine_name);
  out.target_family = family_of(target.engine_name);
  out.type = task_type_of(task.migration_type);
  out.rules = TRY(parse_rules(task.table_mappings));
  out.settings = TRY(parse_settings(task.settings_sent));
  out.preparation_named = task.settings_sent.contains("\"TargetTablePrepMode\"");
  out.task_id = task.id;
  if (out.type == TaskType::cdc) out.start_position = task.cdc_start_position;
  return out;
}

Result<std::vector<std::string>> chosen_assessments(const AssessmentRequest& request) {
  if (!request.include_only.empty() && !request.exclude.empty()) return Failure(include_only_and_exclude());
  const std::vector<std::string> known = names_of(every_assessment());
  const std::vector<std::string> applicable =
      names_of(applicable_assessments(request.source_family, request.target_family, request.type));
  for (const auto& [member, names] :
       {std::pair("IncludeOnly", &request.include_only), std::pair("Exclude", &request.exclude)})
    for (const std::string& name : *names) {
      if (!has(known, name)) return Failure(assessment_unknown(member, name));
      if (!has(applicable, name)) return Failure(assessment_not_applicable(member, name));
    }
  auto chosen = select_assessments(request);
  if (!chosen) return Failure(no_assessment_left());
  return chosen;
}

Result<std::vector<std::string>> applicable_to(Environment& environment, const AssessedEnds& ends) {
  if (!ends.config_arn.empty()) return Failure(not_found("Replication config", ends.config_arn));
  const std::string* const four[] = {&ends.instance_arn, &ends.source_engine, &ends.target_engine,
                                     &ends.migration_type};
  const auto given = std::ranges::count_if(four, [](const std::string* member) { return !member->empty(); });
  if (!ends.task_arn.empty()) {
    if (given != 0) return Failure(assessed_by_task_alone());
    const StoredTask task = TRY(require_task(environment, ends.task_arn));
    const EndpointRecord source = TRY(end_of(environment, task.source_endpoint_id));
    const EndpointRecord target = TRY(end_of(environment, task.target_endpoint_id));
    return names_of(applicable_assessments(family_of(source.engine_name), family_of(target.engine_name),
                                           task_type_of(task.migration_type)));
  }
  if (given == 0) return names_of(every_assessment());
  if (given != std::ssize(four)) return Failure(assessed_ends_incomplete());
  TRY(require_instance(environment, ends.instance_arn));
  const Family source = TRY(family_on(environment, ends.source_engine, "source"));
  const Family target = TRY(family_on(environment, ends.target_engine, "target"));
  return names_of(applicable_assessments(source, target, task_type_of(ends.migration_type)));
}

}  // namespace godwit
