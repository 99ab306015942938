#pragma once
// ReplicationInstance as replies carry it (spec/api.md §6.1, §9).

#include <nlohmann/json.hpp>

#include "control/instances.h"
#include "control/subnet_groups.h"

namespace godwit {

// One whose status is "creating" has no addresses, zone and creation time yet.
nlohmann::json instance_json(const Environment& environment, const InstanceRecord& instance,
                             const SubnetGroupRecord& group);

}  // namespace godwit
