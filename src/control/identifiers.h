#pragma once
// The rules for names that users give (spec/api.md §4.1). Each function answers the name as it is stored, or
// InvalidParameterValueException naming the member.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit {

// Letter first, letters, digits and hyphens, no two hyphens in a row, none at the end; answered in lower case.
Result<std::string> read_identifier(std::string_view member, std::string_view text, size_t longest = 255);
// ResourceIdentifier: the same rule, at most 31 characters; case is kept.
Result<std::string> read_resource_identifier(std::string_view text);
// ReplicationSubnetGroupIdentifier: letters, digits, '.', '_', '-' and blanks, not "default"; in lower case.
Result<std::string> read_subnet_group_identifier(std::string_view text);
// SubscriptionName: fewer than 255 characters, the same rule as of identifiers; case is kept.
Result<std::string> read_subscription_name(std::string_view text);

}  // namespace godwit
