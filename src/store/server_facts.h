#pragma once
// What the server knows of itself, by name: "account", "region".

#include <optional>
#include <string>
#include <string_view>

#include "store/database.h"

namespace godwit {

Result<std::optional<std::string>> read_server_fact(Database& database, std::string_view name);
// Replaces what was there.
Result<void> write_server_fact(Database& database, std::string_view name, std::string_view value);

}  // namespace godwit
