#pragma once
// What servers have, by the number libpq gives (150004 for 15.4). Every difference between majors that a statement
// heeds is named here, and nowhere else is a version compared. What can be asked of all majors in one way is.

#include <string_view>

namespace godwit::postgres::version {

inline constexpr int oldest = 100000;  // logical replication with publications came with 10

constexpr bool is_supported(int server) {
  return server >= oldest;
}

// --- reading rows ---
// A range of ctid is read without passing over the rest of the table.
constexpr bool has_tid_range_scan(int server) {
  return server >= 140000;
}

// --- the log ---
constexpr bool publishes_truncate(int server) {
  return server >= 110000;
}
// A publication takes a partitioned table, and with it each partition that comes later.
constexpr bool publishes_partitioned_tables(int server) {
  return server >= 130000;
}
// A publication takes schemas, and with them each table that comes later.
constexpr bool publishes_schemas(int server) {
  return server >= 150000;
}
constexpr bool has_binary_pgoutput(int server) {
  return server >= 140000;
}
constexpr bool has_wal_inspection(int server) {
  return server >= 150000;
}
constexpr bool has_slot_options_in_parentheses(int server) {
  return server >= 150000;
}
// wal_status says whether a slot was invalidated; earlier servers never remove log that a slot needs.
constexpr bool has_wal_status(int server) {
  return server >= 130000;
}

// --- sessions ---
constexpr bool terminates_with_timeout(int server) {
  return server >= 140000;
}
constexpr bool has_connection_check(int server) {
  return server >= 140000;
}
constexpr bool has_transaction_timeout(int server) {
  return server >= 170000;
}
constexpr bool has_jit(int server) {
  return server >= 110000;
}
constexpr bool has_plan_cache_mode(int server) {
  return server >= 120000;
}

// --- the catalog ---
constexpr bool has_included_columns(int server) {
  return server >= 110000;
}
// A new column's default is kept beside the rows that lack it, which are not rewritten.
constexpr bool has_missing_values(int server) {
  return server >= 110000;
}
constexpr bool has_constraint_parents(int server) {
  return server >= 110000;
}
constexpr bool has_procedures(int server) {
  return server >= 110000;
}
constexpr bool has_generated_columns(int server) {
  return server >= 120000;
}
constexpr bool has_table_oids(int server) {
  return server < 120000;
}
constexpr bool has_nondeterministic_collations(int server) {
  return server >= 120000;
}
// Before, triggers that the server made for partitions count as internal.
constexpr bool has_trigger_parents(int server) {
  return server >= 130000;
}
constexpr bool has_statistics_targets(int server) {
  return server >= 130000;
}
constexpr bool has_trusted_extensions(int server) {
  return server >= 130000;
}
constexpr bool has_column_compression(int server) {
  return server >= 140000;
}
constexpr bool has_multiranges(int server) {
  return server >= 140000;
}
constexpr bool has_set_columns_of_foreign_keys(int server) {
  return server >= 150000;
}
constexpr bool has_icu_locale_column(int server) {
  return server >= 150000;
}
constexpr bool has_collation_rules(int server) {
  return server >= 160000;
}
constexpr bool has_common_locale_column(int server) {
  return server >= 170000;
}
constexpr bool has_unenforced_and_period_keys(int server) {
  return server >= 180000;
}

// --- expressions that differ ---
// pg_attribute a: '' for an ordinary column.
constexpr std::string_view attgenerated(int server) {
  return has_generated_columns(server) ? "a.attgenerated" : "''::\"char\"";
}
// pg_proc p: a, p, f, w as prokind says it.
constexpr std::string_view prokind(int server) {
  return has_procedures(server) ? "p.prokind"
                                : "CASE WHEN p.proisagg THEN 'a' WHEN p.proiswindow THEN 'w' ELSE 'f' END";
}
}  // namespace godwit::postgres::version
