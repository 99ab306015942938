#include "control/endpoint_draft.h"

#include <algorithm>

#include "base/text.h"
#include "control/connectable.h"
#include "control/endpoint_faults.h"
#include "control/identifiers.h"
#include "store/certificates.h"

namespace godwit {
namespace {

constexpr std::string_view secret_id = "SecretsManagerSecretId", secret_role = "SecretsManagerAccessRoleArn";
constexpr int64_t port_max = 65535;

// A text of a settings structure; nothing: it is not given.
std::optional<std::string> text_in(const nlohmann::json& settings, std::string_view member) {
  const auto at = settings.find(member);
  if (at == settings.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

Result<void> check_text(std::string_view member, const std::string& text, bool one_line = true) {
  for (const char c : text)
    if (c == '\0' || (one_line && static_cast<unsigned char>(c) < ' ')) return Failure(control_character(member));
  return {};
}

// A name, an address, or the folder of a socket; an IPv6 address may stand in brackets.
Result<std::string> server_name(const std::string& given) {
  TRY(check_text("ServerName", given));
  std::string name(trim(given));
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  if (name.find_first_of(" \t[]<>\"'\\`?#;=") != std::string::npos) return Failure(server_name_refused());
  return name;
}

}  // namespace

EndpointDraft::EndpointDraft(const Environment& environment, EndpointRecord stored)
    : environment_(environment),
      record_(std::move(stored)),
      settings_(nlohmann::json::parse(record_.settings)),
      extra_text_(record_.extra_connection_attributes) {}

Result<void> EndpointDraft::take(const EndpointInput& input) {
  if (input.identifier) record_.identifier = TRY(read_identifier("EndpointIdentifier", *input.identifier));
  TRY(take_kind(input));
  if (input.exact_settings) drop_settings();
  const nlohmann::json given = TRY(given_settings(input));
  TRY(take_login(input, given));
  TRY(take_settings(given));
  TRY(take_extra_attributes(input, given));
  TRY(take_tls(input));
  for (const auto& [member, from, to] :
       {std::tuple("KmsKeyId", &input.kms_key_id, &record_.kms_key_id),
        std::tuple("ServiceAccessRoleArn", &input.service_access_role_arn, &record_.service_access_role_arn)}) {
    if (!*from) continue;
    TRY(check_text(member, **from));
    *to = **from;
  }
  if (input.external_table_definition) record_.external_table_definition = *input.external_table_definition;
  return {};
}

// Settings of another kind of engine mean nothing to this one.
Result<void> EndpointDraft::take_kind(const EndpointInput& input) {
  if (input.type) record_.type = lower_ascii(*input.type);
  if (record_.type != "source" && record_.type != "target") return Failure(endpoint_type_refused());
  const EndpointForm* before = nullptr;
  if (!record_.engine_name.empty())
    if (const auto kind = endpoint_kind(environment_, record_.engine_name)) before = kind->form;
  kind_ = TRY(endpoint_kind(environment_, input.engine_name.value_or(record_.engine_name)));
  if (before != nullptr && before != kind_.form) drop_settings();
  record_.engine_name = kind_.engine->name;
  if (!kind_.engine->serves(endpoint_role(record_.type)))
    return Failure(side_not_served(kind_.engine->name, record_.type));
  return {};
}

void EndpointDraft::drop_settings() {
  settings_ = nlohmann::json::object();
  extra_text_.clear();
}

// The members of the structures that belong to the engine, the newer one's first.
Result<nlohmann::json> EndpointDraft::given_settings(const EndpointInput& input) const {
  nlohmann::json out = nlohmann::json::object();
  const ServedEngine& engine = *kind_.engine;
  for (const auto& [structure, members] : input.settings)
    if (structure != engine.settings_structure && (structure != engine.older_structure || structure.empty()))
      return Failure(structure_of_other_engine(structure, engine.name, engine.settings_structure));
  for (const std::string_view structure : {engine.older_structure, engine.settings_structure})
    if (const auto at = input.settings.find(std::string(structure)); at != input.settings.end())
      for (const auto& [member, value] : at->second.items())
        if (!value.is_null()) out[member] = value;
  return out;
}

// A secret and a login in clear exclude each other: in one call they are refused, and a later call's takes the place
// of the other.
Result<void> EndpointDraft::take_way_in(bool secret, bool in_clear) {
  if (secret && in_clear) return Failure(secret_beside_login());
  if (secret) {
    record_.username.clear();
    record_.server_name.clear();
    record_.port.reset();
    record_.sealed_password.clear();
  } else if (in_clear) {
    settings_.erase(std::string(secret_id));
    settings_.erase(std::string(secret_role));
  }
  return {};
}

// The endpoint's own members win over those of the structure.
Result<void> EndpointDraft::take_login(const EndpointInput& input, const nlohmann::json& given) {
  const auto text = [&](const std::optional<std::string>& flat, std::string_view member) {
    return flat ? flat : text_in(given, member);
  };
  const auto username = text(input.username, "Username"), password = text(input.password, "Password"),
             server = text(input.server_name, "ServerName"), database = text(input.database_name, "DatabaseName");
  std::optional<int64_t> port = input.port;
  if (const auto at = given.find("Port"); !port && at != given.end() && at->is_number_integer()) port = *at;
  TRY(take_way_in(!text_in(given, secret_id).value_or("").empty(), username || password || server || port));
  for (const auto& [member, from, to] : {std::tuple("Username", &username, &record_.username),
                                         std::tuple("DatabaseName", &database, &record_.database_name)}) {
    if (!*from) continue;
    TRY(check_text(member, **from));
    *to = std::string(trim(**from));
  }
  if (server) record_.server_name = TRY(server_name(*server));
  if (port && (*port < 1 || *port > port_max)) return Failure(port_refused(port_max));
  if (port) record_.port = port;
  if (password) {
    TRY(check_text("Password", *password, false));
    if (password->empty()) return Failure(member_blank("password"));
    record_.sealed_password = environment_.secrets.seal(*password, password_place(record_.id));
  }
  return {};
}

// An empty text takes a setting back to its default.
Result<void> EndpointDraft::take_settings(const nlohmann::json& given) {
  for (const auto& [member, value] : given.items()) {
    const bool secret = member == secret_id || member == secret_role;
    const Attribute* attribute = find_attribute(kind_.form->attributes, member);
    if (!secret && (attribute == nullptr || attribute->member.empty()))
      continue;  // the login's, or no member of ours
    const std::string text = parameter_of(value);
    if (text.empty()) {
      settings_.erase(member);
    } else if (secret) {
      TRY(check_text(member, text));
      settings_[member] = text;
    } else {
      if (auto checked = check_setting(*attribute, text); !checked)
        return Failure(setting_refused(kind_.engine->settings_structure, checked.error()));
      settings_[std::string(attribute->member)] = setting_of(*attribute, text);
    }
  }
  return {};
}

// What a setting and an extra attribute both say is kept where the later call said it; of one call the setting wins.
Result<void> EndpointDraft::take_extra_attributes(const EndpointInput& input, const nlohmann::json& given) {
  ExtraAttributes pairs =
      TRY(parse_extra_attributes(input.extra_connection_attributes.value_or(extra_text_), *kind_.form));
  for (auto pair = pairs.begin(); pair != pairs.end();) {
    const Attribute* attribute = find_attribute(kind_.form->attributes, pair->name);
    const std::string member(attribute == nullptr ? "" : attribute->member);
    const bool set_now = !member.empty() && given.contains(member);
    if (!set_now && input.extra_connection_attributes && !member.empty()) settings_.erase(member);
    const bool same =
        set_now && settings_.contains(member) && settings_[member] == setting_of(*attribute, pair->value);
    pair = set_now && !same ? pairs.erase(pair) : pair + 1;
  }
  extra_text_ = to_text(pairs);
  return {};
}

Result<void> EndpointDraft::take_tls(const EndpointInput& input) {
  if (input.ssl_mode && kind_.form->ssl_modes.empty() && *input.ssl_mode != "none")
    return Failure(ssl_not_of_engine(kind_.engine->name));
  if (input.ssl_mode) record_.ssl_mode = lower_ascii(*input.ssl_mode);
  if (!input.certificate_arn) return {};
  record_.certificate_id.clear();
  if (input.certificate_arn->empty()) return {};
  const auto id = id_of(environment_.names, *input.certificate_arn, "cert");
  if (!id) return Failure(certificate_arn_refused(*input.certificate_arn));
  const auto certificate = TRY(find_certificate(environment_.database, *id));
  if (!certificate) return Failure(certificate_arn_refused(*input.certificate_arn));
  if (certificate->pem.empty()) return Failure(certificate_is_wallet(kind_.engine->name));
  record_.certificate_id = *id;
  return {};
}

Result<void> EndpointDraft::check_login() const {
  if (settings_.contains(secret_id)) return {};
  if (record_.server_name.empty()) return Failure(member_blank("serverName"));
  if (!record_.port) return Failure(member_blank("port"));
  if (record_.username.empty()) return Failure(member_blank("username"));
  if (record_.sealed_password.empty()) return Failure(member_blank("password"));
  return {};
}

Result<void> EndpointDraft::check_tls() const {
  if (kind_.form->ssl_modes.empty()) return {};
  const SslMode* mode = find_ssl_mode(*kind_.form, record_.ssl_mode);
  if (mode == nullptr) {
    std::vector<std::string> known;
    for (const SslMode& one : kind_.form->ssl_modes) known.emplace_back(one.name);
    return Failure(ssl_mode_refused(record_.ssl_mode, kind_.engine->name, join(known, ", ")));
  }
  if (mode->verifies && record_.certificate_id.empty()) return Failure(certificate_needed(mode->name));
  return {};
}

Result<EndpointRecord> EndpointDraft::finish() {
  TRY(check_login());
  TRY(check_tls());
  record_.settings = settings_.dump();
  record_.extra_connection_attributes = extra_text_;
  return std::move(record_);
}

}  // namespace godwit
