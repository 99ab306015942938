#pragma once
// Rows events to rows of a RowBatch in canonical encoding (data/row_batch.h). Columns that an image lacks become
// Cell::unchanged. Total.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/change.h"
#include "engines/mysql/binlog_event.h"
#include "engines/mysql/binlog_values.h"

namespace godwit::mysql {

// Whether it is one of rows, of any version and compression.
bool is_rows_event(EventType type);
// The table alone: what must be known of a table that nobody follows.
Result<uint64_t> read_rows_table_id(EventType type, std::string_view body, const LogFormat& format,
                                    std::string_view where);

// Whether there is anything behind what says which columns follow.
Result<bool> holds_rows(EventType type, std::string_view body, const LogFormat& format, std::string_view where);

// How the columns of a table map go into a layout. Belongs to one thread.
struct RowPlan {
  std::vector<ColumnCodec> codecs;  // per logged column
  std::vector<int32_t> to_layout;   // per logged column: the layout's column, or -1
  size_t json_columns = 0;
};

class RowsReader {
 public:
  // `body` and `plan` must outlive it.
  static Result<RowsReader> open(EventType type, std::string_view body, const LogFormat& format, const RowPlan& plan,
                                 std::string_view where);
  Op op() const { return op_; }
  bool done() const { return in_.done() && !of_defaults_; }
  // Appends the images of the next row to `image` and fills in the rows of `change`.
  Result<void> next(RowBatch& image, Change& change);
  // Why next() failed, in sentences, where the table alone is concerned: what follows in the log can be read. Else
  // empty.
  const std::string& unreadable() const { return unreadable_; }

 private:
  explicit RowsReader(const RowPlan& plan) : plan_(&plan), in_({}) {}
  Result<void> look_at_emptiness();
  Result<uint32_t> read_image(std::string_view present, bool partial, bool keep_json, RowBatch& image);
  Result<void> fill_absent(const ColumnCodec& codec, size_t column, RowBatch& image);
  bool append_partial(size_t column, size_t json_index, std::string_view raw, ByteBuffer& out);
  Failure damaged(std::string_view what) const;
  Failure unreadable(Error error);

  const RowPlan* plan_;
  Op op_ = Op::insert;
  bool partial_ = false, keys_off_ = false;
  bool of_defaults_ = false;  // an INSERT that names no column, still to be told
  std::string_view before_present_, after_present_;
  std::unique_ptr<std::string> inflated_;  // of a compressed event; stays in its place when this is moved
  LogReader in_;
  std::string where_;
  std::vector<Cell> row_;
  // Of the before image: the documents as they stand, for partial updates.
  struct OldJson {
    bool there = false, null = false;
    std::string_view binary;
  };
  std::vector<OldJson> old_json_;
  std::string unreadable_;
};

}  // namespace godwit::mysql
