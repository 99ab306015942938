#pragma once
// The operations of CloudWatch metrics, whatever the protocol. Times in outputs are whole seconds since 1970.

#include <nlohmann/json.hpp>
#include <string_view>

#include "api/facade_input.h"
#include "control/environment.h"

namespace godwit {

struct MetricCall {
  FacadeInput input;
  Environment& environment;
};

struct MetricOperation {
  std::string_view name;
  Result<nlohmann::json> (*handler)(const MetricCall& call);  // null: known, and not supported
  bool reads = true;
};

// Null: CloudWatch has none of this name.
const MetricOperation* find_metric_operation(std::string_view name);

Result<nlohmann::json> get_metric_data(const MetricCall& call);  // api/metric_data.cpp

// The metric that namespace, name and dimensions name; nothing: there is none of them here.
struct MetricSource;
Result<std::optional<MetricSource>> read_metric_name(const FacadeInput& input);
// Seconds: 1, 5, 10, 20, 30 or a multiple of 60.
Result<int64_t> read_period(const FacadeInput& input);

}  // namespace godwit
