#pragma once
// A server's binlog made by hand, and a session that dumps it, for tests. Tables have columns (id INT, v
// VARCHAR(50)).

#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engines/mysql/change_reader.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {

inline std::string le(uint64_t value, unsigned bytes) {
  std::string out;
  for (unsigned i = 0; i < bytes; ++i) out += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
  return out;
}

class FakeLog {
 public:
  explicit FakeLog(bool maria = false) : maria_(maria) { start_file(); }

  static constexpr std::string_view uuid = "41414141-4141-4141-4141-414141414141";
  static std::string place(uint64_t file, uint64_t offset) {
    return "bin.00000" + std::to_string(file) + ':' + std::to_string(offset);
  }
  std::string end() const { return files.rbegin()->first + ':' + std::to_string(offset_); }
  uint64_t offset() const { return offset_; }

  void event(EventType type, const std::string& body, uint16_t flags = 0) {
    if (in_payload_) {
      const std::string whole = bytes(type, body, 0, flags);  // the payload as a whole has the checksum
      const size_t size = whole.size() - 4;
      payload_ += whole.substr(0, 9) + le(size, 4) + whole.substr(13, size - 13);
      return;
    }
    offset_ += EventHeader::size_bytes + body.size() + 4;
    files.rbegin()->second.push_back(bytes(type, body, static_cast<uint32_t>(offset_), flags));
  }
  void begin_payload() { in_payload_ = true; }
  void end_payload() {
    in_payload_ = false;
    const std::string not_compressed = "\2\3\xfc" + le(255, 2) + '\0';
    event(EventType::transaction_payload, not_compressed + std::exchange(payload_, {}));
  }
  void rotate(bool restarted = false) {
    const std::string next = "bin.00000" + std::to_string(files.size() + 1);
    event(EventType::rotate, le(4, 8) + next);
    start_file(restarted);
  }
  void gtid() {
    ++number_;
    if (maria_) return event(EventType::maria_gtid, le(number_, 8) + le(0, 4) + le(0, 1) + std::string(6, '\0'));
    event(EventType::gtid,
          le(1, 1) + std::string(16, 'A') + le(number_, 8) + le(2, 1) + le(0, 16) + le(1000000 * number_, 7));
  }
  void use_gtids_from(uint64_t number) { number_ = number - 1; }
  void anonymous() {
    event(EventType::anonymous_gtid, le(1, 1) + std::string(16, '\0') + le(0, 8) + le(2, 1) + le(0, 16) + le(1, 7));
  }
  void query(const std::string& sql, const std::string& schema = "d") {
    event(EventType::query, le(1, 4) + le(0, 4) + le(schema.size(), 1) + le(0, 2) + le(0, 2) + schema + '\0' + sql);
  }
  void begin() {
    gtid();
    if (!maria_) query("BEGIN");
  }
  void xid() { event(EventType::xid, le(1, 8)); }
  void table_map(uint64_t id, const std::string& table, unsigned columns = 2) {
    std::string body =
        le(id, 6) + le(1, 2) + "\1d" + '\0' + le(table.size(), 1) + table + '\0' + le(columns, 1) + "\3\17";
    if (columns == 3) body += '\3';
    event(EventType::table_map, body + "\2" + le(50, 2) + le(0, 1));
  }
  static std::string row(int32_t id, const std::string& v) {
    return le(0, 1) + le(static_cast<uint32_t>(id), 4) + le(v.size(), 1) + v;
  }
  void rows(EventType type, uint64_t id, const std::string& images) {
    const std::string present = type == EventType::update_rows_v2 ? "\3\3" : "\3";
    event(type, le(id, 6) + le(1, 2) + le(2, 2) + le(2, 1) + present + images);
  }
  // Images that have no column.
  void bare_rows(EventType type, uint64_t id, const std::string& bytes) {
    const std::string present(type == EventType::update_rows_v2 ? 2 : 1, '\0');
    event(type, le(id, 6) + le(1, 2) + le(2, 2) + le(2, 1) + present + bytes);
  }
  void insert(const std::string& table, int32_t id, const std::string& v) {
    const uint64_t number = id_of(table);
    table_map(number, table);
    rows(EventType::write_rows_v2, number, row(id, v));
  }
  void transaction(const std::string& table, int32_t id, const std::string& v) {
    begin();
    insert(table, id, v);
    xid();
  }
  void statement(const std::string& sql) {
    gtid();
    query(sql);
  }
  void xa_prepare(const std::string& name, bool one_phase = false) {
    event(EventType::xa_prepare, le(one_phase ? 1 : 0, 1) + le(1, 4) + le(name.size(), 4) + le(0, 4) + name);
  }
  void xa_rows(const std::string& name, const std::string& table, int32_t id, const std::string& v) {
    gtid();
    query("XA START '" + name + "'");
    insert(table, id, v);
    query("XA END '" + name + "'");
    xa_prepare(name);
  }

