#pragma once
// ReplicationSubnetGroup, also as part of a ReplicationInstance.

#include <nlohmann/json.hpp>

#include "control/subnet_groups.h"

namespace godwit {

nlohmann::json subnet_group_json(const SubnetGroupRecord& group);

}  // namespace godwit
