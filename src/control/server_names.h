#pragma once
// Account and region of this server, part of every ARN: fixed at its first start, since resources are stored under
// them.

#include <optional>
#include <string>

#include "control/arn.h"
#include "store/database.h"

namespace godwit {

// What the store holds; at the first start what is asked for, else a random account of 12 digits and us-east-1. An
// error of code server.names when another one is asked for than the store holds, or an account or region is none.
Result<Namespace> fix_server_names(Database& database, const std::optional<std::string>& region,
                                   const std::optional<std::string>& account);

// Whether the store can be read, and be written by a transaction, which ends without a change.
Result<void> check_store(Database& database);

}  // namespace godwit
