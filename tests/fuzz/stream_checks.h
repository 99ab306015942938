#pragma once
// What holds of the changes that a decoder makes of any bytes: rows that are answered exist, parts cover the changes,
// and positions move only with a commit.

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engines/postgres/stream_decoder.h"

namespace godwit::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::shared_ptr<TableDef> table(std::string name, uint32_t oid) {
  auto out = std::make_shared<TableDef>();
  out->ref = {"public", std::move(name)};
  out->log_id = oid;
  out->columns.resize(2);
  out->columns[0].name = "id";
  out->columns[0].type.log_id = 23;
  out->columns[1].name = "v";
  out->columns[1].type.log_id = 25;
  out->key = KeyDef{"pkey", {0}};
  return out;
}

inline std::vector<CapturedTable> captured() {
  const auto a = table("a", 0x40a2), b = table("b", 1), narrow = table("b", 1);
  a->identity = RowIdentity::key;
  b->identity = RowIdentity::full;
  b->leaves = {{{"public", "b1"}, 2}, {{"public", "b2"}, 3}};
  narrow->columns.erase(narrow->columns.begin());
  narrow->key.reset();
  return {{a, a, {}}, {b, narrow, {"00000000/00000100"}}};
}

inline void check_row(const ChangeBatch& batch, const Change& change, uint32_t row, bool wanted) {
  require((row != Change::no_row) == wanted);
  if (!wanted) return;
  const RowBatch& image = batch.images[change.table];
  require(row < image.rows && image.cells.size() == image.rows * image.width());
  for (size_t c = 0; c < image.width(); ++c) {
    const std::string_view value = image.bytes(image.cell(row, c));
    require(value.empty() || value.data() + value.size() <= image.arena.data() + image.arena.size());
  }
}

inline void check(const ChangeBatch& batch) {
  for (const Change& change : batch.changes) {
    require(change.table < batch.images.size());
    if (change.op == Op::truncate) continue;
    if (change.op != Op::update) check_row(batch, change, change.before_row, change.op == Op::erase);
    if (change.op == Op::update && change.before_row != Change::no_row)
      check_row(batch, change, change.before_row, true);
    check_row(batch, change, change.after_row, change.op != Op::erase);
  }
  size_t covered = 0;
  for (const TxnPart& part : batch.parts) {
    require(part.first == covered);
    covered += part.count;
    require(part.end.empty() == (part.kind == TxnPart::Kind::rows));
    require(part.kind == TxnPart::Kind::commit || &part == &batch.parts.back());
  }
  require(covered == batch.changes.size());
  for (const SchemaEvent& event : batch.schema) require(event.before_change <= batch.changes.size());
}

// The input is a run of messages, each behind its length in two bytes; a length of zero hands the batch over. Answers
// at the first error.
template <class Decoder>
void run(Decoder& decoder, std::string_view input, char commit) {
  ChangeBatch batch;
  decoder.start_batch(batch);
  ByteReader in(input);
  uint16_t length = 0;
  while (in.u16(length)) {
    std::string_view message;
    if (!in.bytes(length, message)) break;
    if (length == 0) {
      check(batch);
      decoder.batch_taken();
      decoder.start_batch(batch);
      continue;
    }
    // A copy of exactly its size, so that the sanitizer sees a read beyond it.
    const std::vector<char> exact(message.begin(), message.end());
    const Position before = batch.read_to;
    if (!decoder.decode({exact.data(), exact.size()}, in.left() + 1, batch)) return;
    while (decoder.has_more())
      if (!decoder.tell_more(batch)) return;
    if (decoder.wants_restart()) decoder.stream_restarts();
    require(batch.read_to == before || message[0] == commit);
  }
  check(batch);
}

}  // namespace godwit::fuzz
