#include "api/sts.h"

#include <fmt/format.h>

#include <array>

#include "api/facade_input.h"
#include "api/form_fields.h"
#include "control/faults.h"

namespace godwit {
namespace {

constexpr std::string_view version = "2011-06-15";
constexpr std::string_view xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
constexpr std::array<std::string_view, 1> services = {"sts"};
constexpr std::string_view own_action = "GetCallerIdentity";

std::string action_of(const HttpRequest& request) {
  const auto fields = form_fields(request);
  const auto found = fields.find("Action");
  return found == fields.end() ? std::string() : found->second;
}

bool match(const HttpRequest& request) {
  if (request.header("x-amz-target") != nullptr) return false;
  const auto fields = form_fields(request);
  const auto asked = fields.find("Version"), action = fields.find("Action");
  if (action == fields.end()) return false;
  return asked == fields.end() ? action->second == own_action : asked->second == version;
}

FacadeAction action(const HttpRequest& request) {
  return {.name = action_of(request) == own_action ? "sts:GetCallerIdentity" : "sts:unknown"};
}

HttpReply xml_reply(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/xml", .body = std::move(body)};
}

Result<HttpReply> answer(const FacadeCall& call) {
  const std::string asked = action_of(call.request);
  if (asked != own_action)
    return Failure(fault(
        "InvalidAction",
        fmt::format("{} is not supported by this server: of STS, GetCallerIdentity alone is.", shortened(asked))));
  const Principal& caller = call.principal;
  return xml_reply(
      200,
      fmt::format("<GetCallerIdentityResponse xmlns=\"{}\"><GetCallerIdentityResult><Arn>{}</Arn><UserId>{}</UserId>"
                  "<Account>{}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>{}</RequestId>"
                  "</ResponseMetadata></GetCallerIdentityResponse>",
                  xml_namespace, xml_text(caller.arn), xml_text(caller.access_key_id),
                  xml_text(call.environment.names.account), call.request_id));
}

HttpReply refuse(const HttpRequest& /*request*/, unsigned status, const Error& error, std::string_view request_id) {
  return xml_reply(status, fmt::format("<ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}"
                                       "</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
                                       xml_namespace, status >= 500 ? "Receiver" : "Sender", xml_text(error.code),
                                       xml_text(error.message), request_id));
}

}  // namespace

Facade sts_facade() {
  return {.name = "sts",
          .access = FacadeAccess::signature,
          .services = services,
          .match = match,
          .action = action,
          .answer = answer,
          .refuse = refuse};
}

}  // namespace godwit
