#pragma once
// What a call's filters ask of one property.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/paging.h"

namespace godwit {

// The values of one name, those of all its occurrences where it is given more than once; nothing: it is not given.
std::optional<std::vector<std::string>> filter_values(const std::vector<Filter>& filters, std::string_view name);
// The same in lower case, as identifiers are stored.
std::optional<std::vector<std::string>> filter_identifiers(const std::vector<Filter>& filters, std::string_view name);
// The same for ARNs of one type, as resource ids; what is no such ARN matches nothing.
std::optional<std::vector<std::string>> filter_ids(const Call& call, const std::vector<Filter>& filters,
                                                   std::string_view name, std::string_view arn_type);

}  // namespace godwit
