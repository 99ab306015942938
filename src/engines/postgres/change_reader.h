#pragma once
// Follows a logical slot: START_REPLICATION with pgoutput, framing, keepalives, feedback (spec §4.1, engine.md §7).
// One thread. The flushed position told to the server is never past what release_until() was given.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/source.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/pgoutput.h"

namespace godwit::postgres {

class PostgresChangeReader : public ChangeReader {
 public:
  struct Options {
    std::string slot;
    std::vector<std::string> publications;
    Lsn after = 0;
    int64_t sender_timeout_ms = 60000;  // the server's wal_sender_timeout; 0: none
    // The oid of a relation's partition root; itself where it is none, 0 where it is gone. Called on the reader's
    // thread.
    std::function<Result<uint32_t>(uint32_t oid)> root_of;
  };
  static Result<std::unique_ptr<ChangeReader>> open(Connection connection, Options options,
                                                    std::span<const CapturedTable> tables);

  Result<void> read(ChangeBatch& batch, int wait_ms, std::stop_token stop) override;
  void gather(int ms) override { gather_ms_ = ms; }
  void release_until(const Position& durable) override;
  Result<void> keep_alive() override;

 private:
  PostgresChangeReader(Connection connection, const Options& options, std::span<const CapturedTable> tables);
  Result<void> take(std::string_view frame, ChangeBatch& batch);
  Result<void> meet_strangers(ChangeBatch& batch);
  Result<void> feedback(bool ask_reply);
  Error stream_end(int status);

  Connection connection_;
  PgoutputDecoder decoder_;
  std::string slot_;
  std::function<Result<uint32_t>(uint32_t oid)> root_of_;
  int64_t feedback_interval_ms_;
  int64_t last_feedback_ms_ = 0;
  int gather_ms_ = 0;
  bool release_untold_ = false;  // the server does not know of released_ yet
  Lsn received_ = 0;
  Lsn released_ = 0;
};

}  // namespace godwit::postgres
