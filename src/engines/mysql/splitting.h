#pragma once
// A table cut into slices by ranges of its key, or by partitions or conditions where a rule wants that. Bounds are
// JSON: {"columns":["a","b"],"from":[…],"to":[…]} with a literal for each of the columns, from included, to not, both
// in the order of the server; {"partition":"p0"}; {"where":"…"}. Empty: the whole table.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/source.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

struct KeyBounds {
  std::vector<std::string> columns;   // of the key, its first ones
  std::vector<std::string> from, to;  // literals; empty: open
  std::string partition;
  std::string where;
  bool operator==(const KeyBounds&) const = default;
};
std::string bounds_text(const KeyBounds& bounds);
std::optional<KeyBounds> parse_bounds(std::string_view text);

// From a key on (it is in it), before it, and up to it (it is in it).
enum class KeySide : uint8_t { from, before, up_to };
// "(a > 1 OR (a = 1 AND (b >= 2)))", and what an index serves better beside it.
std::string beside_key(const std::vector<std::string>& columns, const std::vector<std::string>& literals,
                       KeySide side);

// What stands behind the table's name in a SELECT: " PARTITION (…)", and the condition of its WHERE; both may be
// empty.
struct RangeSql {
  std::string partition, condition;
};
RangeSql range_sql(const KeyBounds& bounds);

// Slices of about `range_bytes`, balanced by the server's own estimates.
Result<std::vector<TableRange>> split_table(Connection& session, const TableDef& table, uint64_t range_bytes);
Result<std::vector<TableRange>> split_by_rule(Connection& session, const TableDef& table, const ParallelLoad& how);

// Another text once the table was rewritten, truncated or dropped and made again (as far as this user may see that:
// PROCESS), or has other columns, or the same in another order.
Result<std::string> storage_id(Connection& session, const TableRef& table);

}  // namespace godwit::mysql
