#pragma once
// Every message the memory engine gives. SQLSTATEs are those a PostgreSQL server would send in the same case.

#include <string_view>

#include "base/error.h"
#include "data/table_def.h"

namespace godwit::memory::errors {

Error connection_lost(std::string_view database);
Error commit_lost(std::string_view database);
Error session_is_keeper();
Error no_database_name();
Error no_table(const TableRef& table);
Error no_column(const TableRef& table, std::string_view column);
Error no_such_row(const TableRef& table, std::string_view operation);
Error wrong_width(const TableRef& table, size_t given, size_t wanted);
Error wrong_encoding(const TableRef& table);
Error wrong_object(std::string_view kind, std::string_view name);
Error not_null(const TableRef& table, std::string_view column);
Error missing_value(const TableRef& table, std::string_view column);
Error duplicate(const TableRef& table, std::string_view key);
Error refused(const TableRef& table);
Error snapshot_lost(std::string_view id);
Error slot_lost(std::string_view slot, std::string_view why);
Error rewritten(const TableRef& table);
Error bad_position(std::string_view text);
Error bad_range(const TableRef& table, std::string_view bounds);
Error slice_done(const TableRef& table, uint32_t slice);
Error count_mismatch(const TableRef& table, uint32_t slice, uint64_t sent, uint64_t taken);
Error superseded(std::string_view task_id);
Error position_exists(std::string_view task_id);
Error write_conflict(const TableRef& table);
Error no_transaction();
Error no_identity(const TableRef& table);

}  // namespace godwit::memory::errors
