#pragma once
// Faults of CloudWatch metrics, under their JSON names; the query protocol's are made of these (api/metric_codec.h).

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace godwit {

Error metric_parameter(std::string_view message);  // InvalidParameterValueException
Error metric_parameters_clash(std::string_view message);
Error metric_parameter_missing(std::string_view name);
Error metric_token_invalid();
Error too_many_datapoints(int64_t asked, int64_t most);
Error too_many_datapoints_at_once(int64_t asked, int64_t most);
Error metric_operation_unknown(std::string_view operation);
Error metric_operation_not_supported(std::string_view operation);

Error expression_not_understood(std::string_view text, size_t at);
Error expression_too_long(size_t bytes);
Error expressions_too_deep(int references, int levels);
Error expressions_too_costly();
Error expression_function_unknown(std::string_view name);
Error expression_of_lists(std::string_view text);
Error expression_gives_no_series(std::string_view text);
Error expression_id_unknown(std::string_view id);
Error expression_id_of_itself(std::string_view id);

}  // namespace godwit
