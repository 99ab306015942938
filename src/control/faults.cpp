#include "control/faults.h"

#include <fmt/format.h>

#include <cctype>

namespace godwit {

Error fault(std::string_view code, std::string message) {
  return {.kind = ErrorKind::usage, .code = std::string(code), .message = std::move(message), .sqlstate = {}};
}

Error not_found(std::string_view noun, std::string_view which) {
  return fault("ResourceNotFoundFault", fmt::format("{} could not be found: {}", noun, which));
}

Error nothing_matches(std::string_view nouns) {
  return fault("ResourceNotFoundFault", fmt::format("No {} found matching provided filters", nouns));
}

Error already_exists(std::string_view noun, std::string_view identifier, std::string_view arn) {
  return fault("ResourceAlreadyExistsFault",
               fmt::format("{} already exists: {}{}{}", noun, identifier, arn.empty() ? "" : " is ", arn));
}

Error invalid_state(std::string message) {
  return fault("InvalidResourceStateFault", std::move(message));
}
Error invalid_value(std::string message) {
  return fault("InvalidParameterValueException", std::move(message));
}
Error invalid_combination(std::string message) {
  return fault("InvalidParameterCombinationException", std::move(message));
}

Error quota_exceeded(std::string_view quota, int64_t limit) {
  return fault("ResourceQuotaExceededFault", fmt::format("The quota {} of {} is used up.", quota, limit));
}

Error access_denied(std::string_view principal_arn, std::string_view action, std::string_view resource) {
  return fault("AccessDeniedException", fmt::format("User: {} is not authorized to perform: {} on resource: {}",
                                                    principal_arn, action, resource));
}

Error not_supported(std::string_view operation, std::string_view why) {
  return fault("InvalidResourceStateFault",
               fmt::format("{} is not supported yet by this server: {}", operation, why));
}

bool is_fault(const Error& error) {  // our own codes are lower-case and dotted
  return !error.code.empty() && std::isupper(static_cast<unsigned char>(error.code.front())) != 0;
}

}  // namespace godwit
