#include "engines/mysql/change_reader.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engines/mysql/binlog_errors.h"

namespace godwit::mysql {
namespace {

// A batch is handed over when it holds this much: large enough to amortise the queue, small enough to bound memory.
constexpr size_t batch_bytes_max = 1U << 20U;

// The dump command has 32 bits for the offset; beyond them the file is read from its start.
LogPlace reachable(LogPlace place) {
  if (place.offset > UINT32_MAX) place.offset = log_start_offset;
  return place;
}

}  // namespace

Result<StreamStart> stream_start(const BinlogPosition& after, std::string_view server, bool gtids_usable,
                                 bool place_is_there) {
  const bool by_place = place_is_there && (after.server.empty() || after.server == server);
  if (!by_place && gtids_usable && !after.gtids.empty() && after.prepared.empty())
    return StreamStart{{}, after.gtids};
  if (!after.server.empty() && after.server != server)
    return Failure(errors::other_server(after.position().text, server));
  return StreamStart{reachable(after.prepared.empty() ? after.place : after.prepared), std::nullopt};
}

Result<std::unique_ptr<BinlogStream>> MysqlChangeReader::open_stream(const StreamStart& start) const {
  StreamOptions how;
  how.maria = options_.maria;
  how.server_id = replica_id(options_.task_id, options_.memory->attempt());
  how.replica_uuid = replica_uuid(options_.task_id);
  how.heartbeat_ms = options_.heartbeat_ms;
  return BinlogStream::open(TRY(options_.open_session()), start, how);
}

Result<std::unique_ptr<ChangeReader>> MysqlChangeReader::open(const Options& options,
                                                              std::span<const CapturedTable> tables,
                                                              std::span<const LogTable> facts) {
  std::unique_ptr<MysqlChangeReader> reader(new MysqlChangeReader(options));
  if (reader->options_.memory == nullptr) reader->options_.memory = std::make_shared<ReaderMemory>();
  for (const CapturedTable& table : tables)
    if (!table.from.empty() && table.from.text != log_end_text) TRY(BinlogPosition::parse(table.from.text));
  const StreamStart start =
      TRY(stream_start(options.after, options.server, options.gtids_usable, options.place_is_there));
  reader->stream_ = TRY(reader->open_stream(start));
  DecoderOptions decoding;
  decoding.server = options.server;
  decoding.fold_names = options.fold_names;
  decoding.prepared_bytes_max = options.prepared_bytes_max;
  decoding.xa_holds_tables = options.xa_holds_tables;
  decoding.documents_of = options.documents_of;
  decoding.memory = reader->options_.memory;
  // A second dump of the task, beside the first: it has an id and a uuid of its own.
  const MysqlChangeReader* self = reader.get();
  decoding.open_at = [self](const LogPlace& place) -> Result<std::unique_ptr<BinlogStream>> {
    StreamOptions how;
    how.maria = self->options_.maria;
    const std::string name = self->options_.task_id + "/prepared";
    how.server_id = replica_id(name, self->options_.memory->attempt());
    how.replica_uuid = replica_uuid(name);
    how.heartbeat_ms = self->options_.heartbeat_ms;
    return BinlogStream::open(TRY(self->options_.open_session()), {reachable(place), std::nullopt}, how);
  };
  reader->decoder_ =
      std::make_unique<LogDecoder>(tables, facts, std::move(decoding), options.after, start.gtids.has_value());
  return std::unique_ptr<ChangeReader>(std::move(reader));
}

// False: nothing came in time.
Result<bool> MysqlChangeReader::take_next(ChangeBatch& batch, int wait_ms, const std::stop_token& stop) {
  auto event = stream_->next(wait_ms, stop);
  if (!event) {
    if (event.error().code == errors::duplicate_server_id(0, "").code) options_.memory->try_another_id();
    return Failure(std::move(event).error());
  }
  if (!*event) return false;
  TRY(decoder_->decode(**event, stream_->format(), batch));
  return true;
}

Result<void> MysqlChangeReader::read(ChangeBatch& batch, int wait_ms, std::stop_token stop) {
  if (failed_) return Failure(*failed_);
  decoder_->start_batch(batch);
  auto filled = fill(batch, wait_ms, stop);
  // What came before the failure is told first.
  if (!filled) failed_ = std::move(filled).error();
  if (failed_ && batch.empty() && !decoder_->moved()) return Failure(*failed_);
  decoder_->finish_batch(batch);
  return {};
}

Result<void> MysqlChangeReader::fill(ChangeBatch& batch, int wait_ms, const std::stop_token& stop) {
  const int64_t until_ms = monotonic_ms() + wait_ms;
  bool took_any = false;
  int64_t first_ms = 0;  // when the first change of this batch had come
  while (decoder_->batch_bytes() < batch_bytes_max && !decoder_->waits() && !stop.stop_requested()) {
    if (decoder_->has_more()) {
      TRY(decoder_->tell_more(batch));
      continue;
    }
    const int64_t now_ms = monotonic_ms();
    const bool has_some = !batch.empty();
    if (has_some && first_ms == 0) first_ms = now_ms;
    int64_t left_ms = has_some ? first_ms + gather_ms_ - now_ms : until_ms - now_ms;
    // A log that never pauses, and has nothing for us, must not keep the caller waiting.
    if (!has_some && left_ms < 0 && took_any) break;
    // That the log went on is told too, once nothing more is there at the moment.
    if (!has_some && decoder_->moved() && !decoder_->in_transaction()) left_ms = 0;
    if (!TRY(take_next(batch, static_cast<int>(std::max<int64_t>(left_ms, 0)), stop))) break;
    took_any = true;
  }
  return {};
}

}  // namespace godwit::mysql
