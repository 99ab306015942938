#include "engine/foreign_objects.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

ColumnDef column(std::string name, std::string native, ValueForm form, bool not_null = false) {
  ColumnDef out;
  out.name = std::move(name);
  out.type.native = std::move(native);
  out.type.form = form;
  out.not_null = not_null;
  return out;
}

TargetTable table_of(std::vector<ColumnDef> columns, std::optional<KeyDef> key = std::nullopt) {
  TableDef def;
  def.ref = {"s", "t"};
  def.columns = std::move(columns);
  for (size_t i = 0; i < def.columns.size(); ++i) def.columns[i].number = static_cast<int16_t>(i + 1);
  def.key = std::move(key);
  TargetTable out;
  out.source = out.read = out.layout = std::make_shared<const TableDef>(def);
  return out;
}

Carried carried(const TargetTable& table, ObjectMeaning meaning, const CarryTraits& traits) {
  ObjectDef object;
  object.kind = "object";
  object.name = "o";
  object.table = {"s", "t"};
  object.dialect = "postgresql";
  object.meaning = std::make_shared<const ObjectMeaning>(std::move(meaning));
  return carry(object, std::span(&table, 1), traits);
}

CarryTraits traits() {
  CarryTraits out;
  out.quote_name = [](std::string_view name) { return std::string(name); };
  out.quote_literal = [](std::string_view text) { return "'" + std::string(text) + "'"; };
  return out;
}

TEST(Carry, a_column_that_may_be_null_does_not_count_up) {
  const TargetTable table =
      table_of({column("free", "integer", ValueForm::integer), column("bound", "integer", ValueForm::integer, true),
                column("key", "integer", ValueForm::integer)},
               KeyDef{"k", {2}});
  TableMeaning meaning;
  meaning.columns = {{"free", {}, true}, {"bound", {}, true}, {"key", {}, true}};
  const Carried out = carried(table, meaning, traits());
  const auto& made = std::get<CarriedTable>(out.object);
  EXPECT_FALSE(made.columns[0].counts_up);
  EXPECT_TRUE(made.columns[1].counts_up);
  EXPECT_TRUE(made.columns[2].counts_up);
  ASSERT_EQ(out.notes.size(), 1U);
  EXPECT_NE(out.notes[0].find("may be NULL"), std::string::npos);
}

TEST(Carry, a_deferrable_key_is_a_plain_index_where_keys_are_checked_at_once) {
  const TargetTable table = table_of({column("n", "integer", ValueForm::integer)});
  IndexMeaning meaning;
  meaning.kind = IndexMeaning::Kind::unique;
  meaning.parts = {{"n"}};
  meaning.deferrable = true;
  CarryTraits at_once = traits();
  at_once.deferrable_keys = false;
  const Carried out = carried(table, meaning, at_once);
  EXPECT_EQ(std::get<CarriedIndex>(out.object).kind, IndexMeaning::Kind::plain);
  EXPECT_EQ(out.notes.size(), 1U);
  EXPECT_EQ(std::get<CarriedIndex>(carried(table, meaning, traits()).object).kind, IndexMeaning::Kind::unique);
}

TEST(Carry, what_an_old_server_lacks_is_noted) {
  const TargetTable table =
      table_of({column("d", "date", ValueForm::date), column("x", "longtext", ValueForm::text)});
  TableMeaning meaning;
  meaning.columns = {{"d", {DefaultMeaning::Kind::now}}, {"x", {DefaultMeaning::Kind::literal, "a"}}};
  meaning.checks = {{"c", "(d IS NOT NULL)"}};
  CarryTraits old = traits();
  old.today_as_default = old.large_defaults = old.checks = false;
  EXPECT_EQ(carried(table, meaning, old).notes.size(), 3U);
  const Carried young = carried(table, meaning, traits());
  EXPECT_TRUE(young.notes.empty());
  const auto& made = std::get<CarriedTable>(young.object);
  EXPECT_EQ(made.columns[0].default_value.kind, DefaultMeaning::Kind::today);
  EXPECT_EQ(made.checks.size(), 1U);
}

TEST(Carry, a_column_is_computed_where_the_plan_lets_its_values_through) {
  TargetTable table =
      table_of({column("a", "integer", ValueForm::integer), column("sum", "integer", ValueForm::integer),
                column("b", "integer", ValueForm::integer)});
  TableDef source = *table.source, layout = *table.layout;
  source.columns[1].generated = true;
  layout.columns.erase(layout.columns.begin() + 1);
  layout.columns[0].name = "A";
  for (ColumnDef& one : layout.columns) one.type.native = "int";
  table.source = std::make_shared<const TableDef>(source);
  table.read = table.layout = std::make_shared<const TableDef>(layout);
  // A plan with a shape knows columns by their numbers.
  const auto some_shape = std::make_shared<int>();  // it is there, and never looked at
  table.shape = {some_shape, reinterpret_cast<const RowShape*>(some_shape.get())};
  table.computed = {source.columns[1]};
  table.computed[0].type.native = "int";
  table.as_read = {1, 3};
  TableMeaning meaning;
  meaning.columns = {{"a"}, {"sum", {}, false, false, "(a + b)", "both"}, {"b"}};
  CarryTraits able = traits();
  able.computed_columns = able.is_mysql = true;
  const auto computed = [&](const CarryTraits& target) {
    return std::get<CarriedTable>(carried(table, meaning, target).object).computed;
  };
  ASSERT_EQ(computed(able).size(), 1U);
  EXPECT_EQ(computed(able)[0].expression, "(A + b)");
  EXPECT_EQ(computed(able)[0].place, 1U);
  EXPECT_EQ(computed(able)[0].comment, "both");
  EXPECT_TRUE(carried(table, meaning, able).notes.empty());
  EXPECT_TRUE(computed(traits()).empty());
  EXPECT_EQ(carried(table, meaning, traits()).notes.size(), 1U);
  table.as_read = {1};
  EXPECT_TRUE(computed(able).empty()) << "a rule makes other values of b";
  table.as_read = {1, 3};
  table.computed.clear();
  EXPECT_TRUE(computed(able).empty()) << "a rule leaves it out";
}

TEST(Carry, computed_columns_that_may_be_others_now_do_not_outlive_an_alteration) {
  TargetTable table = table_of({column("a", "integer", ValueForm::integer)});
  for (const int16_t number : {int16_t{2}, int16_t{3}, int16_t{4}}) {
    ColumnDef& made =
        table.computed.emplace_back(column("c" + std::to_string(number), "integer", ValueForm::integer));
    made.number = number;
  }
  TableAlteration alteration{table, table, {}, false};
  EXPECT_TRUE(outlived_computations(alteration).empty());
  alteration.after.computed[0].name = "other";
  alteration.after.computed.pop_back();
  std::vector<std::string> names;
  for (const ColumnDef* gone : outlived_computations(alteration)) names.push_back(gone->name);
  EXPECT_EQ(names, (std::vector<std::string>{"c2", "c4"}));
  alteration.values_follow = true;
  EXPECT_EQ(outlived_computations(alteration).size(), 3U);
}

TEST(Carry, checks_on_texts_padded_with_blanks_are_left_out) {
  const TargetTable table = table_of({column("flag", "character(2)", ValueForm::text)});
  TableMeaning meaning;
  meaning.columns = {{"flag"}};
  meaning.checks = {{"c", "(flag = 'Y'::bpchar)"}};
  EXPECT_EQ(carried(table, meaning, traits()).notes.size(), 1U);
}

}  // namespace
}  // namespace godwit
