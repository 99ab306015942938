#include "api/errors.h"

#include <fmt/format.h>

#include "base/text.h"
#include "control/faults.h"

namespace godwit {

Error bad_model(size_t line, std::string_view why) {
  return {.kind = ErrorKind::fatal,
          .code = "api.model",
          .message = fmt::format("The service model cannot be read: line {}: {}.", line, why),
          .sqlstate = {}};
}

Error not_a_json_object(std::string_view why) {
  return fault("SerializationException", fmt::format("The request body must be a JSON object: {}", why));
}

Error wrong_content_type(std::string_view found) {
  return fault("SerializationException",
               fmt::format("The Content-Type must be application/x-amz-json-1.1, not '{}'.", found.substr(0, 100)));
}

Error validation_failed(std::span<const std::string> violations) {
  return fault("ValidationException", fmt::format("{} validation error{} detected: {}", violations.size(),
                                                  violations.size() == 1 ? "" : "s", join(violations, "; ")));
}

Error no_operation_named() {
  return fault("UnknownOperationException",
               "The request names no operation: it needs a header X-Amz-Target: AmazonDMSv20160101.<Operation>.");
}

Error unknown_operation(std::string_view target, std::string_view prefix) {
  return fault("UnknownOperationException",
               fmt::format("There is no operation '{}'; targets are {}<Operation>, in exactly that case.",
                           target.substr(0, 200), prefix));
}

Error not_served_here(std::string_view method, std::string_view path) {
  return fault("UnknownOperationException", fmt::format("{} {} is not served here: calls of the API are POST /.",
                                                        method.substr(0, 20), path.substr(0, 200)));
}

Error host_refused(std::string_view host) {
  return fault("AccessDeniedException",
               fmt::format("A server without authentication answers on localhost, 127.0.0.1 and [::1] alone, not as "
                           "'{}'. Call it by one of these, or start it without --auth none.",
                           host.substr(0, 200)));
}

Error unknown_filter(std::string_view name, std::string_view allowed) {
  return invalid_value(fmt::format("The filter name '{}' is not valid here. Valid names: {}.", name.substr(0, 200),
                                   allowed.empty() ? "none" : allowed));
}

Error too_many_filters(size_t given, size_t most) {
  return invalid_value(fmt::format("A call may have {} Filters; this one has {}.", most, given));
}

Error too_many_filter_values(std::string_view name, size_t given, size_t most) {
  return invalid_value(
      fmt::format("The filter '{}' has {} values; at most {} are allowed. Ask in several calls.", name, given, most));
}

Error page_size_out_of_range(int64_t asked, int64_t least, int64_t most) {
  return invalid_value(
      fmt::format("Invalid value {} for MaxRecords. Must be between {} and {}.", asked, least, most));
}

Error wrong_marker() {
  return invalid_value(
      "The Marker is not one that this operation gave for these filters. Start again without a Marker.");
}

Error operation_not_supported(std::string_view fault_code, std::string_view operation) {
  return fault(fault_code, fmt::format("{} is not supported yet by this server.", operation));
}

Error internal_failure(std::string_view request_id) {
  return fault("InternalFailure",
               fmt::format("The server failed at this call and changed nothing for it. Its log says "
                           "why, under request id {}.",
                           request_id));
}

}  // namespace godwit
