// Every judgement once at least as passed and once as what it finds, on facts written by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <set>

#include "check/data_types.h"
#include "check/judgement.h"
#include "check/report_json.h"

namespace godwit {
namespace {

using testing::HasSubstr;

// One table with a key, both ends of a family, everything as it should be.
TaskFacts plain_facts(Family source = Family::postgres, Family target = Family::postgres) {
  TaskFacts facts;
  facts.source_family = source;
  facts.target_family = target;
  facts.settings = *parse_settings("");
  facts.rules = default_rules();
  for (auto* server : {&facts.source, &facts.target}) {
    server->product = source == Family::postgres ? "PostgreSQL" : source == Family::mysql ? "MySQL" : "MariaDB";
    server->version = "1";
    server->version_number = source == Family::postgres ? 150004 : source == Family::mysql ? 80036 : 101106;
    server->user = "app";
  }
  facts.tables_there = 1;
  const TableRef name{"public", "orders"};
  facts.selection.tables = {{name, 0}};
  TableDef definition;
  definition.ref = name;
  definition.columns = {{.name = "id", .type = {.type_class = TypeClass::int8, .native = "bigint"}, .number = 1},
                        {.name = "body", .type = {.type_class = TypeClass::nclob, .native = "text"}, .number = 2}};
  definition.columns[0].type.form = ValueForm::integer;
  definition.columns[1].type.form = ValueForm::text;
  definition.key = KeyDef{"orders_pkey", {0}};
  definition.identity = RowIdentity::key;
  definition.estimated_rows = 1000;
  CheckedTable& table = facts.tables.emplace_back();
  table.plan.source = std::make_shared<const TableDef>(definition);
  table.plan.read = table.plan.source;
  table.plan.layout = table.plan.source;
  table.source.table = table.target.table = name;
  table.source.exists = true;
  table.source.replica_identity = "default";
  SurveyedIndex key;
  key.name = "orders_pkey";
  key.primary = key.unique = key.constraint = true;
  key.columns = {"id"};
  table.source.indexes = {key};
  table.target.indexes = {key};
  return facts;
}

const Assessment* find(const TaskFacts& facts, const std::string& name) {
  for (const Assessment& one : assessments())
    if (applies(one, facts.source_family, facts.target_family, facts.type) &&
        name_of(one, facts.source_family, facts.target_family) == name)
      return &one;
  return nullptr;
}

void no_source_key(TaskFacts& facts) {
  CheckedTable& table = facts.tables.front();
  TableDef keyless = *table.plan.source;
  keyless.key.reset();
  keyless.identity = RowIdentity::none;
  table.plan.source = table.plan.layout = std::make_shared<const TableDef>(keyless);
  table.source.indexes.clear();
}

void target_there(TaskFacts& facts) {
  facts.tables.front().target.exists = true;
}

Finding finding(bool fatal, std::string code) {
  return {fatal, {ErrorKind::prerequisite, std::move(code), "it is so", ""}, {"public", "orders"}, {"MEND IT;"}};
}

struct Case {
  std::string name;
  Family source = Family::postgres, target = Family::postgres;
  std::function<void(TaskFacts&)> edit;
  Outcome outcome = Outcome::warning;
  std::string words;        // in a finding's reason or the details
  std::string remedy = {};  // the first statement; empty: none
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

SurveyedIndex unique_index(std::string name, bool constraint) {
  SurveyedIndex index;
  index.name = std::move(name);
  index.unique = true;
  index.constraint = constraint;
  index.columns = {"body"};
  return index;
}

void kept_rows(TaskFacts& facts) {
  target_there(facts);
  facts.tables.front().target_empty = false;
}

void truncates(TaskFacts& facts) {
  target_there(facts);
  facts.settings.full_load_settings.target_table_prep_mode = PrepareMode::truncate_before_load;
  facts.tables.front().target.referenced_by.push_back(
      {"lines_order", {"public", "lines"}, {"public", "orders"}, "", ""});
}

void cuts(TaskFacts& facts) {
  facts.settings.target_metadata.full_lob_mode = false;
  facts.settings.target_metadata.limited_size_lob_mode = true;
  facts.settings.target_metadata.lob_max_size_kb = 32;
  facts.tables.front().sizes = {{"body", 143687, 3}};
}

void change_body(TaskFacts& facts, const std::function<void(ColumnDef&)>& edit) {
  CheckedTable& table = facts.tables.front();
  TableDef definition = *table.plan.source;
  edit(definition.columns[1]);
  table.plan.source = table.plan.layout = std::make_shared<const TableDef>(definition);
}

void cuts_documents(TaskFacts& facts) {
  cuts(facts);
  change_body(facts, [](ColumnDef& body) { body.type.native = "jsonb", body.type.form = ValueForm::json; });
}

void computes_total(TaskFacts& facts) {
  facts.tables.front().source.generated_columns = {"total"};
}

void not_carried(TaskFacts& facts, std::string_view code) {
  Finding note = finding(false, std::string(code));
  note.error.message = "Column \"total\" of table public.orders is not carried over: the server computes it (a).";
  facts.target_findings = {note};
}

// A table made beforehand, with the column.
void keeps_total(TaskFacts& facts, bool generated) {
  computes_total(facts);
  target_there(facts);
  ColumnDef column;
  column.name = "Total";
  column.generated = generated;
  facts.tables.front().target_columns = {column};
}

void masks_key(TaskFacts& facts) {
  facts.rules.masks.push_back({1, {"public", "orders", "body", ""}, MaskAction::digits_mask, '*'});
  facts.tables.front().source.indexes.push_back(unique_index("orders_body", false));
}

const Case cases[] = {
    {.name = "all-check-source-selection-rules",
     .edit = [](TaskFacts& f) { f.selection.tables.clear(), f.tables_there = 0; },
     .outcome = Outcome::failed,
     .words = "no table that this user may see"},
    {.name = "all-check-source-selection-rules",
     .edit = [](TaskFacts& f) { f.selection.missing = {{"public", "gone"}}; },
     .outcome = Outcome::failed,
     .words = "public.gone"},
    {.name = "unsupported-data-types-in-source",
     .edit = [](TaskFacts& f) { f.unplanned = {{{"public", "odd"}, {ErrorKind::table, "x", "cannot be", ""}}}; },
     .outcome = Outcome::failed,
     .words = "cannot be"},
    {.name = "table-with-lob-but-without-primary-key-or-unique-constraint",
     .edit = no_source_key,
     .words = "LOB columns",
     .remedy =
         R"(ALTER TABLE "public"."orders" ADD COLUMN "row_number" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY;)"},
    {.name = "table-with-no-primary-key-or-unique-constraint",
     .source = Family::mariadb,
     .target = Family::mariadb,
     .edit = no_source_key,
     .words = "no primary key",
     .remedy =
         "ALTER TABLE `public`.`orders` ADD COLUMN `row_number` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY "
         "KEY;"},
    {.name = "table-with-no-primary-key-or-unique-constraint",
     .edit =
         [](TaskFacts& f) {
           no_source_key(f);
           f.tables.front().source.indexes = {unique_index("orders_body", true)};
           f.tables.front().source.indexes.front().nullable = true;
         },
     .words = "It has no primary key, and no unique constraint that tells all of its rows apart (orders_body",
     .remedy =
         R"(ALTER TABLE "public"."orders" ADD COLUMN "row_number" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY;)"},
    {.name = "target-table-has-unique-key-or-primary-key-for-cdc",
     .edit = [](TaskFacts& f) { f.type = TaskType::cdc, target_there(f), f.tables.front().target.indexes.clear(); },
     .words = "search",
     .remedy = R"(ALTER TABLE "public"."orders" ADD PRIMARY KEY ("id");)"},
    {.name = "all-check-secondary-constraints",
     .edit =
         [](TaskFacts& f) { target_there(f), f.tables.front().source.indexes.push_back(unique_index("u", false)); },
     .words = "unique index u"},
    {.name = "all-check-secondary-constraints",
     .edit = [](TaskFacts& f) { target_there(f), f.tables.front().source.checks = 2; },
     .words = "2 checks"},
    {.name = "all-to-all-validation-with-digit-mask",
     .edit = [](TaskFacts& f) { masks_key(f), f.settings.validation_settings.enable_validation = true; },
     .words = "mismatch",
     .remedy = R"({"ValidationSettings": {"EnableValidation": false}})"},
    {.name = "postgres-datamasking-digits-mask", .edit = masks_key, .words = "may become equal"},
    {.name = "postgres-check-dbversion",
     .edit = [](TaskFacts& f) { f.source.version_number = 190000; },
     .words = "newer"},
    {.name = "postgres-check-wallevel",
     .edit = [](TaskFacts& f) { f.source_findings = {finding(true, "postgres.wal_level")}; },
     .outcome = Outcome::failed,
     .words = "it is so",
     .remedy = "MEND IT;"},
    {.name = "postgres-check-maxwalsenders",
     .edit = [](TaskFacts& f) { f.source_findings = {finding(true, "postgres.no_free_walsender")}; },
     .outcome = Outcome::failed,
     .words = "it is so",
     .remedy = "MEND IT;"},
    {.name = "postgres-check-maxwalsenders",
     .edit = [](TaskFacts& f) { f.source.settings["max_wal_senders"] = "1"; },
     .outcome = Outcome::failed,
     .words = "max_wal_senders is 1",
     .remedy = "ALTER SYSTEM SET max_wal_senders = 10;"},
    {.name = "postgres-check-maxslot-wal-keep-size",
     .edit = [](TaskFacts& f) { f.source.settings["max_slot_wal_keep_size"] = "1024"; },
     .words = "1024 MB",
     .remedy = "ALTER SYSTEM SET max_slot_wal_keep_size = -1;"},
    {.name = "postgres-check-pk",
     .edit = no_source_key,
     .words = "no primary key",
     .remedy = R"(ALTER TABLE "public"."orders" REPLICA IDENTITY FULL;)"},
    {.name = "postgres-check-limited-lob-size",
     .edit = cuts,
     .words = "3 values would be cut to 32768 bytes; the largest has 143,687",
     .remedy = R"({"TargetMetadata": {"FullLobMode": true, "LimitedSizeLobMode": false}})"},
    {.name = "postgres-check-limited-lob-size",
     .edit = cuts_documents,
     .outcome = Outcome::failed,
     .words = "What is left of a jsonb after a cut is none: the target refuses the whole rows",
     .remedy = R"({"TargetMetadata": {"FullLobMode": true, "LimitedSizeLobMode": false}})"},
    {.name = "godwit-limited-lob-size",
     .source = Family::mysql,
     .target = Family::postgres,
     .edit = cuts,
     .words = "143,687",
     .remedy = R"({"TargetMetadata": {"FullLobMode": true, "LimitedSizeLobMode": false}})"},
    {.name = "postgres-check-pk-validity",
     .edit = [](TaskFacts& f) { no_source_key(f), f.settings.validation_settings.enable_validation = true; },
     .words = "not validated",
     .remedy =
         R"(ALTER TABLE "public"."orders" ADD COLUMN "row_number" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY;)"},
    {.name = "postgres-check-longrunningtxn",
     .edit =
         [](TaskFacts& f) { f.source.open_transactions = {{"process 7", 660, "SELECT pg_terminate_backend(7);"}}; },
     .words = "11 minutes",
     .remedy = "SELECT pg_terminate_backend(7);"},
    {.name = "postgres-check-preparedtxn",
     .edit =
         [](TaskFacts& f) {
           f.source.prepared_transactions = {{"transaction t", 60, "ROLLBACK PREPARED 't';", "COMMIT PREPARED 't';"}};
         },
     .outcome = Outcome::failed,
     .words = "transaction t"},
    {.name = "postgres-check-for-logical-decoding-work-mem",
     .edit = [](TaskFacts& f) { f.source.settings["logical_decoding_work_mem"] = "64"; },
     .words = "64 kB",
     .remedy = "ALTER SYSTEM SET logical_decoding_work_mem = '64MB';"},
    {.name = "mysql-check-expire-logs-days",
     .source = Family::mysql,
     .target = Family::mysql,
     .edit = [](TaskFacts& f) { f.source.settings = {{"binlog_expire_logs_seconds", "0"}}; },
     .words = "never removed",
     .remedy = "SET GLOBAL binlog_expire_logs_seconds = 604800;"},
    {.name = "mysql-check-max-allowed-packet-lob",
     .source = Family::mysql,
     .target = Family::mysql,
     .edit =
         [](TaskFacts& f) {
           f.source.settings["max_allowed_packet"] = "1000";
           f.tables.front().sizes = {{"body", 5000, 0}};
         },
     .outcome = Outcome::failed,
     .words = "5,000",
     .remedy = "SET GLOBAL max_allowed_packet = 1073741824;"},
    {.name = "mysql-check-table-partition",
     .source = Family::mysql,
     .target = Family::postgres,
     .edit = [](TaskFacts& f) { f.tables.front().source.partitioned = true; },
     .words = "partitioned"},
    {.name = "mysql-check-generated-columns",
     .source = Family::mysql,
     .target = Family::postgres,
     .edit = [](TaskFacts& f) { computes_total(f), not_carried(f, "postgres.not_carried"); },
     .words = "no like on the target"},
    {.name = "mysql-check-generated-columns",
     .source = Family::mysql,
     .target = Family::postgres,
     .edit = [](TaskFacts& f) { keeps_total(f, false); },
     .outcome = Outcome::failed,
     .words = "stays NULL"},
    {.name = "godwit-generated-columns",
     .edit = [](TaskFacts& f) { keeps_total(f, false); },
     .outcome = Outcome::failed,
     .words = "Column Total of the target's table public.orders, which was made beforehand, is a plain one"},
    {.name = "godwit-generated-columns",
     .edit = [](TaskFacts& f) { keeps_total(f, true), f.tables.front().target_columns.front().name = "other"; },
     .words = "has no such column"},
    {.name = "godwit-source-gtid",
     .source = Family::mysql,
     .target = Family::mysql,
     .edit = [](TaskFacts&) {},
     .words = "gtid_mode",
     .remedy = "SET GLOBAL enforce_gtid_consistency = ON;"},
    {.name = "mariadb-check-source-network-parameter",
     .source = Family::mariadb,
     .target = Family::mysql,
     .edit = [](TaskFacts& f) { f.source.settings["net_read_timeout"] = "30"; },
     .words = "net_read_timeout",
     .remedy = "SET GLOBAL net_read_timeout = 300;"},
    {.name = "mysql-check-target-network-parameter",
     .source = Family::mariadb,
     .target = Family::mysql,
     .edit = [](TaskFacts& f) { f.target.settings["wait_timeout"] = "30"; },
     .words = "wait_timeout",
     .remedy = "SET GLOBAL wait_timeout = 300;"},
    {.name = "postgres-check-session-replication-role",
     .edit = [](TaskFacts& f) { f.target.quiets_constraints = false, f.target.version_number = 150000; },
     .words = "session_replication_role",
     .remedy = "GRANT SET ON PARAMETER session_replication_role TO app;"},
    {.name = "postgres-check-target-secondary-indexes",
     .edit =
         [](TaskFacts& f) { target_there(f), f.tables.front().target.indexes.push_back(unique_index("u", true)); },
     .words = "1 secondary indexes",
     .remedy = R"({"Godwit": {"TargetIndexes": "rebuild"}})"},
    {.name = "postgres-check-batch-apply-target-pk-ui-absence",
     .edit =
         [](TaskFacts& f) {
           f.settings.target_metadata.batch_apply_enabled = true;
           target_there(f), f.tables.front().target.indexes.clear();
         },
     .words = "one by one",
     .remedy = R"(ALTER TABLE "public"."orders" ADD PRIMARY KEY ("id");)"},
    {.name = "postgres-check-batch-apply-target-pk-ui-simultaneously",
     .edit =
         [](TaskFacts& f) {
           f.settings.target_metadata.batch_apply_enabled = true;
           target_there(f), f.tables.front().target.indexes.push_back(unique_index("u", true));
         },
     .words = "Unique constraint u",
     .remedy = R"(ALTER TABLE "public"."orders" DROP CONSTRAINT "u";)"},
    {.name = "postgres-check-target-privileges",
     .edit = [](TaskFacts& f) { f.target_findings = {finding(true, "postgres.not_writable")}; },
     .outcome = Outcome::failed,
     .words = "it is so",
     .remedy = "MEND IT;"},
    {.name = "godwit-target-tables",
     .edit = [](TaskFacts& f) { f.type = TaskType::cdc; },
     .outcome = Outcome::failed,
     .words = "not on the target"},
    {.name = "godwit-target-tables",
     .edit = kept_rows,
     .words = "recorded as a conflict",
     .remedy = R"({"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}})"},
    {.name = "godwit-target-tables",
     .edit = [](TaskFacts& f) { kept_rows(f), f.tables.front().target.indexes.clear(); },
     .outcome = Outcome::failed,
     .words = "beside them",
     .remedy = R"({"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}})"},
    {.name = "godwit-target-tables",
     .edit = [](TaskFacts& f) { f.target_findings = {finding(true, "postgres.missing_columns")}; },
     .outcome = Outcome::failed,
     .words = "it is so",
     .remedy = "MEND IT;"},
    {.name = "godwit-truncate-foreign-keys",
     .edit = truncates,
     .outcome = Outcome::failed,
     .words = "foreign key lines_order of table public.lines",
     .remedy = R"(ALTER TABLE "public"."lines" DROP CONSTRAINT "lines_order";)"},
    {.name = "godwit-replica-identity",
     .edit = [](TaskFacts& f) { f.source_findings = {finding(false, "postgres.no_identity")}; },
     .outcome = Outcome::failed,
     .words = "it is so",
     .remedy = "MEND IT;"},
    {.name = "godwit-unlogged-tables",
     .edit = [](TaskFacts& f) { f.source_findings = {finding(false, "postgres.unlogged")}; },
     .outcome = Outcome::failed,
     .words = "it is so",
     .remedy = "MEND IT;"},
    {.name = "godwit-source-prerequisites",
     .edit = [](TaskFacts& f) { f.source_findings = {finding(true, "postgres.something_new")}; },
     .outcome = Outcome::failed,
     .words = "it is so",
     .remedy = "MEND IT;"},
    {.name = "godwit-target-prerequisites",
     .edit = [](TaskFacts& f) { f.same_database = true; },
     .outcome = Outcome::failed,
     .words = "the same database"},
    {.name = "godwit-task-settings",
     .edit = [](TaskFacts& f) { f.settings.warnings = {"A.B: it has no effect"}; },
     .words = "A.B"},
    {.name = "godwit-table-mappings",
     .edit = [](TaskFacts& f) { f.plan_warnings = {"Rule 4 …"}; },
     .words = "Rule 4"},
    {.name = "godwit-hidden-columns",
     .edit = [](TaskFacts& f) { target_there(f), f.tables.front().target.hidden_columns = {"rowid"}; },
     .words = "rowid"},
    {.name = "godwit-sequences",
     .edit = [](TaskFacts& f) { target_there(f), f.tables.front().source.counting_columns = {"id"}; },
     .words = "no number",
     .remedy = R"(ALTER TABLE "public"."orders" ALTER COLUMN "id" ADD GENERATED BY DEFAULT AS IDENTITY;)"},
    {.name = "godwit-large-objects",
     .edit = [](TaskFacts& f) { f.large_object_columns = {{{"public", "orders"}, "photo"}}; },
     .words = "large objects"},
    {.name = "godwit-generated-columns",
     .source = Family::postgres,
     .target = Family::mysql,
     .edit = [](TaskFacts& f) { computes_total(f), not_carried(f, "target.not_carried"); },
     .words = "computes"},
};

