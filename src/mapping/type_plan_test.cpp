#include <gtest/gtest.h>

#include <map>

#include "mapping/shape_test_kit.h"

namespace godwit {
namespace {

using testing::Row;

// A target whose types are those of another engine: what `types` says of a column's name, the others stay.
PlanOptions translating(std::map<std::string, Type> types, ZeroDates zero_dates = ZeroDates::null) {
  PlanOptions options;
  options.zero_dates = zero_dates;
  options.types_for = [types](const TableDef& layout) -> Result<std::vector<Type>> {
    std::vector<Type> out;
    for (const ColumnDef& column : layout.columns) {
      const auto found = types.find(column.name);
      out.push_back(found == types.end() ? column.type : found->second);
    }
    return out;
  };
  return options;
}

Type target_type(std::string native, ValueForm form, bool finite = false) {
  Type type;
  type.native = std::move(native);
  type.form = form;
  type.dialect = "theirs";
  type.finite = finite;
  return type;
}

std::shared_ptr<TableDef> orders() {
  auto table = testing::table_of("*id:int8:bigint seen:date:date paid:boolean:bool");
  table->columns[0].type.form = ValueForm::integer;
  table->columns[1].type.form = ValueForm::date;
  table->columns[1].type.zero_dates = true;
  table->columns[1].not_null = true;
  table->columns[2].type.form = ValueForm::boolean;
  for (ColumnDef& column : table->columns) column.type.dialect = "ours";
  return table;
}

TEST(TypePlan, stays_plain_while_every_form_agrees) {
  const auto planned = testing::plan(testing::rules_of({}), orders(),
                                     translating({{"id", target_type("int8", ValueForm::integer)},
                                                  {"paid", target_type("boolean", ValueForm::boolean)}}));
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->shape, nullptr);
  EXPECT_EQ(planned->layout->columns[2].type.native, "boolean");
  EXPECT_EQ(planned->source->columns[2].type.native, "bool");
}

TEST(TypePlan, changes_forms_and_makes_room_for_zero_dates) {
  std::vector<std::string> warnings;
  const auto planned = plan_table(testing::rules_of({}),
                                  translating({{"seen", target_type("date", ValueForm::date)},
                                               {"paid", target_type("tinyint(1)", ValueForm::integer)}}),
                                  orders(), warnings);
  ASSERT_TRUE(planned);
  ASSERT_NE(planned->shape, nullptr);
  EXPECT_TRUE(planned->shape->columns[0].plain);
  EXPECT_FALSE(planned->layout->columns[1].not_null);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("\"seen\""), std::string::npos);
  auto shaper = RowShaper::open(*planned);
  ASSERT_TRUE(shaper);
  RowBatch in, out;
  in.layout = planned->read;
  out.layout = planned->layout;
  testing::append(in, Row{"1", "2024-02-29", "t"});
  testing::append(in, Row{"2", "0000-00-00", "f"});
  testing::append(in, Row{"3", std::nullopt, std::nullopt});
  std::vector<ShapeFinding> findings;
  ASSERT_TRUE((*shaper)->shape_rows(in, out, 0, findings));
  EXPECT_EQ(out.bytes(out.cell(0, 1)), "2024-02-29");
  EXPECT_EQ(out.bytes(out.cell(0, 2)), "1");
  EXPECT_EQ(out.cell(1, 1).length, Cell::null);
  EXPECT_EQ(out.bytes(out.cell(1, 2)), "0");
  EXPECT_EQ(out.cell(2, 2).length, Cell::null);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].row, 1U);
  EXPECT_EQ(findings[0].kind, ShapeFinding::Kind::value);
}

TEST(TypePlan, refuses_zero_dates_where_the_settings_want_none) {
  const auto planned = testing::plan(testing::rules_of({}), orders(),
                                     translating({{"seen", target_type("date", ValueForm::date)}}, ZeroDates::error));
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->layout->columns[1].not_null);
  auto shaper = RowShaper::open(*planned);
  RowBatch in, out;
  in.layout = planned->read;
  out.layout = planned->layout;
  testing::append(in, Row{"2", "0000-00-00", "f"});
  std::vector<ShapeFinding> findings;
  ASSERT_TRUE((*shaper)->shape_rows(in, out, 0, findings));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, ShapeFinding::Kind::refused);
}

TEST(TypePlan, leaves_a_key_without_the_zero_dates_that_would_become_one) {
  auto table = orders();
  table->key->columns = {1};
  std::vector<std::string> warnings;
  const auto planned =
      plan_table(testing::rules_of({}),
                 translating({{"seen", target_type("date", ValueForm::date)}}, ZeroDates::first), table, warnings);
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->layout->columns[1].not_null);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("belongs to the key"), std::string::npos);
  auto shaper = RowShaper::open(*planned);
  RowBatch in, out;
  in.layout = planned->read;
  out.layout = planned->layout;
  testing::append(in, Row{"2", "0000-00-00", "f"});
  std::vector<ShapeFinding> findings;
  ASSERT_TRUE((*shaper)->shape_rows(in, out, 0, findings));
  EXPECT_EQ(out.cell(0, 1).length, Cell::null);
  EXPECT_EQ(findings.size(), 1U);
}

TEST(TypePlan, changes_the_form_after_what_rules_ask_for) {
  const MappingRules rules =
      testing::rules_of({testing::on_column("change-data-type", "id", R"("data-type": {"type": "boolean"})")});
  const auto planned =
      testing::plan(rules, orders(), translating({{"id", target_type("tinyint(1)", ValueForm::integer)}}));
  ASSERT_TRUE(planned);
  auto shaper = RowShaper::open(*planned);
  RowBatch in, out;
  in.layout = planned->read;
  out.layout = planned->layout;
  testing::append(in, Row{"1", std::nullopt, "f"});
  std::vector<ShapeFinding> findings;
  ASSERT_TRUE((*shaper)->shape_rows(in, out, 0, findings));
  EXPECT_EQ(out.bytes(out.cell(0, 0)), "1");
}

TEST(TypePlan, says_before_the_start_what_cannot_be) {
  const auto planned =
      testing::plan(testing::rules_of({}), orders(), translating({{"seen", target_type("int", ValueForm::integer)}}));
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, "mapping.no_lossless_type");
  EXPECT_NE(planned.error().message.find("\"seen\""), std::string::npos);
}

TEST(TypePlan, makes_other_tasks_of_other_policies) {
  const MappingRules rules = testing::rules_of({});
  PlanOptions other;
  const uint64_t plain = schema_shaping_hash(rules, other);
  other.type_mapping = TypeMapping::dms;
  EXPECT_NE(schema_shaping_hash(rules, other), plain);
  other.type_mapping = TypeMapping::lossless;
  other.zero_dates = ZeroDates::first;
  EXPECT_NE(schema_shaping_hash(rules, other), plain);
}

}  // namespace
}  // namespace godwit
