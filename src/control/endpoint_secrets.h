#pragma once
// Logins that an endpoint names instead of holding them (SecretsManagerSecretId): a JSON object with username,
// password, host and port (number or text) at least. Two places:
//   <secret folder>/<id>.json   a file of mode 0600 or less; of an ARN the part behind "secret:" counts, with or
//                               without the six characters that AWS puts behind a name
//   env:NAME                    a variable of the server's environment
// Read at each call, never kept.

#include <optional>
#include <string>

#include "base/result.h"

namespace godwit {

struct Login {
  std::string username, password, host, port;  // host and port may be empty
};

Result<Login> read_secret(const std::string& secret_folder, const std::string& secret_id);

}  // namespace godwit
