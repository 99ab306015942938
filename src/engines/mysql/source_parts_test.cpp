// The source's pure parts: bounds, filters, cells, defaults, attributes, checkpoints.

#include <gtest/gtest.h>

#include "engines/mysql/connection_attributes.h"
#include "engines/mysql/default_value.h"
#include "engines/mysql/filter_sql.h"
#include "engines/mysql/key_space.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/splitting.h"
#include "engines/mysql/table_reader.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {
namespace {

ColumnDef column(std::string name, std::string data_type, std::string column_type) {
  ColumnDef out;
  out.name = std::move(name);
  CatalogColumn facts;
  facts.data_type = std::move(data_type);
  facts.column_type = std::move(column_type);
  if (facts.data_type == "bit") facts.precision = facts.column_type == "bit(1)" ? 1 : 10;
  out.type = type_of(facts);
  return out;
}

TableDef one_column(ColumnDef def) {
  TableDef out;
  out.ref = {"shop", "t"};
  out.columns.push_back(std::move(def));
  return out;
}

std::string filtered(ColumnDef def, FilterOperator op, std::string value, std::string end = "") {
  const std::string name = def.name;
  const TableDef table = one_column(std::move(def));
  const RowFilter filter{{{{name, {{op, std::move(value), std::move(end)}}}}}};
  return filter_condition(filter, table).value();
}

std::string cell(const Type& type, std::string_view sent) {
  RowBatch batch;
  EXPECT_TRUE(append_cell(cell_form(type), sent, batch));
  return std::string(batch.bytes(batch.cells.back()));
}

TEST(Bounds, survive_their_text) {
  const KeyBounds bounds{{"a", "b"}, {"1", "_utf8mb4 X'C3A9'"}, {"7", "_utf8mb4 X'00'"}, "", ""};
  EXPECT_EQ(parse_bounds(bounds_text(bounds)), bounds);
  EXPECT_EQ(bounds_text({}), "");
  EXPECT_EQ(parse_bounds(""), KeyBounds{});
}

TEST(Bounds, of_another_shape_are_refused) {
  for (const char* text : {"[]", "{", "{\"from\":1}", "{\"from\":[1]}", "{\"from\":[\"1\"]}", "{\"partition\":[]}"})
    EXPECT_EQ(parse_bounds(text), std::nullopt) << text;
}

TEST(Bounds, compare_composite_keys_column_by_column) {
  const RangeSql sql = range_sql({{"a", "b"}, {"1", "2"}, {"3"}, "", ""});
  EXPECT_EQ(sql.condition, "(`a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b` >= 2))) AND (`a` < 3)");
  EXPECT_EQ(range_sql({{}, {}, {}, "p`0", ""}).partition, " PARTITION (`p``0`)");
}

TEST(Filters, compare_text_by_its_bytes_whatever_the_collation) {
  EXPECT_EQ(filtered(column("n", "varchar", "varchar(9)"), FilterOperator::gte, "é"),
            "((((CAST(CONVERT(`n` USING utf8mb4) AS BINARY) >= X'c3a9'))))");
  EXPECT_EQ(filtered(column("n", "char", "char(9)"), FilterOperator::noteq, "a "),
            "(((CAST(CONVERT(`n` USING utf8mb4) AS BINARY) <> X'61')))");
}

TEST(Filters, know_numbers_that_no_column_holds) {
  EXPECT_EQ(filtered(column("i", "int", "int(11)"), FilterOperator::lte, "NaN"), "((((`i` IS NOT NULL AND TRUE))))");
  EXPECT_EQ(filtered(column("i", "int", "int(11)"), FilterOperator::eq, "Infinity"),
            "((((`i` IS NOT NULL AND FALSE))))");
  EXPECT_EQ(filtered(column("i", "int", "int(11)"), FilterOperator::between, "1", "2.5"),
            "(((((`i` >= 1 AND `i` <= 2.5)))))");
}

TEST(Filters, judge_a_float_by_the_digits_it_shows) {
  // 0.1 as a float is 0.10000000149…, and shown as 0.1.
  EXPECT_EQ(filtered(column("f", "float", "float"), FilterOperator::eq, "0.1"),
            "((((`f` = 0.10000000149011612e0))))");
  EXPECT_EQ(filtered(column("f", "float", "float"), FilterOperator::eq, "0.10000000149011612"),
            "((((`f` IS NOT NULL AND FALSE))))");
  EXPECT_EQ(filtered(column("f", "float", "float"), FilterOperator::gte, "0.1"),
            "((((`f` >= 0.10000000149011612e0))))");
}

TEST(Filters, take_the_zone_off_a_moment) {
  EXPECT_EQ(filtered(column("t", "timestamp", "timestamp"), FilterOperator::gte, "2024-01-02 03:04:05+00"),
            "((((`t` >= '2024-01-02 03:04:05'))))");
}

TEST(Cells, are_written_in_canonical_text) {
  EXPECT_EQ(cell(column("f", "float", "float").type, "3.1415927410125732"), "3.1415927");
  EXPECT_EQ(cell(column("f", "float", "float").type, "16777216"), "16777216");
  EXPECT_EQ(cell(column("d", "double", "double").type, "0.1"), "0.1");
  EXPECT_EQ(cell(column("b", "bit", "bit(1)").type, std::string_view("\1", 1)), "t");
  EXPECT_EQ(cell(column("b", "bit", "bit(1)").type, std::string_view("\0", 1)), "f");
  EXPECT_EQ(cell(column("b", "bit", "bit(10)").type, std::string_view("\2\5", 2)), "1000000101");
  EXPECT_EQ(cell(column("t", "timestamp", "timestamp").type, "2024-01-02 03:04:05"), "2024-01-02 03:04:05+00");
}

TEST(Cells, of_another_shape_are_refused) {
  RowBatch batch;
  EXPECT_FALSE(append_cell({CellText::real4, 0}, "three", batch));
  EXPECT_FALSE(append_cell({CellText::bits, 10}, "\1", batch));
}

TEST(Defaults, are_told_apart_from_expressions) {
  using Kind = DefaultMeaning::Kind;
  const Type text = column("n", "varchar", "varchar(9)").type, moment = column("t", "datetime", "datetime").type;
  EXPECT_EQ(column_default({"uuid()", ""}, text, false).meaning.text, "uuid()");
  EXPECT_EQ(column_default({"uuid()", ""}, text, false).meaning.kind, Kind::literal);
  EXPECT_EQ(column_default({"uuid()", ""}, text, true).meaning.kind, Kind::expression);
  EXPECT_EQ(column_default({"'it''s'", ""}, text, true).meaning.text, "it's");
  EXPECT_EQ(column_default({"NULL", ""}, text, true).meaning.kind, Kind::none);
  EXPECT_EQ(column_default({"NULL", ""}, text, false).meaning.text, "NULL");
  EXPECT_EQ(column_default({"CURRENT_TIMESTAMP", ""}, moment, false).meaning.kind, Kind::now);
  EXPECT_EQ(column_default({"CURRENT_TIMESTAMP", ""}, text, false).meaning.kind, Kind::literal);
  EXPECT_EQ(column_default({"b'101'", ""}, column("b", "bit", "bit(10)").type, false).meaning.text, "0000000101");
  EXPECT_EQ(column_default({"(concat(_utf8mb4\\'a\\'))", "DEFAULT_GENERATED"}, text, false).sql,
            "(concat(_utf8mb4'a'))");
}

Endpoint endpoint_with(std::string name, std::string value) {
  Endpoint out;
  out.parameters[std::move(name)] = std::move(value);
  return out;
}

TEST(Attributes, are_checked_by_name) {
  EXPECT_FALSE(check_own_attributes(endpoint_with("sslmode", "maybe"), EndpointRole::source));
  EXPECT_FALSE(check_own_attributes(endpoint_with("EventsPollInterval", "61"), EndpointRole::source));
  EXPECT_TRUE(check_own_attributes(endpoint_with("sslMode", "verify-ca"), EndpointRole::source));
  EXPECT_TRUE(check_own_attributes(endpoint_with("parallelLoadThreads", "5"), EndpointRole::target));
  EXPECT_FALSE(check_own_attributes(endpoint_with("targetDbType", "specific-database"), EndpointRole::target));
}

TEST(Checkpoints, are_dms_s_and_come_back) {
  const Position at = BinlogPosition{{"mysql-bin.000012", 4567}, "", {}, {"mysql-bin.000011", 99}}.position();
  EXPECT_EQ(checkpoint_of(at), "checkpoint:V1#1#mysql-bin.000012:4567:-1:4567:0:mysql-bin.000011:99#0#0#*#0#0");
  EXPECT_EQ(parse_start(checkpoint_of(at))->text, at.text);
  EXPECT_EQ(parse_start("mysql-bin.000012:4567")->text, "mysql-bin.000012:0000004567");
  // Of DMS: the safe place is where a transaction begins.
  EXPECT_EQ(
      parse_start("checkpoint:V1#27#mysql-bin-changelog.157832:1975:-1:2002:677883278264080:mysql-bin-changelog."
                  "157832:1876#0#0#*#0#93")
          ->text,
      "mysql-bin-changelog.157832:0000001876");
  EXPECT_FALSE(parse_start("4AF/B00000D0"));
}

TEST(Bounds, take_in_the_key_they_go_up_to) {
  EXPECT_EQ(beside_key({"a"}, {"1"}, KeySide::up_to), "a <= 1");
  EXPECT_EQ(beside_key({"a", "b"}, {"1", "2"}, KeySide::up_to), "a <= 1 AND (a < 1 OR (a = 1 AND b <= 2))");
}

TEST(Middles, of_uuids_are_found_in_either_order) {
  const auto middles = uuid_middles("00000001-0000-4000-8000-000000000000", "00000000-0000-4000-8000-800000000000");
  ASSERT_FALSE(middles.empty());
  EXPECT_EQ(middles.front(), "00000000-0000-0000-0000-400000000000");
  EXPECT_TRUE(uuid_middles("x", "y").empty());
}

TEST(Middles, are_there_for_letters_with_accents_beside_those_without) {
  const std::vector<std::string> middles = text_middles("aab", "ázz");
  EXPECT_NE(std::ranges::find(middles, "an"), middles.end());
}

TEST(Middles, lie_between) {
  EXPECT_EQ(text_middles("user000001", "user999999").front(), "user5");
  EXPECT_EQ(text_middles("Apple", "zebra").front(), "n");
  EXPECT_EQ(text_middles("00000000-1111", "ffffffff-2222").front(), "8");
  const std::string low("\x01\x02", 2), high("\x01\xf2", 2);
  EXPECT_LT(low, byte_middle(low, high));
  EXPECT_LE(byte_middle(low, high), high);
}

}  // namespace
}  // namespace godwit::mysql
