#pragma once
// CREATE statements of what tables need before they can be made, by oid. `oids`: text of an oid[].

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

struct Definition {
  std::string kind, name;               // name as the server prints it, qualified and quoted where needed
  std::vector<std::string> statements;  // empty: it cannot be carried over
};

using Definitions = std::unordered_map<uint32_t, Definition>;

// Enums, domains, composite and range types. Arrays, multiranges and row types come with others and have no entry.
Result<Definitions> read_type_definitions(Connection& connection, const std::string& oids);
Result<Definitions> read_collation_definitions(Connection& connection, const std::string& oids);
Result<Definitions> read_function_definitions(Connection& connection, const std::string& oids);
Result<Definitions> read_extension_definitions(Connection& connection, const std::string& oids);

}  // namespace godwit::postgres
