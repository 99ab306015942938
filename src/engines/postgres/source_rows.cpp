// The rows of a PostgreSQL source: slices of tables, and rows by their keys.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/filter_sql.h"
#include "engines/postgres/keyed_query.h"
#include "engines/postgres/search_path.h"
#include "engines/postgres/segments.h"
#include "engines/postgres/source.h"
#include "engines/postgres/splitting.h"
#include "engines/postgres/table_reader.h"
#include "engines/postgres/visibility.h"

namespace godwit::postgres {
namespace {

constexpr uint32_t first_user_oid = 16384;

std::string column_list(const TableDef& layout) {
  std::vector<std::string> names;
  for (const ColumnDef& column : layout.columns) names.push_back(quote_name(column.name));
  return join(names, ", ");
}

}  // namespace

Result<std::vector<TableRange>> PostgresSource::split(const TableDef& table, uint64_t range_bytes) {
  return split_table(session_, table, range_bytes);
}

Result<std::vector<TableRange>> PostgresSource::split_as(const TableDef& table, const ParallelLoad& how) {
  std::vector<TableRange> whole = TRY(split(table, UINT64_MAX));  // a slice a leaf
  std::vector<TableRange> out;
  for (const std::string& name : how.partitions)
    if (std::ranges::find(whole, name, [](const TableRange& range) { return range.leaf.name; }) == whole.end())
      return Failure(errors::no_partition(table.ref, name));
  std::vector<std::string> bounds = {""};
  if (how.type == ParallelLoad::Type::ranges) bounds = TRY(segment_bounds(table, how));
  for (const TableRange& leaf : whole) {
    const bool listed = std::ranges::find(how.partitions, leaf.leaf.name) != how.partitions.end();
    if (how.type == ParallelLoad::Type::partitions_list && !listed) continue;
    for (const std::string& bound : bounds) {
      out.push_back(leaf);
      out.back().index = static_cast<uint32_t>(out.size() - 1);
      out.back().bounds = bound;
    }
  }
  for (TableRange& range : out) range.of = static_cast<uint32_t>(out.size());
  return out;
}

// The lock comes first: from then on the storage cannot change under the COPY.
Result<void> PostgresSource::lock_storage(const TableRange& range) {
  const std::string leaf = quote_name(range.leaf);
  auto rows = session_.query(
      fmt::format("LOCK TABLE ONLY {} IN ACCESS SHARE MODE; SELECT pg_catalog.pg_relation_filenode({})", leaf,
                  quote_literal(leaf)));
  if (!rows && rows.error().sqlstate == "42P01") return Failure(errors::rewritten(range.table, range.leaf));
  if (!rows) return Failure(rows.error());
  if (rows->get(0, 0) != range.storage_id) return Failure(errors::rewritten(range.table, range.leaf));
  return {};
}

Result<std::unique_ptr<TableReader>> PostgresSource::read_query(const std::string& query,
                                                                const std::shared_ptr<const TableDef>& layout,
                                                                std::span<const Encoding> wanted, bool long_values,
                                                                const Requirement& requirement) {
  const Encoding encoding = wanted.empty() ? Encoding::pg_copy_text : wanted.front();
  PostgresTableReader::Options options;
  options.encoding = encoding;
  options.binary = encoding == Encoding::pg_copy_binary || (encoding == Encoding::canonical && long_values);
  // Values are put into text by a session of their own: this one is busy with the COPY.
  options.open_session = [this] {
    return Connection::open(endpoint_, {session_name({options_.tag, "lane-look-up", {}}), false, false});
  };
  if (!requirement.condition.empty()) options.behind = "SELECT " + requirement.condition;
  options.otherwise = requirement.otherwise;
  const std::string sql = fmt::format("COPY ({}) TO STDOUT (FORMAT {})", query, options.binary ? "binary" : "text");
  return PostgresTableReader::open(session_, sql, std::move(options), layout);
}

Result<std::unique_ptr<TableReader>> PostgresSource::read_table(const TableRange& range,
                                                                const std::shared_ptr<const TableDef>& layout,
                                                                std::span<const Encoding> wanted,
                                                                const ReadOptions& options) {
  TRY(lock_storage(range));
  std::string where =
      is_segment(range.bounds) ? " WHERE " + segment_condition(range.bounds) : TRY(condition_of(session_, range));
  if (options.filter != nullptr) {
    const std::string passes = TRY(filter_condition(*options.filter, *layout, ""));
    where += fmt::format("{}{}", where.empty() ? " WHERE " : " AND ", passes);
  }
  auto reader =
      read_query(fmt::format("SELECT {} FROM ONLY {}{}", column_list(*layout), quote_name(range.leaf), where), layout,
                 wanted, options.long_values);
  // A column was dropped or renamed, which gives no new storage.
  if (!reader && reader.error().sqlstate == "42703") return Failure(errors::rewritten(range.table, range.leaf));
  return reader;
}

Result<std::unique_ptr<TableReader>> PostgresSource::read_keys(
    const RowBatch& keys, std::span<const TableRange> storage, const TableDef& table,
    const std::shared_ptr<const TableDef>& layout, std::span<const Encoding> wanted, const ReadOptions& options) {
  for (const TableRange& range : storage) TRY(lock_storage(range));
  // The = of an extension's type (citext) lies in the extension's schema; for others the path stays empty.
  // Like the locks it lasts to the end of the transaction, so the first call alone sets it.
  const bool own_type = std::ranges::any_of(
      keys.layout->columns, [](const ColumnDef& column) { return column.type.log_id >= first_user_oid; });
  // Outside a transaction, for look-ups, it has to last for the session.
  const bool alone = !session_.in_transaction();
  if (own_type && (alone || !storage.empty())) TRY(session_.run(use_extension_schemas(!alone)));
  if (!options.sees.empty()) TRY(wait_until_visible(session_, options.sees));
  std::string query = keyed_query(keys, table, *layout);
  if (options.filter != nullptr) query += " WHERE " + TRY(filter_condition(*options.filter, *layout, "t."));
  if (!alone) return read_query(query, layout, wanted, options.long_values);
  return read_same_table(query, table, layout, wanted, options.long_values);
}

// Outside a snapshot a name may be another table's by now: its rows, or their absence, say nothing of this one's. The
// oid is compared behind the rows, while the COPY's lock keeps the name where it was.
Result<std::unique_ptr<TableReader>> PostgresSource::read_same_table(const std::string& query, const TableDef& table,
                                                                     const std::shared_ptr<const TableDef>& layout,
                                                                     std::span<const Encoding> wanted,
                                                                     bool long_values) {
  Requirement requirement;
  if (table.log_id != 0)
    requirement = {fmt::format("coalesce(pg_catalog.to_regclass({})::oid = {}, false)",
                               quote_literal(quote_name(table.ref)), table.log_id),
                   errors::not_that_table(table.ref)};
  auto reader = read_query(query, layout, wanted, long_values, requirement);
  if (reader || requirement.condition.empty() || session_.broken() || !reader.error().sqlstate.starts_with("42"))
    return reader;
  const Rows same = TRY(session_.query("SELECT " + requirement.condition));
  if (same.boolean(0, 0)) return reader;
  return Failure(requirement.otherwise);
}

}  // namespace godwit::postgres
