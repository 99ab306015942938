#include "engines/postgres/pglogical.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// Microseconds between 1970-01-01, the clock of Unix, and 2000-01-01, the clock of PostgreSQL.
constexpr int64_t epoch_shift_us = 946684800LL * 1000000;

// A string behind its length, which counts the NUL at its end.
template <class Length>
bool counted_string(ByteReader& in, Length length, std::string_view& out) {
  if (length == 0 || !in.bytes(length, out) || out.back() != '\0') return false;
  out.remove_suffix(1);
  return true;
}

bool short_string(ByteReader& in, std::string_view& out) {
  uint8_t length = 0;
  return in.u8(length) && counted_string(in, length, out);
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

PglogicalDecoder::PglogicalDecoder(std::span<const CapturedTable> tables, const DecoderServices& services,
                                   std::optional<AuditTable> audit)
    : StreamDecoder(tables, services.texts, audit) {
  if (!audit) look_up_ = services.look_up;
}

Result<void> PglogicalDecoder::decode(std::string_view message, Lsn, ChangeBatch& batch) {
  ByteReader in(message);
  uint8_t kind = 0;
  if (!in.u8(kind)) return damaged("an empty message");
  switch (kind) {
    case 'S':
      return startup(in);
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
    case 'O':  // where a replicated transaction came from
      return {};
    default:
      return damaged(fmt::format("message type 0x{:02x}", kind));
  }
}

Result<void> PglogicalDecoder::startup(ByteReader& in) {
  uint8_t version = 0;
  if (!in.u8(version) || version != 1) return damaged("a startup message of another version");
  while (!in.done()) {
    std::string_view key, value;
    if (!in.c_string(key) || !in.c_string(value)) return damaged("a startup message that ends early");
    // Values come in the database's encoding, whatever the session's is.
    if (key == "database_encoding" && value != "UTF8")
      return Failure(errors::database_encoding("pglogical_output", value));
    if ((key == "binary.internal_basetypes" || key == "binary.binary_basetypes") && value != "f")
      return damaged("values in a form that was not asked for");
  }
  return {};
}

Result<void> PglogicalDecoder::begin(ByteReader& in) {
  uint8_t flags = 0;
  uint64_t commit = 0;
  int64_t time = 0;
  uint32_t xid = 0;
  if (!in.u8(flags) || !in.u64(commit) || !in.i64(time) || !in.u32(xid))
    return damaged("a Begin message that ends early");
  return begin_transaction(commit, time + epoch_shift_us, xid);
}

Result<void> PglogicalDecoder::commit(ByteReader& in, ChangeBatch& batch) {
  uint8_t flags = 0;
  uint64_t commit = 0, end = 0;
  int64_t time = 0;
  if (!in.u8(flags) || !in.u64(commit) || !in.u64(end) || !in.i64(time))
    return damaged("a Commit message that ends early");
  if (in_transaction() && commit != commit_lsn()) return damaged("a Commit without its Begin");
  return end_transaction(end, batch);
}

void PglogicalDecoder::stream_restarts() {
  relations_.clear();
  queue_.reset();
  StreamDecoder::stream_restarts();
}

// --- relations -------------------------------------------------------------------------------------------------

Result<void> PglogicalDecoder::relation(ByteReader& in) {
  uint8_t flags = 0, mark = 0;
  uint32_t oid = 0;
  std::string_view schema, name;
  uint16_t count = 0;
  if (!in.u8(flags) || !in.u32(oid) || !short_string(in, schema) || !short_string(in, name) || !in.u8(mark) ||
      mark != 'A' || !in.u16(count))
    return damaged("a Relation message of unknown form");
  std::vector<SentColumn> columns(count);
  for (SentColumn& column : columns) {
    uint8_t column_mark = 0, column_flags = 0, name_mark = 0;
    uint16_t length = 0;
    if (!in.u8(column_mark) || column_mark != 'C' || !in.u8(column_flags) || !in.u8(name_mark) || name_mark != 'N' ||
        !in.u16(length) || !counted_string(in, length, column.name))
      return damaged("a Relation message of unknown form");
    column.key = (column_flags & 1U) != 0;
  }
  if (schema == "pglogical" && name == "queue") return meet_queue(oid, columns);
  Relation& relation = relations_[oid];
  relation = {};
  const std::optional<Place> place = find_place(oid);
  if (!place) {
    meet_stranger(oid);
    return {};
  }
  TRY(add_types(oid, columns));
  // Where the log carries whole old rows, no column is marked; the plugin then has no use for updates (spec §7).
  relation = fit(*place, schema, name, false, columns);
  return {};
}

Result<void> PglogicalDecoder::meet_queue(uint32_t oid, std::span<const SentColumn> columns) {
  Queue queue{oid, columns.size(), columns.size(), columns.size()};
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].name == "message_type") queue.type = c;
    if (columns[c].name == "message") queue.message = c;
  }
  if (queue.type == columns.size() || queue.message == columns.size())
    return damaged("a queue table of unknown form");
  queue_ = queue;
  return {};
}

// A relation or column that the catalog no longer has is told by its names alone.
Result<void> PglogicalDecoder::add_types(uint32_t oid, std::vector<SentColumn>& columns) {
  if (!look_up_) return {};
  const std::optional<RelationNow> now = TRY(look_up_(oid));
  if (!now) return {};
  for (SentColumn& column : columns)
    for (const RelationNow::Column& there : now->columns)
      if (there.name == column.name) {
        column.type = there.type;
        column.modifier = there.modifier;
      }
  return {};
}

Result<uint32_t> PglogicalDecoder::relation_number(ByteReader& in) {
  uint8_t flags = 0;
  uint32_t oid = 0;
  if (!in_transaction()) return damaged("a change outside a transaction");
  if (!in.u8(flags) || !in.u32(oid)) return damaged("a change that ends early");
  return oid;
}

