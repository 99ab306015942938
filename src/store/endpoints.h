#pragma once
// Endpoints as they are stored. Texts that are not given are empty. What a caller gave is kept as it was given;
// what follows from it (defaults, mirrored settings) is control/'s.

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

struct EndpointRecord {
  std::string id;          // the ARN's resource id
  std::string identifier;  // lower case
  std::string type;        // "source", "target"
  std::string engine_name;
  std::string username, server_name, database_name;
  std::optional<int64_t> port;
  std::vector<std::byte> sealed_password;  // SecretBox, place "endpoint/<id>/password"; empty: none
  std::string ssl_mode = "none";
  std::string certificate_id;  // the resource id of an imported one
  std::string kms_key_id, service_access_role_arn, external_table_definition;
  std::string extra_connection_attributes;  // "name=value;name=value;"
  std::string settings = "{}";              // JSON object: members of the engine's settings structure
  int64_t created_us = 0;
};

// Which endpoints are asked for: of each list that is given, one value must hold.
struct EndpointChoice {
  std::optional<std::vector<std::string>> ids{}, identifiers{}, types{}, engine_names{};
};

// A clash of ids or identifiers is an error; ask find_… first, in the same transaction.
Result<void> insert_endpoint(Database& database, const EndpointRecord& endpoint);
Result<void> update_endpoint(Database& database, const EndpointRecord& endpoint);
// With its connections and schema list.
Result<void> delete_endpoint(Database& database, const std::string& id);
Result<std::optional<EndpointRecord>> find_endpoint(Database& database, const std::string& id);
Result<std::optional<EndpointRecord>> find_endpoint_named(Database& database, const std::string& identifier);
// In order of creation, then identifier.
Result<std::vector<EndpointRecord>> list_endpoints(Database& database, const EndpointChoice& choice,
                                                   const ListPage& page = {});
Result<int64_t> count_endpoints(Database& database);
// The identifier of an endpoint that names the certificate.
Result<std::optional<std::string>> endpoint_with_certificate(Database& database, const std::string& certificate_id);

}  // namespace godwit
