#include "control/instance_classes.h"

#include <algorithm>

namespace godwit {
namespace {

constexpr InstanceClass classes[] = {
    {"dms.c4.large", 3'840, 2, 100},
    {"dms.c4.xlarge", 7'680, 4, 100},
    {"dms.c4.2xlarge", 15'360, 8, 100},
    {"dms.c4.4xlarge", 30'720, 16, 100},
    {"dms.c5.large", 4'096, 2, 100},
    {"dms.c5.xlarge", 8'192, 4, 100},
    {"dms.c5.2xlarge", 16'384, 8, 100},
    {"dms.c5.4xlarge", 32'768, 16, 100},
    {"dms.c5.9xlarge", 73'728, 36, 100},
    {"dms.c5.12xlarge", 98'304, 48, 100},
    {"dms.c5.18xlarge", 147'456, 72, 100},
    {"dms.c5.24xlarge", 196'608, 96, 100},
    {"dms.c6i.large", 4'096, 2, 100},
    {"dms.c6i.xlarge", 8'192, 4, 100},
    {"dms.c6i.2xlarge", 16'384, 8, 100},
    {"dms.c6i.4xlarge", 32'768, 16, 100},
    {"dms.c6i.8xlarge", 65'536, 32, 100},
    {"dms.c6i.12xlarge", 98'304, 48, 100},
    {"dms.c6i.16xlarge", 131'072, 64, 100},
    {"dms.c6i.24xlarge", 196'608, 96, 100},
    {"dms.c6i.32xlarge", 262'144, 128, 100},
    {"dms.r4.large", 15'616, 2, 100},
    {"dms.r4.xlarge", 31'232, 4, 100},
    {"dms.r4.2xlarge", 62'464, 8, 100},
    {"dms.r4.4xlarge", 124'928, 16, 100},
    {"dms.r4.8xlarge", 249'856, 32, 100},
    {"dms.r5.large", 16'384, 2, 100},
    {"dms.r5.xlarge", 32'768, 4, 100},
    {"dms.r5.2xlarge", 65'536, 8, 100},
    {"dms.r5.4xlarge", 131'072, 16, 100},
    {"dms.r5.8xlarge", 262'144, 32, 100},
    {"dms.r5.12xlarge", 393'216, 48, 100},
    {"dms.r5.16xlarge", 524'288, 64, 100},
    {"dms.r5.24xlarge", 786'432, 96, 100},
    {"dms.r6i.large", 16'384, 2, 100},
    {"dms.r6i.xlarge", 32'768, 4, 100},
    {"dms.r6i.2xlarge", 65'536, 8, 100},
    {"dms.r6i.4xlarge", 131'072, 16, 100},
    {"dms.r6i.8xlarge", 262'144, 32, 100},
    {"dms.r6i.12xlarge", 393'216, 48, 100},
    {"dms.r6i.16xlarge", 524'288, 64, 100},
    {"dms.r6i.24xlarge", 786'432, 96, 100},
    {"dms.r6i.32xlarge", 1'048'576, 128, 100},
    {"dms.t2.micro", 1'024, 1, 50},
    {"dms.t2.small", 2'048, 1, 50},
    {"dms.t2.medium", 4'096, 2, 50},
    {"dms.t2.large", 8'192, 2, 50},
    {"dms.t3.micro", 1'024, 2, 50},
    {"dms.t3.small", 2'048, 2, 50},
    {"dms.t3.medium", 4'096, 2, 50},
    {"dms.t3.large", 8'192, 2, 50},
};

}  // namespace

std::span<const InstanceClass> instance_classes() {
  return classes;
}

const InstanceClass* find_instance_class(std::string_view name) {
  const auto* found = std::ranges::find(classes, name, &InstanceClass::name);
  return found == std::end(classes) ? nullptr : found;
}

}  // namespace godwit
