#include "engines/postgres/pgoutput.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// Microseconds between 1970-01-01, the clock of Unix, and 2000-01-01, the clock of PostgreSQL.
constexpr int64_t epoch_shift_us = 946684800LL * 1000000;
// Accounting of one change beside its bytes.
constexpr size_t change_overhead_bytes = sizeof(Change) + 16;

}  // namespace

PgoutputDecoder::PgoutputDecoder(std::span<const CapturedTable> tables, TextsOfValues texts)
    : tables_(tables.begin(), tables.end()),
      suspended_(tables.size(), false),
      texts_(std::move(texts)),
      added_(tables.size(), 0),
      repeated_(tables.size(), 0) {
  for (uint32_t t = 0; t < tables_.size(); ++t) {
    from_.push_back(parse_lsn(tables_[t].from.text).value_or(0));
    by_oid_[tables_[t].full->log_id] = {t, Change::no_row};
    for (uint32_t leaf = 0; leaf < tables_[t].full->leaves.size(); ++leaf)
      by_oid_[tables_[t].full->leaves[leaf].log_id] = {t, leaf};
  }
}

void PgoutputDecoder::start_batch(ChangeBatch& batch) const {
  batch = {};
  batch.images.resize(tables_.size());
  for (size_t t = 0; t < tables_.size(); ++t) batch.images[t].layout = tables_[t].layout;
}

Failure PgoutputDecoder::damaged(std::string_view what) const {
  return Failure(errors::bad_stream(what, commit_lsn_ == 0 ? "" : lsn_text(commit_lsn_)));
}

Result<void> PgoutputDecoder::decode(std::string_view message, ChangeBatch& batch) {
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
  int64_t time = 0;
  uint32_t xid = 0;
  const Lsn cut = commit_lsn_;
  if (!in.u64(commit_lsn_) || !in.i64(time) || !in.u32(xid)) return damaged("a Begin message that ends early");
  if (in_transaction_) return damaged("a Begin inside a transaction");
  in_transaction_ = true;
  if (repeats_) {
    if (commit_lsn_ != cut) return damaged("another transaction than the one that was cut");
    repeats_ = false;
    return {};
  }
  part_open_ = had_changes_ = false;
  for (const uint32_t table : touched_) added_[table] = repeated_[table] = 0;
  touched_.clear();
  xid_ = xid;
  commit_us_ = time + epoch_shift_us;
  return {};
}

Result<void> PgoutputDecoder::commit(ByteReader& in, ChangeBatch& batch) {
  uint8_t flags = 0;
  uint64_t commit_lsn = 0, end_lsn = 0;
  int64_t time = 0;
  if (!in.u8(flags) || !in.u64(commit_lsn) || !in.u64(end_lsn) || !in.i64(time))
    return damaged("a Commit message that ends early");
  if (!in_transaction_ || commit_lsn != commit_lsn_) return damaged("a Commit without its Begin");
  in_transaction_ = false;
  last_end_ = end_lsn;
  batch.read_to = lsn_position(end_lsn);
  if (!had_changes_) return {};
  if (!part_open_)
    batch.parts.push_back({xid_,
                           TxnPart::Kind::rows,
                           static_cast<uint32_t>(batch.changes.size()),
                           0,
                           lsn_position(commit_lsn_),
                           {},
                           commit_us_});
  batch.parts.back().kind = TxnPart::Kind::commit;
  batch.parts.back().end = batch.read_to;
  part_open_ = false;
  return {};
}

void PgoutputDecoder::stream_restarts() {
  relations_.clear();
  if (!in_transaction_ && !repeats_) return;
  in_transaction_ = false;
  repeats_ = true;
  for (const uint32_t table : touched_) repeated_[table] = added_[table];
}

// What keeps a relation from being delivered in its table's layout; empty when nothing does.
std::string PgoutputDecoder::misfit(const CapturedTable& table, std::string_view schema, std::string_view name,
                                    uint32_t oid, std::span<const Column> columns) const {
  const bool is_leaf = oid != table.full->log_id;
  if (!is_leaf && (schema != table.full->ref.schema || name != table.full->ref.name))
    return fmt::format("the table is now named {}.{}", schema, name);
  for (const Column& column : columns) {
    const std::optional<uint32_t> known = find_column(*table.full, column.name);
    if (!known) return fmt::format("column \"{}\" is new", column.name);
    const Type& type = table.full->columns[*known].type;
    if (type.log_id != column.type || type.log_modifier != column.modifier)
      return fmt::format("column \"{}\" is no longer of type {}", column.name, type.native);
  }
  for (const ColumnDef& column : table.full->columns) {
    const bool sent = std::ranges::any_of(columns, [&](const Column& c) { return c.name == column.name; });
    if (!sent && !column.generated) return fmt::format("column \"{}\" is gone", column.name);
  }
  return {};
}

