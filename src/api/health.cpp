#include "api/health.h"

#include "base/server_log.h"
#include "control/server_names.h"

namespace godwit {
namespace {

bool match(const HttpRequest& request) {
  return (request.method == "GET" || request.method == "HEAD") && request.path() == "/healthz";
}

FacadeAction action(const HttpRequest& /*request*/) {
  return {.name = "healthz"};
}

Result<HttpReply> answer(const FacadeCall& call) {
  const auto works = check_store(call.environment.database);
  if (works) return HttpReply{.status = 200, .content_type = "application/json", .body = R"({"status":"ok"})"};
  server_log(Severity::error, "api", works.error().message);
  return HttpReply{.status = 503, .content_type = "application/json", .body = R"({"status":"failed"})"};
}

HttpReply refuse(const HttpRequest& /*request*/, unsigned status, const Error& error,
                 std::string_view /*request_id*/) {
  return json_refusal(status, error, "application/json");
}

}  // namespace

Facade health_facade() {
  return {.name = "healthz",
          .access = FacadeAccess::open,
          .services = {},
          .match = match,
          .action = action,
          .answer = answer,
          .refuse = refuse};
}

}  // namespace godwit
