#pragma once
// What rules ask for inside rows, done to captured changes before they are spooled (engine.md §8 sees the rows of
// targets alone). One thread.

#include <memory>
#include <vector>

#include "mapping/row_shaper.h"
#include "task/context.h"
#include "task/shape_findings.h"

namespace godwit {

class ChangeShaping {
 public:
  // Nothing when no table has a shape. Outlived by what `context` and `log` point to.
  static Result<std::unique_ptr<ChangeShaping>> open(const TaskContext& context, FindingLog& log);

  // Puts the images of shaped tables into their target layouts. Changes that a filter leaves out stay as such
  // (Change::filtered); what was done to values beyond the rules is in ChangeBatch::notes.
  Result<void> shape(ChangeBatch& batch);

 private:
  ChangeShaping(const TaskContext& context, FindingLog& log);
  Result<void> shape_part(const TxnPart& part, ChangeBatch& batch, std::vector<RowBatch>& out);

  FindingLog& log_;
  std::vector<TargetTable> tables_;                  // as planned now: a reload plans them anew
  std::vector<std::unique_ptr<RowShaper>> shapers_;  // by table; null: its rows go as they are
  std::vector<ShapeFinding> findings_;
  uint64_t sequence_;  // beyond every earlier run's
};

}  // namespace godwit
