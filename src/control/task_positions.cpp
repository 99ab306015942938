#include "control/task_positions.h"

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "control/api_words.h"
#include "control/endpoint_kinds.h"
#include "control/faults.h"
#include "control/task_faults.h"
#include "store/endpoints.h"

namespace godwit {
namespace {

constexpr size_t position_length_max = 4096;
constexpr std::string_view native = "position:";

bool is_plain(std::string_view text) {
  return text.size() <= position_length_max &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A date without its Z, as DMS writes it; whatever else stands there is native or a checkpoint.
Result<std::string> read_start(std::string_view given) {
  const std::string_view text = trim(given);
  if (!is_plain(text)) return Failure(start_position_unreadable());
  int64_t us = 0;
  const bool is_date = parse_utc(text, us);
  return std::string(is_date && text.ends_with('Z') ? text.substr(0, text.size() - 1) : text);
}

Result<std::string> read_stop(std::string_view given) {
  const std::string_view text = trim(given);
  if (text.empty() || text == "caught-up") return std::string(text);
  int64_t us = 0;
  for (const std::string_view head : {"server_time:", "commit_time:"})
    if (text.starts_with(head) && parse_utc(trim(text.substr(head.size())), us)) return std::string(text);
  if (text.starts_with(native) && text.size() > native.size() && is_plain(text)) return std::string(text);
  return Failure(stop_position_unreadable());
}

Result<void> check_start(const Engine& source, std::string_view text) {
  int64_t us = 0;
  if (source.finds_times() && parse_utc(text, us)) return {};
  if (const auto position = source.parse_position(text); !position)
    return Failure(start_position_refused(in_api_words(position.error().message)));
  return {};
}

Result<void> check_stop(const Engine& source, std::string_view text) {
  if (!text.starts_with(native)) return {};
  if (const auto position = source.parse_position(text.substr(native.size())); !position)
    return Failure(stop_position_refused(in_api_words(position.error().message)));
  return {};
}

// What was stored has been checked when it came.
Result<void> check_given(const Environment& environment, const std::string& source_endpoint_id,
                         const CdcPositions& merged, const CdcMembers& given) {
  const bool start = given.starts() && !merged.start.empty();
  const bool stop = given.stop_position && merged.stop.starts_with(native);
  if (!start && !stop) return {};
  const auto endpoint = TRY(find_endpoint(environment.database, source_endpoint_id));
  if (!endpoint) return Failure(not_found("Endpoint", source_endpoint_id));
  const EndpointKind kind = TRY(endpoint_kind(environment, endpoint->engine_name));
  if (start) TRY(check_start(*kind.served_by, merged.start));
  if (stop) TRY(check_stop(*kind.served_by, merged.stop));
  return {};
}

}  // namespace

Result<CdcPositions> merge_positions(const Environment& environment, const std::string& source_endpoint_id,
                                     std::string_view migration_type, const CdcPositions& stored,
                                     const CdcMembers& given) {
  if (given.start_time_us && given.start_position && !trim(*given.start_position).empty())
    return Failure(both_starts_given());
  CdcPositions merged = stored;
  if (given.start_position) merged.start = TRY(read_start(*given.start_position));
  if (given.start_time_us) merged.start = iso_seconds(*given.start_time_us);
  if (given.stop_position) merged.stop = TRY(read_stop(*given.stop_position));
  if (given.starts() && !merged.start.empty() && migration_type != "cdc")
    return Failure(start_position_without_use(migration_type));
  if (given.stop_position && !merged.stop.empty() && migration_type == "full-load")
    return Failure(stop_position_without_use());
  TRY(check_given(environment, source_endpoint_id, merged, given));
  return merged;
}

}  // namespace godwit
