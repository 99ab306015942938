#pragma once
// Follows the binlog of a MySQL or MariaDB server: opens the dump (binlog_stream.h), hands its events to the decoder
// (transactions.h), cuts batches. One thread.
//
// On the server that the position was taken from, the dump begins at file and offset: the GTIDs say nothing of
// transactions that have none. On another one, or where the file is gone, it begins behind the position's GTIDs.

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/source.h"
#include "engines/mysql/binlog_stream.h"
#include "engines/mysql/transactions.h"

namespace godwit::mysql {

// Where the dump begins for a reader that goes on behind `after`, on the server of that name. `place_is_there`: the
// place is in this server's log, if the position is its own.
Result<StreamStart> stream_start(const BinlogPosition& after, std::string_view server, bool gtids_usable,
                                 bool place_is_there);

class MysqlChangeReader : public ChangeReader {
 public:
  struct Options {
    std::string task_id;
    BinlogPosition after;
    std::string server;  // of this server, as positions name it: server_uuid, or "id-" with MariaDB's server_id
    bool maria = false;
    bool gtids_usable = false;     // gtid_mode is ON; MariaDB: always
    bool place_is_there = true;    // the place of `after` is in the log of the server that it names
    bool fold_names = false;       // lower_case_table_names is not 0
    bool xa_holds_tables = false;  // DecoderOptions
    int64_t heartbeat_ms = 1000;
    size_t prepared_bytes_max = 16U << 20U;  // of the rows of prepared transactions that are kept
    // A new session of its own, with nothing but the server's defaults; called for the stream, and once more for each
    // large XA transaction while it is read again.
    std::function<Result<std::unique_ptr<PacketSource>>()> open_session;
    // May be empty.
    std::function<std::vector<StructureDocument>(const DdlStatement&)> documents_of;
    std::shared_ptr<ReaderMemory> memory;  // ReaderMemory::of(); none: a new one
  };
  // `facts`: by captured table.
  static Result<std::unique_ptr<ChangeReader>> open(const Options& options, std::span<const CapturedTable> tables,
                                                    std::span<const LogTable> facts);

  Result<void> read(ChangeBatch& batch, int wait_ms, std::stop_token stop) override;
  void gather(int ms) override { gather_ms_ = ms; }
  // The server keeps its log by its own settings.
  void release_until(const Position&) override {}
  // The server sends, and waits as long as the session's net_write_timeout says (binlog_stream.cpp).
  Result<void> keep_alive() override { return {}; }
  void go_on() override { decoder_->go_on(); }

 private:
  explicit MysqlChangeReader(const Options& options) : options_(options) {}
  Result<std::unique_ptr<BinlogStream>> open_stream(const StreamStart& start) const;
  Result<void> fill(ChangeBatch& batch, int wait_ms, const std::stop_token& stop);
  Result<bool> take_next(ChangeBatch& batch, int wait_ms, const std::stop_token& stop);

  Options options_;
  std::unique_ptr<BinlogStream> stream_;
  std::unique_ptr<LogDecoder> decoder_;
  std::optional<Error> failed_;  // told once all before it is
  int gather_ms_ = 0;
};

}  // namespace godwit::mysql
