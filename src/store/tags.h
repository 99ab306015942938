#pragma once
// Tags: table `tags`. A resource is named by the type and id of its ARN.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/database.h"

namespace godwit {

Result<void> put_tag(Database& database, std::string_view resource_type, std::string_view resource_id,
                     std::string_view key, std::string_view value);
Result<void> delete_tag(Database& database, std::string_view resource_type, std::string_view resource_id,
                        std::string_view key);
// Key and value, in order of key.
Result<std::vector<std::pair<std::string, std::string>>> list_tags(Database& database, std::string_view resource_type,
                                                                   std::string_view resource_id);

}  // namespace godwit
