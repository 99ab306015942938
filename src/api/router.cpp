#include "api/router.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "api/errors.h"
#include "api/input_check.h"
#include "api/json_text.h"
#include "api/operations.h"
#include "api/request_counts.h"
#include "base/server_log.h"
#include "base/text.h"
#include "control/faults.h"
#include "http/canonical_request.h"
#include "http/fault_reply.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr std::string_view content_type = "application/x-amz-json-1.1";
constexpr std::string_view target_prefix = "AmazonDMSv20160101.";
constexpr std::array<std::string_view, 1> services = {"dms"};
constexpr size_t logged_name_max = 100;

bool only_reads(std::string_view operation) {
  return operation.starts_with("Describe") || operation.starts_with("List") || operation.starts_with("Get");
}

unsigned status_of(const Error& told) {
  return told.code == "InternalFailure" ? 500 : 400;
}

Result<void> check_content_type(const HttpRequest& request) {
  const std::string* header = request.header("content-type");
  if (header == nullptr) return {};
  const std::string type = lower_ascii(trim(std::string_view(*header).substr(0, header->find(';'))));
  if (type == content_type || type == "application/json" || type == "application/x-amz-json-1.0") return {};
  return Failure(wrong_content_type(type));
}

// The operation that the request names.
Result<const ModelOperation*> operation_of(const HttpRequest& request) {
  if (request.method != "POST" || canonical_path(request.path()) != "/")
    return Failure(not_served_here(request.method, request.path()));
  const std::string* target = request.header("x-amz-target");
  if (target == nullptr || target->empty()) return Failure(no_operation_named());
  const ModelOperation* operation =
      target->starts_with(target_prefix) ? service_model().find(target->substr(target_prefix.size())) : nullptr;
  if (operation == nullptr) return Failure(unknown_operation(*target));
  return operation;
}

Result<void> check_access(const Principal& caller, Role needs, std::string_view action, const Namespace& names) {
  if (caller.role >= needs) return {};
  return Failure(access_denied(caller.arn, action, make_arn(names, "*", "*")));
}

// An operation of the model without a handler. There are none of the resources of spec/api.md §8, so a list of them
// is empty.
Result<json> unsupported(const ModelOperation& operation) {
  const Member* list = nullptr;
  for (const Member& member : operation.output.members)
    if (member.shape.kind == ShapeKind::list) list = &member;
  const bool needs_members =
      std::ranges::any_of(operation.input.members, [](const Member& member) { return member.required; });
  if (operation.tier == Tier::may && operation.name.starts_with("Describe") && list != nullptr && !needs_members)
    return json{{list->name, json::array()}};
  return Failure(operation_not_supported(operation.unsupported_fault, operation.name));
}

}  // namespace

struct Router::Served {
  std::string request_id = new_request_id();
  std::string action = "-", access_key_id = "-", fault = "-";
  bool polled = false;  // by monitoring, every few seconds: no line for each that went well
};

Router::Router(Environment& environment, AuthenticationOptions authentication)
    : environment_(environment), authentication_(environment, std::move(authentication)) {}

HttpReply Router::answer(const HttpRequest& request) {
  const auto begun = std::chrono::steady_clock::now();
  Served served;
  HttpReply reply;
  try {
    reply = serve(request, served);
  } catch (const std::exception& thrown) {  // memory ran out, or a defect: failures of ours are values
    reply = json_refusal(500, told({ErrorKind::fatal, "api.exception", thrown.what(), ""}, served), content_type);
  }
  reply.headers.emplace_back("x-amzn-RequestId", served.request_id);
  const auto took = std::chrono::steady_clock::now() - begun;
  const bool refused = served.access_key_id == "-" && served.fault != "-";  // names are anybody's then
  request_counts().note(refused ? "unauthenticated" : served.action, served.fault == "-" ? "OK" : served.fault,
                        std::chrono::duration<double>(took).count());
  const bool quiet = served.polled && reply.status == 200;
  server_log_of(quiet ? Severity::debug : Severity::info, "api",
                "request={} peer={} key={} action={} status={} fault={} ms={:.1f}", served.request_id, request.peer,
                served.access_key_id, served.action.substr(0, logged_name_max), reply.status, served.fault,
                std::chrono::duration<double, std::milli>(took).count());
  return reply;
}

