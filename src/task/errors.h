#pragma once
// Every message a task gives, one constructor each.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/change.h"

namespace godwit::errors {

Error taken_over(std::string_view task_id);
Error record_gone(std::string_view task_id);
// `came_to`: the checkpoint it last told; may be empty.
Error record_missing(std::string_view task_id, bool changes_alone, std::string_view came_to);
// The record is of an earlier life, or of a start that had not come to its end.
Error record_outdated(std::string_view task_id, bool changes_alone, std::string_view came_to);
Error other_ends(std::string_view task_id, std::string_view which, std::string_view recorded, std::string_view given);
Error other_rules(std::string_view task_id);
Error other_capture(std::string_view task_id, std::string_view recorded, std::string_view given);
Error other_type(std::string_view task_id, std::string_view recorded, std::string_view given);
Error same_database(std::string_view endpoint);
Error no_tables();
Error unknown_table(const TableRef& table);
Error keyless_not_empty(const TableRef& table);
Error slot_gone(std::string_view slot, std::string_view position);
Error target_went_back(std::string_view stored, std::string_view slot, std::string_view slot_position);
Error source_changed(std::string_view recorded, std::string_view found);
Error changed_while_starting(const TableRef& table);
Error no_start_position();
Error start_elsewhere(std::string_view wanted, std::string_view log_end);
Error start_too_early(std::string_view wanted, std::string_view begins);
Error stop_position(std::string_view text);
Error stop_already_reached(std::string_view stop, std::string_view position);
Error row_refused_stop(const TableRef& table, std::string_view operation, const Error& cause);
Error table_failed_stop(const TableRef& table, std::string_view reason);
Error leaf_truncated(const TableRef& table);
Error truncate_stop(const TableRef& table);
Error unreadable_changes(const TableRef& table, std::string_view at, std::string_view why);
Error retries_exhausted(int attempts, const Error& last);
Error no_common_encoding(const TableRef& table);
Error engine_types_differ(std::string_view source, std::string_view target);
Error object_failed(std::string_view kind, std::string_view name, const Error& cause);
Error stopped();
// What a clean stop leaves on the target is not there.
inline constexpr std::string_view stopped_midway_code = "task.stopped_midway";
Error stopped_midway(const Error& cause);
Error restart_would_empty(const TableRef& table);
Error reload_unknown(const TableRef& table);
Error reload_would_empty(const TableRef& table);
Error too_many_reloads(const TableRef& table);
Error untold_change(const TableRef& table, std::string_view what);
Error no_identity_counted(const TableRef& table, uint64_t updates, uint64_t deletes);
Error counts_do_not_close(const TableRef& table, uint64_t missing);
Error identity_moved(const TableRef& table);
Error key_not_logged(const TableRef& table, std::string_view op, std::string_view column);
Error control_table_unwritten(std::string_view name, const Error& cause);
Error cascades_need_keys(const TableRef& table);
Error key_does_not_act(std::string_view child, std::string_view parent);
Error columns_withheld(const TableRef& table, std::string_view columns);
Error key_acts_from_outside(std::string_view child, std::string_view parent);
Error key_acts_alone(std::string_view child, std::string_view parent);
Error parent_suspended(const TableRef& parent);
Error drop_would_lose(std::string_view failure);
Error drop_without_record(std::string_view task_id, std::string_view slot);
Error target_not_cleared(std::string_view task_id, std::string_view control_schema, const Error& cause);
Error source_not_cleared(std::string_view task_id, const Error& cause);
Error lock_in_the_way(std::string_view holders, const Error& cause);
// Sentences of their own.
std::string slot_left(std::string_view slot);
std::string slot_kept(std::string_view slot);
std::string slot_elsewhere(std::string_view slot, std::string_view system, std::string_view now);
std::string other_target(std::string_view task_id, std::string_view control_schema, std::string_view system);
Error large_object_taken(uint32_t number);
Error no_look_up(const TableRef& table);
Error look_up_failed(const TableRef& table, const Error& cause);
Error shaping_stop(const TableRef& table, std::string_view what);
Error shaping_suspends(const TableRef& table, std::string_view what);
Error nothing_started(std::string_view task_id);

}  // namespace godwit::errors
