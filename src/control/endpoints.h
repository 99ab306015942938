#pragma once
// Endpoints (spec/endpoints.md §2–§5, spec/api.md §6.3): what a caller may say of one, how a change is merged into
// what is stored, and what is echoed of it. A password goes in and is never given back.
//
// All of these are one transaction each and answer faults (control/faults.h). An endpoint that a running task uses is
// not changed; one that any task uses is not deleted.

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "control/tags.h"
#include "store/endpoints.h"

namespace godwit {

// What CreateEndpoint and ModifyEndpoint carry; nothing: the member was not given.
struct EndpointInput {
  std::optional<std::string> identifier, type, engine_name, username, password, server_name, database_name,
      extra_connection_attributes, ssl_mode, certificate_arn, kms_key_id, service_access_role_arn,
      external_table_definition, resource_identifier;
  std::optional<int64_t> port;
  std::map<std::string, nlohmann::json> settings;  // objects by the name of the structure: "PostgreSQLSettings"
  bool exact_settings = false;                     // what is not given of settings and attributes goes
};

Result<EndpointRecord> create_endpoint(Environment& environment, const EndpointInput& input,
                                       const std::vector<Tag>& tags);
// Its connections are tested again.
Result<EndpointRecord> modify_endpoint(Environment& environment, const std::string& arn, const EndpointInput& input);
// Answers it as it was.
Result<EndpointRecord> delete_endpoint(Environment& environment, const std::string& arn);
Result<EndpointRecord> endpoint_of(const Environment& environment, const std::string& arn);
Result<std::vector<EndpointRecord>> endpoints_of(const Environment& environment, const EndpointChoice& choice,
                                                 const ListPage& page);

std::string endpoint_arn(const Environment& environment, const EndpointRecord& endpoint);
// The settings structures of a reply: the login's members that are not secret, and every setting that was given,
// also by an extra connection attribute.
std::map<std::string, nlohmann::json> echoed_settings(const Environment& environment, const EndpointRecord& endpoint);

}  // namespace godwit
