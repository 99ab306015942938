#include "http/errors.h"

#include <fmt/format.h>

#include "base/text.h"

namespace godwit {
namespace {

constexpr size_t quoted_bytes_max = 64;
constexpr size_t canonical_bytes_max = 4096;

Error fault(std::string_view code, std::string message) {
  return Error{ErrorKind::usage, std::string(code), std::move(message), ""};
}

Error incomplete(std::string message) {
  return fault("IncompleteSignatureException", std::move(message));
}

Error invalid(std::string message) {
  return fault("InvalidSignatureException", std::move(message));
}

// A part of the request in quotes, short and printable.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, quoted_bytes_max)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > quoted_bytes_max ? "…'" : "'");
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "'" : " or '").append(word).append("'");
  return out;
}

// Replies are UTF-8: other bytes of the request are shown as "\xE9".
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, canonical_bytes_max)) {
    if ((c >= ' ' && c <= '~') || c == '\n')
      out += c;
    else
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
  }
  return out + (text.size() > canonical_bytes_max ? "… (cut)" : "");
}

}  // namespace

Error authentication_token_missing() {
  return fault("MissingAuthenticationTokenException", "Missing Authentication Token");
}

Error authorization_header_twice() {
  return incomplete("The request has more than one Authorization header.");
}

Error authorization_algorithm_unknown() {
  return incomplete(
      "Authorization header must begin with 'AWS4-HMAC-SHA256 ': no other way of signing is supported.");
}

Error authorization_not_pairs() {
  return incomplete("Authorization header holds what is not a valid key=value pair (missing equal-sign).");
}

Error authorization_part_unknown() {
  return incomplete("Authorization header holds a part other than 'Credential', 'SignedHeaders' and 'Signature'.");
}

Error authorization_part_twice(std::string_view part) {
  return incomplete(fmt::format("Authorization header holds '{}' more than once.", part));
}

Error authorization_part_malformed(std::string_view part, std::string_view wanted) {
  return incomplete(fmt::format("'{}' of the Authorization header must be {}.", part, wanted));
}

Error authorization_parts_missing(const std::vector<std::string>& parts) {
  std::string message;
  for (const std::string& part : parts)
    message += fmt::format("Authorization header requires '{}' parameter. ", part);
  message.pop_back();
  return incomplete(std::move(message));
}

Error credential_malformed() {
  return incomplete("Credential must have exactly 5 slash-delimited elements: keyid/date/region/service/term.");
}

Error date_header_missing() {
  return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
}

Error date_header_twice(std::string_view header) {
  return incomplete(fmt::format("The request has more than one '{}' header.", header));
}

Error date_header_malformed(std::string_view header) {
  return incomplete(
      fmt::format("Date in the '{}' header must be in ISO-8601 'basic format': yyyymmddThhmmssZ.", header));
}

Error signing_key_unknown() {
  return fault("UnrecognizedClientException", "The security token included in the request is invalid.");
}

Error signing_key_expired() {
  return fault("ExpiredTokenException", "The security token included in the request is expired");
}

Error replays_beyond_memory() {
  return fault("ThrottlingException", "Rate exceeded");
}

Error scope_of_other_terminator(std::string_view terminator) {
  return invalid(fmt::format("Credential should be scoped with a valid terminator: 'aws4_request', not {}.",
                             quoted(terminator)));
}

Error scope_of_other_service(const std::vector<std::string>& services, std::string_view found) {
  return invalid(fmt::format("Credential should be scoped to correct service: {}, not {}.", quoted_list(services),
                             quoted(found)));
}

Error scope_of_other_region(const std::vector<std::string>& regions, std::string_view found) {
  const std::string wanted = regions.empty() ? "" : ": " + quoted_list(regions);
  return invalid(fmt::format("Credential should be scoped to a valid region{}, not {}.", wanted, quoted(found)));
}

Error scope_of_other_date(std::string_view scope_date, std::string_view signed_at) {
  return invalid(
      fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: {} != "
                  "'{}', from '{}'.",
                  quoted(scope_date), signed_at.substr(0, 8), signed_at));
}

