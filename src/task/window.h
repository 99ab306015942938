#pragma once
// Changes taken from the spool and not yet committed on the target, as runs of source transactions in log order. One
// thread.

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "data/change.h"

namespace godwit {

class Window {
 public:
  // One run of changes of one source transaction, and the batch that holds them.
  struct Part {
    const ChangeBatch* batch = nullptr;
    TxnPart txn;
  };

  void add(ChangeBatch batch);

  bool empty() const { return parts_.empty(); }
  size_t bytes() const { return bytes_; }
  size_t changes() const { return changes_; }
  const std::deque<Part>& parts() const { return parts_; }
  // How many parts from the front end with a commit: what can be committed now.
  size_t complete() const { return complete_; }
  // Structure changes of the batches that parts come from, in order; taken once.
  std::vector<SchemaEvent> take_schema();
  // Forgets parts from the front, and batches nobody points into any more.
  void drop(size_t parts);
  void clear();

 private:
  void count();

  std::deque<ChangeBatch> batches_;  // deque: parts point into it
  std::deque<Part> parts_;
  std::vector<SchemaEvent> schema_;
  size_t bytes_ = 0, changes_ = 0, complete_ = 0;
};

}  // namespace godwit
