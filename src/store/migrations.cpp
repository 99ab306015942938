#include "store/migrations.h"

#include <array>

namespace godwit {
namespace {

// Version 1: one group of statements per resource.
constexpr std::string_view version_1[] = {
    // What the server knows of itself: account, region.
    "CREATE TABLE server_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT",

    // Monitoring: log groups that somebody made or gave a retention; points of metrics (store/metric_points.h).
    "CREATE TABLE log_groups (name TEXT PRIMARY KEY, created_us INTEGER NOT NULL, retention_days INTEGER) "
    "WITHOUT ROWID, STRICT",
    "CREATE TABLE metric_owners (owner INTEGER PRIMARY KEY, instance TEXT NOT NULL, task TEXT NOT NULL, "
    "metrics INTEGER NOT NULL, last_s INTEGER NOT NULL, UNIQUE (instance, task)) STRICT",
    "CREATE TABLE metric_points (owner INTEGER NOT NULL, period_s INTEGER NOT NULL, start_s INTEGER NOT NULL, "
    "points BLOB NOT NULL, PRIMARY KEY (owner, period_s, start_s)) WITHOUT ROWID, STRICT",
    // Who may call; the secret is sealed.
    "CREATE TABLE access_keys (id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, sealed_secret BLOB NOT "
    "NULL, created_us INTEGER NOT NULL, last_used_us INTEGER, revoked_us INTEGER) WITHOUT ROWID, STRICT",

    // Endpoints, the tests of their connections, the schemas of their servers.
    "CREATE TABLE endpoints (id TEXT PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, type TEXT NOT NULL, engine_name "
    "TEXT NOT NULL, username TEXT NOT NULL, server_name TEXT NOT NULL, database_name TEXT NOT NULL, port INTEGER, "
    "sealed_password BLOB NOT NULL, ssl_mode TEXT NOT NULL, certificate_id TEXT NOT NULL, kms_key_id TEXT NOT NULL, "
    "service_access_role_arn TEXT NOT NULL, external_table_definition TEXT NOT NULL, extra_connection_attributes "
    "TEXT NOT NULL, settings TEXT NOT NULL, created_us INTEGER NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE INDEX endpoints_in_order ON endpoints (created_us, identifier)",
    "CREATE INDEX endpoints_of_certificate ON endpoints (certificate_id)",
    "CREATE TABLE connections (key TEXT PRIMARY KEY, endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE "
    "CASCADE, instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE, status TEXT NOT NULL, "
    "last_failure_message TEXT NOT NULL DEFAULT '', attempt INTEGER NOT NULL, created_us INTEGER NOT NULL, UNIQUE "
    "(endpoint_id, instance_id)) WITHOUT ROWID, STRICT",
    "CREATE INDEX connections_in_order ON connections (created_us, key)",
    "CREATE INDEX connections_of_instance ON connections (instance_id)",
    "CREATE TABLE schema_lists (endpoint_id TEXT PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE, "
    "instance_id TEXT NOT NULL, status TEXT NOT NULL, "
    "last_failure_message TEXT NOT NULL DEFAULT '', last_refresh_us INTEGER NOT NULL, attempt INTEGER NOT NULL) "
    "WITHOUT ROWID, STRICT",
    "CREATE TABLE schema_names (endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE, name TEXT NOT "
    "NULL, PRIMARY KEY (endpoint_id, name)) "
    "WITHOUT ROWID, STRICT",

    "CREATE TABLE certificates (id TEXT PRIMARY KEY, identifier TEXT COLLATE NOCASE NOT NULL UNIQUE, pem TEXT NOT "
    "NULL, wallet_base64 TEXT NOT NULL, owner TEXT NOT NULL, signing_algorithm TEXT NOT NULL, valid_from_us INTEGER, "
    "valid_to_us INTEGER, key_bits INTEGER, kms_key_id TEXT NOT NULL, created_us INTEGER NOT NULL) WITHOUT ROWID, "
    "STRICT",

    // Replication instances and subnet groups.
    "CREATE TABLE subnet_groups (identifier TEXT PRIMARY KEY COLLATE NOCASE, description TEXT NOT NULL, vpc_id TEXT "
    "NOT NULL, "
    "created_us INTEGER NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE INDEX subnet_groups_in_order ON subnet_groups (created_us, identifier)",
    "CREATE TABLE subnets (subnet_group TEXT NOT NULL REFERENCES subnet_groups (identifier) ON DELETE CASCADE, place "
    "INTEGER NOT NULL, identifier TEXT NOT NULL, availability_zone TEXT NOT NULL, PRIMARY KEY (subnet_group, place)) "
    "WITHOUT ROWID, STRICT",
    "CREATE TABLE instances (id TEXT PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, created_us INTEGER NOT NULL, "
    "status TEXT NOT NULL, instance_class TEXT NOT NULL, engine_version TEXT NOT NULL, allocated_storage_gb INTEGER "
    "NOT NULL, multi_az INTEGER NOT NULL, auto_minor_version_upgrade INTEGER NOT NULL, publicly_accessible INTEGER "
    "NOT NULL, availability_zone TEXT NOT NULL, secondary_availability_zone TEXT NOT NULL, subnet_group TEXT NOT "
    "NULL "
    "REFERENCES subnet_groups (identifier), security_groups TEXT NOT NULL, maintenance_window TEXT NOT NULL, "
    "kms_key_id TEXT NOT NULL, dns_name_servers TEXT NOT NULL, network_type TEXT NOT NULL, kerberos_settings TEXT "
    "NOT "
    "NULL, pending_instance_class TEXT, pending_allocated_storage_gb INTEGER, pending_multi_az INTEGER, "
    "pending_engine_version TEXT, pending_network_type TEXT) WITHOUT ROWID, STRICT",
    "CREATE INDEX instances_in_order ON instances (created_us, identifier)",
    "CREATE INDEX instances_of_subnet_group ON instances (subnet_group)",

    // Events, subscriptions, and what is still to be told to them.
    "CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, source_type TEXT NOT "
    "NULL, source_identifier TEXT NOT NULL, source_arn TEXT NOT NULL, number INTEGER NOT NULL, category TEXT NOT "
    "NULL, message TEXT NOT NULL) STRICT",
    "CREATE INDEX events_in_order ON events (at_us, sequence)",
    "CREATE TABLE event_subscriptions (identifier TEXT PRIMARY KEY COLLATE NOCASE, topic TEXT NOT NULL, source_type "
    "TEXT NOT NULL, source_ids TEXT NOT NULL, categories TEXT NOT NULL, enabled INTEGER NOT NULL, created_us INTEGER "
    "NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE TABLE event_outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL COLLATE "
    "NOCASE "
    "REFERENCES event_subscriptions (identifier) ON DELETE CASCADE, event INTEGER NOT NULL REFERENCES events "
    "(sequence) ON DELETE CASCADE, message_id TEXT NOT NULL, queued_us INTEGER NOT NULL, attempts INTEGER NOT NULL, "
    "next_attempt_us INTEGER NOT NULL) STRICT",
    "CREATE INDEX event_outbox_in_order ON event_outbox (subscription, sequence)",
    "CREATE INDEX event_outbox_of_event ON event_outbox (event)",

    // Tasks (store/tasks.h): the short columns stand before the long ones, so that filters read little.
    "CREATE TABLE tasks (id TEXT PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, created_us INTEGER NOT NULL,"
    " source_endpoint_id TEXT NOT NULL REFERENCES endpoints (id), target_endpoint_id TEXT NOT NULL REFERENCES "
    "endpoints (id), instance_id TEXT NOT NULL REFERENCES instances (id),"
    " migration_type TEXT NOT NULL, status TEXT NOT NULL, resting_status TEXT NOT NULL, after_stop TEXT NOT NULL,"
    " run INTEGER NOT NULL, fresh_run INTEGER NOT NULL, start_kind TEXT NOT NULL, stop_reason TEXT NOT NULL, "
    "last_failure TEXT NOT NULL,"
    " cdc_start_position TEXT NOT NULL, cdc_stop_position TEXT NOT NULL, recovery_checkpoint TEXT NOT NULL, "
    "run_stop_position TEXT NOT NULL,"
    " reading_paused INTEGER NOT NULL, start_called_us INTEGER NOT NULL,"
    " fresh_start_us INTEGER NOT NULL, start_us INTEGER NOT NULL, stop_us INTEGER NOT NULL,"
    " full_load_start_us INTEGER NOT NULL, full_load_finish_us INTEGER NOT NULL, full_load_percent INTEGER NOT NULL,"
    " elapsed_ms INTEGER NOT NULL, tables_loaded INTEGER NOT NULL, tables_loading INTEGER NOT NULL,"
    " tables_queued INTEGER NOT NULL, tables_errored INTEGER NOT NULL,"
    " table_mappings TEXT NOT NULL, settings TEXT NOT NULL, settings_sent TEXT NOT NULL, task_data TEXT NOT NULL)"
    " STRICT",
    "CREATE INDEX tasks_in_order ON tasks (created_us, identifier)",
    "CREATE INDEX tasks_by_source ON tasks (source_endpoint_id)",
    "CREATE INDEX tasks_by_target ON tasks (target_endpoint_id)",
    "CREATE INDEX tasks_by_instance ON tasks (instance_id)",
    "CREATE TABLE task_tables (task_id TEXT NOT NULL, schema_name TEXT NOT NULL, table_name TEXT NOT NULL,"
    " state TEXT NOT NULL, reason TEXT NOT NULL, inserts INTEGER NOT NULL, updates INTEGER NOT NULL,"
    " deletes INTEGER NOT NULL, ddls INTEGER NOT NULL, applied_inserts INTEGER NOT NULL,"
    " applied_updates INTEGER NOT NULL, applied_deletes INTEGER NOT NULL, applied_ddls INTEGER NOT NULL,"
    " full_load_rows INTEGER NOT NULL, full_load_error_rows INTEGER NOT NULL, load_start_us INTEGER NOT NULL,"
    " load_end_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, reloaded INTEGER NOT NULL,"
    " PRIMARY KEY (task_id, schema_name, table_name)) WITHOUT ROWID, STRICT",

    // Premigration assessments: runs, what they consist of, and the older reports of data types.
    "CREATE TABLE assessment_runs (id TEXT PRIMARY KEY, task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE "
    "CASCADE, name TEXT NOT NULL, created_us INTEGER NOT NULL, ended_us INTEGER NOT NULL DEFAULT 0, status TEXT NOT "
    "NULL, last_failure TEXT NOT NULL DEFAULT '', service_access_role_arn TEXT NOT NULL, bucket TEXT NOT NULL, "
    "folder "
    "TEXT NOT NULL, encryption_mode TEXT NOT NULL, kms_key_id TEXT NOT NULL, UNIQUE (task_id, name), UNIQUE (bucket, "
    "folder, name)) WITHOUT ROWID, STRICT",
    "CREATE INDEX assessment_runs_in_order ON assessment_runs (created_us, id)",
    "CREATE TABLE individual_assessments (id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, run_id TEXT NOT NULL "
    "REFERENCES assessment_runs (id) ON DELETE CASCADE, name TEXT NOT NULL, status TEXT NOT NULL, created_us INTEGER "
    "NOT NULL, start_us INTEGER NOT NULL DEFAULT 0, result TEXT NOT NULL DEFAULT '', UNIQUE (run_id, name)) STRICT",
    "CREATE INDEX individual_assessments_in_order ON individual_assessments (created_us, key)",
    "CREATE TABLE data_type_reports (task_id TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE, assessed_us "
    "INTEGER NOT NULL, status TEXT NOT NULL, file TEXT NOT NULL, report TEXT NOT NULL) STRICT",

    // Tags, which die with their resource: a trigger for each kind.
    "CREATE TABLE tags (resource_type TEXT NOT NULL, resource_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT "
    "NULL, PRIMARY KEY (resource_type, resource_id, key)) WITHOUT ROWID, STRICT",
    "CREATE TRIGGER tags_of_instance AFTER DELETE ON instances BEGIN DELETE FROM tags WHERE resource_type = 'rep' "
    "AND "
    "resource_id = OLD.id; END",
    "CREATE TRIGGER tags_of_subnet_group AFTER DELETE ON subnet_groups BEGIN DELETE FROM tags WHERE resource_type = "
    "'subgrp' AND resource_id = OLD.identifier; END",
    "CREATE TRIGGER tags_of_event_subscription AFTER DELETE ON event_subscriptions BEGIN DELETE FROM tags WHERE "
    "resource_type = 'es' AND resource_id = OLD.identifier; END",
    "CREATE TRIGGER tags_of_endpoint AFTER DELETE ON endpoints BEGIN DELETE FROM tags WHERE resource_type = "
    "'endpoint' AND resource_id = OLD.id; END",
    "CREATE TRIGGER tags_of_certificate AFTER DELETE ON certificates BEGIN DELETE FROM tags WHERE resource_type = "
    "'cert' AND resource_id = OLD.id; END",
    "CREATE TRIGGER tags_of_task AFTER DELETE ON tasks BEGIN DELETE FROM tags WHERE resource_type = 'task' AND "
    "resource_id = OLD.id; END",
    "CREATE TRIGGER tags_of_assessment_run AFTER DELETE ON assessment_runs BEGIN DELETE FROM tags WHERE "
    "resource_type "
    "= 'assessment-run' AND resource_id = OLD.id; END",
};

constexpr std::string_view version_2[] = {
    "ALTER TABLE tasks ADD COLUMN start_position_taken INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE connections ADD COLUMN asked INTEGER NOT NULL DEFAULT 1",
};

constexpr std::array<std::span<const std::string_view>, 2> versions = {version_1, version_2};

}  // namespace

std::span<const std::span<const std::string_view>> store_migrations() {
  return versions;
}

}  // namespace godwit
