#include "control/event_categories.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "control/resource_faults.h"

namespace godwit {
namespace {

constexpr std::string_view instance_categories[] = {
    "low storage", "configuration change", "maintenance", "deletion", "creation", "failover", "failure"};
constexpr std::string_view task_categories[] = {"configuration change", "state change", "deletion", "creation",
                                                "failure"};
constexpr EventCategoryGroup groups[] = {
    {"replication-instance", instance_categories},
    {"replication-task", task_categories},
};

// Without blanks and in lower case, as both spellings share it.
std::string squeezed(std::string_view text) {
  std::string out = lower_ascii(text);
  std::erase_if(out, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  return out;
}

std::vector<std::string> allowed_categories(std::string_view source_type) {
  std::vector<std::string> allowed;
  for (const EventCategoryGroup& group : groups)
    if (source_type.empty() || group.source_type == source_type)
      for (const std::string_view category : group.categories)
        if (std::ranges::find(allowed, category) == allowed.end()) allowed.emplace_back(category);
  return allowed;
}

}  // namespace

std::span<const EventCategoryGroup> event_category_groups() {
  return groups;
}

Result<std::string> read_event_source_type(std::string_view text) {
  const std::string type = lower_ascii(text);
  if (!type.empty() && std::ranges::find(groups, type, &EventCategoryGroup::source_type) == std::end(groups))
    return Failure(source_type_refused(text));
  return type;
}

Result<std::vector<std::string>> read_event_categories(const std::vector<std::string>& texts,
                                                       std::string_view source_type) {
  const auto allowed = allowed_categories(source_type);
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    const auto found = std::ranges::find(allowed, squeezed(text), squeezed);
    if (found == allowed.end()) return Failure(event_category_refused(text, source_type, join(allowed, ", ")));
    if (std::ranges::find(out, *found) == out.end()) out.push_back(*found);
  }
  return out;
}

}  // namespace godwit
