#pragma once
// Rows as the server streams them, into canonical batches: what a SELECT in UTC and utf8mb4 answers, but
//  - FLOAT, which the server prints with six digits, is selected as `column * 1e0`, the double of exactly its value
//    (so on 5.7, 8.0 and MariaDB), and written with the shortest digits that give the float again;
//  - BIT(1) is t or f, BIT(n) n characters of 0 and 1;
//  - TIMESTAMP has "+00" behind it;
//  - bytes and spatial values (SRID and WKB) are as they are stored.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/source.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

enum class CellText : uint8_t { as_sent, real4, boolean, bits, zoned };

struct CellForm {
  CellText text = CellText::as_sent;
  uint32_t bits = 0;
};

CellForm cell_form(const Type& type);
// Appends the canonical text of a cell that the server sent. False: it is none of its form.
bool append_cell(const CellForm& form, std::string_view sent, RowBatch& batch);

// What stands between SELECT and FROM. `prefix` stands before each column's name.
std::string select_list(const TableDef& layout, std::string_view prefix = "");

class MysqlTableReader : public TableReader {
 public:
  // The statements run one after the other. The connection must outlive the reader and do nothing else meanwhile.
  static Result<std::unique_ptr<TableReader>> open(Connection& connection, std::vector<std::string> statements,
                                                   TableRef table, std::shared_ptr<const TableDef> layout);
  ~MysqlTableReader() override;
  Result<bool> read(RowBatch& batch, std::stop_token stop) override;
  uint64_t rows_sent() const override { return rows_; }

 private:
  MysqlTableReader(Connection& connection, std::vector<std::string> statements, TableRef table,
                   std::shared_ptr<const TableDef> layout);
  Result<void> start_next();
  Result<void> take(MYSQL_ROW cells, const unsigned long* lengths, RowBatch& batch) const;
  Error explain(Error error) const;

  Connection& connection_;
  std::vector<std::string> statements_;
  size_t next_ = 0;
  bool streaming_ = false;
  TableRef table_;
  std::shared_ptr<const TableDef> layout_;
  std::vector<CellForm> forms_;
  uint64_t rows_ = 0;
};

}  // namespace godwit::mysql
