#include <array>

#include "api/facade.h"
#include "api/health.h"
#include "api/logs.h"
#include "api/metrics.h"
#include "api/prometheus.h"
#include "api/sts.h"

namespace godwit {

std::span<const Facade> facades() {
  static const std::array all = {health_facade(), prometheus_facade(), logs_facade(), metrics_facade(), sts_facade()};
  return all;
}

HttpReply json_refusal(unsigned status, const Error& error, std::string_view content_type) {
  const nlohmann::json body = {{"__type", error.code}, {"message", error.message}};
  return {.status = status,
          .content_type = std::string(content_type),
          .headers = {{"x-amzn-ErrorType", error.code}},
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace godwit
