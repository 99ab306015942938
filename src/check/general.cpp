// Assessments that hold for any two ends, under DMS's names (spec/assessments.md §4.1).

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "check/data_types.h"
#include "check/judgement.h"
#include "check/remedies.h"
#include "check/table_words.h"
#include "mapping/row_shape.h"

namespace godwit {
namespace {

std::string unsupported_of(const TaskFacts& facts, const TableRef& table) {
  const auto at = std::ranges::find_if(facts.unsupported, [&](const auto& one) { return one.first == table; });
  return at == facts.unsupported.end() ? std::string() : at->second.name;
}

void source_types(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("No columns in scope of migration have been identified as unsupported or partially supported");
  judgement.found("{} tables have columns that are unsupported or partially supported.");
  for (const auto& [table, error] : facts.unplanned)
    judgement.fail({.table = table, .column = unsupported_of(facts, table), .reason = error.message});
  for (const Finding& finding : facts.source_findings)
    if (finding.error.code == "mysql.charset")
      judgement.fail({.table = finding.table,
                      .reason = finding.error.message,
                      .place = RemedyPlace::source,
                      .remedy = finding.remedy});
  for (const ColumnIssue& issue : column_issues(facts))
    if (issue.partly)
      judgement.warn(
          {.table = issue.table,
           .column = issue.column,
           .reason =
               fmt::format("Type {} means nothing to the target: values arrive as the text that the source writes "
                           "of them.",
                           issue.type),
           .advice = "Nothing, if text is enough; else a change-data-type rule, or a remove-column rule."});
}

void lobs_not_null(const TaskFacts&, Judgement& judgement) {
  judgement.pass(
      "Godwit writes large values together with their row in every LOB mode, so that NOT NULL columns of the target "
      "need nothing.");
}

bool has_lob(const CheckedTable& table) {
  return std::ranges::any_of(table.plan.source->columns,
                             [&](const ColumnDef& column) { return is_lob(column.type) && is_moved(table, column); });
}

void lobs_without_key(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass(
      "No tables in scope of migration have been identified as having a LOB column without a Primary Key or Unique "
      "Constraint");
  judgement.found("{} tables with LOB columns have no primary key or unique constraint to find rows by.");
  for (const CheckedTable& table : facts.tables) {
    if (!has_lob(table) || has_key(table.source)) continue;
    if (!facts.follows()) continue;
    judgement.warn(
        {.table = table.plan.source->ref,
         .reason = fmt::format("It has LOB columns and {}: its rows are found by comparing them whole, large "
                               "values included, where the log carries them at all.",
                               lacking_key(table.source)),
         .advice = "Give it a key. The load itself carries every value.",
         .place = RemedyPlace::source,
         .remedy = {remedies::add_row_number_key(facts.source_family, table.plan.source->ref)}});
  }
}

void no_key(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("Every table in scope of migration has a primary key or unique constraint to find rows by.");
  judgement.found("{} tables have no primary key or unique constraint to find rows by.");
  for (const CheckedTable& table : facts.tables) {
    if (has_key(table.source)) continue;
    judgement.warn({.table = table.plan.source->ref,
                    .reason = fmt::format("It has {}: each update and delete is a search through the target's whole "
                                          "table.",
                                          lacking_key(table.source)),
                    .advice = "Add a primary key over columns that tell its rows apart; where there are none, a "
                              "number of its own.",
                    .place = RemedyPlace::source,
                    .remedy = {remedies::add_row_number_key(facts.source_family, table.plan.source->ref)}});
  }
}

void target_key(const TaskFacts& facts, Judgement& judgement) {
  if (!facts.target.tells_structure) return judgement.skip("That target does not tell the keys of its tables.");
  judgement.look_at(facts);
  judgement.pass("Every table of the target has a primary key or unique index to find rows by.");
  judgement.found("{} tables of the target have no primary key or unique index to find rows by.");
  for (const CheckedTable& table : facts.tables) {
    if (!table.target.exists || has_key(table.target)) continue;
    AssessmentFinding finding{.table = table.plan.source->ref,
                              .object = to_string(table.plan.layout->ref),
                              .reason = fmt::format("The target's table has {}: each update and delete is a search "
                                                    "through all of it.",
                                                    lacking_key(table.target))};
    if (const std::vector<std::string> columns = key_columns(*table.plan.layout); !columns.empty()) {
      finding.place = RemedyPlace::target;
      finding.remedy = {remedies::add_primary_key(facts.target_family, table.plan.layout->ref, columns)};
    } else {
      finding.advice = "Give the source's table a key first.";
    }
    judgement.warn(std::move(finding));
  }
}

void selection(const TaskFacts& facts, Judgement& judgement) {
  for (const TableRef& missing : facts.selection.missing)
    judgement.fail(
        {.table = missing,
         .reason = fmt::format("A rule names table {}, which the source does not have or this user may not "
                               "see.",
                               to_string(missing)),
         .advice = "Correct the name (upper and lower case count), or grant the user access."});
  if (facts.selection.tables.empty()) {
    const std::string reason =
        facts.tables_there == 0
            ? "The source has no table that this user may see."
            : fmt::format("No table of the source's {} is selected by the table mappings.", facts.tables_there);
    // The setting says whether a task without tables is one.
    if (facts.settings.error_behavior.fail_on_no_tables_captured)
      judgement.fail({.reason = reason, .advice = "Correct the table mappings, or name another database."});
    else
      judgement.warn({.reason = reason, .advice = "Correct the table mappings, or name another database."});
  }
  for (const std::string& warning : facts.selection.warnings) judgement.warn({.reason = warning});
  judgement.pass(
      fmt::format("{} of the source's {} tables are selected.", facts.selection.tables.size(), facts.tables_there));
}

// Of tables that the task finds on the target; it builds all around those that it makes.
void secondary_constraints(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass("Every foreign key, check and index of the source is on the target, or is built by the task.");
  judgement.found("{} tables have constraints or indexes that the task does not build on the target.");
  const bool builds_all = facts.settings.godwit.secondary_objects == SecondaryObjects::all;
  for (const CheckedTable& table : facts.tables) {
    const bool kept = facts.keeps(table);
    if (!kept && builds_all) continue;
    if (kept && !facts.target.tells_structure) continue;
    const std::vector<std::string> lacking = lacking_objects(table, kept ? table.target : TableSurvey());
    if (lacking.empty()) continue;
    judgement.warn({.table = table.plan.source->ref,
                    .reason = fmt::format("{}, and lacks {} of the source.",
                                          kept ? "The target's table was made beforehand"
                                               : "\"SecondaryObjects\": \"none\" leaves the table bare",
                                          join(lacking, ", ")),
                    .advice = kept ? "Make them on the target after the load, or let Godwit make the table "
                                     "(\"TargetTablePrepMode\": \"DROP_AND_CREATE\")."
                                   : "Make them yourself, or leave the setting at \"all\"."});
  }
  for (const std::vector<Finding>* findings : {&facts.target_findings, &facts.source_findings})
    for (const Finding& finding : *findings)
      if (finding.error.code == "postgres.not_carried" || finding.error.code == "target.not_carried")
        judgement.warn({.table = finding.table, .reason = finding.error.message});
}

bool masks_by(const TaskFacts& facts, MaskAction action) {
  return std::ranges::any_of(facts.rules.masks, [&](const MaskRule& rule) { return rule.action == action; });
}

template <MaskAction action>
void masked_and_validated(const TaskFacts& facts, Judgement& judgement) {
  judgement.pass(fmt::format("No {} rule meets validation.", to_string(action)));
  if (!facts.settings.validation_settings.enable_validation || !masks_by(facts, action)) return;
  judgement.warn({.reason = fmt::format("Validation is on, and {} rules make values differ from the source's: every "
                                        "masked row would count as a mismatch.",
                                        to_string(action)),
                  .advice = "Take masked columns out of validation, or switch it off.",
                  .place = RemedyPlace::task_settings,
                  .remedy = {R"({"ValidationSettings": {"EnableValidation": false}})"}});
}

template <MaskAction action>
void masked_columns(const TaskFacts& facts, Judgement& judgement) {
  judgement.look_at(facts);
  judgement.pass(fmt::format("No {} rule names a column it does not fit.", to_string(action)));
  judgement.found("{} tables have columns that a mask does not fit.");
  for (const CheckedTable& table : facts.tables)
    for (const ColumnDef& column : table.plan.source->columns) {
      const auto rule = std::ranges::find_if(facts.rules.masks, [&](const MaskRule& r) {
        return r.action == action && matches_column(r.where, table.plan.source->ref, column);
      });
      if (rule == facts.rules.masks.end()) continue;
      const TableRef& name = table.plan.source->ref;
      constexpr size_t hash_length = 64;
      const size_t length = declared_length(column.type);
      if (!mask_fits(action, column.type.type_class))
        judgement.fail({.table = name,
                        .column = column.name,
                        .reason = fmt::format("Rule {} is not made for type {}.", rule->id, column.type.native)});
      else if (action == MaskAction::hash_mask && length > 0 && length < hash_length)
        judgement.fail({.table = name,
                        .column = column.name,
                        .reason = fmt::format("A hash has {} characters, the column holds {}.", hash_length, length),
                        .advice = "Widen the column on both ends, or use another rule."});
      else if (in_unique_index(table.source, column.name))
        judgement.warn({.table = name,
                        .column = column.name,
                        .reason =
                            "It is part of a key or unique index: masked values may become equal, and the index "
                            "is then not built.",
                        .advice = "Mask another column, or define another key (define-primary-key)."});
    }
}

std::string about_mask(std::string_view rule) {
  return fmt::format("columns that a {} rule masks fit it, and are in no key", rule);
}

}  // namespace

std::vector<Assessment> general_assessments() {
  using enum Assessment::When;
  constexpr auto general = Assessment::End::general;
  const Assessment::Families known = {Family::postgres, Family::mysql, Family::mariadb};
  std::vector<Assessment> out = {
      {.name = "all-check-source-selection-rules",
       .about = "the table mappings select at least one table of the source",
       .needs = needs::plan,
       .judge = selection},
      {.name = "unsupported-data-types-in-source",
       .about = "every column's type can be moved, and means the same on the target",
       .needs = needs::servers | needs::start,
       .codes = {"mysql.charset"},
       .judge = source_types},
      {.name = "full-lob-not-nullable-at-target",
       .about = "LOB columns of the target take their values in full LOB mode",
       .judge = lobs_not_null},
      {.name = "table-with-lob-but-without-primary-key-or-unique-constraint",
       .about = "tables with LOB columns have a key",
       .needs = needs::source_tables,
       .judge = lobs_without_key},
      {.name = "table-with-no-primary-key-or-unique-constraint",
       .about = "tables whose changes are followed have a key",
       .when = changes,
       .needs = needs::source_tables,
       .codes = {"mysql.no_key"},
       .judge = no_key},
      {.name = "target-table-has-unique-key-or-primary-key-for-cdc",
       .about = "tables of the target have a key to find rows by",
       .when = changes_only,
       .needs = needs::servers | needs::target_tables,
       .judge = target_key},
      {.name = "all-check-secondary-constraints",
       .about = "foreign keys, checks and indexes of the source will be on the target",
       .needs = needs::servers | needs::source_tables | needs::target_tables | needs::start,
       .codes = {"postgres.not_carried", "target.not_carried"},
       .judge = secondary_constraints},
      {.name = "all-to-all-validation-with-datamasking-digits-randomize",
       .about = "no column is both randomized and validated",
       .judge = masked_and_validated<MaskAction::digits_randomize>},
      {.name = "all-to-all-validation-with-datamasking-hash-mask",
       .about = "no column is both hashed and validated",
       .judge = masked_and_validated<MaskAction::hash_mask>},
      {.name = "all-to-all-validation-with-digit-mask",
       .about = "no column is both masked and validated",
       .judge = masked_and_validated<MaskAction::digits_mask>},
  };
  for (Assessment& one : out) one.end = general;
  const auto add_mask = [&](std::string name, std::string_view rule, Assessment::Judge judge) {
    out.push_back({.name = std::move(name),
                   .about = about_mask(rule),
                   .end = Assessment::End::source,
                   .families = known,
                   .needs = needs::source_tables,
                   .judge = judge});
  };
  add_mask("datamasking-digits-randomize", "digits-randomize", masked_columns<MaskAction::digits_randomize>);
  add_mask("datamasking-digits-mask", "digits-mask", masked_columns<MaskAction::digits_mask>);
  add_mask("datamasking-hash-mask", "hash-mask", masked_columns<MaskAction::hash_mask>);
  return out;
}

}  // namespace godwit
