#pragma once
// The classes of replication instances (spec/api.md §6.1): what a worker process of a task on such an instance may
// use of this node.

#include <cstdint>
#include <span>
#include <string_view>

namespace godwit {

struct InstanceClass {
  std::string_view name;  // "dms.t3.medium"
  int64_t memory_mb;
  int64_t processors;
  int64_t default_storage_gb;
};

inline constexpr int64_t storage_gb_min = 5, storage_gb_max = 6144;

// In order of name family, smallest first.
std::span<const InstanceClass> instance_classes();
// Null: no such class.
const InstanceClass* find_instance_class(std::string_view name);

}  // namespace godwit
