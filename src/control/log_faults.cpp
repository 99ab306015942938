#include "control/log_faults.h"

#include <fmt/format.h>

#include <system_error>

#include "control/faults.h"
#include "control/log_pattern.h"

namespace godwit {

Error log_group_unknown() {
  return fault("ResourceNotFoundException", "The specified log group does not exist.");
}
Error log_stream_unknown() {
  return fault("ResourceNotFoundException", "The specified log stream does not exist.");
}
Error log_group_exists() {
  return fault("ResourceAlreadyExistsException", "The specified log group already exists");
}
Error log_parameter(std::string_view message) {
  return fault("InvalidParameterException", std::string(message));
}
Error log_pattern_too_long(size_t bytes) {
  return log_parameter(fmt::format("filterPattern has {} bytes; the most is {}.", bytes, log_pattern_bytes_max));
}
Error log_pattern_of_json() {
  return log_parameter(
      "Invalid filter pattern: JSON patterns ({ $.member = value }) are not supported, since the lines of a task log "
      "are no JSON. Use words, \"quoted phrases\", -excluded and ?alternative terms.");
}
Error log_pattern_of_columns() {
  return log_parameter(
      "Invalid filter pattern: patterns of columns ([a, b, …]) are not supported. Use words, \"quoted phrases\", "
      "-excluded and ?alternative terms; a phrase that begins with a bracket goes in quotes.");
}
Error log_pattern_regex_invalid(std::string_view regex, size_t at, std::string_view why) {
  return log_parameter(fmt::format(
      "Invalid filter pattern: the regular expression {} is refused at character {}: {}.", regex, at, why));
}
Error log_pattern_quote_open() {
  return log_parameter("Invalid filter pattern: a quotation mark is not closed.");
}
Error log_token_invalid(std::string_view member) {
  return log_parameter(fmt::format("The specified {} is invalid.", member));
}
Error log_operation_not_supported(std::string_view operation, std::string_view why) {
  return fault("InvalidOperationException", fmt::format("{} is not supported by this server. {}", operation, why));
}
Error log_file_unreadable(std::string_view path, std::string_view doing, int error_number) {
  return Error{ErrorKind::resource, "logs.file",
               fmt::format("cannot {} the task log {}: {}", doing, path,
                           std::error_code(error_number, std::generic_category()).message()),
               ""};
}

}  // namespace godwit