class Judgements : public testing::TestWithParam<Case> {};

TEST_P(Judgements, find_what_is_there) {
  const Case& one = GetParam();
  TaskFacts facts = plain_facts(one.source, one.target);
  one.edit(facts);
  const Assessment* assessment = find(facts, one.name);
  ASSERT_NE(assessment, nullptr);
  const AssessmentResult result = judge(*assessment, facts);
  EXPECT_EQ(result.outcome, one.outcome) << result.details;
  ASSERT_FALSE(result.findings.empty());
  EXPECT_THAT(result.findings.front().reason, HasSubstr(one.words));
  const std::vector<std::string>& remedy = result.findings.front().remedy;
  EXPECT_EQ(remedy.empty() ? "" : remedy.front(), one.remedy);
  EXPECT_EQ(result.findings.front().place == RemedyPlace::none, one.remedy.empty());
}

INSTANTIATE_TEST_SUITE_P(All, Judgements, testing::ValuesIn(cases));

TEST(Judgement, passes_where_nothing_is_found_and_says_why) {
  for (const Family source : {Family::postgres, Family::mysql, Family::mariadb})
    for (const TaskType type : {TaskType::full_load, TaskType::full_load_and_cdc}) {
      TaskFacts facts = plain_facts(source, source);
      facts.type = type;
      facts.source.settings = {{"gtid_mode", "ON"}, {"binlog_expire_logs_seconds", "86400"}};
      for (const AssessmentInfo& info : applicable_assessments(source, source, type)) {
        const AssessmentResult result = judge(*find(facts, info.name), facts);
        EXPECT_TRUE(result.outcome == Outcome::passed || result.outcome == Outcome::skipped) << info.name;
        EXPECT_FALSE(result.details.empty()) << info.name;
        EXPECT_FALSE(info.about.empty()) << info.name;
      }
    }
}

