#pragma once
// Keys of a table whose load was cut, gathered in a temporary table of the target's session (engine.md §5).

#include <memory>
#include <string>

#include "engine/target.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/control_tables.h"

namespace godwit::postgres {

class PostgresChangedKeys : public ChangedKeys {
 public:
  static Result<std::unique_ptr<ChangedKeys>> open(Connection& session, const ControlSchema& control,
                                                   std::string_view task_id, const TargetTable& table,
                                                   std::shared_ptr<const TableDef> layout);
  Result<void> add(const RowBatch& keys) override;
  Result<std::unique_ptr<TableWriter>> erase_rows(const TableRange& range, Encoding encoding) override;
  Result<bool> next(RowBatch& keys) override;

 private:
  PostgresChangedKeys(Connection& session, const ControlSchema& control, std::string_view task_id,
                      const TargetTable& table, std::shared_ptr<const TableDef> layout)
      : session_(session), control_(control), task_id_(task_id), table_(table), layout_(std::move(layout)) {}
  std::string key_names() const;

  Connection& session_;
  const ControlSchema& control_;
  std::string task_id_;
  TargetTable table_;
  std::shared_ptr<const TableDef> layout_;
};

}  // namespace godwit::postgres
