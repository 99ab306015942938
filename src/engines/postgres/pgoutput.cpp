#include "engines/postgres/pgoutput.h"

#include <fmt/format.h>

#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// Microseconds between 1970-01-01, the clock of Unix, and 2000-01-01, the clock of PostgreSQL.
constexpr int64_t epoch_shift_us = 946684800LL * 1000000;

}  // namespace

Result<void> PgoutputDecoder::decode(std::string_view message, Lsn, ChangeBatch& batch) {
  ByteReader in(message);
  uint8_t kind = 0;
  if (!in.u8(kind)) return damaged("an empty message");
  switch (kind) {
    case 'B':
      return begin(in);
    case 'C':
      return commit(in, batch);
    case 'R':
      return relation(in);
    case 'I':
      return insert(in, batch);
    case 'U':
      return update(in, batch);
    case 'D':
      return erase(in, batch);
    case 'T':
      return truncate(in, batch);
    case 'O':  // where a replicated transaction came from
    case 'Y':  // names of types
    case 'M':  // messages of applications
      return {};
    default:
      return damaged(fmt::format("message type 0x{:02x}", kind));
  }
}

Result<void> PgoutputDecoder::begin(ByteReader& in) {
  uint64_t commit = 0;
  int64_t time = 0;
  uint32_t xid = 0;
  if (!in.u64(commit) || !in.i64(time) || !in.u32(xid)) return damaged("a Begin message that ends early");
  return begin_transaction(commit, time + epoch_shift_us, xid);
}

Result<void> PgoutputDecoder::commit(ByteReader& in, ChangeBatch& batch) {
  uint8_t flags = 0;
  uint64_t commit = 0, end = 0;
  int64_t time = 0;
  if (!in.u8(flags) || !in.u64(commit) || !in.u64(end) || !in.i64(time))
    return damaged("a Commit message that ends early");
  if (in_transaction() && commit != commit_lsn()) return damaged("a Commit without its Begin");
  return end_transaction(end, batch);
}

void PgoutputDecoder::stream_restarts() {
  relations_.clear();
  StreamDecoder::stream_restarts();
}

Result<void> PgoutputDecoder::relation(ByteReader& in) {
  uint32_t oid = 0;
  std::string_view schema, name;
  uint8_t identity = 0;
  uint16_t count = 0;
  if (!in.u32(oid) || !in.c_string(schema) || !in.c_string(name) || !in.u8(identity) || !in.u16(count))
    return damaged("a Relation message that ends early");
  std::vector<SentColumn> columns(count);
  for (SentColumn& column : columns) {
    uint8_t flags = 0;
    if (!in.u8(flags) || !in.c_string(column.name) || !in.u32(column.type) || !in.i32(column.modifier))
      return damaged("a Relation message that ends early");
    column.key = (flags & 1U) != 0;
  }
  Relation& relation = relations_[oid];
  const std::optional<Place> place = find_place(oid);
  if (place) {
    relation = fit(*place, schema, name, identity == 'f', columns);
    return {};
  }
  relation = {};
  meet_stranger(oid);
  return {};
}

Result<const PgoutputDecoder::Relation*> PgoutputDecoder::find(ByteReader& in) {
  uint32_t oid = 0;
  if (!in.u32(oid)) return damaged("a change that ends early");
  const auto relation = relations_.find(oid);
  if (relation == relations_.end()) return damaged(fmt::format("a change of unknown relation {}", oid));
  return &relation->second;
}

Result<void> PgoutputDecoder::skip_tuple(ByteReader& in) {
  uint16_t count = 0;
  if (!in.u16(count)) return damaged("a row that ends early");
  for (uint16_t c = 0; c < count; ++c) {
    uint8_t kind = 0;
    uint32_t length = 0;
    std::string_view value;
    if (!in.u8(kind)) return damaged("a row that ends early");
    if (kind != 'n' && kind != 'u' && (!in.u32(length) || !in.bytes(length, value)))
      return damaged("a row that ends early");
  }
  return {};
}

