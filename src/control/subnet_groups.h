#pragma once
// Replication subnet groups (spec/api.md §4.9, §6.2): kept and echoed. Any subnet identifier is taken; its
// availability zone is one of three in turn.

#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "control/tags.h"
#include "store/subnet_groups.h"

namespace godwit {

struct SubnetGroupInput {
  std::string identifier;
  std::optional<std::string> description;  // absent in a change: as it is
  std::vector<std::string> subnets;
};

// "<region>a", "<region>b", "<region>c"
std::vector<std::string> availability_zones(const Namespace& names);

std::string subnet_group_arn(const Environment& environment, std::string_view identifier);
Result<SubnetGroupRecord> create_subnet_group(Environment& environment, const SubnetGroupInput& wanted,
                                              const std::vector<Tag>& tags);
Result<SubnetGroupRecord> modify_subnet_group(Environment& environment, const SubnetGroupInput& wanted);
Result<void> delete_subnet_group(Environment& environment, const std::string& identifier);
// By any case of its identifier; empty or "default": the group of that name, which is made when it is not there.
Result<SubnetGroupRecord> require_subnet_group(Environment& environment, const std::string& identifier);

}  // namespace godwit
