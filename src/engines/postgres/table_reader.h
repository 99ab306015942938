#pragma once
// One slice read by COPY … TO STDOUT, its rows forwarded as the server wrote them: nothing is decoded, cells are not
// indexed.

#include <memory>
#include <string>

#include "engine/source.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

class PostgresTableReader : public TableReader {
 public:
  // `sql` is the COPY statement. The connection must outlive the reader and do nothing else meanwhile.
  static Result<std::unique_ptr<TableReader>> open(Connection& connection, const std::string& sql, Encoding encoding,
                                                   std::shared_ptr<const TableDef> layout);
  ~PostgresTableReader() override;
  Result<bool> read(RowBatch& batch, std::stop_token stop) override;
  uint64_t rows_sent() const override { return rows_sent_; }

 private:
  PostgresTableReader(Connection& connection, Encoding encoding, std::shared_ptr<const TableDef> layout)
      : connection_(connection), encoding_(encoding), layout_(std::move(layout)) {}
  Result<void> take(std::string_view message, RowBatch& batch);
  Result<void> end();

  Connection& connection_;
  Encoding encoding_;
  std::shared_ptr<const TableDef> layout_;
  bool header_seen_ = false, done_ = false;
  uint64_t rows_seen_ = 0, rows_sent_ = 0;
};

}  // namespace godwit::postgres
