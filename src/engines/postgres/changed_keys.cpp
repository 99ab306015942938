#include "engines/postgres/changed_keys.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "base/text.h"
#include "engines/postgres/copy_text.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/table_writer.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view keys_table = "pg_temp.godwit_changed_keys";
// A batch of keys becomes the text of one query on the source.
constexpr int keys_per_batch = 1000;

}  // namespace

Result<std::unique_ptr<ChangedKeys>> PostgresChangedKeys::open(Connection& session, const ControlSchema& control,
                                                               std::string_view task_id, const TargetTable& table,
                                                               std::shared_ptr<const TableDef> layout) {
  if (!table.layout->key) return Failure(errors::no_arbiter(table.layout->ref));
  std::vector<std::string> columns;
  for (const uint32_t c : table.layout->key->columns)
    columns.push_back(fmt::format("{} AS k{}", quote_name(table.layout->columns[c].name), columns.size()));
  TRY(session.run(fmt::format("DROP TABLE IF EXISTS {0}; CREATE TEMP TABLE {0} AS SELECT {1} FROM {2} WITH NO DATA",
                              keys_table, join(columns, ", "), quote_name(table.layout->ref))));
  return std::unique_ptr<ChangedKeys>(new PostgresChangedKeys(session, control, task_id, table, std::move(layout)));
}

Result<void> PostgresChangedKeys::add(const RowBatch& keys) {
  if (keys.rows == 0) return {};
  ByteBuffer text;
  for (size_t row = 0; row < keys.rows; ++row) {
    for (size_t c = 0; c < keys.width(); ++c) {
      if (c > 0) text.push_back('\t');
      append_copy_text(text, keys.layout->columns[c], keys.bytes(keys.cell(row, c)));
    }
    text.push_back('\n');
  }
  TRY(session_.copy_in(fmt::format("COPY {} FROM STDIN", keys_table), text.view()));
  return {};
}

std::string PostgresChangedKeys::key_names() const {
  std::vector<std::string> names;
  for (size_t c = 0; c < layout_->columns.size(); ++c) names.push_back(fmt::format("k{}", c));
  return join(names, ", ");
}

Result<std::unique_ptr<TableWriter>> PostgresChangedKeys::erase_rows(const TableRange& range, Encoding encoding) {
  TRY(session_.run(fmt::format("ANALYZE {}", keys_table)));
  std::unique_ptr<TableWriter> writer =
      TRY(PostgresTableWriter::open(session_, control_, task_id_, table_, range, encoding, {.careful = true}));
  std::vector<std::string> terms;
  const std::vector<uint32_t>& key = table_.layout->key->columns;
  for (size_t c = 0; c < key.size(); ++c)
    terms.push_back(fmt::format("t.{} = k.k{}", quote_name(table_.layout->columns[key[c]].name), c));
  // A dead worker's slice may still be about to commit: it is waited for, or its rows would come behind the DELETE.
  TRY(session_.run(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", quote_name(table_.layout->ref))));
  TRY(session_.run(fmt::format(
      "DELETE FROM {} AS t USING (SELECT DISTINCT {} FROM {}) AS k WHERE {}; DECLARE godwit_keys NO SCROLL CURSOR "
      "FOR "
      "SELECT DISTINCT {} FROM {}",
      quote_name(table_.layout->ref), key_names(), keys_table, join(terms, " AND "), key_names(), keys_table)));
  return writer;
}

Result<bool> PostgresChangedKeys::next(RowBatch& keys) {
  keys.clear();
  keys.layout = layout_;
  const Rows rows = TRY(session_.query(fmt::format("FETCH {} FROM godwit_keys", keys_per_batch)));
  for (int row = 0; row < rows.size(); ++row) {
    for (int c = 0; c < static_cast<int>(layout_->columns.size()); ++c) {
      const bool bytes = holds_bytes(layout_->columns[static_cast<size_t>(c)]);
      const size_t start = keys.arena.size();
      if (!bytes)
        keys.arena.append(rows.get(row, c));
      else if (!append_unhex(keys.arena, rows.get(row, c).substr(2)))
        return Failure(errors::bad_stream("a bytea key that is not written in hexadecimal", ""));
      keys.cells.push_back({static_cast<uint32_t>(start), static_cast<int32_t>(keys.arena.size() - start)});
    }
    keys.end_row();
  }
  return keys.rows > 0;
}

}  // namespace godwit::postgres
