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
};

constexpr std::array<std::span<const std::string_view>, 1> versions = {version_1};

}  // namespace

std::span<const std::span<const std::string_view>> store_migrations() {
  return versions;
}

}  // namespace godwit
