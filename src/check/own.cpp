// Assessments that DMS has none of, and judgements shared by families.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "check/judgement.h"
#include "check/own_words.h"
#include "check/remedies.h"
#include "check/table_words.h"
#include "engine/foreign_objects.h"

namespace godwit {
namespace {

bool one_family(const TaskFacts& facts) {
  return (facts.source_family == Family::postgres) == (facts.target_family == Family::postgres);
}

void unlogged(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("Every table's changes are in the log.");
  judgement.found("{} tables are UNLOGGED: their changes are in no log.");
  for (const Finding& finding : facts.source_findings)
    if (finding.error.code == "postgres.unlogged")
      judgement.fail({.table = finding.table,
                      .reason = finding.error.message,
                      .place = RemedyPlace::source,
                      .remedy = finding.remedy});
}

void replica_identity(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("The log names the rows of every table that are updated or deleted.");
  judgement.found("The log does not name the updated and deleted rows of {} tables.");
  for (const Finding& finding : facts.source_findings)
    if (finding.error.code == "postgres.no_identity")
      judgement.fail({.table = finding.table,
                      .reason = finding.error.message,
                      .place = RemedyPlace::source,
                      .remedy = finding.remedy});
}

// What a start finds and no other assessment is named after.
void left_over(const TaskFacts& facts, Judgement& judgement, bool of_target) {
  std::set<std::string_view> claimed;
  for (const Assessment& one : assessments()) {
    if (!applies(one, facts.source_family, facts.target_family, facts.type)) continue;
    const bool looks_there = of_target == (one.end == Assessment::End::target);
    if (looks_there || one.end == Assessment::End::general) claimed.insert(one.codes.begin(), one.codes.end());
  }
  judgement.pass("Nothing else stands in the way of a start.");
  for (const Finding& finding : of_target ? facts.target_findings : facts.source_findings) {
    if (claimed.contains(finding.error.code)) continue;
    AssessmentFinding found{.table = finding.table, .reason = finding.error.message, .remedy = finding.remedy};
    if (!found.remedy.empty()) found.place = of_target ? RemedyPlace::target : RemedyPlace::source;
    finding.fatal ? judgement.fail(std::move(found)) : judgement.warn(std::move(found));
  }
}

void source_prerequisites(const TaskFacts& facts, Judgement& judgement) {
  left_over(facts, judgement, false);
}

void target_prerequisites(const TaskFacts& facts, Judgement& judgement) {
  left_over(facts, judgement, true);
  if (!facts.same_database) return;
  for (const CheckedTable& table : facts.tables)
    if (table.plan.source->ref == table.plan.layout->ref) {
      judgement.fail({.reason = "Source and target are the same database.",
                      .advice = "Name another target, or rename the tables by rules."});
      return;
    }
}

void target_version(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass(facts.target.product.empty()
                     ? "The target's version is supported."
                     : fmt::format("{} {} is supported as a target.", facts.target.product, facts.target.version));
}

void mappings(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("Every rule of the table mappings is carried out.");
  for (const std::string& warning : facts.rules.warnings) judgement.warn({.reason = warning});
  for (const std::string& warning : facts.plan_warnings) judgement.warn({.reason = warning});
}

void settings(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("Every task setting has the effect its name promises.");
  judgement.found("{} task settings have no effect, or another one than their names promise.");
  for (const std::string& warning : facts.settings.warnings)
    judgement.warn({.object = warning.substr(0, warning.find(':')), .reason = warning});
}

void hidden_columns(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No column of the target is hidden.");
  judgement.found("{} tables of the target have hidden columns.");
  for (const CheckedTable& table : facts.tables) {
    if (!facts.keeps(table)) continue;
    for (const std::string& column : table.target.hidden_columns)
      if (!find_column(*table.plan.layout, column))
        judgement.warn(
            {.table = table.plan.source->ref,
             .column = column,
             .reason = fmt::format("Table {} of the target has the hidden column {}, which the task writes "
                                   "nothing into.",
                                   to_string(table.plan.layout->ref), column),
             .advice = "Nothing, as long as it has a default or may be NULL: Godwit names the columns it "
                       "writes."});
  }
}

void sequences(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass(facts.sequences.empty()
                     ? "No column counts up by itself."
                     : fmt::format("{} are set on the target when the task ends.",
                                   facts.sequences.size() == 1
                                       ? "The values of 1 sequence"
                                       : fmt::format("The values of {} sequences", facts.sequences.size())));
  judgement.found("{} tables of the target have columns that do not count up as the source's do.");
  if (!facts.target.tells_structure) return;
  for (const CheckedTable& table : facts.tables) {
    if (!facts.keeps(table)) continue;
    for (const std::string& column : table.source.counting_columns) {
      const std::string there = target_name(table, column);
      const auto is_it = [&](const std::string& name) { return lower_utf8(name) == lower_utf8(there); };
      if (there.empty() || std::ranges::any_of(table.target.counting_columns, is_it)) continue;
      AssessmentFinding finding{
          .table = table.plan.source->ref,
          .column = column,
          .reason =
              fmt::format("It takes its values from a counter on the source; column {} of the target's table {} "
                          "does not: applications that insert after the switch get no number.",
                          there, to_string(table.plan.layout->ref))};
      const std::string remedy = remedies::make_column_count(facts.target_family, table.plan.layout->ref, there);
      if (remedy.empty()) {
        finding.advice = "Give the target's column AUTO_INCREMENT (ALTER TABLE … MODIFY).";
      } else {
        finding.place = RemedyPlace::target;
        finding.remedy = {remedy};
      }
      judgement.warn(std::move(finding));
    }
  }
}

void large_objects(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("No column names large objects.");
  judgement.found("Columns of {} tables may name large objects.");
  for (const LargeObjectColumn& column : facts.large_object_columns)
    judgement.warn({.table = column.table,
                    .column = column.column,
                    .reason = facts.loads() ? "It may name large objects: those of the load are copied, changes made "
                                              "to them after that are in no log."
                                            : "It may name large objects, which this task does not copy.",
                    .advice = "Keep such values in bytea columns, or copy them again at the switch."});
}

uint64_t kilobytes(uint64_t bytes) {
  return (bytes + 1023) / 1024;
}

// The largest value of all that are cut decides: with less, following the advice would cut again.
std::string raise_setting(uint64_t kb) {
  return fmt::format("Move values whole (the remedy), or raise LobMaxSize to at least {}.", kb);
}
std::string raise_rule(uint64_t kb) {
  return fmt::format(
      "Raise bulk-max-size in the table's lob-settings to at least {}, or let their mode be unlimited.", kb);
}

std::string cut_reason(const CheckedTable& table, const ValueSizes& size, uint64_t limit) {
  const bool one = size.above_limit == 1;
  std::string out = fmt::format("{} would be cut to {} bytes; the largest has {}.",
                                one ? "1 value" : human_count(size.above_limit) + " values", limit,
                                human_count(size.largest_bytes));
  if (cut_is_value(table, size.column)) return out;
  const auto at = find_column(*table.plan.source, size.column);
  return out +
         fmt::format(" What is left of a {} after a cut is none: the target refuses {}, and the table lacks {}.",
                     table.plan.source->columns[*at].type.native, one ? "the whole row" : "the whole rows",
                     one ? "it" : "them");
}

// What the target says of it is what it builds.
bool is_carried(const TaskFacts& facts, const CheckedTable& table, std::string_view column) {
  const std::string told = uncarried_computation(column, table.plan.source->ref);
  return std::ranges::none_of(facts.target_findings, [&](const Finding& finding) {
    return (finding.error.code == "postgres.not_carried" || finding.error.code == "target.not_carried") &&
           finding.error.message.find(told) != std::string::npos;
  });
}

void judge_kept_computation(const TaskFacts& facts, const CheckedTable& table, const std::string& column,
                            Judgement& judgement) {
  if (table.target_columns.empty()) return;
  const std::string name = lower_utf8(one_family(facts) ? column : computed_name(table, column));
  const auto there = std::ranges::find_if(table.target_columns,
                                          [&](const ColumnDef& other) { return lower_utf8(other.name) == name; });
  const std::string target = to_string(table.plan.layout->ref);
  if (there == table.target_columns.end())
    return judgement.warn({.table = table.plan.source->ref,
                           .column = column,
                           .reason = fmt::format("The source computes it, and table {} of the target, which was made "
                                                 "beforehand, has no such column.",
                                                 target),
                           .advice = "Add it to the target's table as a generated column."});
  if (there->generated) return;
  judgement.fail(
      {.table = table.plan.source->ref,
       .column = column,
       .reason = fmt::format("The source computes it, and values that are computed are not moved. Column {} "
                             "of the target's table {}, which was made beforehand, is a plain one: in every "
                             "row it stays NULL, or at its default.",
                             there->name, target),
       .advice = "Make the target's column a generated one, or let Godwit make the table "
                 "(\"TargetTablePrepMode\": \"DROP_AND_CREATE\")."});
}

void gtids(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass("Transactions have GTIDs: after a failover the task goes on from another server.");
  if (facts.source_family != Family::mysql || facts.source.setting("gtid_mode") == "ON" ||
      facts.source.product == "MariaDB")
    return;
  judgement.warn({.object = "gtid_mode",
                  .reason = "gtid_mode is not ON: positions are places in this server's own files, so that the task "
                            "cannot go on from a replica after a failover, and a snapshot takes a lock.",
                  .place = RemedyPlace::source,
                  .remedy = {"SET GLOBAL enforce_gtid_consistency = ON;", "SET GLOBAL gtid_mode = OFF_PERMISSIVE;",
                             "SET GLOBAL gtid_mode = ON_PERMISSIVE;", "SET GLOBAL gtid_mode = ON;"}});
}

}  // namespace

void lob_sizes(const TaskFacts& facts, Judgement& judgement) {
  uint64_t largest = 0, needed_kb = 0;     // of all columns
  uint64_t settings_kb = 0, rules_kb = 0;  // of those that are cut, by what limits them
  std::string where;
  judgement.look_at(facts);
  judgement.found("A limited LOB mode would cut values of {} tables.");
  for (const CheckedTable& table : facts.tables)
    for (const ValueSizes& size : table.sizes) {
      needed_kb = std::max(needed_kb, kilobytes(size.largest_bytes));
      if (lob_limit(facts, table) && size.above_limit > 0) {
        uint64_t& cut_kb = has_lob_rule(facts, table) ? rules_kb : settings_kb;
        cut_kb = std::max(cut_kb, kilobytes(size.largest_bytes));
      }
      if (size.largest_bytes <= largest) continue;
      largest = size.largest_bytes;
      where = to_string(table.plan.source->ref) + "." + size.column;
    }
  for (const CheckedTable& table : facts.tables) {
    const auto limit = lob_limit(facts, table);
    if (!limit) continue;
    const bool by_rule = has_lob_rule(facts, table);
    for (const ValueSizes& size : table.sizes) {
      if (size.above_limit == 0) continue;
      AssessmentFinding finding{.table = table.plan.source->ref,
                                .column = size.column,
                                .reason = cut_reason(table, size, *limit),
                                .advice = by_rule ? raise_rule(rules_kb) : raise_setting(settings_kb)};
      if (!by_rule) {  // a rule of the table's own wins over the settings
        finding.place = RemedyPlace::task_settings;
        finding.remedy = {std::string(full_lob_mode)};
      }
      cut_is_value(table, size.column) ? judgement.warn(std::move(finding)) : judgement.fail(std::move(finding));
    }
  }
  if (settings_kb > 0 && rules_kb > 0) judgement.advise(raise_setting(settings_kb) + " " + raise_rule(rules_kb));
  judgement.pass(where.empty() ? "No column in scope of migration holds LOBs."
                               : fmt::format("No value is cut. The largest has {} bytes ({}), so that LobMaxSize {} "
                                             "would hold all of them.",
                                             human_count(largest), where, needed_kb));
}

void validated_keys(const TaskFacts& facts, Judgement& judgement) {
  if (!facts.settings.validation_settings.enable_validation) return judgement.pass("Validation is off.");
  judgement.look_at(facts);
  judgement.pass("Every table that is to be validated has a key.");
  judgement.found("{} tables have no key to validate by.");
  for (const CheckedTable& table : facts.tables)
    if (!has_key(table.source))
      judgement.warn({.table = table.plan.source->ref,
                      .reason = fmt::format("It has {}: it is not validated.", lacking_key(table.source)),
                      .place = RemedyPlace::source,
                      .remedy = {remedies::add_row_number_key(facts.source_family, table.plan.source->ref)}});
}

void generated_columns(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No column is computed by the source, or the target computes it too.");
  judgement.found("{} tables have columns that the source computes and the target does not.");
  for (const CheckedTable& table : facts.tables)
    for (const std::string& column : table.source.generated_columns) {
      if (facts.keeps(table))
        judge_kept_computation(facts, table, column, judgement);
      else if (!one_family(facts) && !is_carried(facts, table, column))
        judgement.warn({.table = table.plan.source->ref,
                        .column = column,
                        .reason = "The source computes it, and the target's table does without it: values that are "
                                  "computed are not moved, and the expression has no like on the target.",
                        .advice = "Add the column to the target's table with an expression of the target's own."});
    }
}

std::vector<Assessment> own_assessments() {
  using enum Assessment::When;
  using enum Assessment::End;
  std::vector<Assessment> out = {
      {.name = "replica-identity",
       .about = "the log names the rows that are updated and deleted",
       .end = source,
       .families = {Family::postgres},
       .when = changes,
       .needs = needs::start,
       .codes = {"postgres.no_identity"},
       .judge = replica_identity},
      {.name = "unlogged-tables",
       .about = "the changes of every table are in the log",
       .end = source,
       .families = {Family::postgres},
       .when = changes,
       .needs = needs::start,
       .codes = {"postgres.unlogged"},
       .judge = unlogged},
      {.name = "source-privileges",
       .about = "the role may replicate, and publish the tables",
       .end = source,
       .families = {Family::postgres},
       .when = changes,
       .needs = needs::start,
       .codes = {"postgres.replication_role", "postgres.not_owner", "postgres.publication"}},
      {.name = "generated-columns",
       .about = "columns that the source computes are computed by the target too",
       .end = source,
       .families = {Family::postgres},
       .needs = needs::source_tables | needs::target_tables | needs::start,
       .judge = generated_columns},
      {.name = "large-objects",
       .about = "no column names large objects",
       .end = source,
       .families = {Family::postgres},
       .needs = needs::large_objects,
       .judge = large_objects},
      {.name = "limited-lob-size",
       .about = "the largest value of each LOB column, measured, against the LOB settings",
       .end = source,
       .families = {Family::mysql, Family::mariadb},
       .needs = needs::sizes,
       .judge = lob_sizes},
      {.name = "source-gtid",
       .about = "transactions of the source have GTIDs",
       .end = source,
       .families = {Family::mysql},
       .when = changes,
       .needs = needs::servers,
       .judge = gtids},
      {.name = "source-prerequisites",
       .about = "whatever else the source's side of a start would stop or warn of",
       .end = source,
       .needs = needs::start,
       .judge = source_prerequisites},
      {.name = "target-prerequisites",
       .about = "whatever else the target's side of a start would stop or warn of",
       .end = target,
       .needs = needs::start,
       .judge = target_prerequisites},
      {.name = "target-version",
       .about = "the target's version is supported",
       .end = target,
       .needs = needs::servers,
       .judge = target_version},
      {.name = "table-mappings", .about = "every rule is carried out", .needs = needs::plan, .judge = mappings},
      {.name = "task-settings", .about = "every setting has its effect", .judge = settings},
      {.name = "hidden-columns",
       .about = "no column of the target is hidden",
       .end = target,
       .needs = needs::target_tables,
       .judge = hidden_columns},
      {.name = "sequences",
       .about = "columns that count up on the source do on the target",
       .needs = needs::servers | needs::source_tables | needs::target_tables | needs::sequences,
       .judge = sequences},
  };
  for (Assessment& one : out) one.own = true;
  return out;
}

}  // namespace godwit
