// The requests in tests/signatures/vectors.json are signed by botocore; each test changes them in one place.

#include "http/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "http/authorization_header.h"
#include "http/canonical_request.h"

namespace godwit {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Vector {
  std::string name, service, region, token, canonical;
  HttpRequest request;
};

struct Vectors {
  std::string access_key_id, secret;
  int64_t signed_at_s = 0;
  std::vector<Vector> requests;
};

const Vectors& vectors() {
  static const Vectors all = [] {
    std::ifstream file(GODWIT_SIGNATURE_VECTORS);
    const auto json = nlohmann::json::parse(file);
    Vectors out{json["access_key_id"], json["secret"], json["signed_at_s"], {}};
    for (const auto& one : json["requests"])
      out.requests.push_back(Vector{
          one["name"], one["service"], one["region"], one["token"], one["canonical_request"],
          HttpRequest{one["method"], one["target"], one["headers"].get<HttpHeaders>(), one["body"], "10.0.0.1"}});
    return out;
  }();
  return all;
}

const Vector& vector_named(std::string_view name) {
  for (const Vector& vector : vectors().requests)
    if (vector.name == name) return vector;
  throw std::logic_error("no such vector");
}

void set_header(HttpRequest& request, std::string_view name, std::string value) {
  std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
  request.headers.emplace_back(name, std::move(value));
}

void drop_header(HttpRequest& request, std::string_view name) {
  std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
}

void replace_in_header(HttpRequest& request, std::string_view name, std::string_view from, std::string_view to) {
  for (auto& [header, value] : request.headers)
    if (header == name) value.replace(value.find(from), from.size(), to);
}

constexpr std::string_view describe = "a describe call as the command line sends it";
constexpr std::string_view with_token = "a session token";

// A verifier, a key store with one key, and a request that is right until it is changed.
struct Case {
  explicit Case(std::string_view name = describe) : vector(vector_named(name)) {
    service = vector.service;
    request = vector.request;
    key = {.secret = vectors().secret, .session_token = vector.token};
  }
  Result<SignedCaller> verify() { return verify(*verifier); }
  Result<SignedCaller> verify(SignatureVerifier& by) {
    const std::string_view services[] = {service};
    const KeyLookup lookup = [&](std::string_view id) {
      return id == vectors().access_key_id ? std::optional(key) : std::nullopt;
    };
    return by.verify(request, {services, changes}, lookup, now_s);
  }
  void use(SignatureOptions options) { verifier = std::make_unique<SignatureVerifier>(std::move(options)); }

