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

// A position inside a transaction: everything that committed before `lsn` is done, and of the next transaction that a
// stream opened there tells the first `done` changes. Written "000004AF/B00000D0+0000001C", which sorts behind the
// bare LSN and before every later one.
struct LogPlace {
  Lsn lsn = 0;
  uint64_t done = 0;
  bool operator==(const LogPlace&) const = default;
};
Position partial_position(Lsn lsn, uint64_t done);
std::optional<LogPlace> parse_place(const Position& position);
// The LSN of a position, whatever is done behind it; 0 for an empty one.
Lsn lsn_of(const Position& position);

// The LSN of a checkpoint, ours or DMS's, or a bare one. How much of a transaction is done is not read from it: what
// the number counts in another product is not known, and passing over too much would lose rows.
std::optional<Position> parse_checkpoint(std::string_view text);
// A checkpoint as checkpoint_text() wrote it, also around a position of another engine.
std::optional<Position> parse_own_checkpoint(std::string_view text);
std::string checkpoint_text(const Position& position);  // checkpoint:V1#1#000004AF/B00000D0#0#0#*#0#0

}  // namespace godwit::postgres
