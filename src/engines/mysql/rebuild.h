#pragma once
// Secondary indexes and foreign keys of tables made beforehand: dropped for the load, made again after it, each as
// SHOW CREATE TABLE has it ("Godwit": {"TargetIndexes": "rebuild"}). Contracts: Target::plan_rebuild and what follows
// it.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/constraints.h"

namespace godwit::mysql {

// A line of SHOW CREATE TABLE that defines an index or a foreign key.
struct DefinedObject {
  std::string kind;  // "index", "unique index", "foreign key"
  std::string name;
  std::string definition;            // what follows ADD
  std::vector<std::string> columns;  // of an index; expressions and prefixes included as they stand
};
// Primary keys are not among them. Pure.
std::vector<DefinedObject> defined_objects(std::string_view create_table);
// Of the definition of a foreign key of `table`. Pure.
KeyColumns foreign_key_of(const TableRef& table, std::string_view definition);

Result<std::vector<DroppedObject>> plan_rebuild(Connection& session, std::span<const TargetTable> tables,
                                                const std::vector<bool>& held_rows);
Result<void> drop_objects(Connection& session, std::span<const DroppedObject> objects);
Result<bool> restore_object(Connection& session, const DroppedObject& object);

}  // namespace godwit::mysql
