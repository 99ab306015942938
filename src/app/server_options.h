#pragma once
// The command lines of `godwit serve` and `godwit keys` as values.

#include <optional>
#include <string>

namespace godwit {

struct ServeArguments {
  std::string listen = "127.0.0.1:8470", data_dir, store, auth = "sigv4", tls_cert, tls_key, secret_dir, sinks;
  std::optional<std::string> region, account;
  bool allow_plain = false, lenient_max_records = false;
  int ready_fd = -1;
};

struct KeysArguments {
  std::string data_dir, store, role = "operator", name, id, output = "text";
};

}  // namespace godwit
