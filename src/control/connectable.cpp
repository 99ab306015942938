#include "control/connectable.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "control/certificates.h"
#include "control/endpoint_faults.h"
#include "control/endpoint_secrets.h"
#include "control/extra_attributes.h"

namespace godwit {
namespace {

Result<void> add_login(const Environment& environment, const EndpointRecord& record, const nlohmann::json& settings,
                       Endpoint& out) {
  if (settings.contains("SecretsManagerSecretId")) {
    const Login login = TRY(read_secret(environment.secret_folder, settings["SecretsManagerSecretId"]));
    out.user = login.username;
    out.password = login.password;
    out.host = login.host;
    if (!login.port.empty()) out.port = login.port;
    return {};
  }
  out.user = record.username;
  out.host = record.server_name;
  if (record.port) out.port = std::to_string(*record.port);
  if (!record.sealed_password.empty())
    out.password = TRY(environment.secrets.unseal(record.sealed_password, password_place(record.id)));
  return {};
}

Result<void> add_tls(const Environment& environment, const EndpointRecord& record, const EndpointForm& form,
                     Endpoint& out) {
  const SslMode* mode = find_ssl_mode(form, record.ssl_mode);
  if (mode == nullptr) return {};  // an engine without any
  out.parameters[std::string(form.ssl_parameter)] = std::string(mode->value);
  if (record.certificate_id.empty() || !mode->verifies) return {};
  const auto path = TRY(certificate_file(environment, record.certificate_id));
  if (!path) return Failure(certificate_gone(record));
  out.parameters[std::string(form.certificate_parameter)] = *path;
  return {};
}

// What a settings structure says wins over the extra connection attributes.
Result<void> add_parameters(const EndpointRecord& record, const nlohmann::json& settings, const EndpointForm& form,
                            Endpoint& out) {
  for (const auto& [name, value] : TRY(parse_extra_attributes(record.extra_connection_attributes, form))) {
    const Attribute* attribute = find_attribute(form.attributes, name);
    if (attribute == nullptr) {
      out.parameters[lower_ascii(name)] = value;  // a driver parameter
      continue;
    }
    std::string& parameter = out.parameters[std::string(attribute->name)];
    parameter = (attribute->repeats && !parameter.empty() ? parameter + ";" : "") +
                parameter_of(setting_of(*attribute, value));
  }
  for (const auto& [member, value] : settings.items())
    if (const Attribute* attribute = find_attribute(form.attributes, member))
      out.parameters[std::string(attribute->name)] = parameter_of(value);
  return {};
}

}  // namespace

std::string password_place(const std::string& endpoint_id) {
  return "endpoint/" + endpoint_id + "/password";
}

Result<Endpoint> connectable(const Environment& environment, const EndpointRecord& record) {
  const auto kind = endpoint_kind(environment, record.engine_name);
  if (!kind) return Failure(engine_not_built(record));
  const nlohmann::json settings = nlohmann::json::parse(record.settings);
  Endpoint out;
  out.scheme = kind->engine->scheme;
  out.database = record.database_name;
  out.port = std::to_string(kind->form->default_port);
  TRY(add_login(environment, record, settings, out));
  TRY(add_tls(environment, record, *kind->form, out));
  TRY(add_parameters(record, settings, *kind->form, out));
  return out;
}

}  // namespace godwit
