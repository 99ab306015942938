#pragma once
// Where a task begins and ends to read changes, as its calls say it (spec/api.md §5.2).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/environment.h"

namespace godwit {

// Of a create, modify or start call; nothing: not given.
struct CdcMembers {
  std::optional<int64_t> start_time_us{};
  std::optional<std::string> start_position{}, stop_position{};

  bool starts() const { return start_time_us || start_position; }
};

struct CdcPositions {
  std::string start, stop;  // as they are stored and answered; empty: none
};

// What holds once the members are put over what is stored; an empty text takes a position back. Errors:
// InvalidParameterCombinationException for both ways to start, and for positions that the type has no use for;
// InvalidParameterValueException for texts that are no positions of the source's engine, and for times where its log
// cannot be searched by time. Whether the source's log has the place shows when the task starts.
Result<CdcPositions> merge_positions(const Environment& environment, const std::string& source_endpoint_id,
                                     std::string_view migration_type, const CdcPositions& stored,
                                     const CdcMembers& given);

}  // namespace godwit
