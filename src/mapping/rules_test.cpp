#include "mapping/rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace godwit {
namespace {

constexpr std::string_view select_all = R"({"rule-type": "selection", "rule-id": "1", "rule-name": "all",
  "rule-action": "include", "object-locator": {"schema-name": "shop", "table-name": "%"}})";

// A document of the select-all rule and `rules`, which may be empty.
std::string with_selection(std::string_view rules) {
  return fmt::format("{{\"rules\": [{}{}{}]}}", select_all, rules.empty() ? "" : ",\n", rules);
}

// A rule of number 7 for shop.orders, completed by `members`.
std::string rule_of(std::string_view type, std::string_view members) {
  return fmt::format(R"({{"rule-type": "{}", "rule-id": 7, {}}})", type, members);
}
constexpr std::string_view orders = R"("object-locator": {"schema-name": "shop", "table-name": "orders"})";
constexpr std::string_view orders_id =
    R"("object-locator": {"schema-name": "shop", "table-name": "orders", "column-name": "id"})";

std::string message_of(const std::string& document) {
  const Result<MappingRules> rules = parse_rules(document);
  if (rules) return "accepted";
  EXPECT_EQ(rules.error().kind, ErrorKind::usage) << document;
  return rules.error().message;
}

TEST(Rules, documents_that_are_none_are_refused_in_the_words_of_dms) {
  const struct {
    std::string document, begin, detail;
  } cases[] = {
      {"", "Invalid Table Mappings document. Invalid json", "it is empty"},
      {"{\"rules\": [}", "Invalid Table Mappings document. Invalid json", "line 1, column 12"},
      {"[]", "Valid Table mappings is required", "$: must be an object, not an array"},
      {"null", "Valid Table mappings is required", "$.rules is missing or empty"},
      {"{}", "Valid Table mappings is required", "$.rules is missing or empty"},
      {R"({"rules": []})", "Valid Table mappings is required", "$.rules is missing or empty"},
      {R"({"rules": {}})", "Valid Table mappings is required", "$.rules: must be an array, not an object"},
      {R"({"rules": [7]})", "Valid Table mappings is required", "$.rules[0]: must be an object, not 7"},
      {R"({"rules": [{"rule-id": 1, "rule-type": "select"}]})", "Invalid table mappings document.",
       "Rule with ruleId = 1: $.rules[0].rule-type is \"select\"; known here: selection, transformation"},
      {R"({"rules": [{"rule-id": 1}]})", "Invalid table mappings document.", "$.rules[0].rule-type is missing"},
      {R"({"rules": [{"rule-id": 1, "rule-type": "selection", "rule-action": "Include"}]})",
       "Invalid table mappings document.",
       "$.rules[0].rule-action is \"Include\"; known here: include, exclude, explicit."},
      {R"({"rules": [{"rule-id": 1, "rule-type": "selection", "rule-action": "include"}]})",
       "Error in mapping rules. Rule with ruleId = 1 failed validation. object locator cannot be null", ""},
      {R"({"rules": [{"rule-id": 1, "rule-type": "selection", "rule-action": "include", "object-locator": null}]})",
       "Error in mapping rules. Rule with ruleId = 1 failed validation. object locator cannot be null", ""},
      {with_selection(select_all), "Error in mapping rules. Duplicate ruleid 1", "$.rules[0] and $.rules[1]"},
      {R"({"rules": [{"rule-id": 2, "rule-type": "transformation", "rule-action": "convert-lowercase",
           "rule-target": "schema",
           "object-locator": {"schema-name": "%"}}]})",
       "Error in mapping rules. At least one selection rule is required.", ""},
  };
  for (const auto& c : cases) {
    const std::string message = message_of(c.document);
    EXPECT_TRUE(message.starts_with(c.begin)) << c.document << "\n" << message;
    EXPECT_NE(message.find(c.detail), std::string::npos) << c.document << "\n" << message;
  }
}

TEST(Rules, rule_ids_are_positive_numbers_in_either_spelling) {
  const struct {
    std::string_view id, detail;
  } cases[] = {
      {"\"1\"", "accepted"},
      {"1", "accepted"},
      {"\"007\"", "accepted"},
      {"\"one\"",
       "Rule with ruleId = \"one\" failed validation. $.rules[0].rule-id: must be an integer of 1 or more"},
      {"0", "must be an integer of 1 or more, not 0"},
      {"-4", "must be an integer of 1 or more, not -4"},
      {"null", "Rule with ruleId = null failed validation. $.rules[0].rule-id is missing"},
  };
  for (const auto& c : cases) {
    std::string rule(select_all);
    rule.replace(rule.find("\"1\""), 3, c.id);
    EXPECT_NE(message_of("{\"rules\": [" + rule + "]}").find(c.detail), std::string::npos) << c.id;
  }
}

