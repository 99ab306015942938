#pragma once
// Messages about building objects on the target.

#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/table_def.h"
#include "engine/catalog.h"
#include "engine/target.h"

namespace godwit::postgres::errors {

Error cannot_build(const ObjectDef& object, const Error& cause);
Error cannot_rewrite(const ObjectDef& object);
Error not_carried(std::string_view sentence);
Error no_such_sequence(std::string_view name);
Error sequence_not_set(std::string_view name, const Error& cause);
Error missing_target_columns(const TableRef& table, const std::vector<std::string>& columns);
// To be logged.
Error not_computed(const ObjectDef& table, const Error& why);
Error generated_target_column(const TableRef& table, const std::vector<std::string>& columns);
Error name_too_long(std::string_view what, std::string_view name);
// `kind`: "view".
Error no_table(const TableRef& name, std::string_view kind);
// `what` goes on from "the server ".
Error narrower_type(const TableRef& table, std::string_view column, std::string_view planned, std::string_view own,
                    std::string_view what);
Error sequence_missing(const TableRef& sequence, const TableRef& user, const TableRef& owner);
Error not_owner(const TableRef& table, std::string_view role, std::string_view what_for);
Error has_dependents(const TableRef& table, std::string_view dependents);
Error not_owner_to_rebuild(std::string_view role, std::string_view tables);
Error cannot_rebuild(const DroppedObject& object, const Error& cause);
Error cannot_restore(std::string_view statement, const Error& cause);
Error keys_not_valid(Error cause);  // Target::restore_constraints

}  // namespace godwit::postgres::errors
