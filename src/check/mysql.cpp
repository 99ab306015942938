// What is looked at on a source of MySQL's family, under DMS's names (spec/assessments.md §4.3, §4.4).

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "check/judgement.h"
#include "check/own_words.h"
#include "check/remedies.h"
#include "check/table_words.h"

namespace godwit {
namespace {

int64_t number(std::string_view text) {
  double value = 0;  // expire_logs_days has a fraction on some servers
  std::from_chars(text.data(), text.data() + text.size(), value);
  return static_cast<int64_t>(value);
}

void version(const TaskFacts& facts, Judgement& judgement) {
  const bool maria = facts.source.product == "MariaDB";
  const int64_t oldest = maria ? 100400 : 50700, newest = maria ? 119999 : 89999;
  judgement.pass(fmt::format("{} {} is supported.", facts.source.product, facts.source.version));
  const int64_t version = facts.source.version_number;
  if (version >= oldest && version <= newest) return;
  judgement.warn({.object = "version",
                  .reason = fmt::format("{} {} is {} than any that Godwit is tested with.", facts.source.product,
                                        facts.source.version, version < oldest ? "older" : "newer"),
                  .advice = "Try the migration on a copy first."});
}

void compression(const TaskFacts&, Judgement& judgement) {
  judgement.pass("Compressed transactions of the binlog are read as they are.");
}

void purge(const TaskFacts& facts, Judgement& judgement) {
  const int64_t seconds = number(facts.source.setting("binlog_expire_logs_seconds"));
  const int64_t days = number(facts.source.setting("expire_logs_days"));
  judgement.pass(seconds > 0 ? fmt::format("Binlogs are removed after {} s.", seconds)
                             : fmt::format("Binlogs are removed after {} days.", days));
  if (seconds > 0 || days > 0) return;
  constexpr int64_t week_s = 604800;
  const bool has_seconds = !facts.source.setting("binlog_expire_logs_seconds").empty();
  judgement.warn({.object = has_seconds ? "binlog_expire_logs_seconds" : "expire_logs_days",
                  .reason = "Binlogs are never removed: they fill the source's disk.",
                  .advice = "Nothing, where something else purges them; and a limit that is longer than the task may "
                            "stand still.",
                  .place = RemedyPlace::source,
                  .remedy = {has_seconds ? remedies::set_global(facts.source_family, "binlog_expire_logs_seconds",
                                                                std::to_string(week_s))
                                         : remedies::set_global(facts.source_family, "expire_logs_days", "7")}});
}

void reader(const TaskFacts&, Judgement& judgement) {
  judgement.skip("Not judged: a reader of an Aurora cluster is known by its provider alone.");
}

void counters(const TaskFacts& facts, Judgement& judgement) {
  size_t count = 0;
  for (const CheckedTable& table : facts.tables) count += table.source.counting_columns.size();
  judgement.look_at(facts);
  judgement.pass(count == 0
                     ? "No column is AUTO_INCREMENT."
                     : fmt::format("{} AUTO_INCREMENT columns: they count up on the target too, in tables that "
                                   "the task makes; godwit-sequences looks at the others.",
                                   count));
}

void partitions(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No table is partitioned, or the target partitions it alike.");
  judgement.found("{} partitioned tables become plain ones on the target.");
  if (facts.target_family != Family::postgres) return;
  for (const CheckedTable& table : facts.tables)
    if (table.source.partitioned && !facts.keeps(table))
      judgement.warn({.table = table.plan.source->ref,
                      .reason = "It is partitioned on the source; the target's table is made without partitions.",
                      .advice = "Make the table on the target beforehand, and use DO_NOTHING or "
                                "TRUNCATE_BEFORE_LOAD."});
}

void invisible(const TaskFacts& facts, Judgement& judgement) {
  size_t count = 0;
  for (const CheckedTable& table : facts.tables) count += table.source.hidden_columns.size();
  judgement.look_at(facts);
  judgement.pass(count == 0 ? "No column is invisible."
                            : fmt::format("{} invisible columns are moved like any other.", count));
}

void statement_time(const TaskFacts&, Judgement& judgement) {
  judgement.pass("Godwit's sessions set no limit to the time of a statement.");
}

void packets(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("Every value is smaller than max_allowed_packet of both ends.");
  judgement.found("Values of {} tables are larger than max_allowed_packet.");
  const auto look = [&](Family family, const ServerFacts& server, std::string_view end, RemedyPlace place) {
    const auto packet = static_cast<uint64_t>(number(server.setting("max_allowed_packet")));
    if (family == Family::postgres || packet == 0) return;
    for (const CheckedTable& table : facts.tables)
      for (const ValueSizes& size : table.sizes) {
        const uint64_t moved = std::min(size.largest_bytes, lob_limit(facts, table).value_or(UINT64_MAX));
        if (moved < packet) continue;
        constexpr uint64_t highest = uint64_t{1} << 30U;
        judgement.fail(
            {.table = table.plan.source->ref,
             .column = size.column,
             .reason = fmt::format("Its largest value has {} bytes, and max_allowed_packet of the {} is {}.",
                                   human_count(size.largest_bytes), end, human_count(packet)),
             .place = place,
             .remedy = {remedies::set_global(family, "max_allowed_packet", std::to_string(highest))}});
      }
  };
  look(facts.source_family, facts.source, "source", RemedyPlace::source);
  look(facts.target_family, facts.target, "target", RemedyPlace::target);
}

void partition_statements(const TaskFacts&, Judgement& judgement) {
  judgement.skip("Not judged: what a statement about partitions does is told when the binlog has one.");
}

void batch_lobs(const TaskFacts&, Judgement& judgement) {
  judgement.pass("Batch apply takes LOB columns of any size, in every LOB mode.");
}

void lanes(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass(
      fmt::format("{} tables are loaded by up to {} lanes (MaxFullLoadSubTasks), which share large tables.",
                  facts.selection.tables.size(), facts.settings.full_load_settings.max_full_load_sub_tasks));
}

void source_network(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("The server waits long enough for a slow network.");
  judgement.found("{} timeouts of the server are short.");
  constexpr int64_t advised_s = 300;
  for (const char* const name : {"net_read_timeout", "net_write_timeout", "wait_timeout"}) {
    const std::string_view text = facts.source.setting(name);
    if (text.empty() || number(text) >= advised_s) continue;
    judgement.warn({.object = name,
                    .reason = fmt::format("{} is {} s on the source. Godwit's own sessions set theirs higher; other "
                                          "programs of the migration do not.",
                                          name, text),
                    .place = RemedyPlace::source,
                    .remedy = {remedies::set_global(facts.source_family, name, std::to_string(advised_s))}});
  }
}

}  // namespace

std::vector<Assessment> mysql_assessments() {
  using enum Assessment::When;
  std::vector<Assessment> out = {
      {.name = "check-supported-version",
       .about = "the source's version is supported",
       .needs = needs::servers,
       .judge = version},
      {.name = "check-binlog-format",
       .about = "the binlog is on, and holds rows",
       .when = changes,
       .needs = needs::start,
       .codes = {"mysql.log_bin", "mysql.binlog_format", "mysql.log_filtered"}},
      {.name = "check-binlog-image",
       .about = "the binlog holds whole rows",
       .when = changes,
       .needs = needs::start,
       .codes = {"mysql.row_image", "mysql.row_image_keyless", "mysql.row_image_other_key", "mysql.partial_json"}},
      {.name = "check-binlog-compression",
       .about = "the binlog's compression is read",
       .when = changes,
       .judge = compression},
      {.name = "check-binlog-retention-time",
       .about = "binlogs are kept for a day at least",
       .when = changes,
       .needs = needs::start,
       .codes = {"mysql.retention"}},
      {.name = "check-expire-logs-days",
       .about = "binlogs are removed some day",
       .when = changes,
       .needs = needs::servers,
       .judge = purge},
      {.name = "check-server-id",
       .about = "server_id is 1 or more",
       .when = changes,
       .needs = needs::start,
       .codes = {"mysql.server_id"}},
      {.name = "check-replication-privileges",
       .about = "the user may read the binlog",
       .when = changes,
       .needs = needs::start,
       .codes = {"mysql.replication_slave", "mysql.replication_client"}},
      {.name = "check-select-privileges",
       .about = "the user may read every column of the tables",
       .needs = needs::start,
       .codes = {"mysql.not_readable"}},
      {.name = "check-database-role",
       .about = "a replica writes what it takes from its primary into its own binlog",
       .when = changes,
       .needs = needs::start,
       .codes = {"mysql.replica_updates"}},
      {.name = "check-aurora-read-only",
       .about = "the source is no reader of a cluster",
       .families = {Family::mysql},
       .judge = reader},
      {.name = "check-table-storage-engine",
       .about = "tables are kept by an engine with transactions",
       .needs = needs::start,
       .codes = {"mysql.not_transactional", "mysql.system_versioned"}},
      {.name = "check-auto-increment",
       .about = "columns that count up",
       .needs = needs::source_tables,
       .judge = counters},
      {.name = "check-table-partition",
       .about = "partitioned tables stay partitioned",
       .when = load,
       .needs = needs::source_tables | needs::target_tables,
       .judge = partitions},
      {.name = "check-cascade-constraints",
       .about = "what foreign keys do by themselves is done on the target too",
       .when = changes,
       .needs = needs::start,
       .codes = {"mysql.cascade_from_outside"}},
      {.name = "check-generated-columns",
       .about = "columns that the source computes are computed by the target too",
       .needs = needs::source_tables | needs::target_tables | needs::start,
       .judge = generated_columns},
      {.name = "check-invisible-columns",
       .about = "invisible columns",
       .needs = needs::source_tables,
       .judge = invisible},
      {.name = "check-max-statement-time",
       .about = "no limit ends the reading of a large table",
       .judge = statement_time},
      {.name = "check-max-allowed-packet-lob",
       .about = "values fit into max_allowed_packet of both ends",
       .needs = needs::servers | needs::sizes,
       .judge = packets},
      {.name = "check-skip-table-suspension-partition-ddl",
       .about = "statements about partitions do not suspend a table",
       .when = changes,
       .judge = partition_statements},
      {.name = "batch-apply-lob-mode",
       .about = "batch apply takes LOB columns",
       .when = changes,
       .judge = batch_lobs},
      {.name = "check-pk-validity",
       .about = "tables that are validated have a key",
       .needs = needs::source_tables,
       .judge = validated_keys},
      {.name = "tblnum-for-max-fullload-subtasks",
       .about = "the load has enough lanes",
       .when = load,
       .needs = needs::plan,
       .judge = lanes},
      {.name = "check-source-network-parameter",
       .about = "the source's timeouts bear a slow network",
       .families = {Family::mariadb},
       .needs = needs::servers,
       .judge = source_network},
  };
  for (Assessment& one : out) {
    one.end = Assessment::End::source;
    if (one.families.empty()) one.families = {Family::mysql, Family::mariadb};
  }
  return out;
}

}  // namespace godwit