Error Router::told(Error error, Served& served) const {
  if (!is_fault(error)) {
    server_log_of(Severity::error, "api", "request={} action={} failed: {} [{}]", served.request_id, served.action,
                  error.message, error.code);
    error = internal_failure(served.request_id);
  }
  served.fault = error.code;
  return error;
}

HttpReply Router::serve(const HttpRequest& request, Served& served) {
  for (const Facade& facade : facades())
    if (facade.match(request)) return serve_facade(facade, request, served);
  auto output = call(request, served);
  if (output) return {.status = 200, .content_type = std::string(content_type), .body = json_text(*output)};
  const Error error = told(std::move(output).error(), served);
  return json_refusal(status_of(error), error, content_type);
}

Result<json> Router::call(const HttpRequest& request, Served& served) {
  const ModelOperation& operation = *TRY(operation_of(request));
  served.action = "dms:" + operation.name;
  const Operation* handler = find_operation(operation.name);
  const bool changes = !only_reads(operation.name);
  const Principal caller = TRY(authentication_.by_signature(request, {.services = services, .changes = changes}));
  served.access_key_id = caller.access_key_id;
  const Role needs = handler != nullptr ? handler->needs : changes ? Role::operator_ : Role::viewer;
  TRY(check_access(caller, needs, served.action, environment_.names));
  TRY(check_content_type(request));
  const CheckedInput checked = TRY(read_input(operation, request.body));
  if (!checked.ignored.empty())
    server_log_of(Severity::warning, "api",
                  "request={} action={} holds members that are not known and were ignored: {}", served.request_id,
                  served.action, join(checked.ignored, ", "));
  if (handler == nullptr) return unsupported(operation);
  return handler->handler(
      {.operation = operation.name, .input = checked.input, .environment = environment_, .principal = caller});
}

Result<Principal> Router::facade_caller(const Facade& facade, const HttpRequest& request,
                                        const FacadeAction& action) {
  const SignatureDemand demand{.services = facade.services, .changes = action.changes};
  switch (facade.access) {
    case FacadeAccess::open:
      return authentication_.anybody(Role::viewer);
    case FacadeAccess::key_off_loopback:
      TRY(authentication_.check_host(request));
      if (authentication_.loopback_listener()) return authentication_.anybody(Role::viewer);
      return authentication_.by_password(request, demand);
    case FacadeAccess::signature:
      break;
  }
  return authentication_.by_signature(request, demand);
}

HttpReply Router::serve_facade(const Facade& facade, const HttpRequest& request, Served& served) {
  const FacadeAction action = facade.action(request);
  served.action = action.name;
  served.polled = facade.access != FacadeAccess::signature;
  const auto refused = [&](Error error, unsigned status) {
    const Error shown = told(std::move(error), served);
    return facade.refuse(request, shown.code == "InternalFailure" ? 500 : status, shown, served.request_id);
  };
  const auto caller = facade_caller(facade, request, action);
  if (!caller) {
    const bool password = facade.access == FacadeAccess::key_off_loopback;
    HttpReply reply = refused(caller.error(), password ? 401 : 400);
    if (password) reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"godwit\"");
    return reply;
  }
  served.access_key_id = caller->access_key_id;
  if (auto allowed = check_access(*caller, action.needs, action.name, environment_.names); !allowed)
    return refused(std::move(allowed).error(), 400);
  auto reply = facade.answer(
      {.request = request, .environment = environment_, .principal = *caller, .request_id = served.request_id});
  if (!reply) return refused(std::move(reply).error(), 400);
  return std::move(*reply);
}

}  // namespace godwit
