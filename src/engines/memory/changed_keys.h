#pragma once
// Keys of a table whose load was cut, for a later snapshot to be merged in.

#include <set>

#include "engines/memory/table_writer.h"

namespace godwit::memory {

class MemoryChangedKeys : public ChangedKeys {
 public:
  MemoryChangedKeys(State& state, std::shared_ptr<Session> session, std::string task_id, TargetTable table,
                    std::shared_ptr<const TableDef> layout);
  Result<void> add(const RowBatch& keys) override;
  Result<std::unique_ptr<TableWriter>> erase_rows(const TableRange& range, Encoding encoding) override;
  Result<bool> next(RowBatch& keys) override;

 private:
  State& state_;
  std::shared_ptr<Session> session_;
  std::string task_id_;
  TargetTable table_;
  std::shared_ptr<const TableDef> layout_;
  std::set<MemoryRow> keys_;
  std::set<MemoryRow>::const_iterator next_;
};

}  // namespace godwit::memory
