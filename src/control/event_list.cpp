#include "control/event_list.h"

#include <utility>

#include "base/text.h"
#include "control/event_categories.h"
#include "control/resource_faults.h"

namespace godwit {
namespace {

constexpr int64_t minute_us = 60'000'000, longest_minutes = 14 * 24 * 60, usual_minutes = 60;

Result<std::pair<int64_t, int64_t>> time_span(const EventQuestion& question, int64_t now_us) {
  if (question.start_us && question.end_us && question.duration_minutes)
    return Failure(event_times_over_determined());
  const int64_t minutes = question.duration_minutes.value_or(usual_minutes);
  if (minutes < 1 || minutes > longest_minutes) return Failure(event_duration_refused(minutes, longest_minutes));
  if (question.start_us) {
    const int64_t end =
        question.duration_minutes ? *question.start_us + minutes * minute_us : question.end_us.value_or(now_us);
    if (question.end_us && *question.start_us >= end) return Failure(event_times_reversed());
    return std::pair{*question.start_us, end};
  }
  const int64_t end = question.end_us.value_or(now_us);
  return std::pair{end - minutes * minute_us, end};
}

}  // namespace

Result<std::vector<EventRecord>> find_events(Environment& environment, const EventQuestion& question,
                                             const ListPage& page) {
  const int64_t now_us = environment.now_us();
  const auto [from_us, until_us] = TRY(time_span(question, now_us));
  EventChoice choice;
  choice.from_us = std::max(from_us, now_us - longest_minutes * minute_us);
  choice.until_us = until_us + 1;
  const std::string type = TRY(read_event_source_type(question.source_type));
  if (!type.empty()) choice.source_types = {type};
  if (!question.source_identifier.empty()) choice.source_identifiers = {lower_ascii(question.source_identifier)};
  const auto categories = TRY(read_event_categories(question.categories, type));
  if (!categories.empty()) choice.categories = categories;
  choice.instance_identifiers = question.instance_identifiers;
  return list_events(environment.database, choice, page);
}

}  // namespace godwit