// Updates and deletes name their rows by what the plan finds them by, or they would find others, or none.
std::string PgoutputDecoder::identity_misfit(const CapturedTable& table, bool full,
                                             std::span<const Column> columns) const {
  const RowIdentity planned = table.full->identity;
  if (planned == RowIdentity::none) return {};
  if (!table.layout->key)
    return planned == RowIdentity::full && !full ? "its replica identity is no longer FULL" : "";
  for (const uint32_t c : table.layout->key->columns) {
    const std::string& name = table.layout->columns[c].name;
    const auto sent = std::ranges::find(columns, name, &Column::name);
    if (sent != columns.end() && !sent->key)
      return fmt::format("its replica identity changed: column \"{}\" is no longer part of it", name);
  }
  return {};
}

Result<void> PgoutputDecoder::relation(ByteReader& in) {
  uint32_t oid = 0;
  std::string_view schema, name;
  uint8_t identity = 0;
  uint16_t count = 0;
  if (!in.u32(oid) || !in.c_string(schema) || !in.c_string(name) || !in.u8(identity) || !in.u16(count))
    return damaged("a Relation message that ends early");
  std::vector<Column> columns(count);
  for (Column& column : columns) {
    uint8_t flags = 0;
    if (!in.u8(flags) || !in.c_string(column.name) || !in.u32(column.type) || !in.i32(column.modifier))
      return damaged("a Relation message that ends early");
    column.key = (flags & 1U) != 0;
  }
  Relation& relation = relations_[oid];
  relation = {};
  relation.to_layout.assign(count, -1);
  for (const Column& column : columns) relation.types.push_back(column.type);
  const auto known = by_oid_.find(oid);
  if (known == by_oid_.end()) {
    strangers_.push_back(oid);
    return {};
  }
  relation.table = known->second.first;
  relation.leaf = known->second.second;
  relation.full_identity = identity == 'f';
  const CapturedTable& table = tables_[relation.table];
  relation.known = true;
  relation.misfit = misfit(table, schema, name, oid, columns);
  if (relation.misfit.empty()) relation.misfit = identity_misfit(table, relation.full_identity, columns);
  if (!relation.misfit.empty()) return {};
  relation.in_key.assign(table.layout->columns.size(), false);
  for (size_t c = 0; c < count; ++c) {
    const std::optional<uint32_t> column = find_column(*table.layout, columns[c].name);
    if (!column) continue;
    relation.to_layout[c] = static_cast<int32_t>(*column);
    relation.in_key[*column] = columns[c].key;
  }
  return {};
}

// Whether a change of this relation is delivered. The first that is wanted and does not fit suspends the table.
bool PgoutputDecoder::is_wanted(const Relation& relation, ChangeBatch& batch) {
  if (!relation.known || commit_lsn_ < from_[relation.table]) return false;
  if (!relation.misfit.empty()) suspend(relation.table, relation.misfit, batch);
  if (suspended_[relation.table]) return false;
  if (repeated_[relation.table] == 0) return true;
  --repeated_[relation.table];
  return false;
}

void PgoutputDecoder::suspend(uint32_t table, std::string what, ChangeBatch& batch) {
  if (suspended_[table]) return;
  suspended_[table] = true;
  batch.schema.push_back(
      {table, static_cast<uint32_t>(batch.changes.size()), lsn_position(commit_lsn_), std::move(what)});
}

