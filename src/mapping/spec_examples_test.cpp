// The documents that users know: each is read without a complaint and plans its table as it says.

#include "mapping/selection.h"
#include "mapping/shape_test_kit.h"

namespace godwit {
namespace {

constexpr std::string_view select_all = R"({"rule-type": "selection", "rule-id": "900", "rule-name": "all",
  "rule-action": "include", "object-locator": {"schema-name": "%", "table-name": "%"}})";

struct Example {
  std::string_view rule, schema, table, columns, planned;
};

std::string planned_text(const TargetTable& planned) {
  std::string out = to_string(planned.layout->ref);
  for (const ColumnDef& column : planned.layout->columns) out += " " + column.name;
  return out;
}

TEST(SpecExamples, each_rule_plans_its_table) {
  const std::vector<Example> examples = {
      {R"({"rule-type": "transformation", "rule-id": "11", "rule-name": "r11", "rule-target": "schema",
           "rule-action": "rename", "object-locator": {"schema-name": "legacy"}, "value": "core"})",
       "legacy", "t1", "*id:int8", "core.t1 id"},
      {R"({"rule-type": "transformation", "rule-id": "14", "rule-name": "r14", "rule-target": "column",
           "rule-action": "replace-prefix", "object-locator": {"schema-name": "legacy", "table-name": "%",
           "column-name": "%"}, "old-value": "fld_", "value": "c_"})",
       "legacy", "t1", "*fld_id:int8 x:int4", "legacy.t1 c_id x"},
      {R"({"rule-type": "transformation", "rule-id": "21", "rule-name": "r21", "rule-target": "column",
           "rule-action": "remove-column", "object-locator": {"schema-name": "shop", "table-name": "customer",
           "column-name": "tmp_%"}})",
       "shop", "customer", "*id:int8 tmp_a:int4", "shop.customer id"},
      {R"({"rule-type": "transformation", "rule-id": "23", "rule-name": "r23", "rule-target": "column",
           "rule-action": "change-data-type", "object-locator": {"schema-name": "shop", "table-name": "%",
           "column-name": "%", "data-type": "numeric"}, "data-type": {"type": "int8"}})",
       "shop", "price", "*id:int8 price:numeric", "shop.price id price"},
      {R"({"rule-type": "transformation", "rule-id": "24", "rule-name": "r24", "rule-target": "table",
           "rule-action": "define-primary-key", "object-locator": {"schema-name": "shop", "table-name": "cart_line"},
           "primary-key-def": {"name": "cart_line_pk", "origin": "primary-key", "columns": ["cart_id", "line_no"]}})",
       "shop", "cart_line", "cart_id:int8 line_no:int4", "shop.cart_line cart_id line_no"},
      {R"({"rule-type": "transformation", "rule-id": "25", "rule-name": "r25", "rule-target": "column",
           "rule-action": "add-before-image-columns", "object-locator": {"schema-name": "shop", "table-name": "price"},
           "before-image-def": {"column-prefix": "BI_", "column-suffix": "", "column-filter": "pk-only"}})",
       "shop", "price", "*id:int8 price:numeric", "shop.price id price BI_id"},
      {R"({"rule-type": "transformation", "rule-id": "26", "rule-name": "r26", "rule-target": "column",
           "rule-action": "data-masking-digits-mask", "object-locator": {"schema-name": "shop",
           "table-name": "customer", "column-name": "phone"}, "value": "*"})",
       "shop", "customer", "*id:int8 phone:wstring", "shop.customer id phone"},
      {R"x({"rule-type": "transformation", "rule-id": "31", "rule-name": "r31", "rule-target": "column",
           "rule-action": "add-column", "object-locator": {"schema-name": "shop", "table-name": "customer"},
           "value": "display_name", "expression": "upper(substr($last_name,1,1)) || '. ' || $first_name",
           "data-type": {"type": "string", "length": 120}})x",
       "shop", "customer", "*id:int8 first_name:wstring last_name:wstring",
       "shop.customer id first_name last_name display_name"},
      {R"x({"rule-type": "transformation", "rule-id": "32", "rule-name": "r32", "rule-target": "column",
           "rule-action": "add-column", "object-locator": {"schema-name": "shop", "table-name": "%"},
           "value": "src_op", "expression": "operation_indicator('D','U','I')",
           "data-type": {"type": "string", "length": 1}})x",
       "shop", "price", "*id:int8", "shop.price id src_op"},
      {R"({"rule-type": "transformation", "rule-id": "33", "rule-name": "r33", "rule-target": "column",
           "rule-action": "add-column", "object-locator": {"schema-name": "shop", "table-name": "%"},
           "value": "commit_ts", "expression": "$AR_H_COMMIT_TIMESTAMP",
           "data-type": {"type": "datetime", "precision": 6}})",
       "shop", "price", "*id:int8", "shop.price id commit_ts"},
      {R"({"rule-type": "transformation", "rule-id": "35", "rule-name": "r35", "rule-target": "schema",
           "rule-action": "rename", "object-locator": {"schema-name": "%"},
           "expression": "'dw_' || $AR_M_SOURCE_SCHEMA"})",
       "shop", "price", "*id:int8", "dw_shop.price id"},
      {R"({"rule-type": "table-settings", "rule-id": "41", "rule-name": "t41",
           "object-locator": {"schema-name": "shop", "table-name": "orders"},
           "parallel-load": {"type": "ranges", "columns": ["year", "id"],
                             "boundaries": [["2021", "50000"], ["2022", "90000"]]}})",
       "shop", "orders", "*year:int4 *id:int8", "shop.orders year id"},
      {R"({"rule-type": "table-settings", "rule-id": "43", "rule-name": "t43",
           "object-locator": {"schema-name": "dw", "table-name": "dim"}, "parallel-load": {"type": "partitions-auto"}})",
       "dw", "dim", "*id:int8", "dw.dim id"},
      {R"({"rule-type": "table-settings", "rule-id": "45", "rule-name": "t45",
           "object-locator": {"schema-name": "shop", "table-name": "document"},
           "lob-settings": {"mode": "unlimited", "bulk-max-size": "64"}})",
       "shop", "document", "*id:int8 body:nclob", "shop.document id body"},
  };
  for (const Example& example : examples) {
    const auto rules = parse_rules(fmt::format("{{\"rules\": [{}, {}]}}", select_all, example.rule));
    ASSERT_TRUE(rules) << rules.error().message;
    EXPECT_TRUE(rules->warnings.empty()) << rules->warnings.front();
    const auto source = testing::table_of(example.columns, RowIdentity::full);
    source->ref = {std::string(example.schema), std::string(example.table)};
    std::vector<std::string> warnings;
    const auto planned = plan_table(*rules, {}, source, warnings);
    ASSERT_TRUE(planned) << planned.error().message;
    EXPECT_EQ(planned_text(*planned), example.planned);
    EXPECT_TRUE(!planned->shape || RowShaper::open(*planned));
  }
}

