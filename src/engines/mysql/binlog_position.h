#pragma once
// Places in the binlogs of a server family, as the text of a Position:
//
//   mysql-bin.000012:0000004567@3e11fa47-71ca-11e1-9e33-c80aa9429562#3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
//   file     :offset           @server                              #GTIDs of every transaction before it
//
// The offset has 64 bits and at least ten digits; transactions that lie before it are done. `server` is MySQL's
// server_uuid, and "id-" with the server_id of MariaDB; it is missing in positions that a user wrote ("file:offset",
// as DMS has them). The GTIDs are missing where the server keeps none.
// "/2" behind the offset: of the structure changes of the statement that begins there, two are done.
// While XA transactions are prepared and not yet committed, "!file:offset" names the first of them: what was prepared
// from there on is read again by a reader that starts at the position. A second "!" before it, or alone, says that it
// names all: what an XA transaction changed that is committed behind the position was prepared from there on, or
// behind the position.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "data/position.h"
#include "engines/mysql/gtid_set.h"

namespace godwit::mysql {

// The first event of a file lies here.
constexpr uint64_t log_start_offset = 4;

// Behind everything: the `from` of a table that waits to be loaded.
constexpr std::string_view log_end_text = "end";

struct LogPlace {
  std::string file;
  uint64_t offset = 0;
  bool empty() const { return file.empty(); }
  bool operator==(const LogPlace&) const = default;
};
std::string to_string(const LogPlace& place);  // "mysql-bin.000012:4567"
// By the number behind the last point of the file's name, then by offset. Files of another base name: unordered.
std::partial_ordering compare(const LogPlace& a, const LogPlace& b);
// The number of a file: 12 of "mysql-bin.000012"; nothing: it has none.
std::optional<uint64_t> file_number(std::string_view file);

struct BinlogPosition {
  LogPlace place;
  std::string server;
  GtidSet gtids;
  LogPlace prepared;      // empty: none
  bool xa_known = false;  // `prepared` misses none
  uint32_t steps = 0;     // of the transaction that begins at the place

  // An error of kind usage when it is no position.
  static Result<BinlogPosition> parse(std::string_view text);
  Position position() const;
};

// Empty positions come first. Of one server (or where one of them does not say which): by place; of two: by what
// their GTIDs contain.
std::partial_ordering compare(const BinlogPosition& a, const BinlogPosition& b);
std::partial_ordering compare(const Position& a, const Position& b);
// Whether they are ordered by place: what lies before one of them in the log lies before it in time. False: their
// sets of GTIDs are compared, and a transaction that one lacks may lie anywhere.
bool are_of_one_log(const Position& a, const Position& b);

}  // namespace godwit::mysql