TEST(Judgement, full_identity_needs_no_key) {
  TaskFacts facts = plain_facts();
  no_source_key(facts);
  facts.tables.front().source.replica_identity = "full";
  EXPECT_EQ(judge(*find(facts, "postgres-check-pk"), facts).outcome, Outcome::passed);
}

TEST(Judgement, tables_that_refer_to_each_other_inside_the_task_are_emptied_together) {
  TaskFacts facts = plain_facts();
  truncates(facts);
  CheckedTable child = facts.tables.front();
  TableDef definition = *child.plan.source;
  definition.ref = {"public", "lines"};
  child.plan.source = child.plan.layout = std::make_shared<const TableDef>(definition);
  child.target.referenced_by.clear();
  facts.tables.push_back(child);
  const AssessmentResult result = judge(*find(facts, "godwit-truncate-foreign-keys"), facts);
  EXPECT_EQ(result.outcome, Outcome::passed);
  EXPECT_THAT(result.details, HasSubstr("emptied together"));
}

TEST(Judgement, what_has_an_assessment_of_its_own_is_not_left_over) {
  TaskFacts facts = plain_facts();
  facts.source_findings = {finding(true, "postgres.wal_level"), finding(false, "postgres.unlogged")};
  facts.target_findings = {finding(true, "postgres.not_writable"), finding(true, "postgres.missing_columns")};
  EXPECT_EQ(judge(*find(facts, "godwit-source-prerequisites"), facts).outcome, Outcome::passed);
  EXPECT_EQ(judge(*find(facts, "godwit-target-prerequisites"), facts).outcome, Outcome::passed);
}

