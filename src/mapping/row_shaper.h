#pragma once
// Carries out what rules ask for inside rows (spec/table-mappings.md §3.2, §4.2, §4.3, lob.md §3, §4): filters,
// expressions, changed types, masks, before-image columns, cut LOBs. One shaper belongs to one thread and one table.
// In: canonical rows of TargetTable::read. Out: canonical rows of TargetTable::layout.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/change.h"
#include "data/target_table.h"

namespace godwit {

// Something the settings have an answer to. Holds no value of a row.
struct ShapeFinding {
  enum class Kind {
    truncated,  // a LOB was cut: `limit_bytes`, `actual_bytes` (DataTruncationErrorPolicy)
    value,      // a value could not be converted or computed; it is NULL in the row (DataErrorPolicy)
    mask,       // a masking rule does not fit the value; it is there as it was (DataMaskingErrorPolicy)
    refused,    // a value that Godwit.ZeroDates wants to see on no target; it is NULL in the row
  };
  Kind kind = Kind::value;
  uint32_t row = 0;    // of the output batch
  std::string column;  // source name; of an added column its target name
  uint64_t limit_bytes = 0, actual_bytes = 0;
  std::string message;  // why; for all kinds but truncated
};

// What headers ($AR_H_…) say of one change.
struct ChangeFacts {
  Position position;      // of its transaction's commit record
  int64_t commit_us = 0;  // microseconds since 1970 UTC
  uint64_t sequence = 0;  // grows with each change of the task
};

class RowShaper {
 public:
  virtual ~RowShaper() = default;
  // `table.shape` must be there. Errors of kind table: an expression that SQLite does not take.
  static Result<std::unique_ptr<RowShaper>> open(const TargetTable& table);

  // Rows of a load, which the source has filtered. Appends to `out`, whose layout is TargetTable::layout.
  virtual Result<void> shape_rows(const RowBatch& in, RowBatch& out, int64_t now_us,
                                  std::vector<ShapeFinding>& findings) = 0;

  // One change whose images are in `in`. Appends the new images to `out` and answers the change as it is to be
  // applied, its rows being those of `out`; nothing when the filter leaves it out. A truncate is answered as it is.
  // What it becomes: an update whose new row fails the filter is a delete; one whose old row failed it is an insert;
  // where the log does not show the old row, when_missing says what to do. It is look_up, too, where an expression
  // needs a large value that the log leaves out. operation_indicator() makes a delete an update of the columns that
  // use it; a row that leaves the filter is deleted all the same.
  // In an old row only moved columns have values, shaped as the target holds them; cells of added columns, of before
  // images and of columns that are masked at random are `unchanged`: rows are not found by them.
  virtual Result<std::optional<Change>> shape_change(const Change& change, const RowBatch& in,
                                                     const ChangeFacts& facts, RowBatch& out,
                                                     std::vector<ShapeFinding>& findings) = 0;

  // Whether a whole row of `read` passes the filter; for rows read by their key.
  virtual Result<bool> passes(const RowBatch& in, size_t row) = 0;
};

}  // namespace godwit
