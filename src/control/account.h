#pragma once
// The account as a whole: its generated names and its quotas (spec/api.md §4.5, §4.6).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"

namespace godwit {

// What KmsKeyId echoes where none was given; cosmetic: secrets are sealed by the server's master key.
std::string default_kms_key_arn(const Namespace& names);
// 12 lower-case letters and digits, the same for an account and region always.
std::string unique_account_identifier(const Namespace& names);

struct AccountQuota {
  std::string_view name;
  int64_t used = 0, most = 0;
};

// In the order of spec/api.md §4.6. Quotas per instance or group tell their fullest one.
Result<std::vector<AccountQuota>> account_quotas(Environment& environment);

// ResourceQuotaExceededFault (StorageQuotaExceededFault for AllocatedStorage) when `more` would go over the quota.
// Inside the transaction that adds it. `name`: of the whole account, "Endpoints".
Result<void> require_quota(Environment& environment, std::string_view name, int64_t more = 1);
// The same for what the caller counted: `used` with the new one, "ReplicationTasksPerInstance".
Result<void> require_within_quota(std::string_view name, int64_t used);

}  // namespace godwit
