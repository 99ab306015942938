#pragma once
// Keys of a table whose load was cut, gathered in a temporary table of the target's session (engine.md §5): as the
// canonical bytes they came with, each once.

#include <memory>
#include <string>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/control_tables.h"
#include "engines/mysql/target_columns.h"

namespace godwit::mysql {

class MysqlChangedKeys : public ChangedKeys {
 public:
  // Outside of transactions. `layout`: the key's columns as the rows of add() hold them. A user who may not make
  // temporary tables gets an error of kind table.
  static Result<std::unique_ptr<ChangedKeys>> open(Connection& session, const ControlSchema& control,
                                                   std::string_view task_id, const TargetTable& table,
                                                   std::shared_ptr<const TableDef> layout, uint64_t packet_bytes);
  Result<void> add(const RowBatch& keys) override;
  Result<std::unique_ptr<TableWriter>> erase_rows(const TableRange& range, Encoding encoding) override;
  Result<bool> next(RowBatch& keys) override;

 private:
  MysqlChangedKeys(Connection& session, const ControlSchema& control, std::string_view task_id,
                   const TargetTable& table, std::shared_ptr<const TableDef> layout, uint64_t packet_bytes)
      : session_(session),
        control_(control),
        task_id_(task_id),
        table_(table),
        layout_(std::move(layout)),
        packet_bytes_(packet_bytes) {}
  Result<void> wait_for_slices();
  Result<void> erase(const RowBatch& keys);

  Connection& session_;
  const ControlSchema& control_;
  std::string task_id_;
  TargetTable table_;
  std::shared_ptr<const TableDef> layout_;
  uint64_t packet_bytes_;              // what a statement may be long
  std::vector<TargetColumn> columns_;  // of the key
  std::string stage_;                  // quoted
  uint64_t given_ = 0;                 // the last key that next() gave
};

}  // namespace godwit::mysql
