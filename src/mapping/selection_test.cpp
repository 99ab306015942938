#include "mapping/selection.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace godwit {
namespace {

// "include shop.%", "exclude %.tmp_%", "explicit ref.country", "include shop.orders 10" (with a load order), "view
// shop.%"
MappingRules rules_of(std::initializer_list<std::string_view> texts) {
  MappingRules rules;
  for (const std::string_view text : texts) {
    const std::vector<std::string> words = split(text, ' ');
    const std::vector<std::string> names = split(words[1], '.');
    SelectionRule& rule = rules.selections.emplace_back();
    rule.id = static_cast<int64_t>(rules.selections.size());
    rule.action = words[0] == "exclude"    ? SelectionAction::exclude
                  : words[0] == "explicit" ? SelectionAction::explicit_only
                                           : SelectionAction::include;
    rule.kind = words[0] == "view" ? TableKind::view : TableKind::table;
    rule.where.schema = names[0];
    rule.where.table = names[1];
    if (words.size() > 2) rule.load_order = std::stoi(words[2]);
  }
  return rules;
}

std::vector<TableRef> tables_of(std::string_view text) {
  std::vector<TableRef> tables;
  for (const std::string& name : split(text, ' ')) {
    const std::vector<std::string> parts = split(name, '.');
    tables.push_back({parts[0], parts[1]});
  }
  return tables;
}

std::string text_of(const Selection& selection) {
  std::vector<std::string> names;
  for (const SelectedTable& table : selection.tables) names.push_back(to_string(table.table));
  return join(names, " ");
}

TEST(Selection, rules_select_as_documented) {
  const struct {
    std::initializer_list<std::string_view> rules;
    std::string_view available, selected;
  } cases[] = {
      {{"include shop.%"}, "shop.a shop.b other.c", "shop.a shop.b"},
      {{"include shop.%", "exclude shop.%_archive"}, "shop.a shop.a_archive", "shop.a"},
      {{"exclude shop.%_archive", "include shop.%"}, "shop.a shop.a_archive", "shop.a"},
      {{"explicit shop.a", "exclude shop.%"}, "shop.a shop.b", ""},
      {{"explicit ref.order_item"}, "ref.order_item ref.orderXitem", "ref.order_item"},
      {{"include ref.order_item"}, "ref.order_item ref.orderXitem", "ref.order_item ref.orderXitem"},
      {{"include Shop.%"}, "shop.a", ""},
      {{"include shop.%", "include shop.c 10", "include shop.b 3"},
       "shop.a shop.b shop.c shop.d",
       "shop.c shop.b shop.a shop.d"},
      {{"include shop.% 5", "include shop.c 2", "include shop.b 9"}, "shop.a shop.b shop.c", "shop.b shop.a shop.c"},
      {{"view shop.%"}, "shop.a", ""},
      {{"include shop.%", "exclude shop.a"}, "shop.b", "shop.b"},
      {{"include %.%"},
       "mysql.user sys.x shop.a information_schema.tables pg_catalog.pg_class pg_toast_temp_3.t",
       "shop.a"},
      {{"include mysql.%"}, "mysql.user shop.a", "mysql.user"},
      {{"include %.%", "explicit mysql.user"}, "mysql.user mysql.db shop.a", "mysql.user shop.a"},
      {{"include pg_catalog.%"}, "pg_catalog.pg_class", "pg_catalog.pg_class"},
      {{"include pg_catalo_.%"}, "pg_catalog.pg_class", ""},
      {{"include %.%"},
       "a.awsdms_apply_exceptions a.AWSDMS_STATUS a.awsdms_cdc_x a.godwit_task b.awsdms_txn_state a.t",
       "a.t"},
      {{"include %.%"},
       "a.awsdms_statuses a.my_godwit_x a.awsdms_validation_failures_v1",
       "a.awsdms_statuses a.my_godwit_x"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(text_of(select_tables(rules_of(c.rules), tables_of(c.available))), c.selected) << c.available;
}

TEST(Selection, an_explicit_table_that_is_not_there_is_reported) {
  const Selection selection = select_tables(rules_of({"explicit ref.country", "explicit ref.Currency"}),
                                            tables_of("ref.country ref.currency"));
  EXPECT_EQ(text_of(selection), "ref.country");
  EXPECT_EQ(selection.missing, tables_of("ref.Currency"));
  ASSERT_EQ(selection.warnings.size(), 1U);
  EXPECT_NE(selection.warnings[0].find("rule 2 finds no table: ref.Currency"), std::string::npos);
}

TEST(Selection, an_include_rule_that_finds_nothing_is_reported) {
  const Selection selection =
      select_tables(rules_of({"include shop.%", "include shpo.%", "exclude x.%"}), tables_of("shop.a"));
  ASSERT_EQ(selection.warnings.size(), 1U);
  EXPECT_NE(selection.warnings[0].find("rule 2 finds no table"), std::string::npos);
  EXPECT_TRUE(selection.missing.empty());
}

TEST(Selection, an_explicit_table_that_is_excluded_is_reported) {
  const Selection selection =
      select_tables(rules_of({"explicit shop.a", "exclude %.a", "include shop.b"}), tables_of("shop.a shop.b"));
  ASSERT_EQ(selection.warnings.size(), 1U);
  EXPECT_EQ(selection.warnings[0],
            "table shop.a is named by explicit rule 1 but left out by exclude rule 2: exclude always wins");
  EXPECT_TRUE(selection.missing.empty());
}

TEST(Selection, system_schemas_left_out_are_listed_in_one_line) {
  const Selection selection = select_tables(default_rules(), tables_of("sys.a sys.b mysql.c shop.d"));
  ASSERT_EQ(selection.warnings.size(), 1U);
  EXPECT_NE(selection.warnings[0].find(": mysql, sys. To move one"), std::string::npos);
}

TEST(Selection, control_tables_left_out_are_listed_apart) {
  const Selection selection = select_tables(default_rules(), tables_of("public.awsdms_history public.t"));
  EXPECT_EQ(selection.control_tables, tables_of("public.awsdms_history"));
  EXPECT_TRUE(selection.warnings.empty());
}

TEST(Selection, default_rules_select_every_user_table) {
  EXPECT_EQ(text_of(select_tables(default_rules(), tables_of("b.x a.y pg_catalog.z"))), "b.x a.y");
}

}  // namespace
}  // namespace godwit
