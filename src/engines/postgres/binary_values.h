#pragma once
// Values in the form of the server's send functions, as pgoutput's option `binary` delivers them (servers 14 and
// later; https://www.postgresql.org/docs/15/protocol-logical-replication.html). Used only where a value's text is
// larger than a server can send (engine.md §11), so speed is second to being right for every type there is.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "base/result.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

struct BinaryValue {
  uint32_t type = 0;  // oid
  std::string_view bytes;
};

// The texts that the types' output functions give, in the same order.
using TextsOfValues = std::function<Result<std::vector<std::string>>(std::span<const BinaryValue> values)>;

// Appends the text of a value whose binary form is its text or a plain integer. False: another type, or a damaged
// value.
bool append_simple_text(ByteBuffer& out, const BinaryValue& value);

// Asks a server that knows the types.
Result<std::vector<std::string>> texts_by_server(Connection& session, std::span<const BinaryValue> values);

}  // namespace godwit::postgres