TEST(Rules, malformed_rules_name_the_rule_and_the_mistake) {
  const struct {
    std::string rule, detail;
  } cases[] = {
      {rule_of("selection",
               R"("rule-action": "explicit", "object-locator": {"schema-name": "shop", "table-name": "o%"})"),
       "an explicit rule names one table literally, but \"o%\" is a pattern"},
      {rule_of(
           "selection",
           R"("rule-action": "explicit", "object-locator": {"schema-name": "x", "table-name": "awsdms_history"})"),
       "x.awsdms_history is a control table"},
      {rule_of("selection", R"("rule-action": "include", "object-locator": {"schema-name": "shop"})"),
       "$.rules[1].object-locator.table-name is missing."},
      {rule_of("selection", R"("rule-action": "include", "object-locator": {"schema-name": "", "table-name": "a"})"),
       "$.rules[1].object-locator.schema-name is empty."},
      {rule_of("selection", R"("rule-action": "include", "object-locator": {"schema-name": 5, "table-name": "a"})"),
       "$.rules[1].object-locator.schema-name: must be a string, not 5."},
      {rule_of("selection", fmt::format(R"("rule-action": "include", "load-order": 0, {})", orders)),
       "$.rules[1].load-order: must be an integer from 1 to 2147483647, not 0."},
      {rule_of("selection", R"("rule-action": "include",
               "object-locator": {"schema-name": "shop", "table-name": "a", "table-type": "synonym"})"),
       "$.rules[1].object-locator.table-type is \"synonym\"; allowed: table, view, all."},
      {rule_of("selection",
               fmt::format(R"("rule-action": "include", {}, "filters": [{{"filter-type": "target"}}])", orders)),
       "$.rules[1].filters[0].filter-type must be \"source\"."},
      {rule_of("selection", fmt::format(R"("rule-action": "include", {}, "filters": [{{"filter-type": "source",
               "column-name": "id", "filter-conditions": [{{"filter-operator": "between", "start-value": "1"}}]}}])",
                                        orders)),
       "$.rules[1].filters[0].filter-conditions[0].end-value must be a string or a number"},
      {rule_of("selection", fmt::format(R"("rule-action": "include", {}, "filters": [{{"filter-type": "source",
               "column-name": "id", "filter-conditions": [{{"filter-operator": "gt", "value": "1"}}]}}])",
                                        orders)),
       "filter-operator is \"gt\"; allowed: eq, gte"},
      {rule_of("transformation", fmt::format(R"("rule-action": "rename", "rule-target": "table", {})", orders)),
       "$.rules[1].value is missing."},
      {rule_of("transformation", fmt::format(R"("rule-action": "rename", "value": "x", {})", orders)),
       "$.rules[1].rule-target is missing."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "rename", "rule-target": "row", "value": "x", {})", orders)),
       "$.rules[1].rule-target is \"row\"; allowed here: schema, table, column"},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "remove-column", "rule-target": "table", {})", orders)),
       "rule-action remove-column is not allowed for rule-target table."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "convert-lowercase", "rule-target": "table-tablespace", {})", orders)),
       "rule-action convert-lowercase is not allowed for rule-target table-tablespace."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "rename-table", "rule-target": "column", {})", orders)),
       "rule-action rename-table is not allowed for rule-target column."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "replace-prefix", "rule-target": "table", "value": "x", {})", orders)),
       "$.rules[1].old-value is missing."},
      {rule_of(
           "transformation",
           fmt::format(R"("rule-action": "replace-suffix", "rule-target": "table", "old-value": "x", {})", orders)),
       "$.rules[1].value is missing."},
      {rule_of(
           "transformation",
           fmt::format(R"("rule-action": "add-prefix", "rule-target": "table", "value": "a\u0000b", {})", orders)),
       "$.rules[1].value holds the character U+0000."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "remove-column", "rule-target": "column", {})", orders)),
       "$.rules[1].object-locator.column-name is missing."},
      {rule_of("transformation", R"("rule-action": "remove-column", "rule-target": "column", "object-locator":
               {"schema-name": "s", "table-name": "t", "column-name": "%", "data-type": "money"})"),
       "$.rules[1].object-locator.data-type is \"money\"; allowed: boolean, bytes, date"},
      {rule_of("transformation",
               R"("rule-action": "rename", "rule-target": "table-tablespace", "value": "x", "object-locator":
               {"schema-name": "s", "table-name": "t", "table-tablespace-name": "a", "index-tablespace-name": "b"})"),
       "give table-tablespace-name or index-tablespace-name, not both."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "change-data-type", "rule-target": "column", {})", orders_id)),
       "$.rules[1].data-type is missing."},
      {rule_of("transformation", fmt::format(R"("rule-action": "change-data-type", "rule-target": "column", {},
               "data-type": {{"type": "int3"}})",
                                             orders_id)),
       "$.rules[1].data-type.type is \"int3\"; allowed: boolean, bytes"},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "add-column", "rule-target": "column", {}, "value": "c",
               "data-type": {{"type": "string", "length": "ten"}})",
                           orders)),
       "$.rules[1].data-type.length: must be an integer from 0 to 2147483647, not \"ten\"."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "define-primary-key", "rule-target": "table", {})", orders)),
       "$.rules[1].primary-key-def is missing."},
      {rule_of("transformation", R"("rule-action": "define-primary-key", "rule-target": "table",
               "object-locator": {"schema-name": "shop", "table-name": "%"})"),
       "define-primary-key names one table"},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "add-before-image-columns", "rule-target": "column", {},
               "before-image-def": {{"column-prefix": "", "column-suffix": ""}})",
                           orders)),
       "$.rules[1].before-image-def needs a column-prefix or a column-suffix."},
      {rule_of("transformation",
               fmt::format(R"("rule-action": "data-masking-digits-mask", "rule-target": "column", {},
               "value": "**")",
                           orders_id)),
       "$.rules[1].value must be one printable ASCII character."},
      {rule_of("table-settings", R"("object-locator": {"schema-name": "shop", "table-name": "%"})"),
       "Exact schema and table name required when using table settings rule."},
      {rule_of("table-settings", std::string(orders)), "it needs parallel-load or lob-settings."},
      {rule_of("table-settings",
               fmt::format(R"({}, "lob-settings": {{"mode": "limited", "bulk-max-size": "0"}})", orders)),
       "$.rules[1].lob-settings.bulk-max-size must not be zero in limited mode."},
      {rule_of("table-settings", fmt::format(R"({}, "parallel-load": {{"type": "ranges", "columns": []}})", orders)),
       "$.rules[1].parallel-load.columns must name 1 to 10 columns."},
      {rule_of("table-settings", fmt::format(R"({}, "parallel-load": {{"type": "ranges", "columns": ["a", "b"],
               "boundaries": [["1", "2"], ["3"]]}})",
                                             orders)),
       "$.rules[1].parallel-load.boundaries[1] must be an array of 2 values"},
      {rule_of("validation", fmt::format(R"("rule-action": "override-validation-function", {})", orders_id)),
       "$.rules[1].source-function is missing."},
  };
  for (const auto& c : cases) {
    const std::string message = message_of(with_selection(c.rule));
    EXPECT_TRUE(message.starts_with("Error in mapping rules. Rule with ruleId = 7 failed validation. ")) << message;
    EXPECT_NE(message.find(c.detail), std::string::npos) << c.rule << "\n" << message;
  }
}

