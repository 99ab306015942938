#pragma once
// Who signed a request: AWS Signature Version 4 in the Authorization header (spec/api.md §2). SigV4A, presigned URLs
// and streamed payloads are refused.
//
// Every refusal is an Error of kind usage whose code is the AWS fault name and whose message is AWS's text:
//   MissingAuthenticationTokenException  no Authorization header
//   IncompleteSignatureException         an Authorization header that is not whole, another algorithm, no usable date
//   UnrecognizedClientException          unknown or revoked key, wrong or superfluous session token
//   ExpiredTokenException                a key past its expiry
//   InvalidSignatureException            scope (service, region, date, terminator), age, an unsigned header that must
//   be
//                                        signed, a signed one that is not there, body hash, signature, replay
//   ThrottlingException                  more changing requests in 15 minutes than can be remembered
// A wrong secret, an altered header and a body altered under no x-amz-content-sha256 are one and the same to
// arithmetic. Their message ends, as AWS's does, in the canonical request and the string to sign as the server sees
// them, which show the altered line; a session token in it is withheld.
//
// Replays. A request that changes something (SignatureDemand::changes) is refused when its signature was seen before
// and this one comes from another address, or more than `replay_window_s` after the first. Clients have good reasons
// to send one signature twice: AWS SDKs sign to the second, so equal calls within a second are equal bytes, and
// proxies re-send on a broken connection; all of that comes from one address within seconds. A copy from a wiretap or
// a request log comes later, or from elsewhere. Equal calls of one key within the same second from two hosts are the
// price: the second gets the error and is right on its next try. Reading requests are never refused: a copy of them
// can change nothing. The memory is this object's, so after a restart requests signed before `started_s` are refused
// if they change something (less `replay_window_s`, for clocks that differ).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace godwit {

struct SigningKey {
  std::string secret;
  std::string session_token{};  // empty: the key has none, and a request that brings one is refused
  int64_t expires_s = 0;        // seconds since 1970; 0: never
  bool revoked = false;
};

struct SignedCaller {
  std::string access_key_id;
  std::string date;  // yyyymmdd
  std::string region;
  std::string service;
};

struct SignatureDemand {
  std::span<const std::string_view>
      services;          // those the credential scope may name: "dms", "logs", "monitoring", "sts"
  bool changes = false;  // replays are refused
};

struct SignatureOptions {
  std::vector<std::string> regions{};  // allowed; empty: any of [a-z0-9-]{1,32}
  int64_t started_s = 0;               // seconds since 1970; 0: a restart is not considered
  int64_t replay_window_s = 5;
  size_t replays_remembered_max = 200'000;  // about 100 bytes each
};

// Called for each request that is whole and in time, on the caller's thread.
using KeyLookup = std::function<std::optional<SigningKey>(std::string_view access_key_id)>;

// Thread-safe. Keeps the derived keys of requests that were right.
class SignatureVerifier {
 public:
  explicit SignatureVerifier(SignatureOptions options = {});
  ~SignatureVerifier();
  SignatureVerifier(const SignatureVerifier&) = delete;
  SignatureVerifier& operator=(const SignatureVerifier&) = delete;

  Result<SignedCaller> verify(const HttpRequest& request, const SignatureDemand& demand, const KeyLookup& keys,
                              int64_t now_s);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace godwit
