#include "engine/endpoint_form.h"

#include <algorithm>

#include "base/text.h"

namespace godwit {
namespace {

using Form = Attribute::Form;

constexpr Attribute login[] = {
    {.name = "ServerName", .member = "ServerName", .description = "host name or address of the server"},
    {.name = "Port",
     .form = Form::number,
     .least = 1,
     .most = 65535,
     .member = "Port",
     .description = "TCP port of the server"},
    {.name = "DatabaseName", .member = "DatabaseName", .description = "the database to connect to"},
    {.name = "Username", .member = "Username", .description = "the role that Godwit logs in with"},
    {.name = "Password", .member = "Password", .description = "its password; never returned", .sensitive = true},
    {.name = "SecretsManagerAccessRoleArn",
     .member = "SecretsManagerAccessRoleArn",
     .description = "kept and returned; the server's own rights to its secrets count"},
    {.name = "SecretsManagerSecretId",
     .member = "SecretsManagerSecretId",
     .description = "a secret with host, port, username and password, read at each connection"},
};

std::string comparable(std::string_view word) {
  std::string out = lower_ascii(trim(word));
  std::ranges::replace(out, '_', '-');
  return out;
}

}  // namespace

std::span<const Attribute> login_settings() {
  return login;
}

const SslMode* find_ssl_mode(const EndpointForm& form, std::string_view name) {
  const auto at = std::ranges::find(form.ssl_modes, name, &SslMode::name);
  return at == form.ssl_modes.end() ? nullptr : &*at;
}

std::optional<std::string_view> find_word(const Attribute& attribute, std::string_view given) {
  const std::string wanted = comparable(given);
  for (const std::string_view word : attribute.words)
    if (!word.empty() && comparable(word) == wanted) return word;
  return std::nullopt;
}

}  // namespace godwit
