// What is looked at on the target, under the names of the target's family.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "check/judgement.h"
#include "check/remedies.h"
#include "check/table_words.h"

namespace godwit {
namespace {

// Of a start's findings those that tell how a table of the target does not fit.
constexpr std::string_view misfit_codes[] = {"postgres.missing_columns",
                                             "postgres.generated_columns",
                                             "target.missing_columns",
                                             "target.generated_column",
                                             "mysql.bends_key",
                                             "mysql.bends_values",
                                             "mysql.bends_nulls",
                                             "mysql.triggers",
                                             "mysql.no_table",
                                             "mysql.storage_engine",
                                             "postgres.has_dependents",
                                             "target.columns_stay_null",
                                             "target.columns_want_values",
                                             "target.columns_refuse_nulls",
                                             "postgres.no_table",
                                             "postgres.narrower_type",
                                             "postgres.sequence_missing"};

void session_role(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("Foreign keys and triggers can be put out of force for Godwit's sessions.");
  if (facts.target.quiets_constraints || !facts.target.tells_structure) return;
  const bool has_grant = facts.target.version_number >= 150000;
  judgement.warn(
      {.object = "session_replication_role",
       .reason =
           fmt::format("Role {} may not set session_replication_role: foreign keys and triggers of the target's "
                       "tables are dropped and restored instead, which takes their owner.",
                       facts.target.user),
       .advice = has_grant ? "" : "Connect as a superuser, or own the tables.",
       .place = has_grant ? RemedyPlace::target : RemedyPlace::none,
       .remedy = has_grant ? std::vector<std::string>{fmt::format(
                                 "GRANT SET ON PARAMETER session_replication_role TO {};", facts.target.user)}
                           : std::vector<std::string>()});
}

// What "TargetIndexes": "rebuild" would gain.
void secondary(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No index or foreign key of the target slows the load down.");
  judgement.found("{} tables of the target would be loaded with all their indexes and foreign keys in place.");
  if (facts.settings.godwit.target_indexes == TargetIndexes::rebuild) {
    judgement.pass("Indexes and foreign keys of the target are dropped for the load and made again after it.");
    return;
  }
  for (const CheckedTable& table : facts.tables) {
    if (!facts.keeps(table)) continue;
    const size_t indexes = secondary_indexes(table.target).size(), keys = table.target.foreign_keys.size();
    if (indexes + keys == 0) continue;
    const uint64_t rows = table.plan.source->estimated_rows;
    judgement.warn(
        {.table = table.plan.source->ref,
         .reason = fmt::format(
             "The target's table has {} secondary indexes and {} foreign keys: a load of about {} rows ({}) makes {} "
             "index entries one by one. Rebuilt, the rows go in without them, and each index is made once, from "
             "sorted values.",
             indexes, keys, human_count(rows), human_bytes(table.plan.source->estimated_bytes),
             human_count(rows * indexes)),
         .advice = "Nothing, if the table is small.",
         .place = RemedyPlace::task_settings,
         .remedy = {R"({"Godwit": {"TargetIndexes": "rebuild"}})"}});
  }
}

std::vector<std::string> found_by(const CheckedTable& table) {
  return key_columns(*table.plan.layout);
}

void keys_absent(const TaskFacts& facts, Judgement& judgement) {
  if (!facts.settings.target_metadata.batch_apply_enabled) return judgement.pass("Batch apply is off.");
  if (!facts.target.tells_structure) return judgement.skip("That target does not tell the keys of its tables.");
  judgement.look_at(facts);
  judgement.pass("Every table of the target has a key to apply batches by.");
  judgement.found("{} tables of the target have no key to apply batches by.");
  for (const CheckedTable& table : facts.tables) {
    if (!facts.keeps(table) || has_key(table.target)) continue;
    AssessmentFinding finding{
        .table = table.plan.source->ref,
        .reason = fmt::format("Table {} of the target has {}: its changes are applied one by one, each a search "
                              "through the table.",
                              to_string(table.plan.layout->ref), lacking_key(table.target))};
    if (const std::vector<std::string> columns = found_by(table); !columns.empty()) {
      finding.place = RemedyPlace::target;
      finding.remedy = {remedies::add_primary_key(facts.target_family, table.plan.layout->ref, columns)};
    } else {
      finding.advice = "Give the source's table a key first.";
    }
    judgement.warn(std::move(finding));
  }
}

void further_keys(const TaskFacts& facts, Judgement& judgement) {
  if (!facts.settings.target_metadata.batch_apply_enabled) return judgement.pass("Batch apply is off.");
  judgement.look_at(facts);
  judgement.pass("No table of the target has a unique constraint beside its key.");
  judgement.found(
      "{} tables have unique constraints beside their key. Godwit applies their changes rightly; DMS would not.");
  for (const CheckedTable& table : facts.tables) {
    if (!table.target.exists && !table.source.exists) continue;
    const bool there = facts.keeps(table);
    for (const SurveyedIndex* index : further_unique(there ? table.target : table.source)) {
      AssessmentFinding finding{
          .table = table.plan.source->ref,
          .object = index->name,
          .reason =
              fmt::format("Unique {} {} ({}) stands beside the key: where values change hands between rows, the "
                          "changes are applied in log order, which is right and slower.",
                          index->constraint ? "constraint" : "index", index->name, join(index->columns, ", ")),
          .advice =
              "Nothing must be done: batch apply is right with it. If catching up takes too long, drop it on the "
              "target and make it again before the switch."};
      if (there) {
        finding.place = RemedyPlace::target;
        finding.remedy = {
            remedies::drop_unique(facts.target_family, table.plan.layout->ref, index->name, index->constraint)};
      }
      judgement.warn(std::move(finding));
    }
  }
}

void foreign_keys(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  size_t keys = 0;
  for (const CheckedTable& table : facts.tables)
    if (facts.keeps(table)) keys += table.target.foreign_keys.size();
  judgement.pass(keys == 0 ? "No table of the target has foreign keys."
                           : fmt::format("{} foreign keys of the target do not bind Godwit's sessions; the rows are "
                                         "checked against them after the load.",
                                         keys));
}

void network(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("The server waits long enough for a slow network.");
  judgement.found("{} timeouts of the server are short.");
  constexpr int64_t advised_s = 300;
  const bool of_target = facts.target_family != Family::postgres;
  if (!of_target) return;
  for (const char* const name : {"net_read_timeout", "net_write_timeout", "wait_timeout"}) {
    const std::string_view text = facts.target.setting(name);
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || value >= advised_s) continue;
    judgement.warn({.object = name,
                    .reason = fmt::format("{} is {} s on the target. Godwit's own sessions set theirs higher; other "
                                          "programs of the migration do not.",
                                          name, value),
                    .place = RemedyPlace::target,
                    .remedy = {remedies::set_global(facts.target_family, name, std::to_string(advised_s))}});
  }
}

// The three ways out are those that the start names.
void truncated_keys(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  if (facts.mode() == PrepareMode::do_nothing)
    return judgement.pass("No table of the target is emptied or dropped before the load.");
  std::set<TableRef> inside;
  for (const CheckedTable& table : facts.tables) inside.insert(table.plan.layout->ref);
  size_t among = 0;
  const bool drops = facts.mode() == PrepareMode::drop_and_create;
  judgement.found("Foreign keys from outside the task stand in the way of {} tables.");
  for (const CheckedTable& table : facts.tables)
    for (const SurveyedForeignKey& key : table.target.referenced_by) {
      if (inside.contains(key.child)) {
        ++among;
        continue;
      }
      judgement.fail(
          {.table = table.plan.source->ref,
           .object = key.name,
           .reason = fmt::format("Table {} of the target cannot be {}: foreign key {} of table {}, which is not part "
                                 "of this task, refers to it.",
                                 to_string(table.plan.layout->ref), drops ? "dropped" : "emptied", key.name,
                                 to_string(key.child)),
           .advice = fmt::format("Add table {} to the task; or drop the constraint (the remedy) and restore it after "
                                 "the load; or empty {} yourself and use \"TargetTablePrepMode\": \"DO_NOTHING\".",
                                 to_string(key.child), to_string(table.plan.layout->ref)),
           .place = RemedyPlace::target,
           .remedy = {remedies::drop_foreign_key(facts.target_family, key.child, key.name)}});
    }
  judgement.pass(among == 0 ? "No foreign key refers to the tables that are emptied or dropped."
                            : fmt::format("{} foreign keys refer to tables of the task, from tables of the task: all "
                                          "of them are emptied together.",
                                          among));
}

void target_tables(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("The tables of the target are as the task needs them, or are made by it.");
  judgement.found("{} tables of the target are not as the task needs them.");
  const bool leaves_rows = facts.loads() && facts.mode() == PrepareMode::do_nothing;
  for (const CheckedTable& table : facts.tables) {
    const std::string there = to_string(table.plan.layout->ref);
    if (!facts.loads() && !table.target.exists) {
      judgement.fail(
          {.table = table.plan.source->ref,
           .object = there,
           .reason = fmt::format("Table {} is not on the target, and a task without a load makes none.", there),
           .advice = "Make the table, or load it too (full-load-and-cdc)."});
    } else if (leaves_rows && table.target.exists && !table.target_empty) {
      AssessmentFinding finding{
          .table = table.plan.source->ref,
          .object = there,
          .reason =
              fmt::format("Table {} of the target holds rows, and \"TargetTablePrepMode\": \"DO_NOTHING\" leaves "
                          "them: {}.",
                          there,
                          has_primary_key(table.target) || !facts.target.tells_structure
                              ? "a row of the source with the key of one of them is recorded as a conflict"
                              : "without a primary key every row of the source comes beside them"),
          .advice = "Leave it so only where the rows are meant to stay.",
          .place = RemedyPlace::task_settings,
          .remedy = {R"({"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}})"}};
      // The start itself refuses it where nobody has said that this is meant.
      const bool refused = facts.target.tells_structure && !has_primary_key(table.target) && !facts.preparation_named;
      refused ? judgement.fail(std::move(finding)) : judgement.warn(std::move(finding));
    }
  }
  for (const Finding& finding : facts.target_findings) {
    if (std::ranges::find(misfit_codes, finding.error.code) == std::end(misfit_codes)) continue;
    AssessmentFinding found{.table = finding.table, .reason = finding.error.message, .remedy = finding.remedy};
    if (!found.remedy.empty()) found.place = RemedyPlace::target;
    finding.fatal ? judgement.fail(std::move(found)) : judgement.warn(std::move(found));
  }
}

}  // namespace

