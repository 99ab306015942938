#pragma once
// Rows into one table, either by LOAD DATA from memory or by INSERT with literals, inside the caller's transaction.

#include <string>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/target_columns.h"

namespace godwit::mysql {

// What fails because of a row, not of the table or server.
bool is_row_error(const Error& error);
// Of a statement that writes rows: what the server blames on the table is this row's fault where it is too long.
Error of_row(Error error);

class RowLoading {
 public:
  // `into`: a quoted name.
  RowLoading(Connection& session, std::string into, std::vector<TargetColumn> columns, uint64_t packet_bytes);

  const std::vector<TargetColumn>& columns() const { return columns_; }
  uint64_t packet_bytes() const { return packet_bytes_; }

  void append_line(ByteBuffer& out, const RowBatch& batch, size_t row) const;
  // Whether a row is so large that it is far better inserted than loaded: MySQL's LOAD DATA takes a time that grows
  // with the square of a field's length, minutes for 64 MB.
  bool is_better_inserted(const RowBatch& batch, size_t row) const;
  // LOAD DATA LOCAL passes over rows that the table refuses and bends values that do not fit: unless every row was
  // taken as it is, an error of kind data or conflict, and the caller must roll back to where it stood.
  Result<void> load(std::string_view lines, uint64_t rows);

  // "INSERT INTO … VALUES ", and "(…)" of one row.
  const std::string& insert_head() const { return insert_head_; }
  void append_tuple(ByteBuffer& out, const RowBatch& batch, size_t row) const;
  // All the rows or none of them.
  Result<void> insert(const RowBatch& batch, size_t first, size_t count);

  // How many cells of the row are an ENUM's '' that is none of its labels: where the server was lenient it kept a
  // value so that it did not take, and by itself takes no such row.
  size_t lacking_labels(const RowBatch& batch, size_t row) const;
  // Runs an INSERT or UPDATE of one row that was refused, and has so many such cells, so that the server takes them.
  // False, and nothing is done: it would have changed something else. `affected`: the rows.
  Result<bool> run_without_labels(std::string statement, size_t cells, uint64_t& affected);

  // "`a` <=> … AND …" of the row's cells; of those in `which` alone where it is not empty.
  std::string exact_match(const RowBatch& batch, size_t row, std::span<const uint32_t> which) const;

 private:
  Result<void> look_at_warnings(const Done& done, uint64_t rows);

  Connection& session_;
  std::string into_;
  std::vector<TargetColumn> columns_;
  uint64_t packet_bytes_;
  bool loads_long_fields_;
  std::string load_sql_, insert_head_;
  ByteBuffer text_;
};

}  // namespace godwit::mysql
