#include "check/errors.h"

#include <fmt/format.h>

namespace godwit::errors {

Error unknown_assessment(std::string_view name) {
  return {ErrorKind::usage, "check.unknown_assessment",
          fmt::format("There is no assessment named {}. godwit check --list shows those there are.", name), ""};
}
Error assessment_does_not_apply(std::string_view name) {
  return {ErrorKind::usage, "check.not_applicable",
          fmt::format("Assessment {} does not apply to these ends and this migration type. godwit check --list shows "
                      "those that do.",
                      name),
          ""};
}
Error include_and_exclude() {
  return {ErrorKind::usage, "check.include_and_exclude",
          "Assessments are either included or excluded by name, not both.", ""};
}
Error nothing_to_assess() {
  return {ErrorKind::usage, "check.nothing_to_assess", "Every assessment is excluded.", ""};
}
Error check_stopped() {
  return {ErrorKind::stopped, "check.stopped", "The check was stopped.", ""};
}

}  // namespace godwit::errors
