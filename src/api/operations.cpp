#include "api/operations.h"

#include <unordered_map>
#include <vector>

namespace godwit {
namespace {

using OperationList = std::span<const Operation> (*)();

// Every list of handlers/ stands here.
const std::vector<OperationList>& lists() {
  static const std::vector<OperationList> all = {certificate_operations, connection_operations, endpoint_operations,
                                                 schema_operations};
  return all;
}

std::unordered_map<std::string_view, const Operation*> by_name() {
  std::unordered_map<std::string_view, const Operation*> operations;
  for (const OperationList list : lists())
    for (const Operation& operation : list()) operations.emplace(operation.name, &operation);
  return operations;
}

}  // namespace

const Operation* find_operation(std::string_view name) {
  static const auto operations = by_name();
  const auto found = operations.find(name);
  return found == operations.end() ? nullptr : found->second;
}

}  // namespace godwit