TEST(Rules, types_that_only_document_stores_know_are_refused_not_ignored) {
  for (const std::string_view type : {"set", "list", "map", "TUPLE"}) {
    const Result<MappingRules> rules =
        parse_rules(with_selection(rule_of("transformation", fmt::format(R"("rule-action": "change-data-type",
            "rule-target": "column", {}, "data-type": {{"type": "{}"}})",
                                                                         orders_id, type))));
    ASSERT_FALSE(rules) << type;
    EXPECT_EQ(rules.error().kind, ErrorKind::usage);
    EXPECT_EQ(rules.error().code, "mapping.not_supported") << rules.error().message;
    EXPECT_NE(rules.error().message.find("ruleId = 7"), std::string::npos);
  }
}

TEST(Rules, rules_that_only_tune_are_accepted_with_a_warning) {
  const struct {
    std::string rule, what;
  } cases[] = {
      {rule_of("validation", fmt::format(R"("rule-action": "override-validation-function", {}, "source-function": "a",
               "target-function": "b")",
                                         orders_id)),
       "override-validation-function"},
      {rule_of("post-processing",
               fmt::format(R"("rule-action": "add-tag", {}, "tag-set": [{{"key": "k", "value": "v"}}])", orders)),
       "add-tag"},
      {rule_of("object-mapping",
               fmt::format(R"("rule-action": "map-record-to-record", "rule-target": "table", {})", orders)),
       "map-record-to-record"},
      {rule_of("transformation",
               R"("rule-action": "rename", "rule-target": "table-tablespace", "value": "x", "object-locator":
               {"schema-name": "s", "table-name": "t", "table-tablespace-name": "a"})"),
       "table-tablespace"},
      {rule_of("selection",
               R"("rule-action": "include", "object-locator": {"schema-name": "report", "table-name": "v_%",
               "table-type": "view"})"),
       "views are not moved"},
      {rule_of("selection", fmt::format(R"("rule-action": "include", {}, "filter": [1])", orders)),
       "$.rules[1].filter: "},
      {rule_of("selection",
               R"("rule-action": "exclude", "object-locator": {"schema-name": "a", "table-name": "b", "type": 1})"),
       "$.rules[1].object-locator.type: "},
      {rule_of("transformation", R"("rule-action": "convert-lowercase", "rule-target": "schema", "object-locator":
               {"schema-name": "a", "table-name": "b"})"),
       "$.rules[1].object-locator.table-name has no effect"},
  };
  for (const auto& c : cases) {
    const Result<MappingRules> rules = parse_rules(with_selection(c.rule));
    ASSERT_TRUE(rules) << rules.error().message;
    ASSERT_EQ(rules->warnings.size(), 1U) << c.rule;
    EXPECT_NE(rules->warnings[0].find(c.what), std::string::npos) << rules->warnings[0];
  }
}

