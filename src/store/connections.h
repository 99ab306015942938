#pragma once
// The latest test of each pair of replication instance and endpoint, as it is stored. A pair has one record; each new
// test of it is another attempt, so that what an earlier one still finds out changes nothing. Records go with their
// endpoint and with their instance.

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

struct ConnectionRecord {
  std::string endpoint_id, instance_id;
  std::string status{};  // testing, successful, failed
  std::string last_failure_message{};
  int64_t attempt = 0;
  int64_t created_us = 0;  // of the pair's first test
  bool asked = true;       // the latest attempt: a caller asked for it; else the endpoint was modified
};

struct ConnectionChoice {
  std::optional<std::vector<std::string>> endpoint_ids{}, instance_ids{};
};

// The pair's record becomes "testing"; answers it, with the new attempt's number.
Result<ConnectionRecord> begin_connection_test(Database& database, const std::string& endpoint_id,
                                               const std::string& instance_id, int64_t now_us, bool asked = true);
// Nothing happens when the pair has gone, or another attempt was begun. An empty message: successful.
Result<void> end_connection_test(Database& database, const ConnectionRecord& attempt, const std::string& failure);
Result<std::optional<ConnectionRecord>> find_connection(Database& database, const std::string& endpoint_id,
                                                        const std::string& instance_id);
// In order of creation, then of connection_key().
Result<std::vector<ConnectionRecord>> list_connections(Database& database, const ConnectionChoice& choice,
                                                       const ListPage& page = {});
Result<std::vector<ConnectionRecord>> list_running_connection_tests(Database& database);
Result<void> delete_connection(Database& database, const std::string& endpoint_id, const std::string& instance_id);

// "<endpoint id>/<instance id>"
std::string connection_key(const ConnectionRecord& connection);

}  // namespace godwit
