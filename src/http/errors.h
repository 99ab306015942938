#pragma once
// Every error of http/. Those about signatures have the AWS fault's name as their code and AWS's words where these
// are known (spec/api.md §2); those about listening begin with "http.".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace godwit {

// MissingAuthenticationTokenException
Error authentication_token_missing();

// IncompleteSignatureException
Error authorization_header_twice();
Error authorization_algorithm_unknown();
Error authorization_not_pairs();
Error authorization_part_unknown();
Error authorization_part_twice(std::string_view part);
Error authorization_part_malformed(std::string_view part, std::string_view wanted);
Error authorization_parts_missing(const std::vector<std::string>& parts);
Error credential_malformed();
Error date_header_missing();
Error date_header_twice(std::string_view header);
Error date_header_malformed(std::string_view header);

// UnrecognizedClientException, ExpiredTokenException, ThrottlingException
Error signing_key_unknown();
Error signing_key_expired();
Error replays_beyond_memory();

// InvalidSignatureException. Times are "20260301T093005Z".
Error scope_of_other_terminator(std::string_view terminator);
Error scope_of_other_service(const std::vector<std::string>& services, std::string_view found);
Error scope_of_other_region(const std::vector<std::string>& regions, std::string_view found);
Error scope_of_other_date(std::string_view scope_date, std::string_view signed_at);
Error signature_expired(std::string_view signed_at, std::string_view earliest, std::string_view now);
Error signature_not_yet_current(std::string_view signed_at, std::string_view latest, std::string_view now);
Error header_must_be_signed(std::string_view header);
Error signed_header_absent(std::string_view header);
Error payload_hash_differs();
Error payload_streamed();
Error payload_hash_malformed();
Error signature_differs(std::string_view canonical_request, std::string_view string_to_sign);
Error signature_replayed(std::string_view first_seen);
Error signed_before_start(std::string_view signed_at, std::string_view started);

// Listening.
Error listen_address_unknown(std::string_view address, std::string_view why);
Error listen_address_in_use(std::string_view address, uint16_t port);
Error listen_refused(std::string_view address, uint16_t port, std::string_view why);
Error plain_beyond_loopback(std::string_view address);
Error tls_half_given(bool has_cert);
Error tls_unusable(std::string_view what, std::string_view path, std::string_view why);

}  // namespace godwit