TEST(Judgement, lob_sizes_are_told_where_nothing_is_cut) {
  TaskFacts facts = plain_facts();
  facts.tables.front().sizes = {{"body", 143687, 0}};
  const AssessmentResult result = judge(*find(facts, "postgres-check-limited-lob-size"), facts);
  EXPECT_EQ(result.outcome, Outcome::passed);
  EXPECT_THAT(result.details, HasSubstr("143,687 bytes (public.orders.body), so that LobMaxSize 141"));
}

TEST(Judgement, the_advice_on_lob_sizes_is_enough_for_every_column) {
  TaskFacts facts = plain_facts();
  cuts(facts);
  CheckedTable longer = facts.tables.front();
  TableDef definition = *longer.plan.source;
  definition.ref = {"public", "notes"};
  longer.plan.source = longer.plan.layout = std::make_shared<const TableDef>(definition);
  longer.sizes = {{"body", 300 * 1024, 1}};
  facts.tables.push_back(longer);
  const auto recommended = [&] {
    return to_json(judge(*find(facts, "postgres-check-limited-lob-size"), facts))["recommendation"];
  };
  EXPECT_EQ(recommended(), "Move values whole (the remedy), or raise LobMaxSize to at least 300.");
  TableSettingsRule rule;
  rule.table = definition.ref;
  rule.lobs = LobSettings{32 * 1024};
  facts.rules.table_settings = {rule};
  EXPECT_EQ(recommended(),
            "Move values whole (the remedy), or raise LobMaxSize to at least 141. Raise bulk-max-size in the table's "
            "lob-settings to at least 300, or let their mode be unlimited.");
  const AssessmentResult result = judge(*find(facts, "postgres-check-limited-lob-size"), facts);
  ASSERT_EQ(result.findings.size(), 2U);
  EXPECT_TRUE(result.findings[1].remedy.empty()) << "the settings do not reach a table with a rule";
}

