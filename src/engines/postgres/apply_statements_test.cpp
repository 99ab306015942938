#include "engines/postgres/apply_statements.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

// "s"."or""ders"(id, "Na""me", doc json, at), keyed by (at, id), unless `keyed` says otherwise.
TargetTable table(bool keyed = true, bool partitioned = false) {
  TableDef def;
  def.ref = {"s", "or\"ders"};
  const struct {
    std::string_view name, type;
  } columns[] = {{"id", "bigint"}, {"Na\"me", "numeric(10,2)"}, {"doc", "json"}, {"at", "date"}};
  for (const auto& column : columns) {
    ColumnDef& added = def.columns.emplace_back();
    added.name = column.name;
    added.type.native = column.type;
  }
  if (keyed) def.key = KeyDef{"orders_pkey", {3, 0}};
  def.partitioned = partitioned;
  const auto shared = std::make_shared<const TableDef>(std::move(def));
  return {shared, shared, shared};
}

const ColumnMask all(4, true), none(4, false), middle = {false, true, true, false};
const RowFinder by_key = {{3, 0}, {}, {}};
const RowFinder by_row = {
    {0, 1, 2}, {Comparison::native, Comparison::native_text, Comparison::text}, {"bigint", "numeric(10,2)", "json"}};

TEST(ApplyStatements, inserts_name_the_columns_of_the_mask) {
  EXPECT_EQ(insert_statement(table(), all), R"(INSERT INTO "s"."or""ders" ("id", "Na""me", "doc", "at") )"
                                            "OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4)");
  EXPECT_EQ(insert_statement(table(), middle),
            R"(INSERT INTO "s"."or""ders" ("Na""me", "doc") OVERRIDING SYSTEM VALUE VALUES ($1, $2))");
  EXPECT_EQ(insert_statement(table(), none), R"(INSERT INTO "s"."or""ders" DEFAULT VALUES)");
}

TEST(ApplyStatements, rows_with_a_key_are_found_by_it) {
  EXPECT_EQ(update_statement(table(), all, by_key),
            R"(UPDATE "s"."or""ders" SET "id" = $1, "Na""me" = $2, "doc" = $3, "at" = $4 )"
            R"(WHERE "at" = $5 AND "id" = $6)");
  EXPECT_EQ(update_statement(table(), middle, by_key),
            R"(UPDATE "s"."or""ders" SET "Na""me" = $1, "doc" = $2 WHERE "at" = $3 AND "id" = $4)");
  EXPECT_EQ(erase_statement(table(), by_key), R"(DELETE FROM "s"."or""ders" WHERE "at" = $1 AND "id" = $2)");
}

TEST(ApplyStatements, rows_without_a_key_are_found_by_their_values_and_only_one_of_them) {
  EXPECT_EQ(update_statement(table(false), middle, by_row),
            R"(UPDATE "s"."or""ders" SET "Na""me" = $1, "doc" = $2 WHERE ctid = (SELECT ctid FROM "s"."or""ders" )"
            R"(WHERE "id" IS NOT DISTINCT FROM $3::bigint )"
            R"(AND "Na""me" IS NOT DISTINCT FROM $4::numeric(10,2) )"
            R"(AND "Na""me"::text IS NOT DISTINCT FROM $4::numeric(10,2)::text )"
            R"(AND "doc"::text IS NOT DISTINCT FROM $5::json::text LIMIT 1))");
  EXPECT_EQ(erase_statement(table(false), {{3}, {Comparison::native}, {"date"}}),
            R"(DELETE FROM "s"."or""ders" WHERE ctid = (SELECT ctid FROM "s"."or""ders" )"
            R"(WHERE "at" IS NOT DISTINCT FROM $1::date LIMIT 1))");
}

TEST(ApplyStatements, a_row_of_a_partitioned_table_is_one_of_one_partition) {
  EXPECT_EQ(erase_statement(table(false, true), {{3}, {Comparison::text}, {"date"}}),
            R"(DELETE FROM "s"."or""ders" WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM "s"."or""ders" )"
            R"(WHERE "at"::text IS NOT DISTINCT FROM $1::date::text LIMIT 1))");
}

