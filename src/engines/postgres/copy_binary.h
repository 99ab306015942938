#pragma once
// Canonical rows as tuples of COPY binary (https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format"): the
// server neither looks for separators in them nor reads numbers and times from text, which is a fifth of what a load
// costs it.

#include <optional>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "data/row_batch.h"
#include "data/target_table.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// One column's canonical text, appended with its length before it. False: the text is not plainly one of the type;
// then the server is to say what it makes of it, and what was appended is not a value.
using BinaryCodec = bool (*)(ByteBuffer& out, std::string_view value);

// The codec for a column of the type with this oid (pg_type.dat); null: there is none, its rows go as text.
// `bytes`: the canonical cells are the bytes themselves.
BinaryCodec binary_codec(uint32_t type_oid, bool bytes);

class BinaryTuples {
 public:
  explicit BinaryTuples(std::vector<BinaryCodec> codecs) : codecs_(std::move(codecs)) {}

  // For the table as it is on the server, whoever made it. Nothing: a column has no codec.
  static Result<std::optional<BinaryTuples>> open(Connection& session, const TargetTable& table);

  // False, and `out` is empty: some row must go as text.
  bool encode(const RowBatch& batch, ByteBuffer& out) const;

 private:
  bool append_row(const RowBatch& batch, size_t row, ByteBuffer& out) const;
  std::vector<BinaryCodec> codecs_;
};

}  // namespace godwit::postgres