TEST(Judgement, columns_that_the_target_computes_too_are_as_they_should_be) {
  TaskFacts kept = plain_facts(), carried = plain_facts(Family::mysql, Family::postgres);
  keeps_total(kept, true);
  computes_total(carried);
  EXPECT_EQ(judge(*find(kept, "godwit-generated-columns"), kept).outcome, Outcome::passed);
  EXPECT_EQ(judge(*find(carried, "mysql-check-generated-columns"), carried).outcome, Outcome::passed);
}

TEST(Applicability, goes_by_ends_and_type) {
  const auto has = [](Family source, Family target, TaskType type, std::string_view name) {
    const std::vector<AssessmentInfo> all = applicable_assessments(source, target, type);
    return std::ranges::find(all, name, &AssessmentInfo::name) != all.end();
  };
  EXPECT_TRUE(has(Family::postgres, Family::mysql, TaskType::cdc, "postgres-check-wallevel"));
  EXPECT_FALSE(has(Family::postgres, Family::mysql, TaskType::full_load, "postgres-check-wallevel"));
  EXPECT_FALSE(has(Family::mysql, Family::postgres, TaskType::cdc, "postgres-check-wallevel"));
  EXPECT_TRUE(has(Family::mysql, Family::postgres, TaskType::cdc, "postgres-check-target-privileges"));
  EXPECT_FALSE(has(Family::mysql, Family::postgres, TaskType::cdc, "postgres-check-session-replication-role"));
  EXPECT_TRUE(has(Family::mariadb, Family::mysql, TaskType::full_load, "mysql-check-fk-target"));
  EXPECT_TRUE(has(Family::other, Family::other, TaskType::cdc, "godwit-target-tables"));
}

