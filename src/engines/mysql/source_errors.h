#pragma once
// Messages of the source half, one constructor each. None holds a row's values.

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "data/acting_key.h"
#include "data/table_def.h"

namespace godwit::mysql::errors {

// Somebody asked for the end of what was waited for.
Error interrupted();

// Snapshots.
Error snapshot_lost(std::string_view id, std::string_view why);
// `why`: what went on under it.
Error lock_weak(std::string_view lock, std::string_view why);
Error lock_not_had(std::string_view lock, int64_t waited_s, std::string_view blockers);
Error no_snapshot_without_lock(std::string_view refused, unsigned tries);
Error no_lock_no_gtids(std::string_view refused);
Error log_off();

// Reading tables.
Error rewritten(const TableRef& table);
Error wrong_encoding(const TableRef& table);
Error unknown_bounds(const TableRef& table);
Error slices_unordered(const TableRef& table);
Error bad_cell(const TableRef& table, std::string_view column, std::string_view what);
Error filter_column_missing(const TableRef& table, std::string_view column);
Error key_column_unfit(const TableRef& table, std::string_view column);
Error segment_column_missing(const TableRef& table, std::string_view column);
Error no_partition(const TableRef& table, std::string_view partition);
Error no_partitions(const TableRef& table);

// Positions.
Error bad_start(std::string_view text);
Error log_purged(std::string_view wanted, std::string_view oldest);
Error start_time_to_come(std::string_view time);
Error start_time_purged(std::string_view time, std::string_view oldest_file, std::string_view begun);
Error no_file_start(std::string_view file);
Error changed_since_start(const TableRef& table, std::string_view verb, std::string_view place,
                          std::string_view start);
Error no_log_access(std::string_view user, bool mariadb, std::string_view said);

// What a check before the start finds.
Error log_bin_off();
Error log_format(std::string_view format);
Error row_image_keyless(std::string_view image, const TableRef& table);
// `logged_by`: the columns of the key that the server names rows by; `key`: of the task's.
Error row_image_other_key(std::string_view image, const TableRef& table, const std::set<std::string>& logged_by,
                          const std::set<std::string>& key);
Error row_image_partial(std::string_view image);
Error partial_json_followed(std::string_view image, const TableRef& table, std::string_view column);
Error server_id_zero();
Error short_retention(std::string_view variable, std::string_view value);
Error replica_logs_nothing(std::string_view variable);
Error not_replication_slave(std::string_view user, bool mariadb);
Error not_replication_client(std::string_view user, bool mariadb, int version);
Error not_readable(const TableRef& table, std::string_view user, std::string_view said);
Error no_key(const TableRef& table);
Error not_transactional(const TableRef& table, std::string_view storage_engine);
Error cluster_is_target();
Error open_xa(size_t count);
Error xa_not_listed(std::string_view said);
Error xa_stays_open(size_t count, int64_t waited_s);
Error xa_ignored(size_t count);
Error xa_unseen(std::string_view said);
Error ndb_variable(std::string_view variable, std::string_view wanted);
Error log_filtered(std::string_view database, std::string_view option);
Error charset_unknown(const TableRef& table, std::string_view column, std::string_view charset);
Error system_versioned(const TableRef& table);
Error system_versioned_followed(const TableRef& table);
Error cascade_from_outside(const ActingKey& key);

}  // namespace godwit::mysql::errors