Result<uint32_t> PgoutputDecoder::tuple(ByteReader& in, const Relation& relation, ChangeBatch& batch, bool key_only) {
  RowBatch& rows = image(batch, relation.table);
  uint16_t count = 0;
  if (!in.u16(count) || count != relation.to_layout.size()) return damaged("a row with another number of columns");
  begin_row(rows);
  for (uint16_t c = 0; c < count; ++c) {
    uint8_t kind = 0;
    uint32_t length = 0;
    std::string_view bytes;
    if (!in.u8(kind)) return damaged("a row that ends early");
    const bool has_value = kind == 't' || kind == 'b';
    if (has_value && (!in.u32(length) || !in.bytes(length, bytes))) return damaged("a value that ends early");
    if (!has_value && kind != 'n' && kind != 'u') return damaged("a value of unknown form");
    const int32_t column = relation.to_layout[c];
    if (column < 0) continue;
    const auto at = static_cast<size_t>(column);
    if (key_only && !relation.in_key[at]) continue;
    if (kind == 'n') set_null(at);
    if (has_value) TRY(set_value(at, static_cast<char>(kind), bytes, relation.types[c], rows));
  }
  return end_row(rows);
}

Result<void> PgoutputDecoder::insert(ByteReader& in, ChangeBatch& batch) {
  if (!in_transaction()) return damaged("a change outside a transaction");
  const Relation* relation = TRY(find(in));
  uint8_t mark = 0;
  if (!in.u8(mark) || mark != 'N') return damaged("an Insert without its row");
  if (!starts_change() || !is_wanted(*relation, batch)) return skip_tuple(in);
  const uint32_t row = TRY(tuple(in, *relation, batch, false));
  add(batch, {Op::insert, relation->table, Change::no_row, row});
  return {};
}

Result<void> PgoutputDecoder::update(ByteReader& in, ChangeBatch& batch) {
  if (!in_transaction()) return damaged("a change outside a transaction");
  const Relation* relation = TRY(find(in));
  const bool wanted = starts_change() && is_wanted(*relation, batch);
  Change change{Op::update, relation->table, Change::no_row, Change::no_row};
  uint8_t mark = 0;
  if (!in.u8(mark)) return damaged("an Update that ends early");
  if (mark == 'K' || mark == 'O') {
    if (wanted) {
      change.before_row = TRY(tuple(in, *relation, batch, mark == 'K'));
    } else {
      TRY(skip_tuple(in));
    }
    if (!in.u8(mark)) return damaged("an Update that ends early");
  }
  if (mark != 'N') return damaged("an Update without its new row");
  if (!wanted) return skip_tuple(in);
  change.after_row = TRY(tuple(in, *relation, batch, false));
  add(batch, change);
  return {};
}

Result<void> PgoutputDecoder::erase(ByteReader& in, ChangeBatch& batch) {
  if (!in_transaction()) return damaged("a change outside a transaction");
  const Relation* relation = TRY(find(in));
  uint8_t mark = 0;
  if (!in.u8(mark) || (mark != 'K' && mark != 'O')) return damaged("a Delete without its row");
  if (!starts_change() || !is_wanted(*relation, batch)) return skip_tuple(in);
  const uint32_t row = TRY(tuple(in, *relation, batch, mark == 'K'));
  add(batch, {Op::erase, relation->table, row, Change::no_row});
  return {};
}

Result<void> PgoutputDecoder::truncate(ByteReader& in, ChangeBatch& batch) {
  if (!in_transaction()) return damaged("a change outside a transaction");
  uint32_t count = 0;
  uint8_t options = 0;
  if (!in.u32(count) || !in.u8(options)) return damaged("a Truncate that ends early");
  const bool is_new = starts_change();
  for (uint32_t i = 0; i < count; ++i) {
    const Relation* relation = TRY(find(in));
    if (is_new && is_wanted(*relation, batch))
      add(batch, {Op::truncate, relation->table, relation->leaf, Change::no_row});
  }
  return {};
}

}  // namespace godwit::postgres
