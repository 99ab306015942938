#pragma once
// The messages of the target half, one constructor each.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/table_def.h"

namespace godwit {
struct ObjectDef;
}

namespace godwit::mysql::errors {

Error control_table_shape(std::string_view table, std::string_view column);
Error control_table_engine(std::string_view table, std::string_view storage_engine);
Error bad_checkpoint(std::string_view text);
// `bytes`: of the text that column CHECKPOINT of `table` is to hold.
Error position_not_kept(std::string_view table, size_t bytes, const Error& cause);
Error record_too_large(std::string_view task_id, size_t bytes, uint64_t packet_bytes);
Error position_exists(std::string_view task_id);
Error superseded(std::string_view task_id);
Error slice_done(const TableRef& table, uint32_t slice);
Error slice_lost(const TableRef& table, uint32_t slice);
Error count_mismatch(const TableRef& table, uint32_t slice, uint64_t sent, uint64_t taken);
Error rows_lost(std::string_view table, uint64_t sent, uint64_t taken);
Error encoding_refused(const TableRef& table, std::string_view encoding);
Error no_arbiter(const TableRef& table);
Error no_key_stage(const TableRef& table, const Error& cause);
Error key_damaged(const TableRef& table);
Error many_rows(uint64_t rows);
Error nothing_to_find_by(const TableRef& table);
Error no_key_value(const TableRef& table, std::string_view column);
Error key_blanks_cut(const TableRef& table, std::string_view column);
Error packet_too_large(uint64_t bytes, uint64_t packet_bytes);
Error column_gone(const TableRef& table, std::string_view column);
Error names_exchanged(const TableRef& table, std::string_view column);
Error cannot_build(const ObjectDef& object, const Error& cause);
// What the server says against a structure change concerns its table alone, whatever its number.
Error structure_refused(const Error& cause);
Error orphans_in_the_way(std::string_view name, const TableRef& table, uint64_t rows);
// `column`: of `table`, which refers to `other`.
Error key_without_length(std::string_view name, const TableRef& table, const ColumnDef& column,
                         const ColumnDef& other);
Error no_such_sequence(std::string_view name);
Error sequence_set_aside(std::string_view name);
Error cannot_restore(std::string_view statement, const Error& cause);
Error other_dialect(const ObjectDef& object);

Error target_attribute_refused(std::string_view attribute, std::string_view instead);

// Of the checks before the start.
Error local_infile_off();
Error small_packet(uint64_t packet_bytes);
Error read_only();
Error not_writable(const TableRef& table, std::string_view user, std::string_view privileges);
Error no_create(std::string_view user, std::string_view database, std::string_view privileges);
Error missing_target_columns(const TableRef& table, std::span<const std::string> columns);
// To be logged.
Error not_computed(const TableRef& table, const Error& why);
Error sessions_left(std::span<const uint64_t> ids, int64_t seconds);
Error generated_target_column(const TableRef& table, std::span<const std::string> columns);
Error storage_engine(const TableRef& table, std::string_view storage_engine);
Error no_transactions_by_default(std::string_view storage_engine);
Error referenced_from_outside(const TableRef& table, std::string_view constraint);
Error has_triggers(const TableRef& table, std::string_view trigger);
Error name_too_long(std::string_view what, std::string_view name);
Error names_collide(std::string_view one, std::string_view other);
Error loads_are_split();
Error bends_nulls(const TableRef& table, std::span<const std::string> columns);
Error other_collation(const TableRef& table, std::string_view column, std::string_view was, std::string_view is);
Error document_numbers(const TableRef& table, std::string_view column);
// `what` goes on from "the server "; `parks`: changes of rows whose key it befalls are parked.
Error bends_values(const TableRef& table, const ColumnDef& column, std::string_view data_type, std::string_view what,
                   bool parks);
Error bends_key(const TableRef& table, const ColumnDef& column, std::string_view data_type, std::string_view what);
Error no_table(const TableRef& table, std::string_view table_type);
Error upper_case_name(const TableRef& table);
Error other_table_missing(const ObjectDef& object);
Error not_carried(const ObjectDef& object, std::string_view note);

}  // namespace godwit::mysql::errors
