#pragma once
// Log groups that somebody made or gave a retention: table `log_groups`. Those of instances whose tasks write logs
// exist without a row.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace godwit {

struct LogGroupRow {
  std::string name;
  int64_t created_us = 0;
  std::optional<int64_t> retention_days;  // absent: events never expire
};

// False: there is one of this name.
Result<bool> insert_log_group(Database& database, const LogGroupRow& group);
// Makes the row where there is none.
Result<void> set_log_retention(Database& database, const LogGroupRow& group);
// True: it was there.
Result<bool> delete_log_group(Database& database, std::string_view name);
Result<std::vector<LogGroupRow>> list_log_groups(Database& database);  // by name

}  // namespace godwit
