#include "engines/mysql/binlog_event.h"

#include <fmt/format.h>
#include <zlib.h>

#include "engines/mysql/binlog_compression.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {
namespace {

constexpr size_t checksum_bytes = 4;

uint32_t crc32_of(std::string_view bytes) {
  return static_cast<uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

bool checksum_fits(std::string_view event) {
  uint32_t stored = 0;
  LogReader(event.substr(event.size() - checksum_bytes)).u32(stored);
  return crc32_of(event.substr(0, event.size() - checksum_bytes)) == stored;
}

// Servers before 5.6.1 and MariaDB before 5.3 know no checksums, and their description has no byte for them.
bool knows_checksums(std::string_view version) {
  unsigned numbers[3] = {0, 0, 0};
  size_t at = 0;
  for (unsigned& number : numbers) {
    while (at < version.size() && version[at] >= '0' && version[at] <= '9' && number < 1000)
      number = number * 10 + static_cast<unsigned>(version[at++] - '0');
    if (at < version.size() && version[at] == '.') ++at;
  }
  const unsigned long_form = numbers[0] * 1000000 + numbers[1] * 1000 + numbers[2];
  return version.find("MariaDB") != std::string_view::npos ? long_form >= 5003000 : long_form >= 5006001;
}

// The tagged values between a query's head and its text. What follows the first unknown one is not read: newer
// servers append.
bool read_status_vars(std::string_view bytes, QueryEvent& out) {
  LogReader in(bytes);
  uint8_t tag = 0;
  while (in.u8(tag)) {
    uint64_t number = 0;
    uint8_t count = 0;
    std::string_view text;
    switch (tag) {
      case 0:  // flags
        if (!in.skip(4)) return false;
        break;
      case 1:
        if (!in.u64(number)) return false;
        out.sql_mode = number;
        break;
      case 2:  // catalog, of old servers
        if (!in.u8(count) || !in.skip(uint64_t{count} + 1)) return false;
        break;
      case 3:  // auto-increment
        if (!in.skip(4)) return false;
        break;
      case 4: {
        uint16_t collation = 0;
        if (!in.u16(collation) || !in.skip(4)) return false;
        out.client_collation = collation;
        break;
      }
      case 5:
        if (!in.u8(count) || !in.bytes(count, text)) return false;
        out.time_zone = text;
        break;
      case 6:  // catalog
        if (!in.u8(count) || !in.skip(count)) return false;
        break;
      case 7:  // names of months
      case 8:  // collation of the schema
        if (!in.skip(2)) return false;
        break;
      case 9:  // tables of a multi-table update
        if (!in.skip(8)) return false;
        break;
      default:
        return true;
    }
  }
  return true;
}

}  // namespace

size_t LogFormat::table_id_bytes(EventType type) const {
  const auto index = static_cast<size_t>(type);
  return index >= 1 && index <= post_header_bytes.size() && post_header_bytes[index - 1] == 6 ? 4 : 6;
}

Result<RawEvent> read_event(std::string_view bytes, const LogFormat& format, std::string_view where) {
  LogReader in(bytes);
  RawEvent out;
  EventHeader& header = out.header;
  uint8_t type = 0;
  if (!in.u32(header.timestamp_s) || !in.u8(type) || !in.u32(header.server_id) || !in.u32(header.event_bytes) ||
      !in.u32(header.log_pos) || !in.u16(header.flags))
    return damaged("an event shorter than its header", where);
  header.type = static_cast<EventType>(type);
  if (header.event_bytes != bytes.size())
    return damaged(fmt::format("an event of {} bytes that says it has {}", bytes.size(), header.event_bytes), where);
  out.body = in.rest();
  if (header.type == EventType::format_description) return out;
  // The first event comes before the description that says whether it has a checksum: one that fits is one.
  const bool unknown = format.server_version.empty() && out.body.size() >= checksum_bytes;
  if (!format.checksums && !(unknown && checksum_fits(bytes))) return out;
  if (out.body.size() < checksum_bytes) return damaged("an event shorter than its checksum", where);
  if (!checksum_fits(bytes)) return Failure(errors::checksum(where));
  out.body.remove_suffix(checksum_bytes);
  return out;
}

Result<LogFormat> read_format_description(std::string_view body, std::string_view where) {
  LogReader in(body);
  uint16_t version = 0;
  uint8_t header_bytes = 0;
  uint32_t created_s = 0;
  std::string_view server;
  if (!in.u16(version) || !in.bytes(50, server) || !in.u32(created_s) || !in.u8(header_bytes))
    return damaged("a format description that ends early", where);
  if (version != 4 || header_bytes != EventHeader::size_bytes)
    return damaged(fmt::format("binlog version {} with headers of {} bytes", version, header_bytes), where);
  LogFormat out;
  out.server_version = server.substr(0, server.find('\0'));
  out.after_restart = created_s != 0;
  out.maria = out.server_version.find("MariaDB") != std::string::npos;
  std::string_view lengths = in.rest();
  if (knows_checksums(out.server_version)) {
    if (lengths.size() < 1 + checksum_bytes) return damaged("a format description that ends early", where);
    const auto algorithm = static_cast<uint8_t>(lengths[lengths.size() - 1 - checksum_bytes]);
    if (algorithm > 1 && algorithm != 255) return damaged(fmt::format("checksums of kind {}", algorithm), where);
    out.checksums = algorithm == 1;
    lengths.remove_suffix(1 + checksum_bytes);
  }
  for (const char length : lengths) out.post_header_bytes.push_back(static_cast<uint8_t>(length));
  return out;
}

Result<RotateEvent> read_rotate(std::string_view body, std::string_view where) {
  LogReader in(body);
  RotateEvent out;
  if (!in.u64(out.offset) || in.done()) return damaged("a rotation that ends early", where);
  out.file = in.rest();
  return out;
}

Result<QueryEvent> read_query(EventType type, std::string_view body, std::string& scratch, std::string_view where) {
  LogReader in(body);
  QueryEvent out;
  uint8_t schema_bytes = 0;
  uint16_t vars_bytes = 0;
  std::string_view vars;
  const size_t extra = type == EventType::execute_load_query ? 13 : 0;
  if (!in.u32(out.thread_id) || !in.skip(4) || !in.u8(schema_bytes) || !in.u16(out.error_code) ||
      !in.u16(vars_bytes) || !in.skip(extra) || !in.bytes(vars_bytes, vars) || !in.bytes(schema_bytes, out.schema) ||
      !in.skip(1))
    return damaged("a statement that ends early", where);
  if (!read_status_vars(vars, out)) return damaged("a statement whose variables end early", where);
  out.sql = in.rest();
  if (type != EventType::maria_query_compressed) return out;
  TRY(inflate_maria(out.sql, scratch, where));
  out.sql = scratch;
  return out;
}

namespace {

// What of a MariaDB GTID stands behind its flags; the rest is zeros. Servers before 10.8 have no extra flags.
struct MariaGtidRest {
  bool begins_alter = false, undoes_alter = false;
};
bool read_maria_rest(LogReader& in, uint8_t flags, MariaGtidRest& out) {
  constexpr uint8_t flag_group_commit = 2, flags_xa = 64 | 128, extra_begins_alter = 2, extra_undoes_alter = 8;
  if ((flags & flag_group_commit) != 0 && !in.skip(8)) return false;
  uint8_t global_bytes = 0, branch_bytes = 0, extra = 0;
  if ((flags & flags_xa) != 0 &&
      (!in.skip(4) || !in.u8(global_bytes) || !in.u8(branch_bytes) || !in.skip(size_t{global_bytes} + branch_bytes)))
    return false;
  if (!in.u8(extra)) return true;
  out.begins_alter = (extra & extra_begins_alter) != 0;
  out.undoes_alter = (extra & extra_undoes_alter) != 0;
  return true;
}

Result<GtidEvent> read_maria_gtid(LogReader in, uint32_t server_id, std::string_view where) {
  constexpr uint8_t flag_standalone = 1, flag_prepared_xa = 64, flag_completed_xa = 128;
  uint64_t sequence = 0;
  uint32_t domain = 0;
  uint8_t flags = 0;
  if (!in.u64(sequence) || !in.u32(domain) || !in.u8(flags)) return damaged("a GTID that ends early", where);
  GtidEvent out;
  out.gtid = Gtid::maria(domain, server_id, sequence);
  out.standalone = (flags & flag_standalone) != 0;
  out.begins_xa = (flags & flag_prepared_xa) != 0;
  out.completes_xa = (flags & flag_completed_xa) != 0;
  MariaGtidRest rest;
  if (!read_maria_rest(in, flags, rest)) return damaged("a GTID that ends early", where);
  out.alters_nothing = rest.begins_alter || rest.undoes_alter;
  return out;
}

}  // namespace

Result<GtidEvent> read_gtid(EventType type, std::string_view body, uint32_t server_id, std::string_view where) {
  LogReader in(body);
  if (type == EventType::gtid_tagged) return Failure(errors::tagged_gtid(where));
  if (type == EventType::maria_gtid) return read_maria_gtid(in, server_id, where);
  std::string_view sid;
  uint64_t number = 0;
  if (!in.skip(1) || !in.bytes(16, sid) || !in.u64(number)) return damaged("a GTID that ends early", where);
  GtidEvent out;
  if (type == EventType::gtid) out.gtid = Gtid::mysql(sid, number);
  uint8_t clock = 0;
  uint64_t commit = 0;
  if (!in.u8(clock) || clock != 2 || !in.skip(16) || !in.number(7, commit)) return out;  // before 8.0.1
  // The top bit says that the time on the first server follows; what counts is the commit on this one.
  out.commit_us = static_cast<int64_t>(commit & ~(uint64_t{1} << 55U));
  return out;
}

Result<GtidSet> read_gtid_list(EventType type, std::string_view body, std::string_view where) {
  if (type == EventType::previous_gtids) {
    auto set = GtidSet::decode(body);
    if (!set) return damaged("a list of GTIDs that cannot be read", where);
    return *std::move(set);
  }
  LogReader in(body);
  uint32_t count = 0;
  if (!in.u32(count)) return damaged("a list of GTIDs that ends early", where);
  GtidSet out(GtidFamily::maria);
  for (count &= 0x0fffffffU; count > 0; --count) {
    uint32_t domain = 0, server = 0;
    uint64_t sequence = 0;
    if (!in.u32(domain) || !in.u32(server) || !in.u64(sequence))
      return damaged("a list of GTIDs that ends early", where);
    // The list names every server of a domain, the last one last.
    out.add(Gtid::maria(domain, server, sequence));
  }
  return out;
}

Result<HeartbeatEvent> read_heartbeat(EventType type, std::string_view body, std::string_view where) {
  HeartbeatEvent out;
  if (type == EventType::heartbeat) {
    out.file = body;
    return out;
  }
  LogReader in(body);
  uint8_t tag = 0;
  while (in.u8(tag) && tag != 0) {
    std::string_view value;
    if (!in.length_encoded_bytes(value)) return damaged("a heartbeat that ends early", where);
    if (tag == 1) out.file = value;
    if (tag != 2) continue;
    uint64_t offset = 0;
    if (!LogReader(value).length_encoded(offset)) return damaged("a heartbeat that ends early", where);
    out.offset = offset;
  }
  return out;
}

Result<XaPrepareEvent> read_xa_prepare(std::string_view body, std::string_view where) {
  LogReader in(body);
  XaPrepareEvent out;
  uint8_t one_phase = 0;
  uint32_t global_bytes = 0, branch_bytes = 0;
  std::string_view global, branch;
  if (!in.u8(one_phase) || !in.u32(out.name.format) || !in.u32(global_bytes) || !in.u32(branch_bytes) ||
      !in.bytes(global_bytes, global) || !in.bytes(branch_bytes, branch))
    return damaged("an XA PREPARE that ends early", where);
  out.one_phase = one_phase != 0;
  out.name.global = global;
  out.name.branch = branch;
  return out;
}

}  // namespace godwit::mysql
