#include "engines/postgres/parked_row.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/byte_writer.h"

namespace godwit::postgres {
namespace {

constexpr std::nullopt_t not_carried = std::nullopt;
const std::optional<std::string> null;

// source.orders is target."Orders"; columns id, "Na me", note; keyed by id unless `key` says otherwise.
TargetTable table(const std::optional<KeyDef>& key = KeyDef{"pkey", {0}}) {
  TableDef source;
  source.ref = {"source", "orders"};
  for (const char* name : {"id", "name", "note"}) source.columns.emplace_back().name = name;
  TableDef target = source;
  target.ref = {"target", "Orders"};
  target.columns[1].name = "Na me";
  target.key = key;
  const auto shared = std::make_shared<const TableDef>(std::move(source));
  return {shared, shared, std::make_shared<const TableDef>(std::move(target))};
}

TEST(ParkedRow, each_operation_has_its_statement_key_and_values) {
  struct Case {
    Op op;
    std::optional<KeyDef> key;
    std::optional<RowText> before, after;
    std::string_view statement, found_by, values;
  };
  const std::optional<KeyDef> pkey = KeyDef{"pkey", {0}}, two = KeyDef{"pkey", {2, 0}}, keyless;
  const RowText full = {"1", "it's", "x"}, with_null = {"1", null, "x"}, key_only = {"1", not_carried, not_carried};
  const Case cases[] = {
      {Op::insert,
       pkey,
       {},
       full,
       R"(INSERT INTO "target"."Orders" ( "id","Na me","note" )  VALUES ('1','it''s','x'))",
       "id=1",
       R"({"id":"1","Na me":"it's","note":"x"})"},
      {Op::insert,
       pkey,
       {},
       with_null,
       R"(INSERT INTO "target"."Orders" ( "id","Na me","note" )  VALUES ('1',NULL,'x'))",
       "id=1",
       R"({"id":"1","Na me":null,"note":"x"})"},
      {Op::update,
       pkey,
       {},
       RowText{"1", not_carried, null},
       R"(UPDATE "target"."Orders" SET "id"='1' , "note"=NULL  WHERE "id"='1')",
       "id=1",
       R"({"id":"1","note":null})"},
      {Op::update, pkey, key_only, RowText{"2", "b", "c"},
       R"(UPDATE "target"."Orders" SET "id"='2' , "Na me"='b' , "note"='c'  WHERE "id"='1')", "id=1",
       R"({"id":"2","Na me":"b","note":"c"})"},
      {Op::update, keyless, with_null, RowText{"1", "b", not_carried},
       R"(UPDATE "target"."Orders" SET "id"='1' , "Na me"='b'  WHERE "id"='1' AND "Na me" IS NULL AND "note"='x')",
       "id=1, Na me=NULL, note=x", R"({"id":"1","Na me":"b"})"},
      {Op::erase, pkey, key_only, {}, R"(DELETE FROM "target"."Orders" WHERE "id"='1')", "id=1", R"({"id":"1"})"},
      {Op::erase,
       two,
       full,
       {},
       R"(DELETE FROM "target"."Orders" WHERE "note"='x' AND "id"='1')",
       "note=x, id=1",
       R"({"id":"1","Na me":"it's","note":"x"})"},
      {Op::erase,
       keyless,
       with_null,
       {},
       R"(DELETE FROM "target"."Orders" WHERE "id"='1' AND "Na me" IS NULL AND "note"='x')",
       "id=1, Na me=NULL, note=x",
       R"({"id":"1","Na me":null,"note":"x"})"},
  };
  for (const Case& c : cases) {
    const ParkedRow row =
        parked_row(table(c.key), c.op, c.before ? &*c.before : nullptr, c.after ? &*c.after : nullptr);
    EXPECT_EQ(row.source_table, (TableRef{"source", "orders"}));
    EXPECT_EQ(row.target_table, (TableRef{"target", "Orders"}));
    EXPECT_EQ(row.operation, to_string(c.op));
    EXPECT_EQ(row.statement, c.statement);
    EXPECT_EQ(row.key, c.found_by);
    EXPECT_EQ(row.values, c.values);
  }
}

TEST(ParkedRow, the_shape_of_a_statement_holds_no_value) {
  const RowText full = {"1", "it's", null}, after = {"2", null, not_carried};
  EXPECT_EQ(parked_row(table(), Op::insert, nullptr, &full).statement_shape,
            R"(INSERT INTO "target"."Orders" ( "id","Na me","note" )  VALUES (?,?,?))");
  EXPECT_EQ(parked_row(table(std::nullopt), Op::update, &full, &after).statement_shape,
            R"(UPDATE "target"."Orders" SET "id"=? , "Na me"=?  WHERE "id"=? AND "Na me"=? AND "note"=?)");
  EXPECT_EQ(parked_row(table(), Op::erase, &full, nullptr).statement_shape,
            R"(DELETE FROM "target"."Orders" WHERE "id"=?)");
}

TEST(ParkedRow, a_long_value_is_cut_in_the_statement_and_whole_in_the_values) {
  for (const size_t size : {4095U, 4096U, 4097U, 100000U}) {
    const RowText after = {"1", std::string(size, 'x'), null};
    const ParkedRow row = parked_row(table(), Op::insert, nullptr, &after);
    const std::string kept(std::min<size_t>(size, 4096), 'x');
    const std::string note = size > 4096 ? " /* cut: " + std::to_string(size) + " bytes in all */" : "";
    EXPECT_EQ(row.statement, "INSERT INTO \"target\".\"Orders\" ( \"id\",\"Na me\",\"note\" )  VALUES ('1','" + kept +
                                 "'" + note + ",NULL)");
    const auto values = nlohmann::json::parse(row.values, nullptr, false);
    ASSERT_TRUE(values.is_object());
    EXPECT_EQ(values["Na me"], std::string(size, 'x'));
  }
}

TEST(ParkedRow, the_text_for_people_of_a_row_without_key_has_a_limit) {
  const RowText before = {std::string(3000, 'a'), std::string(3000, 'b'), "c"};
  EXPECT_EQ(parked_row(table(std::nullopt), Op::erase, &before, nullptr).key.size(), 4096U);
}

TEST(ParkedRow, a_nul_character_stands_in_the_values_alone) {
  const RowText row = {"1", std::string("a\0b", 3), "x"};
  const ParkedRow parked = parked_row(table(), Op::insert, nullptr, &row);
  EXPECT_NE(parked.statement.find("'a b'"), std::string::npos) << parked.statement;
  EXPECT_EQ(parked.statement.find('\0'), std::string::npos);
  EXPECT_NE(parked.values.find("a\\u0000b"), std::string::npos) << parked.values;
}

TEST(ParkedRow, values_that_are_no_utf8_still_give_json) {
  const RowText after = {"1", "a\xff\"b\\\n", null};
  const ParkedRow row = parked_row(table(), Op::insert, nullptr, &after);
  EXPECT_TRUE(nlohmann::json::accept(row.values)) << row.values;
}

TEST(ParkedRow, the_cells_of_an_image_become_text) {
  RowBatch batch;
  batch.layout = table().layout;
  for (int i = 0; i < 3; ++i) batch.append_value("other row");
  batch.end_row();
  batch.append_value("");
  batch.append_null();
  batch.append_unchanged();
  batch.end_row();
  EXPECT_EQ(row_text(batch, 1), (RowText{"", null, not_carried}));
}

TEST(ParkedRow, a_row_of_copy_text_is_an_insert) {
  for (const std::string_view line : {"1\ta\\tb\t\\N\n", "1\ta\\tb\t\\N"}) {
    const ParkedRow row = parked_load_row(table(), line, Encoding::pg_copy_text);
    EXPECT_EQ(row.operation, "INSERT");
    EXPECT_EQ(row.key, "id=1");
    EXPECT_EQ(row.statement,
              "INSERT INTO \"target\".\"Orders\" ( \"id\",\"Na me\",\"note\" )  VALUES ('1','a\tb',NULL)");
  }
}

TEST(ParkedRow, a_row_of_copy_binary_is_told_in_hex) {
  ByteBuffer tuple;
  append_big_endian(tuple, uint16_t{3});
  append_big_endian(tuple, int32_t{2});
  tuple.append("\x01\xfe");
  append_big_endian(tuple, int32_t{-1});
  append_big_endian(tuple, int32_t{0});
  const ParkedRow row = parked_load_row(table(), tuple.view(), Encoding::pg_copy_binary);
  EXPECT_EQ(row.key, "id=\\x01fe");
  EXPECT_EQ(row.values, R"({"id":"\\x01fe","Na me":null,"note":"\\x"})");
}

TEST(ParkedRow, a_row_with_another_number_of_values_is_told_as_far_as_it_fits) {
  EXPECT_EQ(parked_load_row(table(), "1\ta", Encoding::pg_copy_text).values, R"({"id":"1","Na me":"a"})");
  EXPECT_EQ(parked_load_row(table(), "1\ta\tb\tc", Encoding::pg_copy_text).values,
            R"({"id":"1","Na me":"a","note":"b"})");
  const std::string tuple("\0\3\0\0\0\1x\0\0\0\7", 11);
  for (size_t length = 0; length <= tuple.size(); ++length) {
    const std::string exact = tuple.substr(0, length);
    EXPECT_TRUE(nlohmann::json::accept(parked_load_row(table(), exact, Encoding::pg_copy_binary).values)) << length;
  }
}

}  // namespace
}  // namespace godwit::postgres
