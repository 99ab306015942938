#include "engines/postgres/change_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/byte_writer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/backends.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

constexpr int64_t epoch_shift_us = 946684800LL * 1000000;
// A batch is handed over when it holds this much: large enough to amortise the queue, small enough to bound memory.
constexpr size_t batch_bytes_max = 1U << 20U;
constexpr int64_t feedback_interval_max_ms = 10000;

std::string start_command(const PostgresChangeReader::Options& options, Lsn after, bool binary) {
  return fmt::format("START_REPLICATION SLOT {} LOGICAL {} ({})", quote_name(options.slot), lsn_text(after),
                     start_options(options.plugin, {options.sets, binary}));
}

// How the server says that a message would exceed the gigabyte that it can hold in one piece.
bool is_too_large(const Error& error) {
  return error.sqlstate == "54000" ||
         (error.sqlstate == "XX000" && error.message.find("invalid memory alloc request size") != std::string::npos);
}

}  // namespace

PostgresChangeReader::PostgresChangeReader(const Options& options, std::span<const CapturedTable> tables)
    : options_(options),
      tables_(tables.begin(), tables.end()),
      feedback_interval_ms_(options.sender_timeout_ms == 0
                                ? feedback_interval_max_ms
                                : std::min(feedback_interval_max_ms, options.sender_timeout_ms / 3)),
      received_(options.after.lsn),
      released_(options.after.lsn) {}

Result<std::unique_ptr<ChangeReader>> PostgresChangeReader::open(const Options& options,
                                                                 std::span<const CapturedTable> tables) {
  std::unique_ptr<PostgresChangeReader> reader(new PostgresChangeReader(options, tables));
  TRY(reader->make_decoder());
  TRY(reader->start(options.after.lsn));
  return std::unique_ptr<ChangeReader>(std::move(reader));
}

// The structure of tables is watched before the stream begins, so that no change of it falls in between.
Result<void> PostgresChangeReader::make_decoder() {
  DecoderServices beside = services();
  if (options_.plugin == OutputPlugin::test_decoding) {
    Connection& session = *TRY(look_up_session());
    beside.type_names = TRY(read_type_names(session, tables_));
    if (!options_.audit) {
      watch_.emplace(tables_);
      TRY(watch_->look(session));
      watched_ms_ = monotonic_ms();
    }
  }
  decoder_ = postgres::make_decoder(options_.plugin, tables_, beside, options_.audit);
  decoder_->reached(options_.after.lsn);
  decoder_->pass_over(options_.after.done);
  return {};
}

DecoderServices PostgresChangeReader::services() {
  DecoderServices out;
  out.texts = [this](std::span<const BinaryValue> values) { return texts_of(values); };
  out.look_up = [this](uint32_t oid) -> Result<std::optional<RelationNow>> {
    return read_relation(*TRY(look_up_session()), oid);
  };
  out.find_relation = [this](const TableRef& name) -> Result<uint32_t> {
    return find_relation(*TRY(look_up_session()), name);
  };
  return out;
}

Result<Connection*> PostgresChangeReader::look_up_session() {
  if (!session_ || session_->broken()) session_ = TRY(options_.open_session());
  return &*session_;
}

Result<void> PostgresChangeReader::start(Lsn after) {
  connection_ = TRY(options_.open_walsender());
  const auto started = connection_.query(start_command(options_, after, binary_));
  if (!started) return Failure(cannot_start(started.error()));
  if (PQresultStatus(started->raw()) != PGRES_COPY_BOTH)
    return Failure(errors::bad_stream("START_REPLICATION gave no stream", lsn_text(after)));
  return {};
}

Error PostgresChangeReader::cannot_start(const Error& cause) {
  const std::string_view plugin = library_name(options_.plugin);
  if (is_plugin_refusal(cause)) return errors::plugin_refused(plugin, cause.message);
  if (cause.sqlstate != "55006") return cause;
  auto session = look_up_session();
  if (!session) return cause;
  const auto holder = (*session)->query(
      "SELECT s.active_pid, a.application_name FROM pg_catalog.pg_replication_slots s LEFT JOIN "
      "pg_catalog.pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = $1 AND s.active_pid IS NOT NULL",
      {options_.slot});
  if (!holder || holder->empty()) return cause;
  return errors::slot_active(options_.slot, holder->get(0, 0), holder->get(0, 1));
}

