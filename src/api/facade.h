#pragma once
// The other services on the same listener (spec/api.md §2): STS, CloudWatch Logs, CloudWatch metrics, /metrics,
// /healthz. Each is a Facade in a file of its own and stands in the list of api/facades.cpp; the router asks them in
// that order before it takes a request for a call of DMS, and does authentication, access by role, logging and
// x-amzn-RequestId for all of them alike.

#include <span>
#include <string>
#include <string_view>

#include "api/call.h"
#include "http/message.h"

namespace godwit {

enum class FacadeAccess {
  open,              // anybody: /healthz
  signature,         // Signature Version 4
  key_off_loopback,  // on a loopback listener anybody; elsewhere HTTP Basic (access key id and secret, as Prometheus
                     // can send them) or a signature
};

// What a request asks for, before anybody is known to have asked it.
struct FacadeAction {
  std::string name;  // "logs:GetLogEvents", as messages and the server's log show it; of an unknown one: the
                     // service's own name with what was asked
  Role needs = Role::viewer;
  bool changes = false;  // a copy of the request is refused (http/signature.h)
};

struct FacadeCall {
  const HttpRequest& request;
  Environment& environment;
  const Principal& principal;
  std::string_view request_id;
};

struct Facade {
  std::string_view name;  // "logs"
  FacadeAccess access = FacadeAccess::signature;
  std::span<const std::string_view> services;  // that the credential scope may name: {"logs"}
  bool (*match)(const HttpRequest& request);
  FacadeAction (*action)(const HttpRequest& request);
  // A fault (control/faults.h) is told to the client by refuse(); any other error as InternalFailure, without its
  // words, which go to the server's log. Content type is the facade's, x-amzn-RequestId the router's.
  Result<HttpReply> (*answer)(const FacadeCall& call);
  // A fault in this service's form. `status` is 400, or 500 for InternalFailure.
  HttpReply (*refuse)(const HttpRequest& request, unsigned status, const Error& error, std::string_view request_id);
};

std::span<const Facade> facades();

// The form of AWS JSON services: {"__type":code,"message":text} with x-amzn-ErrorType, under this content type.
HttpReply json_refusal(unsigned status, const Error& error, std::string_view content_type);

}  // namespace godwit