Result<const PglogicalDecoder::Relation*> PglogicalDecoder::find(uint32_t oid) const {
  const auto relation = relations_.find(oid);
  if (relation == relations_.end()) return damaged(fmt::format("a change of unknown relation {}", oid));
  return &relation->second;
}

// --- rows ------------------------------------------------------------------------------------------------------

Result<void> PglogicalDecoder::value(ByteReader& in, char& kind, std::string_view& bytes) const {
  uint8_t byte = 0;
  uint32_t length = 0;
  if (!in.u8(byte)) return damaged("a row that ends early");
  kind = static_cast<char>(byte);
  bytes = {};
  if (kind == 'n' || kind == 'u') return {};
  if (kind != 't') return damaged("a value of unknown form");
  if (!in.u32(length) || !counted_string(in, length, bytes)) return damaged("a value that ends early");
  return {};
}

Result<void> PglogicalDecoder::skip_tuple(ByteReader& in) const {
  uint8_t mark = 0;
  uint16_t count = 0;
  if (!in.u8(mark) || mark != 'T' || !in.u16(count)) return damaged("a row that ends early");
  for (uint16_t c = 0; c < count; ++c) {
    char kind = 0;
    std::string_view bytes;
    TRY(value(in, kind, bytes));
  }
  return {};
}

Result<uint32_t> PglogicalDecoder::tuple(ByteReader& in, const Relation& relation, ChangeBatch& batch,
                                         bool key_only) {
  RowBatch& rows = image(batch, relation.table);
  uint8_t mark = 0;
  uint16_t count = 0;
  if (!in.u8(mark) || mark != 'T' || !in.u16(count) || count != relation.to_layout.size())
    return damaged("a row with another number of columns");
  begin_row(rows);
  for (uint16_t c = 0; c < count; ++c) {
    char kind = 0;
    std::string_view bytes;
    TRY(value(in, kind, bytes));
    const int32_t column = relation.to_layout[c];
    if (column < 0) continue;
    const auto at = static_cast<size_t>(column);
    if (key_only && !relation.in_key[at]) continue;
    if (kind == 'n') set_null(at);
    if (kind == 't') TRY(set_value(at, 't', bytes, relation.types[c], rows));
  }
  return end_row(rows);
}

// --- changes ---------------------------------------------------------------------------------------------------

Result<void> PglogicalDecoder::insert(ByteReader& in, ChangeBatch& batch) {
  const uint32_t oid = TRY(relation_number(in));
  uint8_t mark = 0;
  if (!in.u8(mark) || mark != 'N') return damaged("an Insert without its row");
  if (queue_ && queue_->oid == oid) return queued(in, batch);
  const Relation* relation = TRY(find(oid));
  if (!starts_change() || !is_wanted(*relation, batch)) return skip_tuple(in);
  const uint32_t row = TRY(tuple(in, *relation, batch, false));
  add(batch, {Op::insert, relation->table, Change::no_row, row});
  return {};
}

Result<void> PglogicalDecoder::update(ByteReader& in, ChangeBatch& batch) {
  const uint32_t oid = TRY(relation_number(in));
  const Relation* relation = TRY(find(oid));
  const bool wanted = starts_change() && is_wanted(*relation, batch);
  Change change{Op::update, relation->table, Change::no_row, Change::no_row};
  uint8_t mark = 0;
  if (!in.u8(mark)) return damaged("an Update that ends early");
  if (mark == 'K') {
    if (wanted) {
      change.before_row = TRY(tuple(in, *relation, batch, true));
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

Result<void> PglogicalDecoder::erase(ByteReader& in, ChangeBatch& batch) {
  const uint32_t oid = TRY(relation_number(in));
  const Relation* relation = TRY(find(oid));
  uint8_t mark = 0;
  if (!in.u8(mark) || mark != 'K') return damaged("a Delete without its row");
  if (!starts_change() || !is_wanted(*relation, batch)) return skip_tuple(in);
  const uint32_t row = TRY(tuple(in, *relation, batch, true));
  add(batch, {Op::erase, relation->table, row, Change::no_row});
  return {};
}

// A row of the queue table. What it says to subscribers of another kind (resynchronisations, SQL to run) is not for
// this reader.
Result<void> PglogicalDecoder::queued(ByteReader& in, ChangeBatch& batch) {
  uint8_t mark = 0;
  uint16_t count = 0;
  if (!in.u8(mark) || mark != 'T' || !in.u16(count) || count != queue_->columns)
    return damaged("a row of the queue table of unknown form");
  std::string_view type, message;
  for (uint16_t c = 0; c < count; ++c) {
    char kind = 0;
    std::string_view bytes;
    TRY(value(in, kind, bytes));
    if (c == queue_->type) type = bytes;
    if (c == queue_->message) message = bytes;
  }
  const bool is_new = starts_change();
  return is_new && type == "T" ? truncate(message, batch) : Result<void>();
}

Result<void> PglogicalDecoder::truncate(std::string_view message, ChangeBatch& batch) {
  const nlohmann::json told = nlohmann::json::parse(message, nullptr, false);
  if (!told.is_object()) return damaged("a truncation of unknown form");
  const TableRef table{text_of(told, "schema_name"), text_of(told, "table_name")};
  if (table.name.empty()) return damaged("a truncation of no table");
  const std::optional<Place> place = find_place(table);
  if (!place) return {};
  Relation relation;
  relation.known = true;
  relation.table = place->table;
  relation.leaf = place->leaf;
  if (is_wanted(relation, batch)) add(batch, {Op::truncate, place->table, place->leaf, Change::no_row});
  return {};
}

}  // namespace godwit::postgres