// Ends the stream in the protocol's way, so that the slot is free for the next reader. What was under way is thrown
// away; a server that does not answer soon is left alone.
void PostgresChangeReader::end_stream() {
  constexpr int64_t patience_ms = 3000;
  if (connection_.raw() == nullptr || connection_.broken()) return;
  if (PQputCopyEnd(connection_.raw(), nullptr) != 1 || PQflush(connection_.raw()) != 0) return;
  const int64_t until = monotonic_ms() + patience_ms;
  while (monotonic_ms() < until) {
    char* raw = nullptr;
    const int length = PQgetCopyData(connection_.raw(), &raw, 1);
    if (length > 0) PQfreemem(raw);
    if (length < 0) break;
    if (length > 0) continue;
    if (!connection_.wait_readable(100, {}) || PQconsumeInput(connection_.raw()) == 0) return;
  }
  while (monotonic_ms() < until && PQisBusy(connection_.raw()) != 0)
    if (!connection_.wait_readable(100, {}) || PQconsumeInput(connection_.raw()) == 0) return;
}

Result<void> PostgresChangeReader::switch_encoding(bool to_binary) {
  binary_ = to_binary;
  cut_ = decoder_->last_end();
  return open_again();
}

// Opens the stream again behind the last whole transaction.
Result<void> PostgresChangeReader::open_again() {
  const std::string holder = std::to_string(connection_.backend_pid());
  connection_ = {};
  decoder_->stream_restarts();
  // The slot is free once its old walsender is gone.
  constexpr int wait_ms = 10000;
  TRY(end_backends(*TRY(look_up_session()), "pid = $1::int", {holder}, wait_ms));
  return start(decoder_->last_end());
}

Result<std::vector<std::string>> PostgresChangeReader::texts_of(std::span<const BinaryValue> values) {
  return texts_by_server(*TRY(look_up_session()), values);
}

// Between frames that tell nothing, of which there may be many in a row: feedback goes on. False: stop reading.
Result<bool> PostgresChangeReader::tend(const std::stop_token& stop) {
  constexpr uint32_t frames_between = 256;
  if (++frames_ % frames_between != 0) return true;
  if (monotonic_ms() - last_feedback_ms_ >= feedback_interval_ms_) TRY(feedback(false));
  return !stop.stop_requested();
}

Result<void> PostgresChangeReader::watch_tables(ChangeBatch& batch) {
  constexpr int64_t interval_ms = 10000;
  if (!watch_ || monotonic_ms() - watched_ms_ < interval_ms) return {};
  watched_ms_ = monotonic_ms();
  for (CatalogWatch::Moved& moved : TRY(watch_->look(*TRY(look_up_session()))))
    decoder_->suspend(moved.table, std::move(moved.what), batch);
  decoder_->forget_strangers();
  return {};
}

Result<void> PostgresChangeReader::decode_more(ChangeBatch& batch) {
  TRY(decoder_->tell_more(batch));
  return meet_strangers(batch);
}

// A frame that is there already; false: there is none.
Result<bool> PostgresChangeReader::next_frame(ChangeBatch& batch) {
  char* raw = nullptr;
  const int length = PQgetCopyData(connection_.raw(), &raw, 1);
  if (length == 0) return false;
  if (length > 0) {
    const std::unique_ptr<char, void (*)(void*)> owned(raw, PQfreemem);
    TRY(take({raw, static_cast<size_t>(length)}, batch));
    if (decoder_->wants_restart()) {
      log_info(Component::source_capture,
               "A transaction after {} is too large to be held until its commit; it is read again as it comes",
               lsn_text(decoder_->last_end()));
      TRY(open_again());
    } else if (binary_ && decoder_->last_end() > cut_) {
      TRY(switch_encoding(false));
    }
    return true;
  }
  const Error end = stream_end(length);
  if (!is_too_large(end) || binary_) return Failure(end);
  if (options_.plugin != OutputPlugin::pgoutput)
    return Failure(
        errors::line_too_large(library_name(options_.plugin), lsn_text(decoder_->last_end()), end.message));
  if (!version::has_binary_pgoutput(connection_.server_version()))
    return Failure(errors::too_large_for_server(lsn_text(decoder_->last_end()), connection_.server_version()));
  log_info(Component::source_capture,
           "A row after {} is larger than the server can send as text; its transaction is read in binary",
           lsn_text(decoder_->last_end()));
  TRY(switch_encoding(true));
  return true;
}

