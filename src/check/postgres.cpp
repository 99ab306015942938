// What is looked at on a PostgreSQL source, under DMS's names (spec/assessments.md §4.2).

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"
#include "check/judgement.h"
#include "check/own_words.h"
#include "check/remedies.h"
#include "check/table_words.h"

namespace godwit {
namespace {

using remedies::quoted;

constexpr std::string_view reload = "SELECT pg_reload_conf();";

int64_t number(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void version(const TaskFacts& facts, Judgement& judgement) {
  constexpr int64_t newest_tested = 18;
  const int64_t major = facts.source.version_number / 10000;
  judgement.pass(fmt::format("PostgreSQL {} is supported.", facts.source.version));
  if (major > newest_tested)
    judgement.warn({.object = "server_version",
                    .reason = fmt::format("PostgreSQL {} is newer than any that Godwit is tested with ({}).",
                                          facts.source.version, newest_tested),
                    .advice = "Try the migration on a copy first."});
}

void wal_senders(const TaskFacts& facts, Judgement& judgement) {
  constexpr int64_t needed = 2, advised = 10;
  judgement.pass("A WAL sender is free.");
  for (const Finding& finding : facts.source_findings)
    if (finding.error.code == "postgres.no_free_walsender")
      return judgement.fail(
          {.reason = finding.error.message, .place = RemedyPlace::source, .remedy = finding.remedy});
  const std::string_view value = facts.source.setting("max_wal_senders");
  if (value.empty() || number(value) >= needed) return;
  judgement.fail({.object = "max_wal_senders",
                  .reason = fmt::format("max_wal_senders is {}, and a task needs 2: one follows the log, and another "
                                        "takes the snapshot of a table that is loaded meanwhile, or takes over after "
                                        "a cut connection that the server still holds.",
                                        value),
                  .advice = "Raise it, and restart the server.",
                  .place = RemedyPlace::source,
                  .remedy = {remedies::set_global(Family::postgres, "max_wal_senders", std::to_string(advised))}});
}

void kept_log(const TaskFacts& facts, Judgement& judgement) {
  const std::string_view value = facts.source.setting("max_slot_wal_keep_size");
  judgement.pass(value.empty() ? "This server keeps its log for as long as a slot needs it."
                               : "max_slot_wal_keep_size is -1: a slot keeps its log for as long as it needs it.");
  if (value.empty() || value == "-1") return;
  judgement.warn(
      {.object = "max_slot_wal_keep_size",
       .reason = fmt::format("max_slot_wal_keep_size is {} MB: when the slot falls behind by more, the "
                             "server invalidates it, and the task must be loaded anew.",
                             value),
       .advice = "Lift the limit for the time of the migration, and watch the disk.",
       .place = RemedyPlace::source,
       .remedy = {remedies::set_global(Family::postgres, "max_slot_wal_keep_size", "-1"), std::string(reload)}});
}

void primary_keys(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("Every table has a primary key or REPLICA IDENTITY FULL.");
  judgement.found("{} tables have neither a primary key nor REPLICA IDENTITY FULL.");
  for (const CheckedTable& table : facts.tables) {
    const TableRef& name = table.plan.source->ref;
    if (has_primary_key(table.source) || table.source.replica_identity == "full" ||
        table.plan.source->identity != RowIdentity::none)
      continue;
    judgement.warn(
        {.table = name,
         .reason = "It has no primary key, and its REPLICA IDENTITY is not FULL.",
         .place = RemedyPlace::source,
         .remedy = {fmt::format("ALTER TABLE {} REPLICA IDENTITY FULL;", quoted(Family::postgres, name))}});
  }
}

void lob_keys(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No column of a key is cut by a limited LOB mode.");
  judgement.found("{} tables have key columns that a limited LOB mode cuts.");
  for (const CheckedTable& table : facts.tables) {
    const auto limit = lob_limit(facts, table);
    if (!limit || !table.plan.source->key) continue;
    for (const uint32_t c : table.plan.source->key->columns) {
      const ColumnDef& column = table.plan.source->columns[c];
      if (!is_lob(column.type)) continue;
      judgement.warn(
          {.table = table.plan.source->ref,
           .column = column.name,
           .reason = fmt::format("It is part of the key and counts as a LOB: values above {} would be cut, "
                                 "and the rows not found again.",
                                 human_bytes(*limit)),
           .place = RemedyPlace::task_settings,
           .remedy = {std::string(full_lob_mode)}});
    }
  }
}

void validity(const TaskFacts& facts, Judgement& judgement) {
  validated_keys(facts, judgement);
}

void batch_lobs(const TaskFacts&, Judgement& judgement) {
  judgement.pass("Batch apply takes LOB columns of any size, in every LOB mode.");
}

void long_transactions(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("No transaction has been open for ten minutes or more.");
  judgement.found("{} transactions have been open for ten minutes or more.");
  for (const OpenTransaction& open : facts.source.open_transactions)
    judgement.warn({.object = open.who,
                    .reason = fmt::format("A transaction of {} has been open for {} minutes; the task starts when it "
                                          "has ended, or gives up after TransactionConsistencyTimeout ({} s).",
                                          open.who, open.age_s / 60,
                                          facts.settings.full_load_settings.transaction_consistency_timeout_s),
                    .advice = "Let it finish, or end it.",
                    .place = RemedyPlace::source,
                    .remedy = {open.end}});
}

void prepared_transactions(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("No prepared transaction stands in the way of a replication slot.");
  judgement.found("{} prepared transactions stand in the way of a replication slot.");
  for (const OpenTransaction& open : facts.source.prepared_transactions)
    judgement.fail(
        {.object = open.who,
         .reason = fmt::format("Prepared {} has been waiting for {} minutes: a replication slot is made when "
                               "it has been committed or rolled back, not before.",
                               open.who, open.age_s / 60),
         // Two ways, of which a script must not take one.
         .advice =
             fmt::format("In its own database run {} to keep its work, or {} to lose it: whoever prepared it knows "
                         "which.",
                         open.keep, open.end)});
}

void decoding_memory(const TaskFacts& facts, Judgement& judgement) {
  constexpr int64_t advised_kb = 65536;
  const std::string_view value = facts.source.setting("logical_decoding_work_mem");
  judgement.pass(value.empty() ? "This server has no logical_decoding_work_mem."
                               : fmt::format("logical_decoding_work_mem is {} kB.", value));
  if (value.empty() || number(value) >= advised_kb) return;
  judgement.warn({.object = "logical_decoding_work_mem",
                  .reason = fmt::format("logical_decoding_work_mem is {} kB: larger transactions go to the source's "
                                        "disk, or are sent before they commit.",
                                        value),
                  .place = RemedyPlace::source,
                  .remedy = {remedies::set_global(Family::postgres, "logical_decoding_work_mem", "'64MB'"),
                             std::string(reload)}});
}

void arrays(const TaskFacts&, Judgement& judgement) {
  judgement.pass("Arrays travel with their row, so that a table of them needs no primary key.");
}

void similar_names(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No two tables differ by upper and lower case alone, or the target tells them apart.");
  if (facts.target_family == Family::postgres) return;
  std::map<std::string, TableRef> seen;
  for (const CheckedTable& table : facts.tables) {
    const auto [other, fresh] =
        seen.try_emplace(lower_utf8(to_string(table.plan.layout->ref)), table.plan.source->ref);
    if (!fresh)
      judgement.warn({.table = table.plan.source->ref,
                      .reason = fmt::format("It and table {} differ by upper and lower case alone, which not every "
                                            "server of the target's family tells apart.",
                                            to_string(other->second)),
                      .advice = "Rename one of them by a rule of the table mappings."});
  }
}

void postgis(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No column is of a PostGIS type, or the target has them too.");
  if (facts.target_family == Family::postgres) return;
  for (const CheckedTable& table : facts.tables)
    for (const ColumnDef& column : table.plan.source->columns)
      if (const std::string& type = column.type.native;
          type.find("geometry") != std::string::npos || type.find("geography") != std::string::npos)
        judgement.warn({.table = table.plan.source->ref,
                        .column = column.name,
                        .reason = fmt::format("Type {} is PostGIS's; the target's spatial types may not hold every "
                                              "value of it.",
                                              type),
                        .advice = "Try it with a copy of the table."});
}

void event_trigger(const TaskFacts&, Judgement& judgement) {
  judgement.skip(
      "Not judged: Godwit makes its own event triggers, and needs them ENABLE ALWAYS only where the source is fed by "
      "another replication system.");
}

}  // namespace

std::vector<Assessment> postgres_assessments() {
  using enum Assessment::When;
  std::vector<Assessment> out = {
      {.name = "check-dbversion",
       .about = "the source's version is supported",
       .needs = needs::servers,
       .judge = version},
      {.name = "check-wallevel",
       .about = "wal_level is logical",
       .when = changes,
       .needs = needs::start,
       .codes = {"postgres.wal_level"}},
      {.name = "check-maxwalsenders",
       .about = "max_wal_senders is above 1, and a WAL sender is free",
       .when = changes,
       .needs = needs::servers | needs::start,
       .codes = {"postgres.no_free_walsender"},
       .judge = wal_senders},
      {.name = "check-walsenderstimeout",
       .about = "wal_sender_timeout is 0 or at least 10 s",
       .when = changes,
       .needs = needs::start,
       .codes = {"postgres.wal_sender_timeout"}},
      {.name = "check-replication-slots-count",
       .about = "a replication slot is free",
       .when = changes,
       .needs = needs::start,
       .codes = {"postgres.no_free_slot"}},
      {.name = "check-maxslot-wal-keep-size",
       .about = "slots keep the log they need",
       .when = changes,
       .needs = needs::servers,
       .judge = kept_log},
      {.name = "check-pglogical",
       .about = "pglogical is there where the endpoint asks for it",
       .when = changes,
       .needs = needs::start,
       .codes = {"postgres.no_pglogical"}},
      {.name = "check-pk",
       .about = "tables have a primary key or REPLICA IDENTITY FULL",
       .when = changes,
       .needs = needs::source_tables,
       .judge = primary_keys},
      {.name = "check-pk-lob",
       .about = "no key is cut by a limited LOB mode",
       .needs = needs::source_tables,
       .judge = lob_keys},
      {.name = "check-select-object-privileges",
       .about = "the role may read every column and every row of the tables",
       .needs = needs::start,
       .codes = {"postgres.not_readable", "postgres.row_security"}},
      {.name = "check-limited-lob-size",
       .about = "the largest value of each LOB column, measured, against the LOB settings",
       .needs = needs::sizes,
       .judge = lob_sizes},
      {.name = "batch-apply-lob-mode",
       .about = "batch apply takes LOB columns",
       .when = changes,
       .judge = batch_lobs},
      {.name = "check-pk-validity",
       .about = "tables that are validated have a key",
       .needs = needs::source_tables,
       .judge = validity},
      {.name = "check-longrunningtxn",
       .about = "no transaction has been open for ten minutes or more",
       .when = changes,
       .needs = needs::servers,
       .judge = long_transactions},
      {.name = "check-preparedtxn",
       .about = "no prepared transaction is waiting",
       .when = changes,
       .needs = needs::servers,
       .judge = prepared_transactions},
      {.name = "check-for-logical-decoding-work-mem",
       .about = "logical_decoding_work_mem holds ordinary transactions",
       .when = changes,
       .needs = needs::servers,
       .judge = decoding_memory},
      {.name = "check-table-with-array", .about = "tables with arrays can be moved", .judge = arrays},
      {.name = "check-similar-table-name",
       .about = "no two tables differ by upper and lower case alone",
       .needs = needs::plan,
       .judge = similar_names},
      {.name = "check-ddl-event-trigger",
       .about = "the event trigger fires where the source is itself replicated",
       .when = changes,
       .judge = event_trigger},
      {.name = "check-postgis-data-type",
       .about = "PostGIS columns have a like on the target",
       .needs = needs::plan,
       .judge = postgis},
  };
  for (Assessment& one : out) {
    one.end = Assessment::End::source;
    one.families = {Family::postgres};
  }
  return out;
}

}  // namespace godwit
