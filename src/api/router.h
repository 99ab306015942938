#pragma once
// One HTTP request to its reply (spec/api.md §1, §2): which service and operation it asks for, who asks and may they,
// is the input right, then the handler. Every reply carries x-amzn-RequestId, and each request makes one line in the
// server's log, which holds no input.
//
// Errors: a caller's are 400 with the fault's name; everything else is 500 InternalFailure without its words, which
// stand in the log under the same request id. Never throws. Thread-safe.

#include "api/authentication.h"
#include "api/facade.h"
#include "api/model.h"

namespace godwit {

class Router {
 public:
  Router(Environment& environment, AuthenticationOptions authentication);

  HttpReply answer(const HttpRequest& request);

 private:
  struct Served;  // what the log tells of one request
  HttpReply serve(const HttpRequest& request, Served& served);
  HttpReply serve_facade(const Facade& facade, const HttpRequest& request, Served& served);
  Result<Principal> facade_caller(const Facade& facade, const HttpRequest& request, const FacadeAction& action);
  Result<nlohmann::json> call(const HttpRequest& request, Served& served);
  // The error as the client sees it.
  Error told(Error error, Served& served) const;

  Environment& environment_;
  Authentication authentication_;
};

}  // namespace godwit