TEST(Applicability, names_are_there_once_and_general_ones_come_first) {
  for (const Family source : {Family::postgres, Family::mysql, Family::mariadb})
    for (const Family target : {Family::postgres, Family::mysql, Family::mariadb}) {
      std::set<std::string> names;
      bool general = true;
      for (const AssessmentInfo& info : applicable_assessments(source, target, TaskType::full_load_and_cdc)) {
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        const bool own = info.name.starts_with("postgres-") || info.name.starts_with("my") ||
                         info.name.starts_with("mariadb-") || info.name.starts_with("godwit-");
        EXPECT_TRUE(general || own) << info.name;
        general = general && !own;
      }
    }
}

TEST(Families, are_known_by_scheme_and_by_engine_name) {
  for (const std::string_view name : {"postgres", "postgresql", "aurora-postgresql", "azure-postgres"})
    EXPECT_EQ(family_of(name), Family::postgres) << name;
  for (const std::string_view name : {"mysql", "aurora", "aurora-mysql", "gcp-mysql"})
    EXPECT_EQ(family_of(name), Family::mysql) << name;
  EXPECT_EQ(family_of("mariadb"), Family::mariadb);
  EXPECT_EQ(family_of("oracle"), Family::other);
}

AssessmentReport report_of(std::initializer_list<Outcome> outcomes) {
  AssessmentReport report;
  for (const Outcome outcome : outcomes) report.results.push_back({"one", outcome, "so it is", {}, {}});
  return report;
}

