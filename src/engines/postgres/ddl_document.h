#pragma once
// Reads the documents of godwit_ddl_audit (ddl_capture_sql.h). Total: any text gives a change or an error.

#include <functional>
#include <map>
#include <string_view>

#include "base/result.h"
#include "data/schema_change.h"

namespace godwit::postgres {

// What is known of each type, by oid, with the modifier that a column gives it; `native` and the log's numbers are
// the document's. A type that is gone is a string.
using DescribeTypes =
    std::function<Result<std::vector<Type>>(const std::vector<std::pair<uint32_t, int32_t>>& types)>;

Result<SchemaChange> parse_ddl_document(std::string_view text, const DescribeTypes& describe);

}  // namespace godwit::postgres
