#pragma once
// The events of a MySQL or MariaDB binlog, beside table maps (table_map.h) and rows (binlog_rows.h). Pure and total:
// any bytes give a value or an error. Views point into the bytes they were read from.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/mysql/gtid_set.h"

namespace godwit::mysql {

enum class EventType : uint8_t {
  query = 2,
  stop = 3,
  rotate = 4,
  intvar = 5,
  rand = 13,
  user_var = 14,
  format_description = 15,
  xid = 16,
  begin_load_query = 17,
  execute_load_query = 18,
  table_map = 19,
  write_rows_v0 = 20,
  update_rows_v0 = 21,
  delete_rows_v0 = 22,
  write_rows_v1 = 23,
  update_rows_v1 = 24,
  delete_rows_v1 = 25,
  incident = 26,
  heartbeat = 27,
  ignorable = 28,
  rows_query = 29,
  write_rows_v2 = 30,
  update_rows_v2 = 31,
  delete_rows_v2 = 32,
  gtid = 33,
  anonymous_gtid = 34,
  previous_gtids = 35,
  transaction_context = 36,
  view_change = 37,
  xa_prepare = 38,
  partial_update_rows = 39,
  transaction_payload = 40,
  heartbeat_v2 = 41,
  gtid_tagged = 42,
  maria_annotate_rows = 160,
  maria_binlog_checkpoint = 161,
  maria_gtid = 162,
  maria_gtid_list = 163,
  maria_start_encryption = 164,
  maria_query_compressed = 165,
  maria_write_rows_compressed = 166,
  maria_update_rows_compressed = 167,
  maria_delete_rows_compressed = 168,
};

struct EventHeader {
  static constexpr size_t size_bytes = 19;
  static constexpr uint16_t flag_artificial = 0x20, flag_ignorable = 0x80;
  uint32_t timestamp_s = 0;
  EventType type = EventType::ignorable;
  uint32_t server_id = 0;
  uint32_t event_bytes = 0;  // header and checksum included
  uint32_t log_pos = 0;      // low 32 bits of where the next event starts; 0: not said
  uint16_t flags = 0;
  bool artificial() const { return (flags & flag_artificial) != 0; }
  bool ignorable() const { return (flags & flag_ignorable) != 0; }
};

// What the FORMAT_DESCRIPTION of a file says of the events behind it.
struct LogFormat {
  std::string server_version;
  bool maria = false;
  bool checksums = false;      // events end in a CRC32
  bool after_restart = false;  // the first file that the server wrote since it started
  std::vector<uint8_t> post_header_bytes;
  // Of the events that carry a table id, 4 or 6.
  size_t table_id_bytes(EventType type) const;
};

// An event without its checksum.
struct RawEvent {
  EventHeader header;
  std::string_view body;
};

// Checks size and, where the format has them, the checksum. FORMAT_DESCRIPTION events say themselves whether they
// have one.
Result<RawEvent> read_event(std::string_view bytes, const LogFormat& format, std::string_view where);

Result<LogFormat> read_format_description(std::string_view body, std::string_view where);

struct RotateEvent {
  uint64_t offset = 0;
  std::string_view file;
};
Result<RotateEvent> read_rotate(std::string_view body, std::string_view where);

struct QueryEvent {
  uint32_t thread_id = 0;
  std::string_view schema;  // the default schema
  std::string_view sql;
  uint16_t error_code = 0;
  std::optional<uint64_t> sql_mode;
  std::optional<uint16_t> client_collation;  // in which the text is written
  std::string_view time_zone;
};
// `scratch` holds the text of a compressed one. EXECUTE_LOAD_QUERY is read alike.
Result<QueryEvent> read_query(EventType type, std::string_view body, std::string& scratch, std::string_view where);

// The header of a GTID event of either family.
struct GtidEvent {
  std::optional<Gtid> gtid;   // nothing: an anonymous transaction
  int64_t commit_us = 0;      // 0: not said
  bool standalone = false;    // MariaDB: one statement that is its own transaction; no end follows
  bool begins_xa = false;     // MariaDB: it stands for XA START, an XA PREPARE follows
  bool completes_xa = false;  // MariaDB
  // MariaDB's binlog_alter_two_phase: the ALTER TABLE that follows only begins, or was undone; what is done comes
  // again.
  bool alters_nothing = false;
};
Result<GtidEvent> read_gtid(EventType type, std::string_view body, uint32_t server_id, std::string_view where);

// PREVIOUS_GTIDS or GTID_LIST.
Result<GtidSet> read_gtid_list(EventType type, std::string_view body, std::string_view where);

struct HeartbeatEvent {
  std::string file;
  std::optional<uint64_t> offset;  // nothing: the header's log_pos says it
};
Result<HeartbeatEvent> read_heartbeat(EventType type, std::string_view body, std::string_view where);

// The name under which an XA transaction is known: format, length of the first part, both parts.
struct XaName {
  uint32_t format = 0;
  std::string global, branch;
  auto operator<=>(const XaName&) const = default;
};
struct XaPrepareEvent {
  bool one_phase = false;  // no prepare at all: a commit
  XaName name;
};
Result<XaPrepareEvent> read_xa_prepare(std::string_view body, std::string_view where);

}  // namespace godwit::mysql
