// Changes that the log holds and that did not happen: of a transaction that was rolled back, or whose server died,
// and what a savepoint took back. MariaDB logs them where the transaction made or dropped a temporary table too.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/transactions.h"

namespace godwit::mysql {

// Numbered by what the log holds, whatever of it is followed: each reader counts alike.
bool LogDecoder::is_undone(uint64_t rows_event) {
  if (rows_event == 0 && options_.memory->any_undone()) txn_.undone = options_.memory->undone(transaction_name());
  return is_among(txn_.undone, rows_event);
}

// Tells the transaction from every other one that stood at its place in a log of that name.
const std::string& LogDecoder::transaction_name() {
  if (!txn_.name.empty()) return txn_.name;
  GtidSet gtid(txn_.gtid ? txn_.gtid->family : GtidFamily::mysql);
  if (txn_.gtid) gtid.add(*txn_.gtid);
  txn_.name = fmt::format("{}@{}#{}/{}", to_string(txn_.start), options_.server, gtid.text(), txn_.began_s);
  return txn_.name;
}

// What was told of the current transaction behind `from` is taken back. False: some of it was handed over before.
bool LogDecoder::take_back(const Told& from, ChangeBatch& batch) {
  const uint64_t count = txn_.told.changes - from.changes;
  if (count == 0) return true;
  if (!txn_.part_open || count > batch.parts.back().count) return false;
  const size_t left = batch.changes.size() - count;
  for (size_t i = batch.changes.size(); i > left; --i) {
    const Change& change = batch.changes[i - 1];
    RowBatch& image = batch.images[change.table];
    const uint32_t row = std::min(change.before_row, change.after_row);
    if (change.op == Op::truncate || row == Change::no_row) continue;
    image.rows = std::min<size_t>(image.rows, row);
    image.cells.resize(image.rows * image.width());
  }
  batch.changes.resize(left);
  for (SchemaEvent& event : batch.schema)
    event.before_change = std::min(event.before_change, static_cast<uint32_t>(left));
  batch.parts.back().count -= static_cast<uint32_t>(count);
  txn_.told = from;
  if (batch.parts.back().count > 0) return true;
  batch.parts.pop_back();
  txn_.part_open = false;
  return true;
}

// What the transaction did behind `from` did not happen, but for tables without transactions. What of it was handed
// over cannot be taken back here: the next reader, which begins before the transaction, passes over it.
Result<void> LogDecoder::undo(const Told& from, ChangeBatch& batch) {
  const uint64_t changes = txn_.told.changes - from.changes, lasting = txn_.told.lasting - from.lasting;
  if (lasting > 0 && lasting < changes)
    return Failure(errors::rolled_back_rows(tables_.captured(txn_.last_table).full->ref, where_));
  if (lasting > 0) return {};
  if (txn_.in_xa && changes > 0) {
    prepared_.undo_from(from.prepared);
    txn_.told = from;
    return {};
  }
  if (!txn_.lost && take_back(from, batch)) return {};
  if (changes == 0) return {};
  txn_.lost = true;
  options_.memory->note_undone(transaction_name(), {from.rows_events, txn_.rows_events});
  txn_.told = from;
  return {};
}

// The whole transaction did not happen.
Result<void> LogDecoder::roll_back(ChangeBatch& batch) {
  if (txn_.in_xa)
    txn_.told = {};  // never prepared
  else
    TRY(undo({}, batch));
  return end_transaction(batch);
}

// --- savepoints ---

void LogDecoder::set_savepoint(std::string_view name) {
  Told at = txn_.told;
  at.rows_events = txn_.rows_events;
  at.prepared = prepared_.rows_events();
  txn_.savepoints.push_back({lower_utf8(name), at});
}

void LogDecoder::release_savepoint(std::string_view name) {
  std::erase_if(txn_.savepoints, [&](const Savepoint& one) { return one.name == lower_utf8(name); });
}

// A name that was set again is the later one, or was set in a stored function, whose end brings the first one back:
// the log does not tell. Servers compare names by a collation, for which letters beyond ASCII may be like others.
Result<void> LogDecoder::roll_back_to(std::string_view name, ChangeBatch& batch) {
  const auto is_ascii = [](std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return (static_cast<uint8_t>(c) & 0x80U) != 0; });
  };
  const std::string wanted = lower_utf8(name);
  const auto found = std::find_if(txn_.savepoints.rbegin(), txn_.savepoints.rend(),
                                  [&](const Savepoint& one) { return one.name == wanted; });
  const bool certain =
      found != txn_.savepoints.rend() && std::ranges::all_of(txn_.savepoints, [&](const Savepoint& one) {
        const bool may_be_it = one.name == wanted || !is_ascii(one.name) || !is_ascii(wanted);
        return !may_be_it || one.at.changes == found->at.changes;
      });
  if (!certain && txn_.told.changes > txn_.told.lasting)
    return Failure(errors::unclear_savepoint(tables_.captured(txn_.last_table).full->ref, where_));
  if (!certain) return {};
  const Told at = found->at;
  txn_.savepoints.erase(found.base(), txn_.savepoints.end());
  return undo(at, batch);
}

}  // namespace godwit::mysql
