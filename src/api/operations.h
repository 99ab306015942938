#pragma once
// Every operation this server carries out, one list per resource; the router knows the rest of the service model's
// operations from the model and answers that they are not supported yet.

#include <cstddef>
#include <span>
#include <string_view>

#include "api/call.h"

namespace godwit {

std::span<const Operation> account_operations();
std::span<const Operation> assessment_operations();
std::span<const Operation> certificate_operations();
std::span<const Operation> connection_operations();
std::span<const Operation> endpoint_operations();
std::span<const Operation> event_operations();
std::span<const Operation> instance_operations();
std::span<const Operation> schema_operations();
std::span<const Operation> subnet_group_operations();
std::span<const Operation> table_operations();
std::span<const Operation> tag_operations();
std::span<const Operation> task_operations();

// Null: the name is none of these.
const Operation* find_operation(std::string_view name);
size_t operations_carried_out();

}  // namespace godwit
