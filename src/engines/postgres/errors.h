#pragma once
// SQLSTATE to ErrorKind (spec/engine-postgresql.md §14), and every message this engine gives, one constructor each.

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"
#include "data/table_def.h"

namespace godwit::postgres {

ErrorKind kind_of_sqlstate(std::string_view sqlstate);
// How a server says that a library may not be, or cannot be, an output plugin.
bool is_plugin_refusal(const Error& error);

namespace errors {

Error cannot_connect(std::string_view endpoint, std::string_view server_said, std::string_view sqlstate);
Error connection_lost(std::string_view server_said);
// An exception that a statement about structure met: event triggers raise it, and they see no rows.
Error in_words(Error error);
// `source_function`: where in the server the error was made (PG_DIAG_SOURCE_FUNCTION); may be empty.
Error server_said(std::string_view message, std::string_view hint, std::string_view sqlstate,
                  std::string_view source_function = {});
Error too_old(std::string_view endpoint, int version);
Error cockroach_too_old(std::string_view endpoint, std::string_view version);
Error cockroach_source(std::string_view endpoint);
Error wal_level(std::string_view value);
Error no_replication_role(std::string_view role);
Error no_free_slot(std::string_view maximum);
Error no_free_walsender(std::string_view maximum);
Error walsender_timeout(std::string_view value);
Error not_readable(const TableRef& table, std::string_view role);
// `owner_is_mighty`: a superuser, or a member of one.
Error not_table_owner(std::span<const TableRef> tables, std::string_view owner, bool owner_is_mighty,
                      std::string_view role);
Error row_security(const TableRef& table, std::string_view role);
Error no_identity(const TableRef& table);
Error unlogged(const TableRef& table);
Error publication_failed(const Error& cause);
Error open_transactions(int64_t waited_s, std::string_view who);
Error slot_active(std::string_view slot, std::string_view pid, std::string_view application);
Error slot_lost(std::string_view slot, std::string_view why);
Error snapshot_lost(std::string_view id, std::string_view server_said);
Error rewritten(const TableRef& table, const TableRef& leaf);
Error not_that_table(const TableRef& table);
Error bad_position(std::string_view text);
Error change_too_large(std::string_view after, std::string_view server_said);
Error slot_missing(std::string_view slot);
Error slot_unusable(std::string_view slot, std::string_view why);
Error plugin_disagrees(std::string_view slot, std::string_view has, std::string_view named);
Error publication_without_use(std::string_view plugin);
Error slot_needs_publication(std::string_view slot);
Error start_needed(std::string_view slot, std::string_view slot_position);
Error start_too_old(std::string_view start, std::string_view slot, std::string_view slot_position);
Error start_by_time(std::string_view text);
Error no_publication(std::string_view publication);
Error publishes_via_root(std::string_view publication);
Error not_in_publication(const TableRef& table, std::string_view publication);
Error not_published(const TableRef& table, std::string_view operation);
Error no_pglogical(std::string_view preloaded);
Error full_identity_unsupported(const TableRef& table);
Error no_replication_set(std::string_view set, std::string_view slot);
Error sets_lack_operation(std::string_view slot, std::string_view operations);
Error not_in_replication_set(const TableRef& table, std::string_view set);
Error filtered_in_set(const TableRef& table, std::string_view set);
Error replication_sets_failed(const Error& cause);
Error after_connect_script(const Error& cause);
Error plugin_refused(std::string_view plugin, std::string_view server_said);
Error line_too_large(std::string_view plugin, std::string_view after, std::string_view server_said);
Error database_encoding(std::string_view plugin, std::string_view encoding);
Error too_large_for_server(std::string_view after, int version);
Error truncate_untold(int version);
Error row_numbers_left_out(const TableRef& table);
Error bad_bounds(const TableRef& leaf, std::string_view bounds);
Error bad_stream(std::string_view what, std::string_view position);
Error no_create_on_database(std::string_view role, std::string_view schema);
Error no_create_in_schema(std::string_view role, std::string_view schema);
Error not_writable(const TableRef& table, std::string_view role, std::string_view privilege);
Error extension_missing(std::string_view extension, std::string_view reason);
Error referenced_from_outside(const TableRef& table, std::string_view constraint);
Error cannot_release_constraints(std::string_view role, std::string_view tables);
Error control_table_shape(std::string_view table, std::string_view column);
Error count_mismatch(const TableRef& table, uint32_t slice, uint64_t sent, uint64_t taken);
Error slice_done(const TableRef& table, uint32_t slice);
Error not_committed();
Error superseded(std::string_view task_id);
Error position_exists(std::string_view task_id);
Error standby_target();
Error not_supported(std::string_view attribute, std::string_view instead);
Error cannot_rebuild_indexes();
Error no_commit_border(std::string_view why);
Error many_rows(uint64_t rows);
Error no_arbiter(const TableRef& table);
Error not_visible(uint64_t xid);
Error segment_column_missing(const TableRef& table, std::string_view column);
Error no_partition(const TableRef& table, std::string_view partition);
Error filter_column_missing(const TableRef& table, std::string_view column);
Error encoding_refused(const TableRef& table, std::string_view encoding);

}  // namespace errors
}  // namespace godwit::postgres
