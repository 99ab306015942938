#include "store/migrations.h"

#include <array>

namespace godwit {
namespace {

// Version 1: one group of statements per resource.
constexpr std::string_view version_1[] = {
    // What the server knows of itself: account, region.
    "CREATE TABLE server_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT",

    // Tasks (store/tasks.h): the short columns stand before the long ones, so that filters read little.
    "CREATE TABLE tasks (id TEXT PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, created_us INTEGER NOT NULL,"
    " source_endpoint TEXT NOT NULL, target_endpoint TEXT NOT NULL, instance TEXT NOT NULL,"
    " migration_type TEXT NOT NULL, status TEXT NOT NULL, resting_status TEXT NOT NULL, after_stop TEXT NOT NULL,"
    " run INTEGER NOT NULL, start_kind TEXT NOT NULL, stop_reason TEXT NOT NULL, last_failure TEXT NOT NULL,"
    " cdc_start_position TEXT NOT NULL, cdc_stop_position TEXT NOT NULL, recovery_checkpoint TEXT NOT NULL,"
    " reading_paused INTEGER NOT NULL, start_called_us INTEGER NOT NULL, running_since_us INTEGER NOT NULL,"
    " fresh_start_us INTEGER NOT NULL, start_us INTEGER NOT NULL, stop_us INTEGER NOT NULL,"
    " full_load_start_us INTEGER NOT NULL, full_load_finish_us INTEGER NOT NULL, full_load_percent INTEGER NOT NULL,"
    " elapsed_ms INTEGER NOT NULL, tables_loaded INTEGER NOT NULL, tables_loading INTEGER NOT NULL,"
    " tables_queued INTEGER NOT NULL, tables_errored INTEGER NOT NULL,"
    " table_mappings TEXT NOT NULL, settings TEXT NOT NULL, settings_sent TEXT NOT NULL, task_data TEXT NOT NULL)"
    " STRICT",
    "CREATE INDEX tasks_in_order ON tasks (created_us, identifier)",
    "CREATE INDEX tasks_by_source ON tasks (source_endpoint)",
    "CREATE INDEX tasks_by_target ON tasks (target_endpoint)",
    "CREATE INDEX tasks_by_instance ON tasks (instance)",
    "CREATE TABLE task_tables (task_id TEXT NOT NULL, schema_name TEXT NOT NULL, table_name TEXT NOT NULL,"
    " state TEXT NOT NULL, reason TEXT NOT NULL, inserts INTEGER NOT NULL, updates INTEGER NOT NULL,"
    " deletes INTEGER NOT NULL, ddls INTEGER NOT NULL, applied_inserts INTEGER NOT NULL,"
    " applied_updates INTEGER NOT NULL, applied_deletes INTEGER NOT NULL, applied_ddls INTEGER NOT NULL,"
    " full_load_rows INTEGER NOT NULL, full_load_error_rows INTEGER NOT NULL, load_start_us INTEGER NOT NULL,"
    " load_end_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, reloaded INTEGER NOT NULL,"
    " PRIMARY KEY (task_id, schema_name, table_name)) WITHOUT ROWID, STRICT",
};

constexpr std::array<std::span<const std::string_view>, 1> versions = {version_1};

}  // namespace

std::span<const std::span<const std::string_view>> store_migrations() {
  return versions;
}

}  // namespace godwit
