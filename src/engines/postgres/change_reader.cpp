#include "engines/postgres/change_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/byte_writer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
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
      decoder_(make_decoder(
          options.plugin, tables, [this](std::span<const BinaryValue> values) { return texts_of(values); },
          options.audit)),
      feedback_interval_ms_(options.sender_timeout_ms == 0
                                ? feedback_interval_max_ms
                                : std::min(feedback_interval_max_ms, options.sender_timeout_ms / 3)),
      received_(options.after.lsn),
      released_(options.after.lsn) {
  decoder_->reached(options.after.lsn);
  decoder_->pass_over(options.after.done);
}

Result<std::unique_ptr<ChangeReader>> PostgresChangeReader::open(const Options& options,
                                                                 std::span<const CapturedTable> tables) {
  std::unique_ptr<PostgresChangeReader> reader(new PostgresChangeReader(options, tables));
  TRY(reader->start(options.after.lsn));
  return std::unique_ptr<ChangeReader>(std::move(reader));
}

Result<void> PostgresChangeReader::start(Lsn after) {
  connection_ = TRY(options_.open_walsender());
  const Rows started = TRY(connection_.query(start_command(options_, after, binary_)));
  if (PQresultStatus(started.raw()) != PGRES_COPY_BOTH)
    return Failure(errors::bad_stream("START_REPLICATION gave no stream", lsn_text(after)));
  return {};
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

// Opens the stream again behind the last whole transaction.
Result<void> PostgresChangeReader::switch_encoding(bool to_binary) {
  const std::string holder = std::to_string(connection_.backend_pid());
  binary_ = to_binary;
  cut_ = decoder_->last_end();
  connection_ = {};
  decoder_->stream_restarts();
  // The slot is free once its old walsender is gone; the server itself waits for that, this long at most.
  constexpr std::string_view wait_ms = "10000";
  session_ = TRY(options_.open_session());
  TRY(session_->run("SELECT pg_catalog.pg_terminate_backend($1::int, $2::bigint)", {holder, std::string(wait_ms)}));
  return start(cut_);
}

Result<std::vector<std::string>> PostgresChangeReader::texts_of(std::span<const BinaryValue> values) {
  if (!session_) session_ = TRY(options_.open_session());
  return texts_by_server(*session_, values);
}

Result<void> PostgresChangeReader::read(ChangeBatch& batch, int wait_ms, std::stop_token stop) {
  decoder_->start_batch(batch);
  decoder_->batch_taken();
  const int64_t until_ms = monotonic_ms() + wait_ms;
  bool asked = false;
  int64_t first_ms = 0;  // when the first change of this batch had come
  if (monotonic_ms() - last_feedback_ms_ >= feedback_interval_ms_) TRY(feedback(false));
  while (decoder_->batch_bytes() < batch_bytes_max && !decoder_->waits()) {
    char* raw = nullptr;
    const int length = PQgetCopyData(connection_.raw(), &raw, 1);
    if (length > 0) {
      const std::unique_ptr<char, void (*)(void*)> owned(raw, PQfreemem);
      TRY(take({raw, static_cast<size_t>(length)}, batch));
      if (binary_ && decoder_->last_end() > cut_) TRY(switch_encoding(false));
      continue;
    }
    if (length < 0) {
      const Error end = stream_end(length);
      if (binary_ || !is_too_large(end)) return Failure(end);
      if (!version::has_binary_pgoutput(connection_.server_version()))
        return Failure(errors::too_large_for_server(lsn_text(decoder_->last_end()), connection_.server_version()));
      log_info(Component::source_capture,
               "A row after {} is larger than the server can send as text; its transaction is read in binary",
               lsn_text(decoder_->last_end()));
      TRY(switch_encoding(true));
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
  if (!decoder_->in_transaction()) {
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
    const uint32_t root = TRY(options_.root_of(oid));
    const std::optional<uint32_t> table = decoder_->table_of(root);
    if (table)
      decoder_->suspend(*table, "it has a new partition", batch);
    else
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
