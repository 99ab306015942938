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
// `at`: byte of the expression, from 1.
Error log_pattern_regex_invalid(std::string_view regex, size_t at, std::string_view why);
Error log_pattern_quote_open();
Error log_token_invalid(std::string_view member);
Error log_operation_not_supported(std::string_view operation, std::string_view why);
// One that this server met itself, not the caller: becomes InternalFailure.
Error log_file_unreadable(std::string_view path, std::string_view doing, int error_number);

}  // namespace godwit
