#pragma once
// One constructor per message of store/.

#include <string_view>

#include "base/error.h"

namespace godwit {

Error store_failed(std::string_view path, std::string_view doing, std::string_view sqlite_said);
Error store_not_opened(std::string_view path, std::string_view why);
Error store_of_a_later_version(std::string_view path, int64_t its_version, int64_t our_version);
Error store_of_another_server(std::string_view path, int64_t its_version, int64_t our_version);
Error store_in_use(std::string_view path);

}  // namespace godwit
