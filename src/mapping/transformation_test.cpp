#include "mapping/transformation.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(Transformation, actions_change_names_as_documented) {
  const struct {
    NameAction action;
    std::string_view old_value, value, name, result;
  } cases[] = {
      {NameAction::rename, "", "core", "legacy", "core"},
      {NameAction::convert_lowercase, "", "", "ORDERS_Ä", "orders_ä"},
      {NameAction::convert_uppercase, "", "", "orders_ä", "ORDERS_Ä"},
      {NameAction::add_prefix, "", "old_", "t", "old_t"},
      {NameAction::add_suffix, "", "_v1", "t", "t_v1"},
      {NameAction::remove_prefix, "", "tbl_", "tbl_a", "a"},
      {NameAction::remove_prefix, "", "tbl_", "a_tbl_", "a_tbl_"},
      {NameAction::remove_prefix, "", "tbl_", "TBL_a", "TBL_a"},
      {NameAction::remove_prefix, "", "a", "a", ""},
      {NameAction::remove_suffix, "", "_TMP", "X_TMP", "X"},
      {NameAction::remove_suffix, "", "_TMP", "_TMP_X", "_TMP_X"},
      {NameAction::replace_prefix, "fld_", "c_", "fld_id", "c_id"},
      {NameAction::replace_prefix, "fld_", "c_", "id", "id"},
      {NameAction::replace_suffix, "_2022", "_prev", "sales_2022", "sales_prev"},
      {NameAction::replace_suffix, "_2022", "", "sales_2022", "sales"},
  };
  for (const auto& c : cases) {
    NameRule rule;
    rule.action = c.action;
    rule.value = c.value;
    rule.old_value = c.old_value;
    EXPECT_EQ(apply_name_rule(rule, {"", c.name, "", ""}), c.result) << to_string(c.action) << " on " << c.name;
  }
}

MappingRules transformations(std::string_view rules) {
  std::string document = R"({"rules": [{"rule-type": "selection", "rule-id": 999, "rule-action": "include",
    "object-locator": {"schema-name": "%", "table-name": "%"}},)";
  document.append(rules).append("]}");
  Result<MappingRules> parsed = parse_rules(document);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : MappingRules();
}

constexpr std::string_view rules_for_names = R"(
  {"rule-type": "transformation", "rule-id": 9, "rule-action": "convert-lowercase", "rule-target": "schema",
   "object-locator": {"schema-name": "HR"}},
  {"rule-type": "transformation", "rule-id": 10, "rule-action": "rename", "rule-target": "table", "value": "exact",
   "object-locator": {"schema-name": "HR", "table-name": "JOBS"}},
  {"rule-type": "transformation", "rule-id": 2, "rule-action": "add-prefix", "rule-target": "table", "value": "p_",
   "object-locator": {"schema-name": "HR", "table-name": "J%"}},
  {"rule-type": "transformation", "rule-id": 11, "rule-action": "rename", "rule-target": "table", "value": "fact",
   "object-locator": {"schema-name": "dw", "table-name": "sales%"}},
  {"rule-type": "transformation", "rule-id": 12, "rule-action": "rename", "rule-target": "table", "value": "hot",
   "object-locator": {"schema-name": "dw", "table-name": "orders_2024"}},
  {"rule-type": "transformation", "rule-id": 13, "rule-action": "convert-uppercase", "rule-target": "table",
   "object-locator": {"schema-name": "dw", "table-name": "orders%"}})";

TEST(Transformation, lowest_rule_id_decides_and_target_schema_fills_the_rest) {
  const MappingRules rules = transformations(rules_for_names);
  const struct {
    TableRef source;
    std::string_view target_schema;
    TableRef target;
  } cases[] = {
      {{"HR", "JOBS"}, "", {"hr", "p_JOBS"}},  // the broad rule has the lower id
      {{"HR", "PEOPLE"}, "", {"hr", "PEOPLE"}},
      {{"HR", "PEOPLE"}, "all", {"hr", "PEOPLE"}},  // a schema rule beats TargetSchema
      {{"OE", "PEOPLE"}, "all", {"all", "PEOPLE"}},
      {{"OE", "PEOPLE"}, "", {"OE", "PEOPLE"}},
      {{"hr", "JOBS"}, "", {"hr", "JOBS"}},  // locators are case-sensitive and name source objects
  };
  for (const auto& c : cases)
    EXPECT_EQ(target_table_name(rules, {std::string(c.target_schema), true}, c.source), c.target)
        << to_string(c.source);
}

TEST(Transformation, partitions_keep_their_names_under_a_rename_of_their_parent) {
  const MappingRules rules = transformations(rules_for_names);
  const struct {
    TableRef leaf, target;
  } cases[] = {
      {{"dw", "sales_2023"}, {"dw", "sales_2023"}},    // rename by a pattern
      {{"dw", "orders_2024"}, {"dw", "hot"}},          // rename of the leaf itself
      {{"dw", "orders_2023"}, {"dw", "ORDERS_2023"}},  // any other action applies to leaves
      {{"HR", "X"}, {"hr", "X"}},
  };
  for (const auto& c : cases) EXPECT_EQ(target_leaf_name(rules, {}, c.leaf), c.target) << to_string(c.leaf);
}

}  // namespace
}  // namespace godwit
