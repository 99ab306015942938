#pragma once
// Follows a logical slot: START_REPLICATION, framing, keepalives, feedback (spec §4.1, engine.md §7); the messages
// inside are the decoder's.
// One thread. The flushed position told to the server is never past what release_until() was given.
//
// A row whose text is larger than the server can send (a bytea above half a GB) ends the stream; the reader then
// opens it again in binary for that one transaction (engine.md §11), and callers notice nothing but the time.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/source.h"
#include "engines/postgres/catalog_watch.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/output_plugin.h"

namespace godwit::postgres {

class PostgresChangeReader : public ChangeReader {
 public:
  struct Options {
    std::string slot;
    OutputPlugin plugin = OutputPlugin::pgoutput;
    std::vector<std::string> sets;  // publications, or replication sets of pglogical
    LogPlace after;
    std::optional<AuditTable> audit;
    int64_t sender_timeout_ms = 60000;  // the server's wal_sender_timeout; 0: none
    // The oid of a relation's partition root; itself where it is none, 0 where it is gone. Called on the reader's
    // thread.
    std::function<Result<uint32_t>(uint32_t oid)> root_of;
    std::function<Result<Connection>()> open_walsender;
    std::function<Result<Connection>()> open_session;  // with the settings of the walsender
  };
  static Result<std::unique_ptr<ChangeReader>> open(const Options& options, std::span<const CapturedTable> tables);

  ~PostgresChangeReader() override { end_stream(); }
  Result<void> read(ChangeBatch& batch, int wait_ms, std::stop_token stop) override;
  void gather(int ms) override { gather_ms_ = ms; }
  void release_until(const Position& durable) override;
  void go_on() override { decoder_->go_on(); }
  Result<void> keep_alive() override;

 private:
  PostgresChangeReader(const Options& options, std::span<const CapturedTable> tables);
  Result<void> make_decoder();
  Result<void> start(Lsn after);
  void end_stream();
  Result<void> switch_encoding(bool to_binary);
  Result<void> open_again();
  Result<Connection*> look_up_session();
  DecoderServices services();
  Result<std::vector<std::string>> texts_of(std::span<const BinaryValue> values);
  Result<bool> next_frame(ChangeBatch& batch);
  Result<void> decode_more(ChangeBatch& batch);
  Result<bool> tend(const std::stop_token& stop);
  Result<void> watch_tables(ChangeBatch& batch);
  Result<void> take(std::string_view frame, ChangeBatch& batch);
  Result<void> meet_strangers(ChangeBatch& batch);
  Result<void> feedback(bool ask_reply);
  Error stream_end(int status);
  Error cannot_start(const Error& cause);

  const Options options_;
  Connection connection_;
  std::optional<Connection> session_;  // for what is asked beside the stream
  std::vector<CapturedTable> tables_;
  std::unique_ptr<StreamDecoder> decoder_;
  std::optional<CatalogWatch> watch_;  // for a plugin that says nothing of structure
  int64_t watched_ms_ = 0;
  bool binary_ = false;
  Lsn cut_ = 0;  // where the last whole transaction before the switch ended
  int64_t feedback_interval_ms_;
  int64_t last_feedback_ms_ = 0;
  int gather_ms_ = 0;
  uint32_t frames_ = 0;
  bool release_untold_ = false;  // the server does not know of released_ yet
  Position told_;                // the newest read_to that was answered
  Lsn received_ = 0;
  Lsn released_ = 0;
};

}  // namespace godwit::postgres
