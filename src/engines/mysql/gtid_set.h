#pragma once
// Sets of transactions that a server names: MySQL's intervals per server uuid, and MariaDB's last number per domain
// (which stands for all before it). One interface. Total.

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "base/result.h"

namespace godwit::mysql {

enum class GtidFamily : uint8_t { mysql, maria };

using Uuid = std::array<uint8_t, 16>;

struct Gtid {
  GtidFamily family = GtidFamily::mysql;
  Uuid sid{};           // MySQL
  uint32_t domain = 0;  // MariaDB
  uint32_t server = 0;  // MariaDB
  uint64_t number = 0;

  static Gtid mysql(std::string_view sid, uint64_t number);  // `sid`: 16 bytes
  static Gtid maria(uint32_t domain, uint32_t server, uint64_t number);
};

class GtidSet {
 public:
  GtidSet() = default;
  explicit GtidSet(GtidFamily family) : family_(family) {}

  // The family is known by the text; an empty one is the empty set of no family. MySQL may put line ends behind its
  // commas.
  static Result<GtidSet> parse(std::string_view text);
  // As COM_BINLOG_DUMP_GTID and PREVIOUS_GTIDS write a MySQL set. Nothing: they are damaged.
  static std::optional<GtidSet> decode(std::string_view bytes);

  // MySQL: as the server prints it, "uuid:1-5:7,uuid:1". MariaDB: "0-1-100,1-1-7".
  std::string text() const;
  void encode(ByteBuffer& out) const;  // MySQL alone

  GtidFamily family() const { return family_; }
  bool empty() const { return by_sid_.empty() && by_domain_.empty(); }
  void add(const Gtid& gtid);
  void unite(const GtidSet& other);
  bool contains(const Gtid& gtid) const;
  // MariaDB: the last numbers of `other` are not behind ours.
  bool contains(const GtidSet& other) const;
  bool operator==(const GtidSet&) const = default;
  // By containment. unordered: neither contains the other, or they are of different families.
  static std::partial_ordering compare(const GtidSet& a, const GtidSet& b);

 private:
  struct Interval {
    uint64_t first = 0, end = 0;  // the end is not in it
    bool operator==(const Interval&) const = default;
  };
  struct Last {
    uint32_t server = 0;
    uint64_t number = 0;
    bool operator==(const Last&) const = default;
  };
  static void add_interval(std::vector<Interval>& to, Interval interval);
  bool parse_mysql(std::string_view text);
  bool parse_maria(std::string_view text);

  GtidFamily family_ = GtidFamily::mysql;
  std::map<Uuid, std::vector<Interval>> by_sid_;  // ascending, neither touching nor empty
  std::map<uint32_t, Last> by_domain_;
};

std::string uuid_text(const Uuid& uuid);
std::optional<Uuid> parse_uuid(std::string_view text);  // with or without hyphens

}  // namespace godwit::mysql
