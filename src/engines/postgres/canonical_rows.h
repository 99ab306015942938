#pragma once
// COPY rows as cells of a canonical batch: for tables whose rows are shaped on their way.

#include <string_view>
#include <vector>

#include "data/row_batch.h"
#include "engines/postgres/binary_values.h"

namespace godwit::postgres {

// Appends one line of COPY text; its newline may be missing. False, and nothing is appended: it is not a row of the
// batch's layout.
bool append_line(RowBatch& batch, std::string_view line);

// Tuples of COPY binary. Values whose text is not plain are put into text by the source, many at once: call finish()
// before the batch is used.
class BinaryRows {
 public:
  explicit BinaryRows(TextsOfValues texts_of) : texts_of_(std::move(texts_of)) {}
  Result<void> append(RowBatch& batch, std::string_view tuple);
  Result<void> finish(RowBatch& batch);

 private:
  struct Waiting {
    size_t cell;
    uint32_t type;
    size_t offset, length;  // in raw_
  };
  TextsOfValues texts_of_;
  ByteBuffer raw_;
  std::vector<Waiting> waiting_;
};

}  // namespace godwit::postgres