TEST(ApplyStatements, the_stage_has_a_group_the_key_and_every_other_column) {
  EXPECT_EQ(stage_definition(table(), "stage_7"),
            R"(CREATE TEMP TABLE IF NOT EXISTS stage_7 ON COMMIT DELETE ROWS AS SELECT 0::int AS g, "at" AS k0, )"
            R"("id" AS k1, "Na""me" AS c1, "doc" AS c2 FROM "s"."or""ders" WITH NO DATA)");
  EXPECT_EQ(stage_erase(table(), "stage_7", 2), R"(DELETE FROM "s"."or""ders" AS t USING stage_7 AS s )"
                                                R"(WHERE s.g = 2 AND t."at" = s.k0 AND t."id" = s.k1)");
  EXPECT_EQ(stage_update(table(), "stage_7", 3, middle),
            R"(UPDATE "s"."or""ders" AS t SET "Na""me" = s.c1, "doc" = s.c2 FROM stage_7 AS s )"
            R"(WHERE s.g = 3 AND t."at" = s.k0 AND t."id" = s.k1)");
}

TEST(ApplyStatements, copy_names_every_column) {
  EXPECT_EQ(copy_columns(table()), R"("id", "Na""me", "doc", "at")");
}

TEST(ApplyStatements, an_update_writes_what_the_log_carried_and_no_identity_always) {
  TargetTable plan = table();
  TableDef def = *plan.layout;
  def.columns[0].identity_always = true;
  plan.layout = std::make_shared<const TableDef>(std::move(def));
  RowBatch rows;
  rows.layout = plan.layout;
  rows.append_value("1");
  rows.append_unchanged();
  rows.append_null();
  rows.append_value("");
  rows.end_row();
  for (int i = 0; i < 4; ++i) rows.append_unchanged();
  rows.end_row();
  EXPECT_EQ(written_columns(plan, rows, 0), (ColumnMask{false, false, true, true}));
  EXPECT_EQ(written_columns(plan, rows, 1), none);
}

TEST(ApplyStatements, a_row_is_addressed_by_what_the_server_has) {
  const RowFinder finder = {{3}, {Comparison::native}, {"date"}, {"\"rowid\""}};
  EXPECT_EQ(erase_statement(table(false, true), finder),
            R"(DELETE FROM "s"."or""ders" WHERE "rowid" = (SELECT "rowid" FROM "s"."or""ders" )"
            R"(WHERE "at" IS NOT DISTINCT FROM $1::date LIMIT 1))");
}

TEST(ApplyStatements, without_a_stage_keys_and_values_are_literals) {
  EXPECT_EQ(values_erase(table(), {"'2024-01-01', '1'", "'2024-01-02', '2'"}),
            R"(DELETE FROM "s"."or""ders" WHERE ("at", "id") IN (('2024-01-01', '1'), ('2024-01-02', '2')))");
  EXPECT_EQ(values_update(table(), {"'2024-01-01', '1', '1.5', NULL"}, middle, {"bigint", "numeric", "", "date"}),
            R"(UPDATE "s"."or""ders" AS t SET "Na""me" = CAST(s.c1 AS numeric), "doc" = s.c2 )"
            R"(FROM (VALUES ('2024-01-01', '1', '1.5', NULL)) AS s(k0, k1, c1, c2) )"
            R"(WHERE t."at" = CAST(s.k0 AS date) AND t."id" = CAST(s.k1 AS bigint))");
}

TEST(ApplyStatements, identities_are_overridden_only_where_the_server_knows_how) {
  EXPECT_EQ(insert_statement(table(), middle, false),
            R"(INSERT INTO "s"."or""ders" ("Na""me", "doc") VALUES ($1, $2))");
}

}  // namespace
}  // namespace godwit::postgres
