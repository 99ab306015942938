#pragma once
// Secrets at rest: AES-256-GCM under the server's master key (a file of 32 random bytes, mode 0600, in the data
// folder). Each sealed secret is bound to its place ("endpoint/<id>/password"), so that one copied to another row
// does not open. Thread-safe.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

class SecretBox {
 public:
  // Reads the key file, or makes it where there is none and `may_make` (a store without secrets). Refuses a file that
  // others may read.
  static Result<SecretBox> open(const std::string& key_path, bool may_make);

  std::vector<std::byte> seal(std::string_view secret, std::string_view place) const;
  Result<std::string> unseal(std::span<const std::byte> sealed, std::string_view place) const;

 private:
  explicit SecretBox(std::array<std::byte, 32> key) : key_(key) {}
  std::array<std::byte, 32> key_;
};

}  // namespace godwit
