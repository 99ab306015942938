#pragma once
// The latest report of each task's older assessment, that of data types, as it is stored. It goes with its task.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace godwit {

struct DataTypeReportRecord {
  std::string task_id{};
  int64_t assessed_us = 0;
  std::string status{};  // "No issues found"
  std::string file{};    // "<task identifier>/2026-03-01-09-30"; empty: there is none
  std::string report{};  // a JSON object; empty: there is none
};

// Instead of the task's former one.
Result<void> put_data_type_report(Database& database, const DataTypeReportRecord& report);
Result<std::optional<DataTypeReportRecord>> find_data_type_report(Database& database, std::string_view task_id);
// In order of their times, without `report`.
Result<std::vector<DataTypeReportRecord>> list_data_type_reports(Database& database, const ListPage& page);

}  // namespace godwit
