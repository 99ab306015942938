#pragma once
// The schemas that an endpoint's server had at the last RefreshSchemas, as they are stored. The names of a refresh
// replace those of the one before once they are all read; a failed refresh leaves them.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

struct SchemaListRecord {
  std::string endpoint_id, instance_id;
  std::string status;  // refreshing, successful, failed
  std::string last_failure_message;
  int64_t last_refresh_us = 0;
  int64_t attempt = 0;
};

// The endpoint's list becomes "refreshing"; answers it, with the new attempt's number.
Result<SchemaListRecord> begin_schema_refresh(Database& database, const std::string& endpoint_id,
                                              const std::string& instance_id, int64_t now_us);
// Nothing happens in these two when the endpoint has gone, or another attempt was begun.
Result<void> end_schema_refresh(Database& database, const SchemaListRecord& attempt,
                                std::span<const std::string> names);
Result<void> fail_schema_refresh(Database& database, const SchemaListRecord& attempt, const std::string& failure);
Result<std::optional<SchemaListRecord>> find_schema_list(Database& database, const std::string& endpoint_id);
Result<std::vector<SchemaListRecord>> list_running_schema_refreshes(Database& database);
// Sorted by bytes; those behind `after` where it is not empty, at most `limit` (-1: all).
Result<std::vector<std::string>> list_schema_names(Database& database, const std::string& endpoint_id,
                                                   const std::string& after, int64_t limit);

}  // namespace godwit