Result<void> PostgresChangeReader::read(ChangeBatch& batch, int wait_ms, std::stop_token stop) {
  decoder_->start_batch(batch);
  decoder_->batch_taken();
  const int64_t until_ms = monotonic_ms() + wait_ms;
  bool asked = false;
  int64_t first_ms = 0;  // when the first change of this batch had come
  if (monotonic_ms() - last_feedback_ms_ >= feedback_interval_ms_) TRY(feedback(false));
  TRY(watch_tables(batch));
  while (decoder_->batch_bytes() < batch_bytes_max && !decoder_->waits()) {
    if (decoder_->has_more()) {
      TRY(decode_more(batch));
      continue;
    }
    if (TRY(next_frame(batch))) {
      if (!TRY(tend(stop))) break;
      continue;
    }
    const bool has_some = !batch.empty();
    if (has_some && first_ms == 0) first_ms = monotonic_ms();
    const int64_t left_ms = until_ms - monotonic_ms();
    if (has_some ? monotonic_ms() - first_ms >= gather_ms_ : left_ms <= 0 || !batch.read_to.empty()) break;
    // Asking for a reply makes an idle server say how far its log has come.
    if (!has_some && !std::exchange(asked, true)) TRY(feedback(true));
    if (!connection_.wait_readable(has_some ? gather_ms_ : static_cast<int>(left_ms), stop))
      return Failure(connection_.connection_error());
    if (PQconsumeInput(connection_.raw()) == 0) return Failure(connection_.connection_error());
    if (stop.stop_requested()) break;
  }
  if (!batch.read_to.empty()) told_ = batch.read_to;
  return {};
}

Result<void> PostgresChangeReader::take(std::string_view frame, ChangeBatch& batch) {
  ByteReader in(frame);
  uint8_t kind = 0;
  in.u8(kind);
  uint64_t start = 0, wal_end = 0;
  int64_t clock = 0;
  if (kind == 'w') {
    std::string_view payload;
    if (!in.u64(start) || !in.u64(wal_end) || !in.i64(clock) || !in.bytes(in.left(), payload))
      return Failure(errors::bad_stream("a data frame that ends early", lsn_text(received_)));
    received_ = std::max(received_, start);
    TRY(decoder_->decode(payload, start, batch));
    return meet_strangers(batch);
  }
  uint8_t reply = 0;
  if (kind != 'k' || !in.u64(wal_end) || !in.i64(clock) || !in.u8(reply))
    return Failure(errors::bad_stream("an unknown frame", lsn_text(received_)));
  received_ = std::max(received_, wal_end);
  if (!decoder_->in_transaction() && !decoder_->repeats()) {
    decoder_->reached(wal_end);
    const Position idle = lsn_position(wal_end);
    if (idle.text > batch.read_to.text && idle.text > told_.text) batch.read_to = idle;
  }
  if (reply != 0) TRY(feedback(false));
  return {};
}

// A partition made after the plan: its rows belong to a table of the task and have no place there yet.
Result<void> PostgresChangeReader::meet_strangers(ChangeBatch& batch) {
  for (const uint32_t oid : decoder_->take_strangers()) {
    if (const std::optional<uint32_t> renamed = decoder_->table_of(oid)) {
      decoder_->suspend(*renamed, "it was renamed", batch);
      continue;
    }
    const uint32_t root = TRY(options_.root_of(oid));
    const std::optional<uint32_t> table = decoder_->table_of(root);
    if (table)
      decoder_->suspend(*table, "it has a new partition", batch);
    else if (options_.plugin != OutputPlugin::test_decoding)  // which sends every table of the database
      log_warning(Component::source_capture,
                  "The stream carries a relation of no table of the task, oid {}; it is passed over", oid);
  }
  return {};
}

void PostgresChangeReader::release_until(const Position& durable) {
  const Lsn lsn = lsn_of(durable);
  if (lsn <= released_) return;
  released_ = lsn;
  release_untold_ = true;
}

Result<void> PostgresChangeReader::keep_alive() {
  if (!release_untold_ && monotonic_ms() - last_feedback_ms_ < feedback_interval_ms_) return {};
  return feedback(false);
}

Result<void> PostgresChangeReader::feedback(bool ask_reply) {
  ByteBuffer message;
  message.push_back('r');
  append_big_endian(message, std::max(received_, released_));
  append_big_endian(message, released_);
  append_big_endian(message, released_);
  append_big_endian(message, now_us() - epoch_shift_us);
  append_big_endian(message, static_cast<uint8_t>(ask_reply ? 1 : 0));
  if (PQputCopyData(connection_.raw(), message.data(), static_cast<int>(message.size())) != 1 ||
      PQflush(connection_.raw()) != 0)
    return Failure(connection_.connection_error());
  last_feedback_ms_ = monotonic_ms();
  release_untold_ = false;
  return {};
}

Error PostgresChangeReader::stream_end(int status) {
  if (status == -2) return connection_.connection_error();
  const Rows result(PQgetResult(connection_.raw()));
  if (result.raw() == nullptr || PQresultStatus(result.raw()) != PGRES_FATAL_ERROR)
    return errors::connection_lost("the server ended the stream");
  Error error = connection_.error_of(result.raw());
  if (binary_ && is_too_large(error)) return errors::change_too_large(lsn_text(decoder_->last_end()), error.message);
  // 58P01: the segment is gone; 55000: the slot was invalidated (spec §4.1).
  if (error.sqlstate == "58P01" || error.sqlstate == "55000") return errors::slot_lost(options_.slot, error.message);
  return error;
}

}  // namespace godwit::postgres
