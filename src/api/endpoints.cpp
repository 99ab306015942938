// Endpoints: Create, Describe, Modify, Delete, DescribeEndpointTypes, DescribeEndpointSettings (spec/api.md §6.3).

#include "control/endpoints.h"

#include <algorithm>
#include <array>

#include "api/filter_values.h"
#include "api/operations.h"
#include "api/paging.h"
#include "api/tag_input.h"
#include "control/certificates.h"
#include "control/endpoint_kinds.h"

namespace godwit {
namespace {

using nlohmann::json;

// Every settings structure of the model; those of engines that this build lacks are refused by control/.
constexpr std::string_view structures[] = {
    "DmsTransferSettings", "DocDbSettings",   "DynamoDbSettings", "ElasticsearchSettings",      "GcpMySQLSettings",
    "IBMDb2Settings",      "KafkaSettings",   "KinesisSettings",  "MicrosoftSQLServerSettings", "MongoDbSettings",
    "MySQLSettings",       "NeptuneSettings", "OracleSettings",   "PostgreSQLSettings",         "RedisSettings",
    "RedshiftSettings",    "S3Settings",      "SybaseSettings",   "TimestreamSettings"};

void add(json& object, std::string_view member, const std::string& text) {
  if (!text.empty()) object[std::string(member)] = text;
}

json endpoint_json(const Call& call, const EndpointRecord& one, std::string_view status = "active") {
  const Environment& environment = call.environment;
  json out = {{"EndpointIdentifier", one.identifier},
              {"EndpointType", one.type == "source" ? "SOURCE" : "TARGET"},
              {"EngineName", one.engine_name},
              {"Status", status},
              {"EndpointArn", endpoint_arn(environment, one)},
              {"SslMode", one.ssl_mode}};
  if (const auto kind = endpoint_kind(environment, one.engine_name))
    out["EngineDisplayName"] = kind->engine->display_name;
  add(out, "Username", one.username);
  add(out, "ServerName", one.server_name);
  add(out, "DatabaseName", one.database_name);
  add(out, "ExtraConnectionAttributes", one.extra_connection_attributes);
  add(out, "KmsKeyId", one.kms_key_id);
  add(out, "ServiceAccessRoleArn", one.service_access_role_arn);
  add(out, "ExternalTableDefinition", one.external_table_definition);
  if (!one.certificate_id.empty()) out["CertificateArn"] = certificate_arn(environment, one.certificate_id);
  if (one.port) out["Port"] = *one.port;
  for (auto& [structure, settings] : echoed_settings(environment, one)) out[structure] = std::move(settings);
  return out;
}

EndpointInput read_input(const Call& call) {
  EndpointInput out;
  out.identifier = call.maybe_text("EndpointIdentifier");
  out.type = call.maybe_text("EndpointType");
  out.engine_name = call.maybe_text("EngineName");
  out.username = call.maybe_text("Username");
  out.password = call.maybe_text("Password");
  out.server_name = call.maybe_text("ServerName");
  out.port = call.maybe_integer("Port");
  out.database_name = call.maybe_text("DatabaseName");
  out.extra_connection_attributes = call.maybe_text("ExtraConnectionAttributes");
  out.ssl_mode = call.maybe_text("SslMode");
  out.certificate_arn = call.maybe_text("CertificateArn");
  out.service_access_role_arn = call.maybe_text("ServiceAccessRoleArn");
  out.external_table_definition = call.maybe_text("ExternalTableDefinition");
  for (const std::string_view structure : structures)
    if (call.has(structure)) out.settings.emplace(structure, call.input.at(structure));
  return out;
}

Result<json> create(const Call& call) {
  EndpointInput input = read_input(call);
  input.kms_key_id = call.maybe_text("KmsKeyId");
  input.resource_identifier = call.maybe_text("ResourceIdentifier");
  const EndpointRecord made = TRY(create_endpoint(call.environment, input, read_tags(call)));
  return json{{"Endpoint", endpoint_json(call, made)}};
}

Result<json> modify(const Call& call) {
  EndpointInput input = read_input(call);
  input.exact_settings = call.maybe_flag("ExactSettings").value_or(false);
  const EndpointRecord modified = TRY(modify_endpoint(call.environment, call.text("EndpointArn"), input));
  return json{{"Endpoint", endpoint_json(call, modified)}};
}

Result<json> remove(const Call& call) {
  const EndpointRecord removed = TRY(delete_endpoint(call.environment, call.text("EndpointArn")));
  return json{{"Endpoint", endpoint_json(call, removed, "deleting")}};
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(call, {"endpoint-arn", "endpoint-type", "endpoint-id", "engine-name"}));
  const EndpointChoice choice{.ids = filter_ids(call, filters, "endpoint-arn", "endpoint"),
                              .identifiers = filter_identifiers(filters, "endpoint-id"),
                              .types = filter_identifiers(filters, "endpoint-type"),
                              .engine_names = filter_identifiers(filters, "engine-name")};
  const PageRequest page = TRY(read_page(call));
  std::vector<EndpointRecord> rows = TRY(endpoints_of(call.environment, choice, list_page(page)));
  return page_reply(
      call, page, "Endpoints", std::move(rows),
      [](const EndpointRecord& one) {
        return std::vector<std::string>{std::to_string(one.created_us), one.identifier};
      },
      [&](const EndpointRecord& one) { return endpoint_json(call, one); }, "Endpoints");
}

// One page of a list that is at hand, sorted by `key_of`.
template <class Row, class KeyOf>
std::vector<Row> rows_of(const std::vector<Row>& all, const PageRequest& page, KeyOf key_of) {
  std::vector<Row> out;
  for (const Row& row : all)
    if (out.size() <= page.limit && (page.after.empty() || key_of(row) > page.after)) out.push_back(row);
  return out;
}

Result<json> describe_types(const Call& call) {
  const auto filters = TRY(read_filters(call, {"engine-name", "endpoint-type"}));
  const auto engines = filter_identifiers(filters, "engine-name"),
             sides = filter_identifiers(filters, "endpoint-type");
  const auto lacks = [](const std::optional<std::vector<std::string>>& wanted, const std::string& value) {
    return wanted && std::ranges::find(*wanted, value) == wanted->end();
  };
  std::vector<EndpointType> types = endpoint_types(call.environment);
  std::erase_if(types,
                [&](const EndpointType& one) { return lacks(engines, one.engine_name) || lacks(sides, one.type); });
  const PageRequest page = TRY(read_page(call));
  const auto key_of = [](const EndpointType& one) { return std::vector<std::string>{one.engine_name, one.type}; };
  return page_reply(
      call, page, "SupportedEndpointTypes", rows_of(types, page, key_of), key_of,
      [](const EndpointType& one) {
        return json{{"EngineName", one.engine_name},
                    {"SupportsCDC", one.captures_changes},
                    {"EndpointType", one.type},
                    {"EngineDisplayName", one.display_name}};
      },
      "");
}

std::string_view applicability(Attribute::On on) {
  if (on == Attribute::On::both) return "source, target";
  return on == Attribute::On::source ? "source" : "target";
}

json setting_json(const Attribute& setting) {
  constexpr std::array<std::string_view, 4> types = {"string", "boolean", "integer", "enum"};
  json out = {{"Name", setting.name},
              {"Type", types.at(static_cast<size_t>(setting.form))},
              {"Sensitive", setting.sensitive},
              {"Applicability", applicability(setting.on)}};
  for (const std::string_view word : setting.words)
    if (!word.empty() && find_word(setting, word) == word) out["EnumValues"].push_back(word);
  if (setting.form == Attribute::Form::number) {
    out["IntValueMin"] = setting.least;
    out["IntValueMax"] = setting.most;
  }
  add(out, "Units", std::string(setting.unit));
  add(out, "DefaultValue", std::string(setting.default_value));
  return out;
}

Result<json> describe_settings(const Call& call) {
  const EndpointKind kind = TRY(endpoint_kind(call.environment, call.text("EngineName")));
  const PageRequest page = TRY(read_page(call));
  const auto key_of = [](const Attribute* one) { return std::vector<std::string>{std::string(one->name)}; };
  return page_reply(
      call, page, "EndpointSettings", rows_of(endpoint_settings(kind), page, key_of), key_of,
      [](const Attribute* one) { return setting_json(*one); }, "");
}

constexpr Operation operations[] = {
    {"CreateEndpoint", create, Role::operator_},
    {"DeleteEndpoint", remove, Role::operator_},
    {"DescribeEndpointSettings", describe_settings, Role::viewer},
    {"DescribeEndpointTypes", describe_types, Role::viewer},
    {"DescribeEndpoints", describe, Role::viewer},
    {"ModifyEndpoint", modify, Role::operator_},
};

}  // namespace

std::span<const Operation> endpoint_operations() {
  return operations;
}

}  // namespace godwit
