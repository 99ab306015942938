#pragma once
// One slice read by COPY … TO STDOUT. Rows are forwarded as the server wrote them, without a look at their cells,
// unless they are wanted as canonical ones.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/source.h"
#include "engines/postgres/canonical_rows.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

class PostgresTableReader : public TableReader {
 public:
  struct Options {
    Encoding encoding = Encoding::pg_copy_text;  // of the batches
    bool binary = false;                         // how the server writes
    // For canonical rows that the server writes in binary: a session that puts values into text.
    std::function<Result<Connection>()> open_session;
    // Asked behind the rows in their own transaction, so that what they were read under still holds; unless it
    // answers true the read ends with the error.
    std::string behind;
    Error otherwise;
  };
  // `sql` is the COPY statement. The connection must outlive the reader and do nothing else meanwhile.
  static Result<std::unique_ptr<TableReader>> open(Connection& connection, const std::string& sql, Options options,
                                                   std::shared_ptr<const TableDef> layout);
  ~PostgresTableReader() override;
  Result<bool> read(RowBatch& batch, std::stop_token stop) override;
  uint64_t rows_sent() const override { return rows_sent_; }

 private:
  PostgresTableReader(Connection& connection, Options options, std::shared_ptr<const TableDef> layout);
  Result<std::vector<std::string>> texts_of(std::span<const BinaryValue> values);
  Result<bool> fill(RowBatch& batch, const std::stop_token& stop);
  Result<void> take(std::string_view message, RowBatch& batch);
  Result<void> end();
  Result<void> end_behind();

  Connection& connection_;
  Options options_;
  std::shared_ptr<const TableDef> layout_;
  std::optional<Connection> session_;  // for texts of binary values
  BinaryRows binary_rows_;
  bool header_seen_ = false, done_ = false;
  uint64_t rows_seen_ = 0, rows_sent_ = 0;
};

}  // namespace godwit::postgres
