#pragma once
// CloudWatch metrics on this listener (spec/monitoring.md §5.3): ListMetrics, GetMetricStatistics, GetMetricData and
// the empty lists of alarms, in three protocols (api/metric_codec.h).

#include "api/facade.h"

namespace godwit {

Facade metrics_facade();

}  // namespace godwit
