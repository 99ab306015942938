#include "control/account.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "control/faults.h"
#include "control/resource_faults.h"
#include "store/resources.h"

namespace godwit {
namespace {

struct QuotaRow {
  std::string_view name;
  int64_t most;
  std::string_view used;  // a query of one number; empty: nothing of it can exist here
};

// spec/api.md §4.6.
constexpr QuotaRow quotas[] = {
    {"ReplicationInstances", 60, "SELECT count(*) FROM instances"},
    {"AllocatedStorage", 30'000, "SELECT coalesce(sum(allocated_storage_gb), 0) FROM instances"},
    {"EventSubscriptions", 60, "SELECT count(*) FROM event_subscriptions"},
    {"ReplicationSubnetGroups", 60, "SELECT count(*) FROM subnet_groups"},
    {"SubnetsPerReplicationSubnetGroup", 60,
     "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM subnets GROUP BY subnet_group)"},
    {"Endpoints", 1'000, "SELECT count(*) FROM endpoints"},
    {"EndpointsPerReplicationInstance", 100,
     "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM connections GROUP BY instance_id)"},
    {"ReplicationTasks", 600, "SELECT count(*) FROM tasks"},
    {"ReplicationTasksPerInstance", 200,
     "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM tasks GROUP BY instance_id)"},
    {"Certificates", 100, "SELECT count(*) FROM certificates"},
    {"DataProviders", 1'000, ""},
    {"InstanceProfiles", 60, ""},
    {"MigrationProjects", 10, ""},
};

const QuotaRow& quota_named(std::string_view name) {
  return *std::ranges::find(quotas, name, &QuotaRow::name);
}

Result<int64_t> used_of(Environment& environment, const QuotaRow& quota) {
  if (quota.used.empty()) return 0;
  return one_count(environment.database, quota.used);
}

std::string place_of(const Namespace& names) {
  return names.partition + "/" + names.region + "/" + names.account;
}

}  // namespace

std::string default_kms_key_arn(const Namespace& names) {
  const std::string digits = hex64(fnv1a("kms/" + place_of(names))) + hex64(fnv1a(place_of(names) + "/key"));
  const std::string_view hex = digits;
  return fmt::format("arn:{}:kms:{}:{}:key/{}-{}-4{}-8{}-{}", names.partition, names.region, names.account,
                     hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3), hex.substr(20, 12));
}

std::string unique_account_identifier(const Namespace& names) {
  constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
  uint64_t rest = fnv1a("account/" + place_of(names));
  std::string identifier;
  for (int i = 0; i < 12; ++i, rest /= alphabet.size()) identifier += alphabet[rest % alphabet.size()];
  return identifier;
}

Result<std::vector<AccountQuota>> account_quotas(Environment& environment) {
  std::vector<AccountQuota> out;
  for (const QuotaRow& quota : quotas) {
    const int64_t used = TRY(used_of(environment, quota));
    out.push_back({.name = quota.name, .used = used, .most = quota.most});
  }
  return out;
}

Result<void> require_quota(Environment& environment, std::string_view name, int64_t more) {
  const QuotaRow& quota = quota_named(name);
  const int64_t used = TRY(used_of(environment, quota));
  if (used + more <= quota.most) return {};
  if (name == "AllocatedStorage") return Failure(storage_quota_exceeded(more, quota.most));
  return Failure(quota_exceeded(name, quota.most));
}

Result<void> require_within_quota(std::string_view name, int64_t used) {
  const int64_t most = quota_named(name).most;
  if (used > most) return Failure(quota_exceeded(name, most));
  return {};
}

}  // namespace godwit
