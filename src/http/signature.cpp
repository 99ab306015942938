#include "http/signature.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "http/authorization_header.h"
#include "http/canonical_request.h"
#include "http/digest.h"
#include "http/errors.h"
#include "http/replay_memory.h"

namespace godwit {
namespace {

constexpr int64_t age_s_max = int64_t{15} * 60;
constexpr size_t derived_keys_max = 1024;
constexpr std::string_view terminator = "aws4_request";

Result<AuthorizationHeader> authorization_of(const HttpRequest& request) {
  const auto count =
      std::ranges::count_if(request.headers, [](const auto& header) { return header.first == "authorization"; });
  if (count == 0) return Failure(authentication_token_missing());
  if (count > 1) return Failure(authorization_header_twice());
  return parse_authorization(*request.header("authorization"));
}

bool is_region_name(std::string_view region) {
  return !region.empty() && region.size() <= 32 && std::ranges::all_of(region, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Result<void> check_scope(const AuthorizationHeader& claim, const SignedTime& time,
                         std::span<const std::string_view> services, const std::vector<std::string>& regions) {
  if (claim.terminator != terminator) return Failure(scope_of_other_terminator(claim.terminator));
  if (std::ranges::find(services, claim.service) == services.end())
    return Failure(scope_of_other_service({services.begin(), services.end()}, claim.service));
  if (!is_region_name(claim.region) ||
      (!regions.empty() && std::ranges::find(regions, claim.region) == regions.end()))
    return Failure(scope_of_other_region(regions, claim.region));
  if (claim.date != time.text.substr(0, 8)) return Failure(scope_of_other_date(claim.date, time.text));
  return {};
}

Result<void> check_age(const SignedTime& time, int64_t now_s) {
  if (time.seconds < now_s - age_s_max)
    return Failure(signature_expired(time.text, basic_iso_seconds(now_s - age_s_max), basic_iso_seconds(now_s)));
  if (time.seconds > now_s + age_s_max)
    return Failure(
        signature_not_yet_current(time.text, basic_iso_seconds(now_s + age_s_max), basic_iso_seconds(now_s)));
  return {};
}

Result<SigningKey> find_key(const HttpRequest& request, const AuthorizationHeader& claim, const KeyLookup& keys,
                            int64_t now_s) {
  auto key = keys(claim.access_key_id);
  if (!key || key->revoked) return Failure(signing_key_unknown());
  const std::string* token = request.header("x-amz-security-token");
  if (!equal_in_constant_time(token == nullptr ? std::string_view() : *token, key->session_token))
    return Failure(signing_key_unknown());
  if (key->expires_s != 0 && now_s >= key->expires_s) return Failure(signing_key_expired());
  return std::move(*key);
}

// What decides where a request goes, what it asks for, when and for whom, must be under the signature.
Result<void> check_signed_headers(const HttpRequest& request, const AuthorizationHeader& claim) {
  const auto is_signed = [&](std::string_view name) {
    return std::ranges::binary_search(claim.signed_headers, name, std::less<>());
  };
  if (!is_signed("host")) return Failure(header_must_be_signed("Host"));
  constexpr std::pair<std::string_view, std::string_view> relevant[] = {
      {"x-amz-date", "X-Amz-Date"},
      {"x-amz-target", "X-Amz-Target"},
      {"x-amz-security-token", "X-Amz-Security-Token"}};
  for (const auto& [name, shown] : relevant)
    if (request.header(name) != nullptr && !is_signed(name)) return Failure(header_must_be_signed(shown));
  if (request.header("x-amz-date") == nullptr && !is_signed("date")) return Failure(header_must_be_signed("Date"));
  for (const std::string& name : claim.signed_headers)
    if (request.header(name) == nullptr) return Failure(signed_header_absent(name));
  return {};
}

Result<std::string> payload_hash(const HttpRequest& request) {
  const std::string* claimed = request.header("x-amz-content-sha256");
  if (claimed == nullptr) return hex(sha256(request.body));
  if (*claimed == "UNSIGNED-PAYLOAD") return *claimed;
  if (claimed->starts_with("STREAMING-")) return Failure(payload_streamed());
  const bool is_digest = claimed->size() == 64 && std::ranges::all_of(*claimed, [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                         });
  if (!is_digest) return Failure(payload_hash_malformed());
  if (*claimed != hex(sha256(request.body))) return Failure(payload_hash_differs());
  return *claimed;
}

std::string scope_of(const AuthorizationHeader& claim) {
  return fmt::format("{}/{}/{}/{}", claim.date, claim.region, claim.service, claim.terminator);
}

Sha256 derive_key(std::string_view secret, const AuthorizationHeader& claim) {
  std::string start = fmt::format("AWS4{}", secret);
  const Sha256 of_date = hmac_sha256(start, claim.date);
  OPENSSL_cleanse(start.data(), start.size());
  const Sha256 of_region = hmac_sha256(view(of_date), claim.region);
  const Sha256 of_service = hmac_sha256(view(of_region), claim.service);
  return hmac_sha256(view(of_service), claim.terminator);
}

// A refusal shows the canonical request, which holds the session token.
std::string without_token(std::string canonical, const HttpRequest& request) {
  const std::string* token = request.header("x-amz-security-token");
  if (token == nullptr) return canonical;
  const std::string line = "\nx-amz-security-token:";
  const size_t from = canonical.find(line);
  if (from == std::string::npos) return canonical;
  const size_t value = from + line.size();
  return canonical.replace(value, canonical.find('\n', value) - value, "(withheld)");
}

}  // namespace

struct SignatureVerifier::State {
  struct DerivedKey {
    Sha256 secret_digest;  // a key id may get another secret
    Sha256 key;
  };

  explicit State(SignatureOptions o)
      : options(std::move(o)), replays(options.replay_window_s, options.replays_remembered_max) {}
  ~State() {
    for (auto& [name, derived] : keys) OPENSSL_cleanse(derived.key.data(), derived.key.size());
  }

  Sha256 key_for(const std::string& name, const std::string& secret, const AuthorizationHeader& claim);
  void keep_key(const std::string& name, const std::string& secret, const Sha256& key);
  Result<void> check_signature(const HttpRequest& request, const AuthorizationHeader& claim, const SignedTime& time,
                               const SigningKey& key);
  Result<void> check_replay(const HttpRequest& request, const AuthorizationHeader& claim, const SignedTime& time,
                            int64_t now_s);

  const SignatureOptions options;
  std::mutex mutex;  // of what follows
  std::unordered_map<std::string, DerivedKey> keys;
  ReplayMemory replays;
};

Sha256 SignatureVerifier::State::key_for(const std::string& name, const std::string& secret,
                                         const AuthorizationHeader& claim) {
  const Sha256 secret_digest = sha256(secret);
  {
    const std::lock_guard lock(mutex);
    const auto found = keys.find(name);
    if (found != keys.end() && found->second.secret_digest == secret_digest) return found->second.key;
  }
  return derive_key(secret, claim);
}

void SignatureVerifier::State::keep_key(const std::string& name, const std::string& secret, const Sha256& key) {
  const Sha256 secret_digest = sha256(secret);
  const std::lock_guard lock(mutex);
  if (keys.size() >= derived_keys_max && !keys.contains(name)) keys.clear();  // most are of days gone by
  keys.insert_or_assign(name, DerivedKey{secret_digest, key});
}

Result<void> SignatureVerifier::State::check_signature(const HttpRequest& request, const AuthorizationHeader& claim,
                                                       const SignedTime& time, const SigningKey& key) {
  const std::string body_hash = TRY(payload_hash(request));
  const std::string canonical = canonical_request(request, claim.signed_headers, body_hash);
  const std::string scope = scope_of(claim);
  const std::string text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time.text, scope, hex(sha256(canonical)));
  const std::string name = claim.access_key_id + '/' + scope;
  const Sha256 derived = key_for(name, key.secret, claim);
  if (!equal_in_constant_time(hex(hmac_sha256(view(derived), text)), claim.signature))
    return Failure(signature_differs(without_token(canonical, request), text));
  keep_key(name, key.secret, derived);
  return {};
}

Result<void> SignatureVerifier::State::check_replay(const HttpRequest& request, const AuthorizationHeader& claim,
                                                    const SignedTime& time, int64_t now_s) {
  if (time.seconds < options.started_s - options.replay_window_s)
    return Failure(signed_before_start(time.text, basic_iso_seconds(options.started_s)));
  const std::lock_guard lock(mutex);
  const auto answer = replays.meet(claim.signature, request.peer, now_s, time.seconds + age_s_max);
  if (answer.verdict == ReplayMemory::Verdict::full) return Failure(replays_beyond_memory());
  if (answer.verdict == ReplayMemory::Verdict::replayed)
    return Failure(signature_replayed(basic_iso_seconds(answer.first_seen_s)));
  return {};
}

SignatureVerifier::SignatureVerifier(SignatureOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
SignatureVerifier::~SignatureVerifier() = default;

Result<SignedCaller> SignatureVerifier::verify(const HttpRequest& request, const SignatureDemand& demand,
                                               const KeyLookup& keys, int64_t now_s) {
  const AuthorizationHeader claim = TRY(authorization_of(request));
  const SignedTime time = TRY(signed_time(request));
  TRY(check_scope(claim, time, demand.services, state_->options.regions));
  TRY(check_age(time, now_s));
  const SigningKey key = TRY(find_key(request, claim, keys, now_s));
  TRY(check_signed_headers(request, claim));
  TRY(state_->check_signature(request, claim, time, key));
  if (demand.changes) TRY(state_->check_replay(request, claim, time, now_s));
  return SignedCaller{claim.access_key_id, claim.date, claim.region, claim.service};
}

}  // namespace godwit
