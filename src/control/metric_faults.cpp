#include "control/metric_faults.h"

#include <fmt/format.h>

#include "base/text.h"
#include "control/faults.h"

namespace godwit {

Error metric_parameter(std::string_view message) {
  return fault("InvalidParameterValueException", std::string(message));
}
Error metric_parameters_clash(std::string_view message) {
  return fault("InvalidParameterCombinationException", std::string(message));
}
Error metric_parameter_missing(std::string_view name) {
  return fault("MissingRequiredParameterException", fmt::format("The parameter {} is required.", name));
}
Error metric_token_invalid() {
  return fault("InvalidNextToken", "The NextToken is not one that this call gave. Start again without a NextToken.");
}
Error too_many_datapoints(int64_t asked, int64_t most) {
  return metric_parameters_clash(
      fmt::format("You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
                  "datapoints requested by increasing Period, or decreasing the time range.",
                  human_count(static_cast<uint64_t>(asked)), human_count(static_cast<uint64_t>(most))));
}
Error too_many_datapoints_at_once(int64_t asked, int64_t most) {
  return metric_parameter(
      fmt::format("The queries ask for up to {} datapoints together; this server answers {} a call. Increase the "
                  "Periods, decrease the time range or ask in several calls.",
                  human_count(static_cast<uint64_t>(asked)), human_count(static_cast<uint64_t>(most))));
}
Error metric_operation_unknown(std::string_view operation) {
  return fault("UnknownOperationException", fmt::format("There is no operation '{}' of CloudWatch.", operation));
}
Error metric_operation_not_supported(std::string_view operation) {
  return fault("UnknownOperationException",
               fmt::format("{} is not supported by this server: metrics are written by the server alone and have no "
                           "alarms or dashboards. ListMetrics, GetMetricStatistics and GetMetricData read them, and "
                           "GET /metrics gives them to Prometheus.",
                           operation));
}

Error expression_not_understood(std::string_view text, size_t at) {
  return metric_parameter(
      fmt::format("Error in expression '{}': not understood at character {}.", text.substr(0, 200), at + 1));
}
Error expression_too_long(size_t bytes) {
  return metric_parameter(fmt::format("An Expression has at most 2048 bytes; this one has {}.", bytes));
}
Error expressions_too_deep(int references, int levels) {
  return metric_parameter(fmt::format(
      "Error in expression: the expressions of one call may refer to each other {} deep and nest {} levels "
      "in all; these are deeper.",
      references, levels));
}
Error expressions_too_costly() {
  return metric_parameter(
      "Error in expression: the expressions of this call need more calculation than this server does in one call. "
      "Increase the Periods, decrease the time range or ask in several calls.");
}
Error expression_function_unknown(std::string_view name) {
  return metric_parameter(
      fmt::format("Error in expression: the function {} is not supported by this server. Supported are + - * /, SUM, "
                  "AVG, MIN, MAX, ABS, FILL and METRICS.",
                  name.substr(0, 100)));
}
Error expression_of_lists(std::string_view text) {
  return metric_parameter(fmt::format(
      "Error in expression '{}': a list of series can only stand in SUM, AVG, MIN or MAX.", text.substr(0, 200)));
}
Error expression_gives_no_series(std::string_view text) {
  return metric_parameter(
      fmt::format("Error in expression '{}': it does not give one time series.", text.substr(0, 200)));
}
Error expression_id_unknown(std::string_view id) {
  return metric_parameter(
      fmt::format("Error in expression: '{}' is not the Id of a query of this call.", id.substr(0, 255)));
}
Error expression_id_of_itself(std::string_view id) {
  return metric_parameter(fmt::format("Error in expression: the query '{}' refers to itself.", id.substr(0, 255)));
}

}  // namespace godwit
