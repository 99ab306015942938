#include "store/migrations.h"

#include <array>

namespace godwit {
namespace {

// Version 1: one group of statements per resource.
constexpr std::string_view version_1[] = {
    // What the server knows of itself: account, region.
    "CREATE TABLE server_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT",

    // Endpoints, the tests of their connections, the schemas of their servers.
    "CREATE TABLE endpoints (id TEXT PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, type TEXT NOT NULL, engine_name "
    "TEXT NOT NULL, username TEXT NOT NULL, server_name TEXT NOT NULL, database_name TEXT NOT NULL, port INTEGER, "
    "sealed_password BLOB NOT NULL, ssl_mode TEXT NOT NULL, certificate_id TEXT NOT NULL, kms_key_id TEXT NOT NULL, "
    "service_access_role_arn TEXT NOT NULL, external_table_definition TEXT NOT NULL, extra_connection_attributes "
    "TEXT NOT NULL, settings TEXT NOT NULL, created_us INTEGER NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE INDEX endpoints_in_order ON endpoints (created_us, identifier)",
    "CREATE INDEX endpoints_of_certificate ON endpoints (certificate_id)",
    "CREATE TABLE connections (key TEXT PRIMARY KEY, endpoint_id TEXT NOT NULL, instance_id TEXT NOT NULL, status "
    "TEXT NOT NULL, last_failure_message TEXT NOT NULL DEFAULT '', attempt INTEGER NOT NULL, created_us INTEGER NOT "
    "NULL, UNIQUE (endpoint_id, instance_id)) WITHOUT ROWID, STRICT",
    "CREATE TABLE schema_lists (endpoint_id TEXT PRIMARY KEY, instance_id TEXT NOT NULL, status TEXT NOT NULL, "
    "last_failure_message TEXT NOT NULL DEFAULT '', last_refresh_us INTEGER NOT NULL, attempt INTEGER NOT NULL) "
    "WITHOUT ROWID, STRICT",
    "CREATE TABLE schema_names (endpoint_id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (endpoint_id, name)) "
    "WITHOUT ROWID, STRICT",

    "CREATE TABLE certificates (id TEXT PRIMARY KEY, identifier TEXT COLLATE NOCASE NOT NULL UNIQUE, pem TEXT NOT "
    "NULL, wallet_base64 TEXT NOT NULL, owner TEXT NOT NULL, signing_algorithm TEXT NOT NULL, valid_from_us INTEGER, "
    "valid_to_us INTEGER, key_bits INTEGER, kms_key_id TEXT NOT NULL, created_us INTEGER NOT NULL) WITHOUT ROWID, "
    "STRICT",
};

constexpr std::array<std::span<const std::string_view>, 1> versions = {version_1};

}  // namespace

std::span<const std::span<const std::string_view>> store_migrations() {
  return versions;
}

}  // namespace godwit