  const Vector& vector;
  std::string service;
  HttpRequest request;
  SigningKey key;
  bool changes = false;
  int64_t now_s = vectors().signed_at_s + 1;
  std::unique_ptr<SignatureVerifier> verifier = std::make_unique<SignatureVerifier>();
};

TEST(Signature, requests_that_botocore_signed_are_right) {
  ASSERT_GE(vectors().requests.size(), 20U);
  for (const Vector& vector : vectors().requests) {
    Case one(vector.name);
    const auto caller = one.verify();
    ASSERT_TRUE(caller) << vector.name << ": " << caller.error().message;
    EXPECT_EQ(caller->access_key_id, vectors().access_key_id);
    EXPECT_EQ(caller->service, vector.service);
    EXPECT_EQ(caller->region, vector.region);
    EXPECT_EQ(caller->date, "20150830");
  }
}

TEST(Signature, canonical_requests_are_those_of_botocore) {
  for (const Vector& vector : vectors().requests) {
    const auto claim = parse_authorization(*vector.request.header("authorization"));
    ASSERT_TRUE(claim);
    const std::string hash = vector.canonical.substr(vector.canonical.rfind('\n') + 1);
    EXPECT_EQ(canonical_request(vector.request, claim->signed_headers, hash), vector.canonical) << vector.name;
  }
}

TEST(Signature, the_derived_key_is_used_again_and_stays_right) {
  Case one;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(one.verify());
  one.key.secret = "another";
  EXPECT_FALSE(one.verify()) << "a key kept for the old secret was used";
  one.key.secret = vectors().secret;
  EXPECT_TRUE(one.verify());
}

struct Alteration {
  std::string_view name, vector, code, words;
  std::function<void(Case&)> alter;
};

void set_authorization(Case& c, std::string_view from, std::string_view to) {
  replace_in_header(c.request, "authorization", from, to);
}

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<Alteration>& alterations() {
  constexpr std::string_view invalid = "InvalidSignatureException", incomplete = "IncompleteSignatureException",
                             unrecognized = "UnrecognizedClientException";
  constexpr std::string_view differs = "The request signature we calculated does not match";
  static const std::vector<Alteration> all = {
      {"wrong secret", describe, invalid, differs, [](Case& c) { c.key.secret += "x"; }},
      {"altered body", describe, invalid, differs, [](Case& c) { c.request.body = "{ }"; }},
      {"altered body under its own hash", "the body's hash in a header", invalid,
       "'x-amz-content-sha256' header does", [](Case& c) { c.request.body = "{ }"; }},
      {"altered header", describe, invalid, differs,
       [](Case& c) { set_header(c.request, "x-amz-target", "AmazonDMSv20160101.DeleteEndpoint"); }},
      {"altered host", describe, invalid, differs, [](Case& c) { set_header(c.request, "host", "127.0.0.1:8471"); }},
      {"altered method", describe, invalid, differs, [](Case& c) { c.request.method = "PUT"; }},
      {"altered path", describe, invalid, differs, [](Case& c) { c.request.target = "/x"; }},
      {"altered query", describe, invalid, differs, [](Case& c) { c.request.target = "/?a=b"; }},
      {"signed header sent twice", describe, invalid, differs,
       [](Case& c) { c.request.headers.emplace_back("x-amz-target", "AmazonDMSv20160101.DeleteEndpoint"); }},
      {"altered signature", describe, invalid, differs,
       [](Case& c) { set_authorization(c, "Signature=c", "Signature=d"); }},
      {"stale date", describe, invalid,
       "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)",
       [](Case& c) { c.now_s = vectors().signed_at_s + 901; }},
      {"future date", describe, invalid,
       "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 "
       "min.)",
       [](Case& c) { c.now_s = vectors().signed_at_s - 901; }},
      {"wrong service", describe, invalid, "Credential should be scoped to correct service: 'logs', not 'dms'.",
       [](Case& c) { c.service = "logs"; }},
      {"wrong region", describe, invalid,
       "Credential should be scoped to a valid region: 'us-east-1', not 'eu-central-1'.",
       [](Case& c) { c.use({.regions = {"us-east-1"}}); }},
      {"impossible region", describe, invalid, "Credential should be scoped to a valid region, not 'eu_central'.",
       [](Case& c) { set_authorization(c, "eu-central-1", "eu_central"); }},
      {"wrong scope date", describe, invalid, "Date in Credential scope does not match",
       [](Case& c) { set_authorization(c, "20150830", "20150829"); }},
      {"wrong terminator", describe, invalid, "valid terminator: 'aws4_request', not 'aws5_request'",
       [](Case& c) { set_authorization(c, "aws4_request", "aws5_request"); }},
      {"host not signed", describe, invalid, "'Host' must be a 'SignedHeader'",
       [](Case& c) { set_authorization(c, "host;", ""); }},
      {"date not signed", describe, invalid, "'X-Amz-Date' must be a 'SignedHeader'",
       [](Case& c) { set_authorization(c, "x-amz-date;", ""); }},
      {"target not signed", describe, invalid, "'X-Amz-Target' must be a 'SignedHeader'",
       [](Case& c) { set_authorization(c, ";x-amz-target", ""); }},
      {"token not signed", with_token, invalid, "'X-Amz-Security-Token' must be a 'SignedHeader'",
       [](Case& c) { set_authorization(c, ";x-amz-security-token", ""); }},
      {"old Date header not signed", "the date in a Date header", invalid, "'Date' must be a 'SignedHeader'",
       [](Case& c) { set_authorization(c, "date;", ""); }},
      {"missing signed header", describe, invalid, "The 'SignedHeader' 'content-type' is not a header",
       [](Case& c) { drop_header(c.request, "content-type"); }},
      {"streamed payload", describe, invalid, "asks for a streamed signature",
       [](Case& c) { set_header(c.request, "x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"); }},
      {"payload hash that is none", describe, invalid, "must be the body's SHA-256",
       [](Case& c) { set_header(c.request, "x-amz-content-sha256", "abc"); }},
      {"claim that the payload is unsigned", describe, invalid, differs,
       [](Case& c) { set_header(c.request, "x-amz-content-sha256", "UNSIGNED-PAYLOAD"); }},
      {"no authorization", describe, "MissingAuthenticationTokenException", "Missing Authentication Token",
       [](Case& c) { drop_header(c.request, "authorization"); }},
      {"two authorizations", describe, incomplete, "more than one Authorization header",
       [](Case& c) { c.request.headers.emplace_back("authorization", "x"); }},
      {"password", describe, incomplete, "must begin with 'AWS4-HMAC-SHA256 '",
       [](Case& c) { set_header(c.request, "authorization", "Basic c2VjcmV0OnNlY3JldA=="); }},
      {"SigV4A", describe, incomplete, "must begin with 'AWS4-HMAC-SHA256 '",
       [](Case& c) { set_authorization(c, "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"); }},
      {"empty authorization", describe, incomplete, "must begin with",
       [](Case& c) { set_header(c.request, "authorization", ""); }},
      {"algorithm alone", describe, incomplete,
       "requires 'Signature' parameter. Authorization header requires 'Signed",
       [](Case& c) { set_header(c.request, "authorization", "AWS4-HMAC-SHA256"); }},
      {"no signature", describe, incomplete, "Authorization header requires 'Signature' parameter.",
       [](Case& c) {
         std::string value = *c.request.header("authorization");
         set_header(c.request, "authorization", value.substr(0, value.find(", Signature")));
       }},
      {"part without equal-sign", describe, incomplete, "missing equal-sign",
       [](Case& c) { set_authorization(c, "Signature=", "Signature:"); }},
      {"unknown part", describe, incomplete, "a part other than",
       [](Case& c) { set_authorization(c, "Signature=", "signature="); }},
      {"part twice", describe, incomplete, "holds 'Signature' more than once",
       [](Case& c) { set_authorization(c, "Signature=", "Signature=" + std::string(64, 'a') + ", Signature="); }},
      {"short signature", describe, incomplete, "'Signature' of the Authorization header must be 64",
       [](Case& c) { set_authorization(c, "Signature=c8", "Signature="); }},
      {"short credential", describe, incomplete, "exactly 5 slash-delimited elements",
       [](Case& c) { set_authorization(c, "/aws4_request", ""); }},
      {"no date", describe, incomplete, "requires existence of either a 'X-Amz-Date' or a 'Date' header",
       [](Case& c) { drop_header(c.request, "x-amz-date"); }},
      {"two dates", describe, incomplete, "more than one 'x-amz-date' header",
       [](Case& c) { c.request.headers.emplace_back("x-amz-date", "20150830T123600Z"); }},
      {"malformed date", describe, incomplete, "ISO-8601 'basic format'",
       [](Case& c) { set_header(c.request, "x-amz-date", "2015-08-30T12:36:00Z"); }},
      {"impossible date", describe, incomplete, "ISO-8601 'basic format'",
       [](Case& c) { set_header(c.request, "x-amz-date", "20150230T123600Z"); }},
      {"unknown key", describe, unrecognized, "The security token included in the request is invalid.",
       [](Case& c) { set_authorization(c, "AKIDEXAMPLE", "AKIDEXAMPLF"); }},
      {"revoked key", describe, unrecognized, "is invalid.", [](Case& c) { c.key.revoked = true; }},
      {"wrong token", with_token, unrecognized, "is invalid.", [](Case& c) { c.key.session_token += "x"; }},
      {"missing token", with_token, unrecognized, "is invalid.",
       [](Case& c) { drop_header(c.request, "x-amz-security-token"); }},
      {"superfluous token", with_token, unrecognized, "is invalid.", [](Case& c) { c.key.session_token = ""; }},
      {"expired key", describe, "ExpiredTokenException", "is expired", [](Case& c) { c.key.expires_s = c.now_s; }},
  };
  return all;
}

TEST(Signature, each_alteration_fails_with_its_own_error) {
  for (const Alteration& alteration : alterations()) {
    Case one(alteration.vector);
    ASSERT_TRUE(one.verify()) << alteration.name;
    alteration.alter(one);
    const auto caller = one.verify();
    ASSERT_FALSE(caller) << alteration.name;
    EXPECT_EQ(caller.error().code, alteration.code) << alteration.name;
    EXPECT_THAT(caller.error().message, HasSubstr(std::string(alteration.words))) << alteration.name;
    EXPECT_THAT(caller.error().message, Not(HasSubstr(vectors().secret))) << alteration.name;
  }
}

TEST(Signature, a_refusal_shows_what_was_to_be_signed_without_the_session_token) {
  Case one(with_token);
  one.request.body += " ";
  const std::string message = one.verify().error().message;
  EXPECT_THAT(message, HasSubstr("The Canonical String for this request should have been\n'POST\n/\n\n"));
  EXPECT_THAT(message, HasSubstr("x-amz-security-token:(withheld)\n"));
  EXPECT_THAT(message, HasSubstr("AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/eu-central-1/dms/aws4_request\n"));
  EXPECT_THAT(message, Not(HasSubstr(one.key.session_token)));
}

TEST(Signature, a_refusal_is_short_and_of_printable_characters) {
  Case one("a header in UTF-8");
  one.request.target = "/" + std::string(20'000, 'x');
  EXPECT_LT(one.verify().error().message.size(), 6'000U);
  one.request.target = "/";
  one.request.body = "x";
  EXPECT_THAT(one.verify().error().message, HasSubstr("x-name:b\\xC3\\xBCcher"));
}

TEST(Signature, the_time_may_differ_by_fifteen_minutes_either_way) {
  Case one;
  for (const int64_t by : {-900, 0, 900}) {
    one.now_s = vectors().signed_at_s + by;
    EXPECT_TRUE(one.verify()) << by;
  }
}

TEST(Signature, several_services_and_regions_may_be_allowed) {
  Case one;
  one.use({.regions = {"us-east-1", "eu-central-1"}});
  const std::string_view services[] = {"monitoring", "dms"};
  const KeyLookup lookup = [&](std::string_view) { return std::optional(one.key); };
  EXPECT_TRUE(one.verifier->verify(one.request, {services}, lookup, one.now_s));
}

TEST(Replay, a_changing_request_is_taken_again_within_seconds_from_the_same_address) {
  Case one;
  one.changes = true;
  for (const int64_t by : {0, 1, 5}) {
    one.now_s = vectors().signed_at_s + by;
    EXPECT_TRUE(one.verify()) << by;
  }
}

TEST(Replay, a_changing_request_is_refused_later) {
  Case one;
  one.changes = true;
  ASSERT_TRUE(one.verify());
  for (const int64_t by : {7, 100, 900}) {
    one.now_s = vectors().signed_at_s + by;
    const auto again = one.verify();
    ASSERT_FALSE(again) << by;
    EXPECT_EQ(again.error().code, "InvalidSignatureException");
    EXPECT_THAT(again.error().message, HasSubstr("This signature was used before, at 20150830T123601Z"));
  }
}

TEST(Replay, a_changing_request_is_refused_from_another_address) {
  Case one;
  one.changes = true;
  ASSERT_TRUE(one.verify());
  one.request.peer = "10.0.0.2";
  EXPECT_FALSE(one.verify());
}

TEST(Replay, a_reading_request_is_never_refused) {
  Case one;
  ASSERT_TRUE(one.verify());
  one.now_s += 800;
  one.request.peer = "10.0.0.2";
  EXPECT_TRUE(one.verify());
}

TEST(Replay, a_wrong_signature_is_not_remembered) {
  Case one;
  one.changes = true;
  one.key.secret += "x";
  EXPECT_FALSE(one.verify());
  one.key.secret = vectors().secret;
  one.now_s += 60;
  EXPECT_TRUE(one.verify());
}

TEST(Replay, a_changing_request_from_before_the_start_is_refused) {
  Case one;
  one.changes = true;
  one.use({.started_s = vectors().signed_at_s + 6});
  const auto caller = one.verify();
  ASSERT_FALSE(caller);
  EXPECT_EQ(caller.error().code, "InvalidSignatureException");
  EXPECT_THAT(caller.error().message, HasSubstr("before this server started at 20150830T123606Z"));
  one.changes = false;
  EXPECT_TRUE(one.verify());
  one.changes = true;
  one.use({.started_s = vectors().signed_at_s + 5});
  EXPECT_TRUE(one.verify());
}

TEST(Replay, memory_is_bounded_and_freed_when_signatures_have_expired) {
  Case first, second("a session token");
  first.changes = second.changes = true;
  first.use({.replays_remembered_max = 1});
  ASSERT_TRUE(first.verify());
  const auto refused = second.verify(*first.verifier);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ThrottlingException");
  EXPECT_TRUE(first.verify()) << "what is remembered is still known";
}

}  // namespace
}  // namespace godwit
