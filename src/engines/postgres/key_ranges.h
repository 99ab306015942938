#pragma once
// Slices by ranges of a key, for servers that cannot read a range of pages by itself (server_version.h): half-open,
// the first open below, the last open above. A slice's bounds are one JSON object, stored in the record:
//
//   {"columns":["a","b"],"collated":["b"],"order":"integer, text \"C\"","from":["1","x"],"to":["2","y"]}
//
// `from` and `to` are missing where the range is open. Bounds by pages ("12-40") never begin with a brace.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/source.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

struct KeyBounds {
  std::vector<std::string> columns;
  std::vector<std::string> collated;  // those of them whose type has collations
  std::string order;                  // the columns' types and collations: what the comparison depends on
  std::vector<std::string> from, to;  // values as the server wrote them; empty: open
  bool operator==(const KeyBounds&) const = default;
};

// Nothing where a value is no valid UTF-8, which the record could not hold.
std::optional<std::string> to_text(const KeyBounds& bounds);
// Total: nothing for any text that to_text() does not give.
std::optional<KeyBounds> parse_key_bounds(std::string_view text);
bool is_key_bounds(std::string_view bounds);
// " WHERE (…) >= (…) AND (…) < (…)"; values are quoted.
std::string key_condition(const KeyBounds& bounds);

// The bounds of at most `ways` slices of a leaf of so many blocks, about equal in rows; one empty text where it has
// no key to cut by. A key is a unique index, immediate and without NULL, by its columns before the first whose values
// are written by names that may change (enums, reg…) or that is composite. Reads a sample of the leaf.
Result<std::vector<std::string>> cut_by_key(Connection& session, const TableRef& leaf, uint64_t ways,
                                            uint64_t blocks);

// The condition of such a slice, in the slice's own transaction and once the leaf is locked. An error of code
// source.rewritten where the columns no longer compare as they did when the slices were cut.
Result<std::string> condition_of_key(Connection& session, const TableRange& range);

}  // namespace godwit::postgres
