#include "control/endpoint_faults.h"

#include <fmt/format.h>

#include "control/faults.h"

namespace godwit {

Error engine_refused(std::string_view engine_name, std::string_view known) {
  return invalid_value(
      fmt::format("EngineName {} is not supported by this server; there are: {}.", engine_name, known));
}
Error endpoint_type_refused() {
  return invalid_value("EndpointType must be source or target.");
}
Error side_not_served(std::string_view engine_name, std::string_view type) {
  return invalid_value(fmt::format("EngineName {} cannot be a {}.", engine_name, type));
}
Error member_blank(std::string_view parameter) {
  return invalid_value(fmt::format("The parameter {} must be provided and must not be blank.", parameter));
}
Error control_character(std::string_view member) {
  return invalid_value(fmt::format("{} holds a control character.", member));
}
Error server_name_refused() {
  return invalid_value("ServerName is no host name or address.");
}
Error port_refused(int64_t most) {
  return invalid_value(fmt::format("Port must be 1 to {}.", most));
}
Error secret_beside_login() {
  return invalid_combination(
      "SecretsManagerSecretId and Username, Password, ServerName or Port exclude each other: the secret holds the "
      "login.");
}
Error structure_of_other_engine(std::string_view structure, std::string_view engine_name, std::string_view own) {
  return invalid_combination(
      fmt::format("{} does not belong to engine {}, whose settings are {}.", structure, engine_name, own));
}
Error setting_refused(std::string_view structure, const Error& why) {
  return invalid_value(fmt::format("{}: {}", structure, why.message));
}
Error ssl_not_of_engine(std::string_view engine_name) {
  return invalid_combination(fmt::format("SslMode does not belong to engine {}.", engine_name));
}
Error ssl_mode_refused(std::string_view mode, std::string_view engine_name, std::string_view known) {
  return invalid_value(
      fmt::format("SslMode {} is not supported for engine {}; there are: {}.", mode, engine_name, known));
}
Error certificate_arn_refused(std::string_view arn) {
  return invalid_value(fmt::format("Invalid certificate ARN: {} is none of an imported certificate.", arn));
}
Error certificate_is_wallet(std::string_view engine_name) {
  return invalid_value(
      fmt::format("Invalid certificate ARN: it is a wallet, and engine {} verifies servers by PEM.", engine_name));
}
Error certificate_needed(std::string_view ssl_mode) {
  return invalid_value(fmt::format(
      "Invalid certificate ARN: SslMode {} needs the CertificateArn of an imported certificate.", ssl_mode));
}
Error endpoint_has_running_task(std::string_view endpoint, std::string_view task) {
  return invalid_state(
      fmt::format("Endpoint {} cannot be modified while task {} runs on it. Stop the task first.", endpoint, task));
}
Error endpoint_side_in_use(const EndpointRecord& endpoint, std::string_view task) {
  return invalid_state(fmt::format("Endpoint {} is the {} of task {}, so its EndpointType stays.",
                                   endpoint.identifier, endpoint.type, task));
}
Error endpoint_engine_in_use(const EndpointRecord& endpoint, std::string_view engine_name, std::string_view task) {
  return invalid_state(
      fmt::format("Endpoint {} is the {} of task {}, so its EngineName cannot change from {} to {}: what "
                  "the task left there is of no use to the other. Make another endpoint, or delete the task first.",
                  endpoint.identifier, endpoint.type, task, endpoint.engine_name, engine_name));
}
Error endpoint_has_task(std::string_view endpoint, std::string_view task) {
  return invalid_state(fmt::format("Endpoint {} is used by task {}. Delete the task first.", endpoint, task));
}

Error extra_attribute_refused(std::string_view name) {
  return invalid_value(fmt::format("Unsupported value '{}' for extra connection attributes", name));
}
Error extra_value_refused(std::string_view name, const Error& why) {
  return invalid_value(fmt::format("Unsupported value '{}' for extra connection attributes: {}", name, why.message));
}
Error extra_part_refused(int part) {
  return invalid_value(
      fmt::format("Part {} of the extra connection attributes is no name=value; write name=value;name=value. A value "
                  "that holds a semicolon goes into the engine's settings structure.",
                  part));
}

Error no_connection(std::string_view instance_arn, std::string_view endpoint_arn) {
  return not_found("Connection", fmt::format("{} with {}", instance_arn, endpoint_arn));
}
Error connection_being_tested(std::string_view instance, std::string_view endpoint) {
  return invalid_state(fmt::format(
      "The connection of replication instance {} and endpoint {} is being tested already.", instance, endpoint));
}
Error connection_has_task(std::string_view task) {
  return invalid_state(fmt::format("Task {} runs on this connection. Stop the task first.", task));
}
Error not_tested(std::string_view for_what) {
  return invalid_state(
      fmt::format("Test connection for replication instance and endpoint should be successful for {}", for_what));
}
Error never_refreshed(std::string_view endpoint_arn) {
  return not_found("Schema refresh of the endpoint", endpoint_arn);
}

Error certificate_refused(std::string_view why) {
  return fault("InvalidCertificateFault", fmt::format("The certificate is invalid: {}", why));
}
Error certificate_in_use(std::string_view certificate, std::string_view endpoint) {
  return invalid_state(fmt::format("Certificate {} is used by endpoint {}.", certificate, endpoint));
}

Error engine_not_built(const EndpointRecord& endpoint) {
  return {ErrorKind::prerequisite, "endpoint.engine",
          fmt::format("this build has no engine for {}, which endpoint {} is of", endpoint.engine_name,
                      endpoint.identifier),
          ""};
}
Error certificate_gone(const EndpointRecord& endpoint) {
  return {ErrorKind::prerequisite, "endpoint.certificate",
          fmt::format("the certificate of endpoint {} is not there any more. Import it, and give its ARN to the "
                      "endpoint.",
                      endpoint.identifier),
          ""};
}
Error certificate_file_not_written(std::string_view path, std::string_view why) {
  return {ErrorKind::resource, "endpoint.certificate_file",
          fmt::format("the certificate's file {} cannot be written: {}. Look at the disk and the rights of the data "
                      "folder.",
                      path, why),
          ""};
}
Error secret_refused(std::string_view id, std::string_view why) {
  return {ErrorKind::prerequisite, "endpoint.secret",
          fmt::format("the secret {} cannot be used: {}. It must be a JSON object with username and password, and "
                      "with host and port of the server.",
                      id, why),
          ""};
}
Error no_secret_folder(std::string_view id) {
  return {ErrorKind::prerequisite, "endpoint.secret_folder",
          fmt::format("the secret {} cannot be read: this server was started without a folder of secrets. Start it "
                      "with --secret-dir, or name a secret as env:NAME.",
                      id),
          ""};
}

}  // namespace godwit
