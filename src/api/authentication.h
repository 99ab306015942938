#pragma once
// Who calls: the access key behind a signature (http/signature.h) or, where a facade allows it, behind HTTP Basic.
// Keys are read from the store at each request. Thread-safe.

#include "api/call.h"
#include "http/signature.h"

namespace godwit {

struct AuthenticationOptions {
  bool required = true;            // false: --auth none; whoever can connect is an admin
  bool loopback_listener = false;  // what is open on loopback alone (/metrics) is open
  SignatureOptions signature{};
};

class Authentication {
 public:
  Authentication(Environment& environment, AuthenticationOptions options);

  bool loopback_listener() const { return options_.loopback_listener; }

  // Without authentication a web page of any host could call through its visitor's browser, so a Host that is another
  // name than the loopback's is refused then.
  Result<void> check_host(const HttpRequest& request) const;

  // Refusals are faults under AWS's names; another error is the store's.
  Result<Principal> by_signature(const HttpRequest& request, const SignatureDemand& demand);
  // HTTP Basic with an access key's id and secret; a request without it is tried by_signature().
  Result<Principal> by_password(const HttpRequest& request, const SignatureDemand& demand);
  // The caller where nobody is asked.
  Principal anybody(Role role) const;

 private:
  Result<Principal> principal_of(const AccessKey& key) const;

  Environment& environment_;
  const AuthenticationOptions options_;
  SignatureVerifier verifier_;
};

}  // namespace godwit