std::optional<uint32_t> PgoutputDecoder::table_of(uint32_t oid) const {
  const auto known = by_oid_.find(oid);
  if (known == by_oid_.end()) return std::nullopt;
  return known->second.first;
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

// False: the value is damaged, or (binary alone) its text is the server's to say.
bool PgoutputDecoder::append_cell_bytes(char kind, std::string_view bytes, uint32_t type, bool raw,
                                        ByteBuffer& arena) const {
  if (raw && kind == 't') return bytes.starts_with("\\x") && append_unhex(arena, bytes.substr(2));
  if (raw || kind == 't') {
    arena.append(bytes);
    return true;
  }
  return append_simple_text(arena, {type, bytes});
}

Result<void> PgoutputDecoder::value(char kind, std::string_view bytes, uint32_t type, size_t column,
                                    RowBatch& image) {
  const size_t start = image.arena.size();
  if (bytes.size() > INT32_MAX || start + bytes.size() > UINT32_MAX) return damaged("a value of more than 2 GiB");
  const bool raw = image.layout->columns[column].type.type_class == TypeClass::blob;
  if (append_cell_bytes(kind, bytes, type, raw, image.arena)) {
    row_[column] = {static_cast<uint32_t>(start), static_cast<int32_t>(image.arena.size() - start)};
    batch_bytes_ += image.arena.size() - start;
    return {};
  }
  if (kind == 't') return damaged("a bytea that is not written in hexadecimal");
  untold_.push_back({type, bytes});
  untold_columns_.push_back(column);
  return {};
}

Result<void> PgoutputDecoder::add_server_texts(RowBatch& image) {
  if (!texts_) return damaged("a binary value");
  const std::vector<std::string> texts = TRY(texts_(untold_));
  if (texts.size() != untold_.size()) return damaged("values without their texts");
  for (size_t i = 0; i < texts.size(); ++i) TRY(value('t', texts[i], untold_[i].type, untold_columns_[i], image));
  untold_.clear();
  untold_columns_.clear();
  return {};
}

Result<uint32_t> PgoutputDecoder::tuple(ByteReader& in, const Relation& relation, ChangeBatch& batch, bool key_only) {
  RowBatch& image = batch.images[relation.table];
  uint16_t count = 0;
  if (!in.u16(count) || count != relation.to_layout.size()) return damaged("a row with another number of columns");
  row_.assign(image.width(), Cell{0, Cell::unchanged});
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
    if (kind == 'n') row_[at] = {0, Cell::null};
    if (has_value) TRY(value(static_cast<char>(kind), bytes, relation.types[c], at, image));
  }
  if (!untold_.empty()) TRY(add_server_texts(image));
  image.cells.insert(image.cells.end(), row_.begin(), row_.end());
  batch_bytes_ += row_.size() * sizeof(Cell) + change_overhead_bytes;
  return static_cast<uint32_t>(image.rows++);
}

void PgoutputDecoder::add(ChangeBatch& batch, Change change) {
  if (!part_open_)
    batch.parts.push_back({xid_,
                           TxnPart::Kind::rows,
                           static_cast<uint32_t>(batch.changes.size()),
                           0,
                           lsn_position(commit_lsn_),
                           {},
                           commit_us_});
  part_open_ = had_changes_ = true;
  ++batch.parts.back().count;
  batch.changes.push_back(change);
  if (added_[change.table]++ == 0) touched_.push_back(change.table);
}

Result<void> PgoutputDecoder::insert(ByteReader& in, ChangeBatch& batch) {
  if (!in_transaction_) return damaged("a change outside a transaction");
  const Relation* relation = TRY(find(in));
  uint8_t mark = 0;
  if (!in.u8(mark) || mark != 'N') return damaged("an Insert without its row");
  if (!is_wanted(*relation, batch)) return skip_tuple(in);
  const uint32_t row = TRY(tuple(in, *relation, batch, false));
  add(batch, {Op::insert, relation->table, Change::no_row, row});
  return {};
}

Result<void> PgoutputDecoder::update(ByteReader& in, ChangeBatch& batch) {
  if (!in_transaction_) return damaged("a change outside a transaction");
  const Relation* relation = TRY(find(in));
  const bool wanted = is_wanted(*relation, batch);
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
  if (!in_transaction_) return damaged("a change outside a transaction");
  const Relation* relation = TRY(find(in));
  uint8_t mark = 0;
  if (!in.u8(mark) || (mark != 'K' && mark != 'O')) return damaged("a Delete without its row");
  if (!is_wanted(*relation, batch)) return skip_tuple(in);
  const uint32_t row = TRY(tuple(in, *relation, batch, mark == 'K'));
  add(batch, {Op::erase, relation->table, row, Change::no_row});
  return {};
}

Result<void> PgoutputDecoder::truncate(ByteReader& in, ChangeBatch& batch) {
  if (!in_transaction_) return damaged("a change outside a transaction");
  uint32_t count = 0;
  uint8_t options = 0;
  if (!in.u32(count) || !in.u8(options)) return damaged("a Truncate that ends early");
  for (uint32_t i = 0; i < count; ++i) {
    const Relation* relation = TRY(find(in));
    if (is_wanted(*relation, batch)) add(batch, {Op::truncate, relation->table, relation->leaf, Change::no_row});
  }
  return {};
}

}  // namespace godwit::postgres
