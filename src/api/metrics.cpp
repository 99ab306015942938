#include "api/metrics.h"

#include <array>

#include "api/metric_codec.h"
#include "api/metric_operations.h"
#include "control/metric_faults.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 1> services = {"monitoring"};

bool match(const HttpRequest& request) {
  return metric_request(request).has_value();
}

FacadeAction action(const HttpRequest& request) {
  const auto asked = metric_request(request);
  const MetricOperation* operation = asked ? find_metric_operation(asked->operation) : nullptr;
  const bool changes = operation != nullptr && !operation->reads;
  return {.name = "cloudwatch:" + (asked ? shortened(asked->operation) : ""),
          .needs = changes ? Role::operator_ : Role::viewer,
          .changes = changes};
}

Result<HttpReply> answer(const FacadeCall& call) {
  const auto asked = metric_request(call.request);
  if (!asked) return Failure(metric_operation_unknown(""));
  const MetricOperation* operation = find_metric_operation(asked->operation);
  if (operation == nullptr) return Failure(metric_operation_unknown(asked->operation));
  if (operation->handler == nullptr) return Failure(metric_operation_not_supported(operation->name));
  const nlohmann::json input = TRY(decode_input(asked->protocol, call.request));
  const nlohmann::json output = TRY(operation->handler({FacadeInput(input, metric_parameter), call.environment}));
  return encode_output(*asked, output, call.request_id);
}

HttpReply refuse(const HttpRequest& request, unsigned status, const Error& error, std::string_view request_id) {
  const auto asked = metric_request(request);
  return encode_fault(asked ? asked->protocol : MetricProtocol::json, status, error, request_id);
}

}  // namespace

Facade metrics_facade() {
  return {.name = "monitoring",
          .access = FacadeAccess::signature,
          .services = services,
          .match = match,
          .action = action,
          .answer = answer,
          .refuse = refuse};
}

}  // namespace godwit
