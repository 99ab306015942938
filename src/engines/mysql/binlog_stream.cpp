#include "engines/mysql/binlog_stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {
namespace {

constexpr uint8_t command_binlog_dump = 0x12, command_register_slave = 0x15, command_binlog_dump_gtid = 0x1e;
constexpr uint8_t log_packet_ok = 0x00, log_packet_error = 0xff, log_packet_end = 0xfe;
constexpr size_t packet_bytes_max = 0xffffff;
constexpr int answer_wait_ms = 30000;
constexpr unsigned error_fatal_reading = 1236, error_same_replica = 4052;  // the second is MariaDB's

void append_number(std::string& out, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

bool holds(std::string_view text, std::string_view part) {
  return lower_ascii(text).find(part) != std::string::npos;
}

// What MySQL and MariaDB say when they refuse to go on reading; the texts are all that tells the causes apart.
Error fatal_reading(std::string_view said, std::string_view start, uint32_t server_id) {
  const auto says = [&](std::string_view part) { return holds(said, part); };
  if (says("same server_uuid") || says("same server_id") || says("same uuid"))
    return errors::duplicate_server_id(server_id, said);
  if (says("max_allowed_packet")) return errors::event_too_large(start, said);
  if (says("more gtids than") || says("not in the master's binlog") || says("which is not in the"))
    return errors::gtids_missing(said);
  if (says("purged") || says("could not find first log") || says("could not find next log") ||
      says("could not open log file") || says("could not find gtid state"))
    return errors::purged(start, said);
  return errors::dump_refused(start, said);
}

// Beginnings of files are sent while the server still looks for the first transaction.
bool ends_search(EventType type) {
  switch (type) {
    case EventType::heartbeat:
    case EventType::heartbeat_v2:
    case EventType::gtid:
    case EventType::gtid_tagged:
    case EventType::anonymous_gtid:
    case EventType::maria_gtid:
      return true;
    default:
      return false;
  }
}

}  // namespace

uint32_t replica_id(std::string_view task_id, uint32_t attempt) {
  constexpr uint32_t lowest = 0x10000;  // ids that people choose lie below
  const uint64_t hash = fnv1a(task_id, fnv1a(std::to_string(attempt)));
  return lowest + static_cast<uint32_t>(hash % (uint64_t{UINT32_MAX} - lowest));
}

std::string replica_uuid(std::string_view task_id) {
  const std::string digits = hex64(fnv1a(task_id)) + hex64(fnv1a(task_id, fnv1a("replica")));
  return uuid_text(*parse_uuid(digits));
}

BinlogStream::BinlogStream(std::unique_ptr<PacketSource> source, const StreamStart& start,
                           const StreamOptions& options)
    : source_(std::move(source)), start_(start), options_(options), searching_(start.gtids.has_value()) {
  if (!start.gtids) place_ = start.place;
}

std::string BinlogStream::start_text() const {
  return start_.gtids ? fmt::format("GTID {}", start_.gtids->text()) : to_string(start_.place);
}

Result<std::unique_ptr<BinlogStream>> BinlogStream::open(std::unique_ptr<PacketSource> source,
                                                         const StreamStart& start, const StreamOptions& options) {
  std::unique_ptr<BinlogStream> out(new BinlogStream(std::move(source), start, options));
  TRY(out->prepare());
  const bool by_gtid = start.gtids.has_value();
  std::string registration;
  append_number(registration, options.server_id, 4);
  registration.append(3, '\0');          // no name, no user, no password
  registration.append(2 + 4 + 4, '\0');  // no port, no rank, no source of its own
  TRY(out->command(command_register_slave, registration));
  TRY(out->expect_ok());
  std::string dump;
  if (by_gtid && !options.maria) {
    constexpr uint16_t flag_gtids = 4;
    ByteBuffer set;
    start.gtids->encode(set);
    append_number(dump, flag_gtids, 2);
    append_number(dump, options.server_id, 4);
    append_number(dump, 0, 4);  // no file
    append_number(dump, log_start_offset, 8);
    append_number(dump, set.size(), 4);
    dump.append(set.view());
    TRY(out->command(command_binlog_dump_gtid, dump));
    return out;
  }
  append_number(dump, by_gtid ? log_start_offset : start.place.offset, 4);
  append_number(dump, 0, 2);
  append_number(dump, options.server_id, 4);
  if (!by_gtid) dump += start.place.file;
  TRY(out->command(command_binlog_dump, dump));
  return out;
}

// Old names and new ones: a variable of one's own may have any name.
Result<void> BinlogStream::prepare() {
  // Servers before 5.6 and 10.0 know no checksums; nothing else of this can fail.
  const auto checksums = source_->execute(
      "SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = "
      "@@global.binlog_checksum");
  if (!checksums && checksums.error().kind == ErrorKind::connection) return Failure(checksums.error());
  TRY(source_->execute(fmt::format("SET @master_heartbeat_period = {0}, @source_heartbeat_period = {0}",
                                   options_.heartbeat_ms * 1000000)));
  TRY(source_->execute(fmt::format("SET @slave_uuid = '{0}', @replica_uuid = '{0}'", options_.replica_uuid)));
  // While the target is slow nothing is read, and the server must not hang up on that account.
  TRY(source_->execute("SET SESSION net_write_timeout = 86400"));
  if (!options_.maria) return {};
  TRY(source_->execute("SET @mariadb_slave_capability = 4"));
  if (!start_.gtids) return {};
  TRY(source_->execute(fmt::format("SET @slave_connect_state = '{}'", start_.gtids->text())));
  TRY(source_->execute("SET @slave_gtid_strict_mode = 1"));
  return source_->execute("SET @slave_gtid_ignore_duplicates = 0");
}

Result<void> BinlogStream::command(uint8_t byte, std::string_view payload) {
  return source_->send(byte, payload);
}

Result<void> BinlogStream::expect_ok() {
  const std::optional<std::string_view> answer = TRY(whole_packet(answer_wait_ms, {}));
  if (!answer || answer->empty()) return Failure(errors::stream_ended(where()));
  if (static_cast<uint8_t>(answer->front()) == log_packet_error) return Failure(server_error(*answer));
  return {};
}

Error BinlogStream::server_error(std::string_view packet) const {
  LogReader in(packet.substr(1));
  uint16_t code = 0;
  in.u16(code);
  std::string_view said = in.rest(), state;
  if (said.size() >= 6 && said[0] == '#') {
    state = said.substr(1, 5);
    said.remove_prefix(6);
  }
  return code == error_fatal_reading || code == error_same_replica ? fatal_reading(said, where(), options_.server_id)
                                                                   : errors::stream_error(code, state, said);
}

// Packets of the largest size are continued by the next.
Result<std::optional<std::string_view>> BinlogStream::whole_packet(int wait_ms, const std::stop_token& stop) {
  while (true) {
    const std::optional<std::string_view> packet = TRY(source_->read(wait_ms, stop));
    if (!packet) return std::nullopt;
    const bool continued = packet->size() == packet_bytes_max && !source_->joins_packets();
    if (!joining_ && !continued) return packet;
    if (!joining_) joined_.clear();
    joined_ += *packet;
    joining_ = continued;
    if (!continued) return std::string_view(joined_);
  }
}

Result<std::optional<LoggedEvent>> BinlogStream::next(int wait_ms, const std::stop_token& stop) {
  if (!joining_ && joined_.capacity() > packet_bytes_max) std::string().swap(joined_);
  const int64_t asked_ms = monotonic_ms();
  const std::optional<std::string_view> packet = TRY(whole_packet(wait_ms, stop));
  if (!packet) {
    if (!stop.stop_requested()) TRY(count_silence(monotonic_ms() - asked_ms));
    return std::nullopt;
  }
  silent_ms_ = 0;
  if (packet->empty()) return Failure(errors::damaged_log("an empty packet", where()));
  const auto kind = static_cast<uint8_t>(packet->front());
  if (kind == log_packet_error) return Failure(server_error(*packet));
  if (kind == log_packet_end && packet->size() < 9) return Failure(errors::stream_ended(where()));
  if (kind != log_packet_ok) return Failure(errors::damaged_log(fmt::format("a packet of kind {}", kind), where()));
  return TRY(take(packet->substr(1)));
}

// Where nothing is logged a heartbeat comes. Time in which nobody reads does not count.
Result<void> BinlogStream::count_silence(int64_t waited_ms) {
  constexpr int64_t heartbeats = 10, searches = 40;
  silent_ms_ += waited_ms;
  const int64_t limit_ms =
      std::max(options_.silence_ms, heartbeats * options_.heartbeat_ms) * (searching_ ? searches : 1);
  if (silent_ms_ <= limit_ms) return {};
  return Failure(errors::stream_silent(silent_ms_ / 1000, where()));
}

Result<LoggedEvent> BinlogStream::take(std::string_view bytes) {
  LoggedEvent event;
  event.raw = TRY(read_event(bytes, format_, where()));
  event.start = place_;
  TRY(follow(event));
  searching_ = searching_ && !ends_search(event.raw.header.type);
  return event;
}

Result<void> BinlogStream::follow(LoggedEvent& event) {
  const EventHeader& header = event.raw.header;
  switch (header.type) {
    case EventType::rotate: {
      const RotateEvent rotate = TRY(read_rotate(event.raw.body, where()));
      place_ = {std::string(rotate.file), rotate.offset};
      if (header.artificial()) event.start = place_;
      event.end = place_;
      return {};
    }
    case EventType::format_description:
      format_ = TRY(read_format_description(event.raw.body, where()));
      // Told again in the middle of a file it has no place there.
      if (place_.offset <= log_start_offset) advance(header);
      break;
    case EventType::heartbeat:
    case EventType::heartbeat_v2: {
      const HeartbeatEvent beat = TRY(read_heartbeat(header.type, event.raw.body, where()));
      if (beat.file != place_.file) break;
      // What the server passed over lies before it. Above 4 GiB the old form does not tell the place.
      place_.offset = std::max(place_.offset, beat.offset.value_or(header.log_pos));
      event.start = place_;
      break;
    }
    default:
      advance(header);
      if (event.start.offset != place_.offset) event.start.offset = place_.offset - header.event_bytes;
      break;
  }
  event.end = place_;
  return {};
}

// The header holds the low half of where the next event begins.
void BinlogStream::advance(const EventHeader& header) {
  if (header.artificial() || header.log_pos == 0) return;
  constexpr uint64_t half = uint64_t{1} << 32U;
  const uint64_t expected = place_.offset + header.event_bytes;
  if (static_cast<uint32_t>(expected) == header.log_pos) {
    place_.offset = expected;
    return;
  }
  // Events between were not sent, as behind GTIDs that are done.
  uint64_t at = (place_.offset & ~(half - 1)) | header.log_pos;
  if (at < place_.offset) at += half;
  place_.offset = at;
}

}  // namespace godwit::mysql
