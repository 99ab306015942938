#pragma once
// Source types and categories of events (spec/monitoring.md §6). Both are taken in any case and answered as
// DescribeEventCategories writes them.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

struct EventCategoryGroup {
  std::string_view source_type;
  std::span<const std::string_view> categories;
};

std::span<const EventCategoryGroup> event_category_groups();

// "replication-task"; empty for empty.
Result<std::string> read_event_source_type(std::string_view text);
// Of this source type; of any when it is empty. "StateChange" is read as "state change". Duplicates go.
Result<std::vector<std::string>> read_event_categories(const std::vector<std::string>& texts,
                                                       std::string_view source_type);

}  // namespace godwit
