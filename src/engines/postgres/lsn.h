#pragma once
// Log sequence numbers: 64 bits, written by the server as "%X/%X" and by us with 8 digits each, so that text order is
// log order; and DMS's checkpoint form around them (spec/cdc.md §2).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/position.h"

namespace godwit::postgres {

using Lsn = uint64_t;

std::optional<Lsn> parse_lsn(std::string_view text);  // "4AF/B00000D0", padded or not
std::string lsn_text(Lsn lsn);                        // "4AF/B00000D0": what START_REPLICATION and pg_lsn take
Position lsn_position(Lsn lsn);                       // "000004AF/B00000D0"

// The log position inside a checkpoint or a bare LSN.
std::optional<Position> parse_checkpoint(std::string_view text);
std::string checkpoint_text(const Position& position);  // checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0

}  // namespace godwit::postgres
