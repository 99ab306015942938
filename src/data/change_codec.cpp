#include "data/change_codec.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace godwit {
namespace {

constexpr unsigned filtered_bit = 1, keys_off_bit = 2;

Failure damaged(std::string_view what) {
  return Failure(
      Error{ErrorKind::fatal, "spool.damaged",
            fmt::format("a change read back from the spool is damaged ({}). Run the task again: the spool is "
                        "rebuilt from the source's log and nothing is lost.",
                        what),
            ""});
}

void put(ByteBuffer& out, std::string_view text) {
  append_big_endian(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

bool get(ByteReader& in, std::string& text) {
  uint32_t length = 0;
  std::string_view bytes;
  if (!in.u32(length) || !in.bytes(length, bytes)) return false;
  text.assign(bytes);
  return true;
}

void put_image(ByteBuffer& out, const RowBatch& image) {
  append_big_endian(out, static_cast<uint32_t>(image.rows));
  put(out, image.arena.view());
  for (const Cell& cell : image.cells) {
    append_big_endian(out, cell.offset);
    append_big_endian(out, cell.length);
  }
}

bool get_image(ByteReader& in, RowBatch& image) {
  uint32_t rows = 0, length = 0;
  std::string_view arena;
  if (!in.u32(rows) || !in.u32(length) || !in.bytes(length, arena)) return false;
  image.rows = rows;
  image.arena.append(arena);
  const size_t count = size_t{rows} * image.width();
  if (in.left() / 8 < count) return false;
  image.cells.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Cell cell;
    in.u32(cell.offset);
    in.i32(cell.length);
    if (cell.length < Cell::unchanged) return false;
    if (cell.length > 0 && uint64_t{cell.offset} + static_cast<uint64_t>(cell.length) > arena.size()) return false;
    image.cells.push_back(cell);
  }
  return true;
}

bool row_fits(const ChangeBatch& batch, const Change& change, uint32_t row) {
  return row == Change::no_row || row < batch.images[change.table].rows;
}

bool get_change(ByteReader& in, const ChangeBatch& batch, Change& change) {
  uint8_t op = 0;
  if (!in.u8(op) || op > static_cast<uint8_t>(Op::truncate)) return false;
  change.op = static_cast<Op>(op);
  uint8_t when_missing = 0, flags = 0;
  if (!in.u32(change.table) || !in.u32(change.before_row) || !in.u32(change.after_row) || !in.u8(when_missing) ||
      when_missing > static_cast<uint8_t>(WhenMissing::look_up) || !in.u8(flags) ||
      flags > (filtered_bit | keys_off_bit))
    return false;
  change.filtered = (flags & filtered_bit) != 0;
  change.keys_off = (flags & keys_off_bit) != 0;
  change.when_missing = static_cast<WhenMissing>(when_missing);
  if (change.table >= batch.images.size()) return false;
  if (change.op == Op::truncate || change.filtered) return true;
  const bool has_rows =
      change.op == Op::erase ? change.before_row != Change::no_row : change.after_row != Change::no_row;
  return has_rows && row_fits(batch, change, change.before_row) && row_fits(batch, change, change.after_row);
}

bool get_note(ByteReader& in, size_t changes, ChangeNote& note) {
  uint8_t kind = 0;
  if (!in.u32(note.change) || note.change >= changes || !in.u8(kind) ||
      kind > static_cast<uint8_t>(ChangeNote::Kind::refused))
    return false;
  note.kind = static_cast<ChangeNote::Kind>(kind);
  return get(in, note.message);
}

bool get_part(ByteReader& in, size_t changes, TxnPart& part) {
  uint8_t kind = 0;
  if (!in.u64(part.xid) || !in.u8(kind) || kind > 1 || !in.u32(part.first) || !in.u32(part.count)) return false;
  part.kind = static_cast<TxnPart::Kind>(kind);
  if (uint64_t{part.first} + part.count > changes) return false;
  return get(in, part.commit.text) && get(in, part.end.text) && in.i64(part.commit_us);
}

bool get_schema(ByteReader& in, const ChangeBatch& batch, SchemaEvent& event) {
  if (!in.u32(event.table) || !in.u32(event.before_change) || event.before_change > batch.changes.size())
    return false;
  if (event.table >= batch.images.size() && event.table != SchemaEvent::no_table) return false;
  uint8_t unreadable = 0;
  if (!get(in, event.at.text) || !get(in, event.what) || !get(in, event.document) || !in.i64(event.commit_us) ||
      !get(in, event.before.text) || !get(in, event.done.text) || !in.u8(unreadable) || unreadable > 1)
    return false;
  event.unreadable = unreadable == 1;
  return true;
}

}  // namespace

void encode(const ChangeBatch& batch, ByteBuffer& out) {
  append_big_endian(out, static_cast<uint32_t>(batch.images.size()));
  for (const RowBatch& image : batch.images) put_image(out, image);
  append_big_endian(out, static_cast<uint32_t>(batch.changes.size()));
  for (const Change& change : batch.changes) {
    append_big_endian(out, static_cast<uint8_t>(change.op));
    append_big_endian(out, change.table);
    append_big_endian(out, change.before_row);
    append_big_endian(out, change.after_row);
    append_big_endian(out, static_cast<uint8_t>(change.when_missing));
    append_big_endian(
        out, static_cast<uint8_t>((change.filtered ? filtered_bit : 0) | (change.keys_off ? keys_off_bit : 0)));
  }
  append_big_endian(out, static_cast<uint32_t>(batch.parts.size()));
  for (const TxnPart& part : batch.parts) {
    append_big_endian(out, part.xid);
    append_big_endian(out, static_cast<uint8_t>(part.kind));
    append_big_endian(out, part.first);
    append_big_endian(out, part.count);
    put(out, part.commit.text);
    put(out, part.end.text);
    append_big_endian(out, part.commit_us);
  }
  append_big_endian(out, static_cast<uint32_t>(batch.schema.size()));
  for (const SchemaEvent& event : batch.schema) {
    append_big_endian(out, event.table);
    append_big_endian(out, event.before_change);
    put(out, event.at.text);
    put(out, event.what);
    put(out, event.document);
    append_big_endian(out, event.commit_us);
    put(out, event.before.text);
    put(out, event.done.text);
    append_big_endian(out, static_cast<uint8_t>(event.unreadable ? 1 : 0));
  }
  append_big_endian(out, static_cast<uint32_t>(batch.notes.size()));
  for (const ChangeNote& note : batch.notes) {
    append_big_endian(out, note.change);
    append_big_endian(out, static_cast<uint8_t>(note.kind));
    put(out, note.message);
  }
  put(out, batch.read_to.text);
}

Result<ChangeBatch> decode(std::string_view bytes, std::span<const std::shared_ptr<const TableDef>> layouts) {
  ByteReader in(bytes);
  ChangeBatch batch;
  uint32_t count = 0;
  if (!in.u32(count) || count != layouts.size()) return damaged("tables");
  batch.images.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    batch.images[i].layout = layouts[i];
    if (!get_image(in, batch.images[i])) return damaged("rows");
  }
  if (!in.u32(count) || in.left() / 15 < count) return damaged("changes");
  batch.changes.resize(count);
  for (Change& change : batch.changes)
    if (!get_change(in, batch, change)) return damaged("change");
  if (!in.u32(count) || in.left() / 33 < count) return damaged("transactions");
  batch.parts.resize(count);
  for (TxnPart& part : batch.parts)
    if (!get_part(in, batch.changes.size(), part)) return damaged("transaction");
  if (!in.u32(count) || in.left() / 36 < count) return damaged("schema events");
  batch.schema.resize(count);
  for (SchemaEvent& event : batch.schema)
    if (!get_schema(in, batch, event)) return damaged("schema event");
  if (!in.u32(count) || in.left() / 9 < count) return damaged("notes");
  batch.notes.resize(count);
  for (ChangeNote& note : batch.notes)
    if (!get_note(in, batch.changes.size(), note)) return damaged("note");
  if (!get(in, batch.read_to.text) || !in.done()) return damaged("end");
  return batch;
}

}  // namespace godwit
