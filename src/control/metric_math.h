#pragma once
// Expressions of GetMetricData over other queries of the same call: numbers, ids, + - * / and parentheses;
// SUM AVG MIN MAX of METRICS(), METRICS("part of the id") or [m1, m2], point by point, or of one series, which gives
// a number; FILL(m1, 0 | REPEAT | LINEAR); ABS. Everything else of CloudWatch's metric math is refused by name.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

inline constexpr size_t metric_expression_bytes_max = 2048;

using TimeSeries = std::map<int64_t, double>;  // by second

// What the expressions of one call may cost together: how deep they refer to each other and nest, and how many points
// are read or calculated.
struct MathBudget {
  int expressions = 0, levels = 0;  // under way now
  int64_t points_left = 10'000'000;
};

struct MathInputs {
  // The series of another query of the call; a fault when there is none.
  std::function<Result<TimeSeries>(std::string_view id)> series_of;
  std::vector<std::string> metric_ids;  // METRICS(): the queries that are no expressions
  std::vector<int64_t> starts_s;        // every period asked for, for FILL
  MathBudget& budget;                   // of the whole call
};

Result<TimeSeries> evaluate_expression(std::string_view text, const MathInputs& inputs);

}  // namespace godwit