std::vector<Assessment> target_assessments() {
  using enum Assessment::When;
  const Assessment::Families postgres = {Family::postgres}, mysql = {Family::mysql, Family::mariadb},
                             any = {Family::postgres, Family::mysql, Family::mariadb};
  std::vector<Assessment> out = {
      {.name = "check-session-replication-role",
       .about = "the role may put foreign keys and triggers out of force for its sessions",
       .families = postgres,
       .when = load,
       .needs = needs::servers,
       .judge = session_role},
      {.name = "check-target-secondary-indexes",
       .about = "what \"TargetIndexes\": \"rebuild\" would gain",
       .families = postgres,
       .when = load,
       .needs = needs::target_tables,
       .judge = secondary},
      {.name = "check-secondary-indexes",
       .about = "what \"TargetIndexes\": \"rebuild\" would gain",
       .families = mysql,
       .when = load,
       .needs = needs::target_tables,
       .judge = secondary},
      {.name = "check-target-privileges",
       .about = "the target's user may make and write what the task needs",
       .families = any,
       .needs = needs::start,
       .codes = {"postgres.not_writable", "postgres.no_create_on_database", "postgres.no_create_in_schema",
                 "postgres.not_owner", "postgres.constraints", "mysql.no_create", "mysql.not_writable"}},
      {.name = "check-batch-apply-target-pk-ui-absence",
       .about = "tables of the target have a key to apply batches by",
       .families = any,
       .when = changes,
       .needs = needs::servers | needs::target_tables,
       .judge = keys_absent},
      {.name = "check-batch-apply-target-pk-ui-simultaneously",
       .about = "unique constraints beside the key, where batch apply is on",
       .families = any,
       .when = changes,
       .needs = needs::source_tables | needs::target_tables,
       .judge = further_keys},
      {.name = "check-target-localinfile-set",
       .about = "local_infile is on",
       .families = mysql,
       .when = load,
       .needs = needs::start,
       .codes = {"mysql.local_infile"}},
      {.name = "check-fk-target",
       .about = "foreign keys of the target do not stop the load",
       .families = mysql,
       .when = load,
       .needs = needs::target_tables,
       .judge = foreign_keys},
      {.name = "check-target-network-parameter",
       .about = "the target's timeouts bear a slow network",
       .families = mysql,
       .needs = needs::servers,
       .judge = network},
      {.name = "target-tables",
       .about = "tables of the target are there, fit, and empty, as the preparation mode wants them",
       .needs = needs::servers | needs::target_tables | needs::start,
       .codes = {std::begin(misfit_codes), std::end(misfit_codes)},
       .judge = target_tables,
       .own = true},
      {.name = "truncate-foreign-keys",
       .about = "no table outside the task refers to those that are emptied or dropped",
       .when = load,
       .needs = needs::target_tables,
       .codes = {"postgres.referenced_from_outside", "target.outside_reference"},
       .judge = truncated_keys,
       .own = true},
  };
  for (Assessment& one : out) one.end = Assessment::End::target;
  return out;
}

}  // namespace godwit
