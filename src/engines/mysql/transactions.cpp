#include "engines/mysql/transactions.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/mysql/binlog_compression.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/event_feeds.h"

namespace godwit::mysql {
namespace {

// Accounting of one change beside its bytes.
constexpr size_t change_overhead_bytes = sizeof(Change) + 16;
// What servers write where a statement changed no row: rows of no table. One may have such an id all the same.
bool is_no_table(uint64_t id) {
  return id == 0xffffff || id == 0xffffffff || id == 0xffffffffffff;
}

// Unique in the log of a server, and ascending.
uint64_t number_of(const LogPlace& place) {
  return file_number(place.file).value_or(0) << 40U | (place.offset & 0xffffffffffU);
}

}  // namespace

LogDecoder::LogDecoder(std::span<const CapturedTable> tables, std::span<const LogTable> facts, DecoderOptions options,
                       const BinlogPosition& after, bool by_gtid)
    : options_(std::move(options)),
      tables_(tables, facts, options_.fold_names),
      after_(after),
      xa_known_(after.xa_known),
      by_place_(!by_gtid),
      passing_(!by_gtid),
      gtids_known_(!after.gtids.empty()),
      executed_(after.gtids),
      place_(after.place),
      prepared_(options_.prepared_bytes_max) {
  if (options_.memory == nullptr) options_.memory = std::make_shared<ReaderMemory>();
  for (const CapturedTable& table : tables) {
    const auto from = BinlogPosition::parse(table.from.text);
    suspended_.push_back(table.in_error);
    reached_.push_back(table.from.empty());
    pending_.push_back(!table.from.empty() && !from);  // the end of the log
    from_.push_back(from ? *from : BinlogPosition());
    // The position knows what was prepared with rows of the tables that were followed there.
    if (!options_.xa_holds_tables) xa_known_ = xa_known_ && (!from || from->xa_known);
  }
}

Failure LogDecoder::damaged(std::string_view what) const {
  return Failure(errors::damaged_log(what, where_));
}

void LogDecoder::start_batch(ChangeBatch& batch) {
  batch = {};
  batch.images.resize(tables_.size());
  for (uint32_t t = 0; t < batch.images.size(); ++t) batch.images[t].layout = tables_.captured(t).layout;
  txn_.part_open = false;
  batch_bytes_ = 0;
}

void LogDecoder::finish_batch(ChangeBatch& batch) {
  if (!moved_ || waits_) return;  // a structure change is no way to go on behind
  batch.read_to = position();
  moved_ = false;
  told_place_ = true;
}

BinlogPosition LogDecoder::here() const {
  // One that nobody knows, or whose rows nobody asked for, must not be taken for one that has none: then all are
  // told.
  LogPlace prepared = prepared_.first_needed(xa_known_ && options_.tells_rows);
  if (!committing_.empty() && (prepared.empty() || compare(committing_, prepared) == std::partial_ordering::less))
    prepared = committing_;
  return {place_, options_.server, executed_, std::move(prepared), xa_known_};
}

Position LogDecoder::position() const {
  return here().position();
}

Result<void> LogDecoder::decode(const LoggedEvent& event, const LogFormat& format, ChangeBatch& batch) {
  event_start_ = event.start;
  event_end_ = event.end;
  where_.clear();
  fmt::format_to(std::back_inserter(where_), "{}:{}", event.start.file, event.start.offset);
  if (passing_ && !event.start.empty()) passing_ = compare(event.start, after_.place) == std::partial_ordering::less;
  // Of an idle log nothing else comes: what lies before the place of a heartbeat has been sent.
  const bool heartbeat =
      event.raw.header.type == EventType::heartbeat || event.raw.header.type == EventType::heartbeat_v2;
  if (passing_ && heartbeat && !event.end.empty())
    passing_ = compare(event.end, after_.place) == std::partial_ordering::less;
  if (event.raw.header.type == EventType::format_description) {
    format_ = format;
    // The server started anew, and the transaction before has no end: it died while it wrote it, and gives its GTID
    // to the next.
    const bool takes_place = event.start.offset != event.end.offset;
    if (takes_place && format.after_restart && txn_.open) {
      transaction_name();  // the next reader knows it by its GTID
      txn_.gtid.reset();
      TRY(roll_back(batch));
    }
  }
  TRY(dispatch(event.raw, format, batch));
  if (txn_.open || has_more() || passing_ || event.end.empty()) return {};
  if (event.end == place_ && (told_place_ || !heartbeat)) return {};
  place_ = event.end;  // nothing for us, and behind it we go on
  moved_ = true;
  return {};
}

Result<void> LogDecoder::dispatch(const RawEvent& event, const LogFormat& format, ChangeBatch& batch) {
  if (is_rows_event(event.header.type)) return rows(event, format, batch);
  switch (event.header.type) {
    case EventType::gtid:
    case EventType::anonymous_gtid:
    case EventType::gtid_tagged:
    case EventType::maria_gtid:
      return gtid(event, batch);
    case EventType::query:
    case EventType::execute_load_query:
    case EventType::maria_query_compressed:
      return query(event, batch);
    case EventType::table_map:
      return table_map(event, format);
    case EventType::xid:
      return end_transaction(batch);
    case EventType::xa_prepare:
      return xa_prepare(event, batch);
    case EventType::transaction_payload:
      if (feed_ != nullptr) return damaged("a payload inside a payload");
      feed_ = TRY(payload_feed(event.body, format, where_));
      return {};
    case EventType::previous_gtids:
    case EventType::maria_gtid_list:
      return gtid_list(event);
    case EventType::incident:
      return Failure(errors::incident(where_));
    case EventType::stop:
    case EventType::rotate:
    case EventType::intvar:
    case EventType::rand:
    case EventType::user_var:
    case EventType::format_description:
    case EventType::begin_load_query:
    case EventType::heartbeat:
    case EventType::heartbeat_v2:
    case EventType::ignorable:
    case EventType::rows_query:
    case EventType::transaction_context:
    case EventType::view_change:
    case EventType::maria_annotate_rows:
    case EventType::maria_binlog_checkpoint:
    case EventType::maria_start_encryption:
      return {};
    default:
      break;
  }
  // Pieces of a file that LOAD DATA reads; its statement comes behind them.
  constexpr unsigned append_block = 9, delete_file = 11;
  const auto type = static_cast<unsigned>(event.header.type);
  if (event.header.ignorable() || type == append_block || type == delete_file) return {};
  return Failure(errors::unknown_event(type, where_));
}

Result<void> LogDecoder::tell_more(ChangeBatch& batch) {
  if (!told_.empty()) return tell_step(batch);
  if (feed_ == nullptr) return {};
  const std::optional<RawEvent> event = TRY(feed_->next());
  if (event) {
    // The format of what is read again may be another file's.
    const LogFormat format = feed_->format();
    return dispatch(*event, format, batch);
  }
  feed_.reset();
  if (std::exchange(feed_ends_transaction_, false)) TRY(end_transaction(batch));
  if (txn_.open || passing_) return {};
  place_ = event_end_;
  moved_ = true;
  return {};
}

// --- transactions ---

void LogDecoder::open_transaction(const RawEvent& event) {
  txn_ = {};
  tables_.forget_ids();
  txn_.open = true;
  txn_.start = event_start_;
  txn_.number = number_of(event_start_);
  if (event_start_ == after_.place && (after_.server.empty() || after_.server == options_.server))
    txn_.steps = after_.steps;
  txn_.began_s = event.header.timestamp_s;
  txn_.commit_us = int64_t{event.header.timestamp_s} * 1000000;
}

Result<void> LogDecoder::end_transaction(ChangeBatch& batch) {
  if (!txn_.open) return {};
  txn_.open = false;
  committing_ = {};
  if (passing_) return {};
  if (txn_.lost) return Failure(errors::transaction_abandoned(where_));
  if (txn_.gtid && gtids_known_) executed_.add(*txn_.gtid);
  place_ = event_end_;
  moved_ = true;
  if (txn_.told.changes == 0) return {};
  open_part(batch);
  batch.parts.back().kind = TxnPart::Kind::commit;
  batch.parts.back().end = position();
  txn_.part_open = false;
  return {};
}

Result<void> LogDecoder::gtid(const RawEvent& event, ChangeBatch& batch) {
  const GtidEvent gtid = TRY(read_gtid(event.header.type, event.body, event.header.server_id, where_));
  if (txn_.open && txn_.begun) return damaged("a transaction that begins inside another");
  if (txn_.open) TRY(end_transaction(batch));
  open_transaction(event);
  if (by_place_ && !passing_ && gtid.gtid && gtid.gtid->family == GtidFamily::mysql &&
      after_.gtids.contains(*gtid.gtid))
    return Failure(errors::log_replaced(after_.position().text,
                                        fmt::format("at {} it has a transaction that was done before", where_)));
  // From here on the GTIDs do not say what was done.
  if (!gtid.gtid && gtids_known_ && !passing_) {
    executed_ = {};
    gtids_known_ = false;
  }
  txn_.gtid = gtid.gtid;
  if (gtid.commit_us != 0) txn_.commit_us = gtid.commit_us;
  txn_.begun = event.header.type == EventType::maria_gtid && !gtid.standalone && !gtid.completes_xa;
  txn_.in_xa = gtid.begins_xa;
  txn_.alters_nothing = gtid.alters_nothing;
  if (txn_.in_xa) prepared_.begin(txn_.start);
  return {};
}

// What was executed before a file is known at its start, whatever was not known before.
Result<void> LogDecoder::gtid_list(const RawEvent& event) {
  if (gtids_known_ || passing_ || event.header.artificial()) return {};
  executed_ = TRY(read_gtid_list(event.header.type, event.body, where_));
  gtids_known_ = true;
  return {};
}

const Position& LogDecoder::commit_position() {
  if (!txn_.commit.empty()) return txn_.commit;
  // The place of a transaction is where it starts; GTIDs and what is prepared are as they were then.
  BinlogPosition start = here();
  start.place = txn_.start;
  start.steps = txn_.steps;
  txn_.commit = start.position();
  return txn_.commit;
}

std::optional<LogDecoder::UnderWay> LogDecoder::under_way() {
  if (!txn_.open || passing_) return std::nullopt;
  return UnderWay{commit_position(), txn_.commit_us};
}

// --- rows ---

Result<void> LogDecoder::table_map(const RawEvent& event, const LogFormat& format) {
  const FollowedTables::Mapped* mapped = TRY(tables_.map(event.body, format, where_));
  if (txn_.in_xa && mapped->table) prepared_.add(event, false);
  return {};
}

Result<bool> LogDecoder::is_wanted(uint32_t table) {
  if (reached_[table]) return true;
  if (pending_[table]) return false;
  BinlogPosition start;
  start.place = txn_.start;
  start.server = options_.server;
  const BinlogPosition& from = from_[table];
  if (from.server == options_.server || from.server.empty()) {
    const std::partial_ordering order = compare(start.place, from.place);
    if (order == std::partial_ordering::unordered) return Failure(errors::other_server(from.position().text, where_));
    // In one server's log all that follows lies behind it too.
    reached_[table] = order != std::partial_ordering::less;
    return reached_[table];
  }
  if (!txn_.gtid || from.gtids.empty()) return Failure(errors::other_server(from.position().text, where_));
  return !from.gtids.contains(*txn_.gtid);
}

Result<void> LogDecoder::rows(const RawEvent& event, const LogFormat& format, ChangeBatch& batch) {
  const bool undone = is_undone(txn_.rows_events++);
  const uint64_t id = TRY(read_rows_table_id(event.header.type, event.body, format, where_));
  const FollowedTables::Mapped* mapped = tables_.find(id);
  if (mapped == nullptr) {
    if (is_no_table(id) && !TRY(holds_rows(event.header.type, event.body, format, where_))) return {};
    return damaged("rows of a table without its table map");
  }
  if (!mapped->table) return {};
  if (!txn_.open) return damaged("rows outside a transaction");
  if (txn_.in_xa) {
    prepared_.add(event, true);
    count_told(*mapped->table);
    return {};
  }
  const uint32_t table = *mapped->table;
  if (is_among(txn_.undone_prepared, txn_.prepared_rows++)) return {};
  if (passing_ || undone || suspended_[table] || !TRY(is_wanted(table))) return {};
  if (txn_.lost) {  // only how much of it is undone is still of interest
    count_told(table);
    return {};
  }
  if (!mapped->misfit.empty()) {
    suspend(table, mapped->misfit, batch);
    return {};
  }
  RowsReader reader = TRY(RowsReader::open(event.header.type, event.body, format, mapped->plan, where_));
  RowBatch& image = batch.images[table];
  const size_t before = image.arena.size() + image.cells.size() * sizeof(Cell);
  while (!reader.done()) {
    Change change;
    change.table = table;
    const auto done = reader.next(image, change);
    if (!done && reader.unreadable().empty())
      return Failure(in_context(done.error(), to_string(tables_.captured(table).full->ref)));
    if (!done) {
      suspend(table, reader.unreadable(), batch);
      batch.schema.back().unreadable = true;
      break;
    }
    add(batch, change);
  }
  batch_bytes_ += image.arena.size() + image.cells.size() * sizeof(Cell) - before;
  return {};
}

void LogDecoder::count_told(uint32_t table) {
  ++txn_.told.changes;
  if (!tables_.facts(table).transactional) ++txn_.told.lasting;
  txn_.last_table = table;
}

void LogDecoder::open_part(ChangeBatch& batch) {
  if (std::exchange(txn_.part_open, true)) return;
  const auto first = static_cast<uint32_t>(batch.changes.size());
  batch.parts.push_back({txn_.number, TxnPart::Kind::rows, first, 0, commit_position(), {}, txn_.commit_us});
}

void LogDecoder::add(ChangeBatch& batch, const Change& change) {
  open_part(batch);
  count_told(change.table);
  ++batch.parts.back().count;
  batch.changes.push_back(change);
  batch_bytes_ += change_overhead_bytes;
}

void LogDecoder::suspend(uint32_t table, std::string what, ChangeBatch& batch) {
  if (suspended_[table]) return;
  suspended_[table] = true;
  SchemaEvent event;
  event.table = table;
  event.before_change = static_cast<uint32_t>(batch.changes.size());
  event.at = commit_position();
  event.what = std::move(what);
  event.commit_us = txn_.commit_us;
  batch.schema.push_back(std::move(event));
}

}  // namespace godwit::mysql
