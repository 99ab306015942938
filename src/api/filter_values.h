#pragma once
// What a filter of a Describe call wants of one column, as the store is asked for it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace godwit {

// Values that are compared without regard to case.
std::vector<std::string> in_lower_case(std::vector<std::string> values);
// Resource ids of ARNs of this type. An ARN of something else names nothing here, and matches nothing.
std::vector<std::string> ids_of(const Call& call, const std::vector<std::string>& arns, std::string_view type);
// The values of one name that is given twice must hold for both.
void narrow(std::optional<std::vector<std::string>>& wanted, std::vector<std::string> values);

}  // namespace godwit
