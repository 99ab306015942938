#pragma once
// A table cut into slices, and how a slice is read: by ranges of pages where the server can read them by themselves,
// by ranges of a key (key_ranges.h) or in one piece where it cannot.

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/source.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// Slices of about `range_bytes` of every leaf, each with the leaf's filenode as its storage id.
Result<std::vector<TableRange>> split_table(Connection& session, const TableDef& table, uint64_t range_bytes);

// What follows FROM ONLY leaf; empty: the whole leaf. Once the leaf is locked, in the slice's transaction.
Result<std::string> condition_of(Connection& session, const TableRange& range);

}  // namespace godwit::postgres