Error signature_expired(std::string_view signed_at, std::string_view earliest, std::string_view now) {
  return invalid(
      fmt::format("Signature expired: {} is now earlier than {} ({} - 15 min.)", signed_at, earliest, now));
}

Error signature_not_yet_current(std::string_view signed_at, std::string_view latest, std::string_view now) {
  return invalid(
      fmt::format("Signature not yet current: {} is still later than {} ({} + 15 min.)", signed_at, latest, now));
}

Error header_must_be_signed(std::string_view header) {
  return invalid(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", header));
}

Error signed_header_absent(std::string_view header) {
  return invalid(fmt::format("The 'SignedHeader' {} is not a header of the request.", quoted(header)));
}

Error payload_hash_differs() {
  return invalid("The provided 'x-amz-content-sha256' header does not match what was computed.");
}

Error payload_streamed() {
  return invalid(
      "The 'x-amz-content-sha256' header asks for a streamed signature, which is not supported: sign the whole "
      "body.");
}

Error payload_hash_malformed() {
  return invalid("The 'x-amz-content-sha256' header must be the body's SHA-256 in hexadecimal, or UNSIGNED-PAYLOAD.");
}

Error signature_differs(std::string_view canonical_request, std::string_view string_to_sign) {
  return invalid(
      fmt::format("The request signature we calculated does not match the signature you provided. Check your AWS "
                  "Secret Access Key and signing method. Consult the service documentation for details.\n\n"
                  "The Canonical String for this request should have been\n'{}'\n\n"
                  "The String-to-Sign should have been\n'{}'\n",
                  shown(canonical_request), shown(string_to_sign)));
}

Error signature_replayed(std::string_view first_seen) {
  return invalid(
      fmt::format("This signature was used before, at {}: a request that changes something is taken once. Sign it "
                  "again with the time of now.",
                  first_seen));
}

Error signed_before_start(std::string_view signed_at, std::string_view started) {
  return invalid(fmt::format(
      "The request was signed at {}, before this server started at {}, which therefore cannot tell whether "
      "it is a repetition. Sign it again with the time of now; if that does not help, set your clock.",
      signed_at, started));
}

Error listen_address_unknown(std::string_view address, std::string_view why) {
  return Error{
      ErrorKind::usage, "http.address",
      fmt::format("Cannot listen on '{}': {}. Give an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
                  address, why),
      ""};
}

Error listen_address_in_use(std::string_view address, uint16_t port) {
  return Error{ErrorKind::resource, "http.address_in_use",
               fmt::format("Cannot listen on {} port {}: another process does. Stop it, or choose another port.",
                           address, port),
               ""};
}

Error listen_refused(std::string_view address, uint16_t port, std::string_view why) {
  return Error{ErrorKind::usage, "http.address", fmt::format("Cannot listen on {} port {}: {}.", address, port, why),
               ""};
}

Error plain_beyond_loopback(std::string_view address) {
  return Error{ErrorKind::usage, "http.plain_beyond_loopback",
               fmt::format("Listening on {} without TLS would send passwords in clear text over the network. Give "
                           "--tls-cert FILE and --tls-key FILE, or listen on 127.0.0.1, or, where a proxy in front "
                           "of it speaks TLS, allow it by --allow-plain.",
                           address),
               ""};
}

Error tls_half_given(bool has_cert) {
  return Error{ErrorKind::usage, "http.tls",
               fmt::format("TLS takes a certificate and its key, but only {} is given. Add {}.",
                           has_cert ? "--tls-cert" : "--tls-key", has_cert ? "--tls-key FILE" : "--tls-cert FILE"),
               ""};
}

Error tls_unusable(std::string_view what, std::string_view path, std::string_view why) {
  return Error{ErrorKind::usage, "http.tls", fmt::format("{} '{}' cannot be used: {}.", what, path, why), ""};
}

}  // namespace godwit
