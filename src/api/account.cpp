// The account (spec/api.md §6.11).

#include "control/account.h"

#include "api/operations.h"

namespace godwit {
namespace {

using nlohmann::json;

Result<json> describe_attributes(const Call& call) {
  json quotas = json::array();
  for (const AccountQuota& quota : TRY(account_quotas(call.environment)))
    quotas.push_back({{"AccountQuotaName", quota.name}, {"Used", quota.used}, {"Max", quota.most}});
  return json{{"AccountQuotas", std::move(quotas)},
              {"UniqueAccountIdentifier", unique_account_identifier(call.environment.names)}};
}

constexpr Operation operations[] = {{"DescribeAccountAttributes", describe_attributes, Role::viewer}};

}  // namespace

std::span<const Operation> account_operations() {
  return operations;
}

}  // namespace godwit