  static std::string bytes(EventType type, const std::string& body, uint32_t log_pos, uint16_t flags) {
    std::string out = le(1700000000, 4) + le(static_cast<uint8_t>(type), 1) + le(7, 4) +
                      le(EventHeader::size_bytes + body.size() + 4, 4) + le(log_pos, 4) + le(flags, 2) + body;
    return out + le(::crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size()), 4);
  }
  std::string description(uint32_t log_pos, bool restarted = false) const {
    std::string version = maria_ ? "10.11.6-MariaDB" : "8.0.36";
    version.resize(50, '\0');
    std::string lengths(maria_ ? 170 : 42, '\10');
    return bytes(EventType::format_description,
                 le(4, 2) + version + le(restarted ? 1 : 0, 4) + le(19, 1) + lengths + le(1, 1), log_pos, 0);
  }

  std::map<std::string, std::vector<std::string>> files;  // events with their checksums

 private:
  void start_file(bool restarted = false) {
    offset_ = 4;
    auto& events = files["bin.00000" + std::to_string(files.size() + 1)];
    const size_t size = description(0).size();
    offset_ += size;
    events.push_back(description(static_cast<uint32_t>(offset_), restarted));
  }
  static uint64_t id_of(const std::string& table) { return 100 + static_cast<uint8_t>(table[0]); }

  bool maria_;
  uint64_t offset_ = 4;
  uint64_t number_ = 0;
  bool in_payload_ = false;
  std::string payload_;
};

// Dumps a FakeLog; at its end nothing comes.
class FakeSession : public PacketSource {
 public:
  FakeSession(const FakeLog& log, std::vector<std::string>& said) : log_(log), said_(&said) {}
  Result<void> execute(std::string_view sql) override {
    said_->emplace_back(sql);
    return {};
  }
  Result<void> send(uint8_t command, std::string_view payload) override {
    if (command == 0x15) packets_.emplace_back(1, '\0');
    if (command == 0x12) dump(std::string(payload.substr(10)), payload);
    if (command == 0x1e) dump("bin.000001", le(4, 4));
    return {};
  }
  Result<std::optional<std::string_view>> read(int wait_ms, const std::stop_token&) override {
    if (at_ >= packets_.size() && waits_) std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    if (at_ >= packets_.size()) return std::nullopt;
    return std::string_view(packets_[at_++]);
  }
  bool joins_packets() const override { return true; }
  void wait_for_time() { waits_ = true; }
  void say(std::string packet) { packets_.push_back(std::move(packet)); }

 private:
  void dump(const std::string& file, std::string_view payload) {
    uint32_t from = 0;
    LogReader(payload).u32(from);
    if (!log_.files.contains(file)) {
      const std::string text = "#HY000Could not find first log file name in binary log index file";
      return packets_.push_back("\xff" + le(1236, 2) + text);
    }
    for (auto at = log_.files.find(file); at != log_.files.end(); ++at) {
      send_event(FakeLog::bytes(EventType::rotate, le(from, 8) + at->first, 0, EventHeader::flag_artificial));
      uint64_t offset = 4;
      if (from > 4) send_event(log_.description(0));
      for (const std::string& event : at->second) {
        if (offset >= from) send_event(event);
        offset += event.size();
      }
      from = 4;
    }
  }
  void send_event(const std::string& event) { packets_.push_back('\0' + event); }

  FakeLog log_;
  std::vector<std::string>* said_;
  bool waits_ = false;
  std::vector<std::string> packets_;
  size_t at_ = 0;
};

}  // namespace godwit::mysql
