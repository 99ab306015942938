#pragma once
// The dump of a server's binlog over its client protocol: session preparation, registration, the dump command,
// packets to events. Knows files, offsets and formats; what events mean is transactions.h's. One thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/mysql/binlog_event.h"
#include "engines/mysql/binlog_position.h"

namespace godwit::mysql {

// A session of the server whose packets are read raw. The stream's only way to the server.
class PacketSource {
 public:
  virtual ~PacketSource() = default;
  // Runs a statement that answers no rows that matter.
  virtual Result<void> execute(std::string_view sql) = 0;
  // Sends a command: its byte and what follows, with the packet number that begins a command.
  virtual Result<void> send(uint8_t command, std::string_view payload) = 0;
  // The payload of the next packet, valid until the next call; nothing where none came within `wait_ms` or the stop
  // was asked for. Error packets and ends are answered like any other. An error: the connection is gone.
  virtual Result<std::optional<std::string_view>> read(int wait_ms, const std::stop_token& stop) = 0;
  // Whether read() puts packets of 16 MiB and their continuations together itself.
  virtual bool joins_packets() const = 0;
};

struct StreamStart {
  LogPlace place;                // where the dump begins, without GTIDs
  std::optional<GtidSet> gtids;  // the dump begins behind all of these instead
};

struct StreamOptions {
  bool maria = false;
  uint32_t server_id = 0;    // unique among the server's replicas (replica_id)
  std::string replica_uuid;  // the same for each reader of a task: a newer one ends an older one's dump
  int64_t heartbeat_ms = 1000;
  // A server that says nothing for so long while it is read from, and for ten heartbeats, is gone.
  int64_t silence_ms = 30000;
};

// A server id for a reader, neither 0 nor reserved. `attempt`: another one, when an earlier was taken.
uint32_t replica_id(std::string_view task_id, uint32_t attempt);
// A uuid that is always the same for a task.
std::string replica_uuid(std::string_view task_id);

struct LoggedEvent {
  RawEvent raw;         // valid until the next call
  LogPlace start, end;  // equal where the event takes no place in the file
};

class BinlogStream {
 public:
  static Result<std::unique_ptr<BinlogStream>> open(std::unique_ptr<PacketSource> source, const StreamStart& start,
                                                    const StreamOptions& options);
  // The next event; nothing where none came in time. Every event is answered, those of the stream's own concern too.
  Result<std::optional<LoggedEvent>> next(int wait_ms, const std::stop_token& stop);
  const LogFormat& format() const { return format_; }
  // Where the next event begins. Its file is empty until the server named one.
  const LogPlace& place() const { return place_; }

 private:
  BinlogStream(std::unique_ptr<PacketSource> source, const StreamStart& start, const StreamOptions& options);
  Result<void> prepare();
  Result<void> command(uint8_t byte, std::string_view payload);
  Result<void> expect_ok();
  Result<std::optional<std::string_view>> whole_packet(int wait_ms, const std::stop_token& stop);
  Result<LoggedEvent> take(std::string_view event);
  Result<void> follow(LoggedEvent& event);
  void advance(const EventHeader& header);
  Result<void> count_silence(int64_t waited_ms);
  Error server_error(std::string_view packet) const;
  std::string where() const { return place_.empty() ? start_text() : to_string(place_); }
  std::string start_text() const;

  std::unique_ptr<PacketSource> source_;
  const StreamStart start_;
  const StreamOptions options_;
  LogFormat format_;
  LogPlace place_;
  std::string joined_;    // a packet of several
  bool joining_ = false;  // its continuation is still to come
  bool searching_;        // the server looks for where the GTIDs end, and may say nothing meanwhile
  int64_t silent_ms_ = 0;
};

}  // namespace godwit::mysql
