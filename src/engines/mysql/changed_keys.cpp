#include "engines/mysql/changed_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/hex.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/table_writer.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

// A batch of keys becomes the text of one query on the source, and of one DELETE here.
constexpr size_t keys_per_batch = 500;
constexpr size_t keys_statement_bytes = 1U << 20U;

// Every cell with its length before it: what is compared and kept of a key.
void append_key(ByteBuffer& out, const RowBatch& keys, size_t row) {
  for (size_t c = 0; c < keys.width(); ++c) {
    const std::string_view value = keys.bytes(keys.cell(row, c));
    append_big_endian(out, static_cast<uint32_t>(value.size()));
    out.append(value);
  }
}

bool take_key(RowBatch& keys, std::string_view bytes) {
  ByteReader in(bytes);
  for (size_t c = 0; c < keys.width(); ++c) {
    uint32_t length = 0;
    std::string_view value;
    if (!in.u32(length) || !in.bytes(length, value)) return false;
    keys.append_value(value);
  }
  keys.end_row();
  return in.done();
}

}  // namespace

Result<std::unique_ptr<ChangedKeys>> MysqlChangedKeys::open(Connection& session, const ControlSchema& control,
                                                            std::string_view task_id, const TargetTable& table,
                                                            std::shared_ptr<const TableDef> layout,
                                                            uint64_t packet_bytes) {
  const std::vector<TargetColumn> columns = TRY(read_target_columns(session, table));
  const bool unique = table.layout->key && !TRY(unique_index_of(session, *table.layout, table.layout->key->columns))
  .empty();
  if (!unique) return Failure(errors::no_arbiter(table.layout->ref));
  std::unique_ptr<MysqlChangedKeys> keys(
      new MysqlChangedKeys(session, control, task_id, table, std::move(layout), packet_bytes));
  for (const uint32_t c : table.layout->key->columns) keys->columns_.push_back(columns[c]);
  keys->stage_ = control.table("godwit_changed_keys");
  TRY(session.run("DROP TEMPORARY TABLE IF EXISTS " + keys->stage_));
  auto made =
      session.run(fmt::format("CREATE TEMPORARY TABLE {} (number bigint unsigned AUTO_INCREMENT PRIMARY KEY, "
                              "digest binary(32) NOT NULL UNIQUE, bytes longblob NOT NULL) ENGINE=InnoDB",
                              keys->stage_));
  if (!made && (session.broken() || is_recoverable(made.error()))) return Failure(made.error());
  if (!made) return Failure(errors::no_key_stage(table.layout->ref, made.error()));
  return std::unique_ptr<ChangedKeys>(std::move(keys));
}

Result<void> MysqlChangedKeys::add(const RowBatch& keys) {
  ByteBuffer sql, key;
  const auto send = [&]() -> Result<void> {
    if (sql.empty()) return {};
    sql.append(" ON DUPLICATE KEY UPDATE digest = digest");
    TRY(session_.run(std::string(sql.view())));
    sql.clear();
    return {};
  };
  for (size_t row = 0; row < keys.rows; ++row) {
    for (size_t c = 0; c < columns_.size(); ++c)
      if (!keeps_whole(columns_[c], keys.bytes(keys.cell(row, c))))
        return Failure(errors::no_arbiter(table_.layout->ref));
    key.clear();
    append_key(key, keys, row);
    ByteBuffer literal;
    literal.append("x'", 2);
    append_hex(literal, key.view());
    literal.push_back('\'');
    sql.append(sql.empty() ? fmt::format("INSERT INTO {} (digest, bytes) VALUES ", stage_) : std::string(","));
    sql.append(fmt::format("(unhex(sha2({0}, 256)), {0})", literal.view()));
    if (sql.size() >= std::min<uint64_t>(keys_statement_bytes, packet_bytes_ / 4)) TRY(send());
  }
  return send();
}

// A dead worker's slice may still be about to commit: it is waited for, or its rows would come behind the DELETE.
Result<void> MysqlChangedKeys::wait_for_slices() {
  TRY(session_.query(
      fmt::format("SELECT slice FROM {} WHERE task = {} AND table_schema = {} AND table_name = {} FOR UPDATE",
                  control_.table("godwit_load_slices"), quote_literal(task_id_),
                  quote_literal(table_.source->ref.schema), quote_literal(table_.source->ref.name))));
  return {};
}

Result<std::unique_ptr<TableWriter>> MysqlChangedKeys::erase_rows(const TableRange& range, Encoding encoding) {
  if (encoding != Encoding::canonical)
    return Failure(errors::encoding_refused(table_.layout->ref, to_string(encoding)));
  std::unique_ptr<TableWriter> writer =
      TRY(MysqlTableWriter::open(session_, control_, task_id_, table_, range, {.careful = true}, packet_bytes_));
  TRY(wait_for_slices());
  RowBatch keys;
  given_ = 0;
  for (;;) {
    const bool more = TRY(next(keys));
    if (!more) break;
    TRY(erase(keys));
  }
  given_ = 0;
  return writer;
}

Result<void> MysqlChangedKeys::erase(const RowBatch& keys) {
  ByteBuffer sql;
  for (size_t row = 0; row < keys.rows; ++row) {
    sql.append(row == 0 ? fmt::format("DELETE FROM {} WHERE (", quote_name(table_.layout->ref))
                        : std::string(" OR ("));
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) sql.append(" AND ");
      append_key_match(sql, columns_[c], keys.bytes(keys.cell(row, c)));
    }
    sql.push_back(')');
  }
  TRY(session_.run(std::string(sql.view())));
  return {};
}

Result<bool> MysqlChangedKeys::next(RowBatch& keys) {
  keys.clear();
  keys.layout = layout_;
  keys.encoding = Encoding::canonical;
  const Rows rows = TRY(session_.query(fmt::format(
      "SELECT number, bytes FROM {} WHERE number > {} ORDER BY number LIMIT {}", stage_, given_, keys_per_batch)));
  for (size_t row = 0; row < rows.size(); ++row) {
    if (row > 0 && keys.arena.size() >= std::min<uint64_t>(keys_statement_bytes, packet_bytes_ / 16)) break;
    if (!take_key(keys, rows.get(row, 1))) return Failure(errors::key_damaged(table_.layout->ref));
    given_ = rows.unsigned_integer(row, 0);
  }
  return keys.rows > 0;
}

}  // namespace godwit::mysql
