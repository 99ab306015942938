#pragma once
// Every message of a check that could not be run, one constructor each.

#include <string_view>

#include "base/error.h"

namespace godwit::errors {

Error unknown_assessment(std::string_view name);
// `why`: "a check of MySQL sources"
Error assessment_does_not_apply(std::string_view name);
Error include_and_exclude();
Error nothing_to_assess();
Error check_stopped();

}  // namespace godwit::errors
