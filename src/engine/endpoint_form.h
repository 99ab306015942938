#pragma once
// What an endpoint of an engine is described by: the names under which DMS knows its databases, the members that make
// up the URI, the connection attributes. The control plane answers DescribeEndpointTypes and DescribeEndpointSettings
// from it, checks what CreateEndpoint and ModifyEndpoint are given, and builds the URI that a worker is given
// (spec/endpoints.md §1, §3, §10).
//
// ServerName, Port, DatabaseName, Username and Password become the URI's host, port, database, user and password;
// SslMode becomes the parameter `ssl_parameter`, the file of CertificateArn `certificate_parameter`, and every
// setting the parameter of its attribute's name.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/attributes.h"

namespace godwit {

// One of DMS's engine names.
struct ServedEngine {
  std::string_view name;                // "aurora-postgresql"
  std::string_view display_name;        // "Amazon Aurora PostgreSQL"
  std::string_view scheme;              // of the URI
  std::string_view settings_structure;  // "PostgreSQLSettings"
  std::string_view older_structure{};   // another one that is taken too, with Attribute::older_structure's members
  bool source = true, target = true;
  bool captures_changes = true;  // as a source

  bool serves(EndpointRole role) const { return role == EndpointRole::source ? source : target; }
};

// How a mode of DMS's is said to the client library.
struct SslMode {
  std::string_view name;   // "verify-ca"
  std::string_view value;  // of the URI's parameter
  bool verifies = false;   // needs a certificate
};

struct EndpointForm {
  std::span<const ServedEngine> engines{};  // none: only a URI names it (memory://)
  uint16_t default_port = 0;
  std::span<const SslMode> ssl_modes{};
  std::string_view ssl_parameter{}, certificate_parameter{};
  std::span<const Attribute> attributes{};
  // Parameters of the client library that an extra connection attribute may name; handed on as they are.
  std::span<const std::string_view> driver_parameters{};
};

// The settings that every engine with a server and a login has beside its attributes. They have members of the
// endpoint or name a secret; none is an attribute of a URI.
std::span<const Attribute> login_settings();

// Null: it is not among them.
const SslMode* find_ssl_mode(const EndpointForm& form, std::string_view name);

// A word that an attribute allows, as DMS writes it: regardless of case, and '_' is as good as '-'. Nothing: none.
std::optional<std::string_view> find_word(const Attribute& attribute, std::string_view given);

}  // namespace godwit
