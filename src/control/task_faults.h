#pragma once
// One constructor per message of the calls about tasks and tables (spec/api.md §1.1, §5, §6.6).

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "control/task_status.h"

namespace godwit {

// The fault of a call that is not allowed in this state. `event`: one that a call asks for.
Error refused(TaskStatusEvent event, TaskStatus status);
Error task_not_found(std::string_view arn);

// StartReplicationTask
Error start_type_refused(std::string_view why);  // the task's history does not allow this start
Error start_type_not_legal(std::string_view start_type, std::string_view migration_type);
Error start_type_unknown(std::string_view start_type);
Error start_position_needs_fresh_start();
Error start_without_connection();
Error start_without_instance(std::string_view instance, std::string_view status);
Error start_without_endpoint(std::string_view identifier, std::string_view why);
Error no_workers_here();

// Positions
Error both_starts_given();
Error start_position_unreadable();
Error stop_position_unreadable();
Error start_position_refused(std::string_view why);
Error stop_position_refused(std::string_view why);
Error start_position_without_use(std::string_view migration_type);
Error stop_position_without_use();

// Documents
Error task_settings_refused(std::string_view why);
Error log_names_on_create();
Error before_image_without_changes();
Error mappings_refused(std::string_view why);

// Create, modify, move
Error endpoint_on_wrong_side(std::string_view identifier, std::string_view type, std::string_view wanted);
Error endpoint_without_changes(std::string_view identifier, std::string_view engine_name,
                               std::string_view migration_type);
Error endpoints_do_not_pair(std::string_view source_engine, std::string_view target_engine);
Error migration_type_unknown(std::string_view migration_type);
Error migration_type_fixed(std::string_view migration_type);
Error move_to_same_instance(std::string_view instance);
Error move_to_older_engine(std::string_view instance, std::string_view its_version, std::string_view version);

// A call for several tasks at once
Error group_takes_stop_position_alone();
Error group_names_task_twice(std::string_view identifier);
Error group_stop_without_changes(std::string_view identifier);

// ReloadTables
Error reload_option_unknown(std::string_view option);
Error reload_refused(std::string_view why);
Error reload_list_refused(std::string_view why);
// No fault: the server's own.
Error task_folder_stays(std::string_view folder, std::string_view why);
Error table_out_of_scope(std::string_view schema, std::string_view table);

}  // namespace godwit
