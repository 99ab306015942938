#pragma once
// Points of metrics as they are stored: per owner (an instance, or a task on one), length and start a blob of
// control/metric_point.h.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace godwit {

struct MetricOwner {
  int64_t key = 0;
  std::string instance, task;  // identifier; resource id, empty for metrics of the instance itself
  int64_t metrics = 0;         // bit n: there were points of the metric with id n
  int64_t last_s = 0;          // start of the latest point
};

struct MetricPointRow {
  std::string instance, task;
  int64_t metrics = 0;
  int64_t period_s = 60, start_s = 0;
  std::string points;
};

// Instead of what is stored of the same owner, length and start; the owner is made where there is none.
Result<void> put_metric_points(Database& database, const MetricPointRow& row);
Result<std::vector<MetricOwner>> list_metric_owners(Database& database);
// Rows with from <= start < before, oldest first.
Result<void> each_metric_points(Database& database, int64_t owner, int64_t period_s, int64_t from_s, int64_t before_s,
                                const std::function<void(int64_t start_s, std::string_view points)>& take);
// Points of this length that are older, and owners that have none left.
Result<void> delete_metric_points(Database& database, int64_t period_s, int64_t before_s);

}  // namespace godwit