TEST(Report, status_is_the_worst_that_counts) {
  using enum Outcome;
  EXPECT_EQ(report_of({passed, passed, skipped}).status(), "passed");
  EXPECT_EQ(report_of({skipped, skipped}).status(), "warning");
  EXPECT_EQ(report_of({passed, warning}).status(), "warning");
  EXPECT_EQ(report_of({warning, error}).status(), "error-executing");
  EXPECT_EQ(report_of({failed, error, cancelled}).status(), "failed");
  EXPECT_EQ(report_of({passed, cancelled}).status(), "cancelling");
  EXPECT_EQ(report_of({passed, failed, warning}).last_failure(), "one: so it is");
}

TEST(DataTypes, are_reported_by_type_schema_and_table) {
  TaskFacts facts = plain_facts(Family::postgres, Family::mysql);
  ColumnDef odd;
  odd.name = "place";
  odd.type.native = "point(2)";
  facts.unsupported = {{{"public", "odd"}, odd}};
  TableDef definition = *facts.tables.front().plan.source;
  definition.columns[1].type.native = "tsvector";
  definition.columns[1].type.form = ValueForm::other;
  CheckedTable& table = facts.tables.front();
  table.plan.source = table.plan.layout = std::make_shared<const TableDef>(definition);
  const nlohmann::ordered_json report = to_json("shop", column_issues(facts));
  EXPECT_EQ(report.dump(),
            R"({"summary":{"task-name":"shop","not-supported":{"data-type":["point"],"column-count":1},)"
            R"("partially-supported":{"data-type":["tsvector"],"column-count":1}},"types":[)"
            R"({"data-type":"point","support-level":"not-supported","schemas":[{"schema-name":"public","tables":[)"
            R"({"table-name":"odd","columns":["place"]}]}]},)"
            R"({"data-type":"tsvector","support-level":"partially-supported","schemas":[{"schema-name":"public",)"
            R"("tables":[{"table-name":"orders","columns":["body"]}]}]}]})");
}