TEST(SpecExamples, the_filter_of_dates_and_regions_passes_its_rows) {
  testing::Bench bench(testing::rules_of({}, R"([
      {"filter-type": "source", "column-name": "order_date", "filter-conditions": [
        {"filter-operator": "between", "start-value": "2023-01-01", "end-value": "2023-12-31"}]},
      {"filter-type": "source", "column-name": "region", "filter-conditions": [
        {"filter-operator": "eq", "value": "EU"}, {"filter-operator": "null"}]}])"),
                       testing::table_of("*id:int8 order_date:date region:wstring"));
  const struct {
    testing::Row row;
    bool passes;
  } cases[] = {{{"1", "2023-01-01", "EU"}, true},
               {{"2", "2023-12-31", std::nullopt}, true},
               {{"3", "2024-01-01", "EU"}, false},
               {{"4", "2023-06-01", "US"}, false},
               {{"5", std::nullopt, "EU"}, false}};
  for (const auto& c : cases) {
    bench.in.clear();
    testing::append(bench.in, c.row);
    EXPECT_EQ(*bench.shaper->passes(bench.in, 0), c.passes) << *c.row[0];
  }
}

TEST(SpecExamples, partitions_of_a_list_are_those_of_the_table) {
  const auto rules = parse_rules(fmt::format(
      R"({{"rules": [{}, {{"rule-type": "table-settings", "rule-id": "42", "rule-name": "t42",
          "object-locator": {{"schema-name": "dw", "table-name": "fact"}},
          "parallel-load": {{"type": "partitions-list", "partitions": ["p2022", "p2023"]}}}}]}})",
      select_all));
  ASSERT_TRUE(rules) << rules.error().message;
  const auto source = testing::table_of("*id:int8");
  source->ref = {"dw", "fact"};
  source->partitioned = true;
  source->leaves = {{{"dw", "p2022"}, 1}, {{"dw", "p2023"}, 2}, {{"dw", "p2024"}, 3}};
  const auto planned = testing::plan(*rules, source);
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->parallel_load->partitions, (std::vector<std::string>{"p2022", "p2023"}));
  source->leaves.pop_back();
  source->leaves.pop_back();
  EXPECT_EQ(testing::plan(*rules, source).error().code, "mapping.parallel_load");
}

}  // namespace
}  // namespace godwit
