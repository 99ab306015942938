#include "api/operations.h"

#include <unordered_map>
#include <vector>

namespace godwit {
namespace {

using OperationList = std::span<const Operation> (*)();

// Every list of handlers/ stands here.
const std::vector<OperationList>& lists() {
  static const std::vector<OperationList> all = {
      account_operations,      assessment_operations, certificate_operations, connection_operations,
      endpoint_operations,     event_operations,      instance_operations,    schema_operations,
      subnet_group_operations, table_operations,      tag_operations,         task_operations};
  return all;
}

using OperationOfName = std::unordered_map<std::string_view, const Operation*>;

const OperationOfName& operations() {
  static const OperationOfName by_name = [] {
    OperationOfName made;
    for (const OperationList list : lists())
      for (const Operation& operation : list()) made.emplace(operation.name, &operation);
    return made;
  }();
  return by_name;
}

}  // namespace

const Operation* find_operation(std::string_view name) {
  const auto found = operations().find(name);
  return found == operations().end() ? nullptr : found->second;
}

size_t operations_carried_out() {
  return operations().size();
}

}  // namespace godwit