TEST(DataTypes, keep_names_of_several_words) {
  const std::pair<const char*, const char*> names[] = {
      {"bit varying(5)", "bit varying"},
      {"double precision", "double precision"},
      {"timestamp(3) without time zone", "timestamp without time zone"},
      {"character varying(20)[]", "character varying[]"},
      {"varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "varchar"},
      {"enum('a)','b''(') COLLATE utf8mb4_bin", "enum"},
      {R"x("My (odd)"."type one"(2))x", R"x("My (odd)"."type one")x"},
  };
  for (const auto& [native, name] : names) {
    TaskFacts facts = plain_facts(Family::postgres, Family::mysql);
    ColumnDef odd;
    odd.type.native = native;
    facts.unsupported = {{{"public", "odd"}, odd}};
    EXPECT_EQ(to_json("shop", column_issues(facts))["types"][0]["data-type"], name) << native;
  }
}

TEST(Report, files_have_the_form_of_dms) {
  TaskFacts facts = plain_facts();
  no_source_key(facts);
  const AssessmentResult result = judge(*find(facts, "postgres-check-pk"), facts);
  const nlohmann::ordered_json file = to_json(result);
  EXPECT_EQ(file["version"], "0.0.2");
  EXPECT_EQ(file["test-name"], "postgres-check-pk");
  EXPECT_EQ(file["test-result"], "warning");
  EXPECT_EQ(file["results-summary"], (nlohmann::ordered_json{{"passed", "0"}, {"warning", "1"}, {"failed", "0"}}));
  EXPECT_EQ(file["table-results-summary"]["warning"][0], "public.orders");
  EXPECT_EQ(file["results"][0]["schema"], "public");
  EXPECT_EQ(file["results"][0]["column"], nullptr);
  EXPECT_EQ(file["results"][0]["remedy"]["where"], "source");
  AssessmentReport report;
  report.results = {result};
  const nlohmann::ordered_json summary = summary_to_json(report);
  EXPECT_EQ(summary["overall-test-result"], "warning");
  EXPECT_EQ(summary["summary"]["warning"][0]["test-name"], "postgres-check-pk");
  EXPECT_TRUE(summary["summary"]["failed"].empty());
  EXPECT_EQ(to_json(report)["statistic"]["Warning"], 1);
}

}  // namespace
}  // namespace godwit
