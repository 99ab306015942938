#pragma once
// RefreshSchemas: the schemas of an endpoint's server, read in the background and kept (spec/endpoints.md §7).

#include <string>
#include <vector>

#include "control/environment.h"
#include "store/schema_lists.h"

namespace godwit {

// Needs a successful connection of the pair. While a refresh runs it is answered, and no other one begins.
Result<SchemaListRecord> refresh_schemas(Environment& environment, const std::string& endpoint_arn,
                                         const std::string& instance_arn);
// ResourceNotFoundFault: there was none yet.
Result<SchemaListRecord> schema_refresh_of(const Environment& environment, const std::string& endpoint_arn);
// Of the last refresh that succeeded; sorted, those behind `after`, at most `limit`.
Result<std::vector<std::string>> schemas_of(const Environment& environment, const std::string& endpoint_arn,
                                            const std::string& after, int64_t limit);
// Refreshes that a server which is gone had under way; once, at the server's start.
Result<void> take_up_schema_refreshes(Environment& environment);

}  // namespace godwit
