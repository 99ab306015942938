#pragma once
// One HTTP POST, by libcurl. Certificates are checked against the system's authorities; redirections are not
// followed.

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

// Fails unless the answer's status is 2xx. `url`: one that is_webhook_url() accepts. A stop ends it within a second.
Result<void> post_webhook(const std::string& url, const std::vector<std::string>& headers, std::string_view body,
                          int64_t timeout_ms, const std::stop_token& stop);

}  // namespace godwit
