#include "data/row_batch.h"

#include <gtest/gtest.h>

#include "data/change.h"
#include "data/target_table.h"

namespace godwit {
namespace {

TableDef table_of(const TableRef& ref, const std::vector<std::string>& names) {
  TableDef def;
  def.ref = ref;
  for (const std::string& name : names) {
    ColumnDef column;
    column.name = name;
    def.columns.push_back(std::move(column));
  }
  return def;
}

TEST(RowBatch, keeps_null_unchanged_and_empty_apart) {
  RowBatch batch;
  batch.layout = std::make_shared<const TableDef>(table_of({"s", "t"}, {"a", "b"}));
  batch.append_null();
  batch.append_value("");
  batch.end_row();
  batch.append_unchanged();
  batch.append_value(std::string_view("a\0b", 3));
  batch.end_row();
  EXPECT_EQ(batch.rows, 2U);
  EXPECT_EQ(batch.cell(0, 0).length, Cell::null);
  EXPECT_EQ(batch.cell(0, 1).length, 0);
  EXPECT_EQ(batch.cell(1, 0).length, Cell::unchanged);
  EXPECT_EQ(batch.bytes(batch.cell(1, 1)), std::string_view("a\0b", 3));
  EXPECT_EQ(batch.bytes(batch.cell(0, 0)), "");
  batch.clear();
  EXPECT_EQ(batch.rows, 0U);
  EXPECT_TRUE(batch.cells.empty());
}

TEST(TableDef, columns_are_found_by_their_exact_name) {
  const TableDef def = table_of({"s", "t"}, {"a", "A"});
  EXPECT_EQ(find_column(def, "A"), 1U);
  EXPECT_EQ(find_column(def, "b"), std::nullopt);
  EXPECT_EQ(to_string(def.ref), "s.t");
  EXPECT_EQ(log_name(def.ref), "'s'.'t'");
}

TEST(TargetTable, identity_means_that_nothing_is_renamed_or_left_out) {
  TableDef full = table_of({"s", "t"}, {"a", "b", "c"});
  full.columns[1].generated = true;
  const auto source = std::make_shared<const TableDef>(full);
  const std::pair<TableDef, bool> layouts[] = {
      {table_of({"s", "t"}, {"a", "c"}), true},  {table_of({"s", "u"}, {"a", "c"}), false},
      {table_of({"r", "t"}, {"a", "c"}), false}, {table_of({"s", "t"}, {"a", "d"}), false},
      {table_of({"s", "t"}, {"c", "a"}), false}, {table_of({"s", "t"}, {"a"}), false}};
  for (const auto& [layout, identity] : layouts) {
    const auto shared = std::make_shared<const TableDef>(layout);
    EXPECT_EQ(is_identity({source, shared, shared}), identity) << to_string(layout.ref);
  }
}

TEST(Change, operations_have_the_names_of_their_statements) {
  EXPECT_EQ(to_string(Op::insert), "INSERT");
  EXPECT_EQ(to_string(Op::update), "UPDATE");
  EXPECT_EQ(to_string(Op::erase), "DELETE");
  EXPECT_EQ(to_string(Op::truncate), "TRUNCATE");
}

TEST(Type, every_class_has_a_name_and_lobs_are_known) {
  EXPECT_EQ(to_string(TypeClass::boolean), "boolean");
  EXPECT_EQ(to_string(TypeClass::nclob), "nclob");
  for (const TypeClass type : {TypeClass::blob, TypeClass::clob, TypeClass::nclob})
    EXPECT_TRUE(is_lob({type, "", 0, -1}));
  EXPECT_FALSE(is_lob({TypeClass::bytes, "", 0, -1}));
}

}  // namespace
}  // namespace godwit
