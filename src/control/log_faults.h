#pragma once
// Faults of CloudWatch Logs (spec/monitoring.md §4), one constructor per message.

#include <string_view>

#include "base/error.h"

namespace godwit {

Error log_group_unknown();
Error log_stream_unknown();
Error log_group_exists();
Error log_parameter(std::string_view message);  // InvalidParameterException; of api/logs.cpp's own checks
Error log_pattern_too_long(size_t bytes);
Error log_pattern_of_json();
Error log_pattern_of_columns();
Error log_pattern_of_regex();
Error log_pattern_quote_open();
Error log_token_invalid(std::string_view member);
Error log_operation_not_supported(std::string_view operation);
// One that this server met itself, not the caller: becomes InternalFailure.
Error log_file_unreadable(std::string_view path, std::string_view doing, int error_number);

}  // namespace godwit
