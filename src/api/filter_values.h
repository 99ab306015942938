#pragma once
// What the filters of a Describe call want of one column, as the store is asked for it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/paging.h"

namespace godwit {

// Values that are compared without regard to case.
std::vector<std::string> in_lower_case(std::vector<std::string> values);
// Resource ids of ARNs of this type. An ARN of something else names nothing here, and matches nothing.
std::vector<std::string> ids_of(const Call& call, const std::vector<std::string>& arns, std::string_view type);
// The values of one name that is given twice must hold for both.
void narrow(std::optional<std::vector<std::string>>& wanted, std::vector<std::string> values);

// The values of one name; nothing: it is not given.
std::optional<std::vector<std::string>> filter_values(const std::vector<Filter>& filters, std::string_view name);
// The same in lower case, as identifiers are stored.
std::optional<std::vector<std::string>> filter_identifiers(const std::vector<Filter>& filters, std::string_view name);
// The same for ARNs of one type, as resource ids.
std::optional<std::vector<std::string>> filter_ids(const Call& call, const std::vector<Filter>& filters,
                                                   std::string_view name, std::string_view arn_type);

}  // namespace godwit
