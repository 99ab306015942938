#include "engines/postgres/splitting.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engines/postgres/errors.h"
#include "engines/postgres/key_ranges.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

struct LeafSize {
  std::string storage_id;
  uint64_t blocks = 0, bytes = 0;
  bool heap = false;
};

Result<LeafSize> measure(Connection& session, const TableRef& table, const TableRef& leaf) {
  const Rows rows =
      TRY(session.query("SELECT pg_catalog.pg_relation_filenode(c.oid), pg_catalog.pg_relation_size(c.oid) / "
                        "current_setting('block_size')::int, pg_catalog.pg_table_size(c.oid), coalesce(am.amname, "
                        "'heap') = 'heap' FROM "
                        "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN "
                        "pg_catalog.pg_am am ON "
                        "am.oid = c.relam WHERE n.nspname = $1 AND c.relname = $2",
                        {leaf.schema, leaf.name}));
  if (rows.empty()) return Failure(errors::rewritten(table, leaf));
  return LeafSize{rows.text(0, 0), static_cast<uint64_t>(rows.integer(0, 1)),
                  static_cast<uint64_t>(rows.integer(0, 2)), rows.boolean(0, 3)};
}

// "12-40" or "40-": blocks; the last range is open, for rows whose pages came after the plan.
std::vector<std::string> cut_by_pages(uint64_t ways, uint64_t blocks) {
  std::vector<std::string> out;
  for (uint64_t i = 0; i + 1 < ways; ++i)
    out.push_back(fmt::format("{}-{}", blocks * i / ways, blocks * (i + 1) / ways));
  out.push_back(fmt::format("{}-", blocks * (ways - 1) / ways));
  return out;
}

bool take_number(std::string_view text, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

Result<std::string> condition_of_pages(const TableRange& range) {
  const std::string_view bounds = range.bounds;
  const size_t dash = std::min(bounds.find('-'), bounds.size());
  const std::string_view last = bounds.substr(std::min(dash + 1, bounds.size()));
  uint64_t from = 0, to = 0;
  if (dash == bounds.size() || !take_number(bounds.substr(0, dash), from) ||
      (!last.empty() && !take_number(last, to)))
    return Failure(errors::bad_bounds(range.leaf, bounds));
  std::string out = fmt::format(" WHERE ctid >= '({},0)'", from);
  if (!last.empty()) out += fmt::format(" AND ctid < '({},0)'", to);
  return out;
}

}  // namespace

Result<std::vector<TableRange>> split_table(Connection& session, const TableDef& table, uint64_t range_bytes) {
  std::vector<TableRef> leaves;
  for (const LeafDef& leaf : table.leaves) leaves.push_back(leaf.ref);
  if (!table.partitioned) leaves.push_back(table.ref);
  const bool by_pages = version::has_tid_range_scan(session.server_version());
  std::vector<TableRange> out;
  for (const TableRef& leaf : leaves) {
    const LeafSize size = TRY(measure(session, table.ref, leaf));
    const uint64_t ways =
        std::clamp<uint64_t>((size.bytes + range_bytes - 1) / range_bytes, 1, std::max<uint64_t>(size.blocks, 1));
    std::vector<std::string> cuts = {""};
    if (ways > 1 && by_pages && size.heap) cuts = cut_by_pages(ways, size.blocks);
    if (ways > 1 && !by_pages) cuts = TRY(cut_by_key(session, leaf, ways, size.blocks));
    for (std::string& bounds : cuts)
      out.push_back({table.ref, leaf, static_cast<uint32_t>(out.size()), 0, std::move(bounds), size.storage_id});
  }
  for (TableRange& range : out) range.of = static_cast<uint32_t>(out.size());
  return out;
}

Result<std::string> condition_of(Connection& session, const TableRange& range) {
  if (range.bounds.empty()) return std::string();
  return is_key_bounds(range.bounds) ? condition_of_key(session, range) : condition_of_pages(range);
}

}  // namespace godwit::postgres