TEST(Rules, console_documents_with_nulls_are_accepted_silently) {
  const Result<MappingRules> rules = parse_rules(R"({"rules": [
    {"rule-type": "transformation", "rule-id": "5", "rule-name": "5", "rule-action": "convert-lowercase",
     "rule-target": "table",
     "object-locator": {"schema-name": "HR", "table-name": "%"}, "value": null, "old-value": null, "expression": null,
     "data-type": null, "before-image-def": null, "tag-set": null, "filters": []},
    {"rule-type": "transformation", "rule-id": "4", "rule-name": "4", "rule-action": "replace-prefix",
     "rule-target": "column",
     "object-locator": {"schema-name": "HR", "table-name": "T", "column-name": "%", "data-type": "NUMERIC"},
     "old-value": "fld_", "value": ""},
    {"rule-type": "transformation", "rule-id": "3", "rule-name": "3", "rule-action": "rename-schema",
     "object-locator": {"schema-name": "HR"}, "value": "people"},
    {"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-action": "include-column",
     "rule-target": "column",
     "object-locator": {"schema-name": "HR", "table-name": "T", "column-name": "id"}},
    {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "explicit", "load-order": "10",
     "filters": [],
     "object-locator": {"schema-name": "HR", "table-name": "T_1"}}]})");
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_TRUE(rules->warnings.empty());
  ASSERT_EQ(rules->selections.size(), 1U);
  EXPECT_EQ(rules->selections[0].action, SelectionAction::explicit_only);
  EXPECT_EQ(rules->selections[0].load_order, 10);
  ASSERT_EQ(rules->names.size(), 3U);
  EXPECT_EQ(rules->names[0].id, 3);  // by rule-id, not by place
  EXPECT_EQ(rules->names[0].target, NameTarget::schema);
  EXPECT_EQ(rules->names[0].action, NameAction::rename);
  EXPECT_EQ(rules->names[1].old_value, "fld_");
  EXPECT_EQ(rules->names[1].where.data_type, "numeric");
  EXPECT_EQ(rules->names[2].action, NameAction::convert_lowercase);
  ASSERT_EQ(rules->presences.size(), 1U);
}

TEST(Rules, a_mistake_is_told_before_a_refusal) {
  const std::string unsupported =
      R"({"rule-type": "transformation", "rule-id": 2, "rule-action": "change-data-type",
    "rule-target": "column", "object-locator": {"schema-name": "a", "table-name": "b", "column-name": "c"},
    "data-type": {"type": "map"}})";
  const std::string broken =
      R"({"rule-type": "transformation", "rule-id": 3, "rule-action": "rename", "rule-target": "table",
    "object-locator": {"schema-name": "a", "table-name": "b"}})";
  EXPECT_NE(message_of(with_selection(unsupported + "," + broken)).find("ruleId = 3"), std::string::npos);
}

}  // namespace
}  // namespace godwit
