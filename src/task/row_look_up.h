#pragma once
// Rows that the log does not show whole, read from the source by their keys as they are now: for tables with a row
// filter (data/change.h, WhenMissing). What the source holds is of the change's own moment or a later one; changes
// in between, which are still to come, leave it as it is in the end. One thread; a session of its own.

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mapping/row_shaper.h"
#include "task/context.h"

namespace godwit {

// The columns of `read` that the columns of the layout's key take their values from, cell by cell; nothing when there
// is no key, or the rules compute or change one of them.
std::optional<std::vector<uint32_t>> source_key(const TargetTable& table);

class RowLookUp {
 public:
  explicit RowLookUp(const TaskContext& context) : context_(context) {}

  // The rows, in their target form, that the source holds under the keys of these changes and that pass the filter.
  // `xids`: of the transactions that they belong to. An error of kind table: the key does not lead back to the
  // source.
  Result<RowBatch> find(uint32_t table, std::span<const ChangeView> changes, std::vector<uint64_t> xids,
                        std::vector<ShapeFinding>& findings);

 private:
  const TaskContext& context_;
  std::unique_ptr<Source> session_;
  std::map<uint32_t, std::unique_ptr<RowShaper>> shapers_;
};

}  // namespace godwit
