// What plan_table makes of rules that shape rows, and what a shaper then does.

#include "mapping/shape_test_kit.h"

namespace godwit {
namespace {

using namespace testing;

std::string columns_of(const TableDef& table) {
  std::vector<std::string> out;
  out.reserve(table.columns.size());
  for (const ColumnDef& column : table.columns)
    out.push_back(fmt::format("{}:{}{}", column.name, to_string(column.type.type_class), column.not_null ? "!" : ""));
  return join(out, " ");
}

std::string define_key(std::string_view columns) {
  return fmt::format(R"("rule-action": "define-primary-key", "rule-target": "table", {},
      "primary-key-def": {{"name": "pk", "columns": [{}]}})",
                     whole_table, columns);
}

std::string before_images(std::string_view definition) {
  return fmt::format(R"("rule-action": "add-before-image-columns", "rule-target": "column", {},
      "before-image-def": {})",
                     whole_table, definition);
}

TEST(ShapePlan, a_table_without_anything_to_shape_has_no_shape) {
  const auto planned =
      plan(rules_of({on_column("convert-uppercase", "%"), define_key(R"("id")")}), table_of("*id:int8 name:wstring"));
  ASSERT_TRUE(planned);
  EXPECT_FALSE(planned->shape);
  EXPECT_FALSE(planned->filter);
  EXPECT_FALSE(planned->parallel_load);
}

TEST(ShapePlan, columns_stand_in_their_order) {
  const auto planned = plan(rules_of({on_column("remove-column", "secret"), added("seen", "$secret || $note"),
                                      added("op", "1", "int4"), before_images(R"({"column-filter": "non-lob"})"),
                                      on_column("add-prefix", "name", R"("value": "c_")")},
                                     R"([{"filter-type": "source", "column-name": "region",
                         "filter-conditions": [{"filter-operator": "notnull"}]}])"),
                            table_of("*id:int8 secret:wstring name:wstring region:wstring note:nclob"));
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(columns_of(*planned->read), "id:int8 name:wstring region:wstring note:nclob secret:wstring");
  EXPECT_EQ(columns_of(*planned->layout),
            "id:int8 c_name:wstring region:wstring note:nclob BI_id:int8 BI_c_name:wstring BI_region:wstring "
            "seen:string op:int4");
  EXPECT_EQ(planned->layout->key->columns, std::vector<uint32_t>{0});
  EXPECT_TRUE(planned->shape->shapes_rows);
}

TEST(ShapePlan, what_does_not_fit_the_table_is_an_error_of_the_table) {
  const auto filter = [](std::string_view column, std::string_view condition) {
    return fmt::format(R"([{{"filter-type": "source", "column-name": "{}", "filter-conditions": [{}]}}])", column,
                       condition);
  };
  const std::string is_one = R"({"filter-operator": "eq", "value": "x"})";
  const auto settings = [](std::string_view load) {
    return fmt::format(R"({{"rule-type": "table-settings", "rule-id": 90, {}, "parallel-load": {}}})", whole_table,
                       load);
  };
  const struct {
    MappingRules rules;
    std::string_view code, detail;
  } cases[] = {
      {rules_of({}, filter("nothing", is_one)), "mapping.unknown_column",
       "the filter of rule 1 names column \"nothing\""},
      {rules_of({}, filter("id", is_one)), "mapping.filter_value", "rule 1 for column \"id\""},
      {rules_of({}, filter("raw", is_one)), "mapping.filter_type", "column \"raw\""},
      {rules_of({}, filter("ref", R"({"filter-operator": "gte", "value": "x"})")), "mapping.filter_order",
       "values of type uuid"},
      {rules_of({added("x", "$nothing + 1")}), "mapping.unknown_column", "the expression of rule 10"},
      {rules_of({added("id", "1")}), "mapping.columns_collide", "add-column (rule 10)"},
      {rules_of({added("x", "1"), added("x", "2")}), "mapping.columns_collide", "add-column (rule 11)"},
      {rules_of({define_key(R"("nothing")")}), "mapping.key_column", "\"nothing\""},
      {rules_of({define_key(R"("name")")}), "mapping.key_not_logged", "by id alone"},
      {rules_of({on_column("change-data-type", "day", R"("data-type": {"type": "int4"})")}),
       "mapping.type_impossible", "rule 10 makes column \"day\""},
      {rules_of({settings(R"({"type": "subpartitions-auto"})")}), "mapping.parallel_load", "Oracle"},
      {rules_of({settings(R"({"type": "partitions-list", "partitions": ["p1"]})")}), "mapping.parallel_load",
       "not partitioned"},
      {rules_of({settings(R"({"type": "ranges", "columns": ["nothing"], "boundaries": [["1"]]})")}),
       "mapping.parallel_load", "no column \"nothing\""},
      {rules_of({settings(R"({"type": "ranges", "columns": ["note"], "boundaries": [["1"]]})")}),
       "mapping.parallel_load", "cannot bound segments"},
      {rules_of({settings(R"({"type": "ranges", "columns": ["id"], "boundaries": [["9"], ["10"], [10.0]]})")}),
       "mapping.parallel_load", "boundary 3 does not lie above"},
      {rules_of({settings(R"({"type": "ranges", "columns": ["day"], "boundaries": [["soon"]]})")}),
       "mapping.parallel_load", "value 1 of boundary 1"},
  };
  for (const auto& c : cases) {
    const auto planned =
        plan(c.rules, table_of("*id:int8 name:wstring note:nclob raw:blob ref:string:uuid day:date"));
    ASSERT_FALSE(planned) << c.detail;
    EXPECT_EQ(planned.error().kind, ErrorKind::table);
    EXPECT_EQ(planned.error().code, c.code) << planned.error().message;
    EXPECT_NE(planned.error().message.find(c.detail), std::string::npos) << planned.error().message;
  }
}

TEST(ShapePlan, a_defined_key_is_what_changes_are_applied_by) {
  const auto full =
      plan(rules_of({define_key(R"("name", "id")")}), table_of("*id:int8 name:wstring", RowIdentity::full));
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(full->layout->key->columns, (std::vector<uint32_t>{1, 0}));
  EXPECT_EQ(full->layout->key->origin, KeyDef::Origin::primary_key);
  EXPECT_EQ(columns_of(*full->layout), "id:int8! name:wstring!");
  EXPECT_EQ(full->read->key->columns, std::vector<uint32_t>{0});
  PlanOptions load_only;
  load_only.follows_changes = false;
  EXPECT_TRUE(plan(rules_of({define_key(R"("name")")}), table_of("*id:int8 name:wstring"), load_only));
}

TEST(ShapePlan, masks_take_a_key_away_unless_they_keep_values_apart) {
  const struct {
    std::string_view action, more;
    RowIdentity identity, planned;
    bool keeps_key;
  } cases[] = {
      {"data-masking-hash-mask", "", RowIdentity::key, RowIdentity::key, true},
      {"data-masking-digits-mask", R"("value": "#")", RowIdentity::key, RowIdentity::none, false},
      {"data-masking-digits-mask", R"("value": "#")", RowIdentity::full, RowIdentity::full, false},
      {"data-masking-digits-randomize", "", RowIdentity::full, RowIdentity::full, false},
      {"data-masking-digits-randomize", "", RowIdentity::key, RowIdentity::none, false},
  };
  for (const auto& c : cases) {
    const auto planned =
        plan(rules_of({on_column(c.action, "code", c.more)}), table_of("*code:wstring n:int4", c.identity));
    ASSERT_TRUE(planned);
    EXPECT_EQ(planned->layout->key.has_value(), c.keeps_key) << c.action;
    EXPECT_EQ(planned->layout->identity, c.planned) << c.action;
  }
}

TEST(ShapePlan, of_rules_of_one_class_the_lowest_id_counts) {
  std::vector<std::string> warnings;
  const MappingRules rules = rules_of({on_column("change-data-type", "a%", R"("data-type": {"type": "int8"})"),
                                       on_column("data-masking-hash-mask", "b"),
                                       on_column("change-data-type", "a", R"("data-type": {"type": "clob"})"),
                                       on_column("change-data-type", "b", R"("data-type": {"type": "clob"})"),
                                       on_column("data-masking-digits-mask", "b", R"("value": "x")")});
  const auto planned = plan_table(rules, {}, table_of("*id:int8 a:numeric b:wstring"), warnings);
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(columns_of(*planned->layout), "id:int8 a:int8 b:wstring");
  EXPECT_EQ(planned->shape->columns[2].mask->action, MaskAction::hash_mask);
  ASSERT_EQ(warnings.size(), 3U) << join(warnings, "\n");
}

TEST(ShapePlan, several_rules_with_filters_pass_what_any_of_them_passes) {
  const auto include = [](int id, std::string_view table, std::string_view filters) {
    return fmt::format(R"({{"rule-type": "selection", "rule-id": {}, "rule-action": "include", "filters": [{}],
      "object-locator": {{"schema-name": "shop", "table-name": "{}"}}}})",
                       id, filters, table);
  };
  const std::string low = R"({"filter-type": "source", "column-name": "id",
      "filter-conditions": [{"filter-operator": "lte", "value": "1e1"}]})";
  const auto planned_of = [&](std::initializer_list<std::string> list) {
    const auto rules = parse_rules(fmt::format("{{\"rules\": [{}]}}", fmt::join(list, ",")));
    EXPECT_TRUE(rules) << rules.error().message;
    return *plan(*rules, table_of("*id:int8"));
  };
  const TargetTable both = planned_of({include(1, "orders", low), include(2, "ord%", low)});
  ASSERT_TRUE(both.filter);
  EXPECT_EQ(both.filter->rules.size(), 2U);
  EXPECT_EQ(both.filter->rules[0][0].conditions[0].value, "10");
  EXPECT_FALSE(planned_of({include(1, "orders", low), include(2, "ord%", "")}).filter);
  EXPECT_TRUE(planned_of({include(1, "orders", low), include(2, "other", "")}).filter);
}

TEST(ShapePlan, parallel_load_is_told_in_the_columns_own_words) {
  const auto settings = [](int id, std::string_view load) {
    return fmt::format(R"({{"rule-type": "table-settings", "rule-id": {}, {}, "parallel-load": {}}})", id,
                       whole_table, load);
  };
  std::vector<std::string> warnings;
  const MappingRules rules = rules_of(
      {settings(
           90,
           R"({"type": "ranges", "columns": ["day", "id"], "boundaries": [["2024:01:01", 5], ["2024-01-01", "1e1"]]})"),
       settings(91, R"({"type": "partitions-auto"})")});
  ASSERT_EQ(rules.warnings.size(), 1U);
  EXPECT_NE(rules.warnings[0].find("table-settings rule 91 has no effect"), std::string::npos);
  const auto planned = plan_table(rules, {}, table_of("*id:int8 day:date"), warnings);
  ASSERT_TRUE(planned) << planned.error().message;
  ASSERT_TRUE(planned->parallel_load);
  EXPECT_EQ(planned->parallel_load->type, ParallelLoad::Type::ranges);
  EXPECT_EQ(planned->parallel_load->boundaries[0], (std::vector<std::string>{"2024-01-01", "5"}));
  EXPECT_EQ(planned->parallel_load->boundaries[1], (std::vector<std::string>{"2024-01-01", "10"}));
  EXPECT_FALSE(planned->shape);
  EXPECT_EQ(warnings.size(), 2U);  // both columns may be NULL
}

TEST(ShapePlan, names_come_from_expressions) {
  std::vector<std::string> warnings;
  const MappingRules rules = rules_of(
      {R"("rule-action": "rename", "rule-target": "schema", "object-locator": {"schema-name": "%"},
          "expression": "'dw_' || $AR_M_SOURCE_SCHEMA")",
       R"x("rule-action": "rename", "rule-target": "table", "object-locator": {"schema-name": "%", "table-name": "%"},
          "expression": "upper($TABLE_NAME_VAR)")x",
       R"("rule-action": "rename", "rule-target": "column",
          "object-locator": {"schema-name": "%", "table-name": "%", "column-name": "%"},
          "expression": "$COLUMN_NAME_VAR || '_' || $AR_M_SOURCE_COLUMN_DATATYPE")"});
  const auto planned = plan_table(rules, {}, table_of("*id:int8 name:wstring"), warnings);
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->layout->ref, (TableRef{"dw_shop", "ORDERS"}));
  EXPECT_EQ(columns_of(*planned->layout), "id_int8:int8 name_wstring:wstring");
  const MappingRules unknown =
      rules_of({R"("rule-action": "rename", "rule-target": "schema", "object-locator": {"schema-name": "%"},
          "expression": "$NAME")"});
  EXPECT_EQ(plan(unknown, table_of("*id:int8")).error().code, "mapping.empty_name");
}

TEST(Shaping, types_masks_and_before_images_are_done_in_order) {
  Bench bench(rules_of({on_column("change-data-type", "price", R"("data-type": {"type": "int4"})"),
                        on_column("change-data-type", "code", R"("data-type": {"type": "string", "length": 64})"),
                        on_column("data-masking-hash-mask", "code"),
                        on_column("data-masking-digits-mask", "phone", R"("value": "#")"),
                        before_images(R"({"column-suffix": "_old", "column-filter": "all"})")}),
              table_of("*id:int8 price:numeric code:wstring:character_varying(12) phone:wstring note:nclob",
                       RowIdentity::full));
  EXPECT_EQ(
      bench.load({"1", "12.5", "C6BGJ566669K", "C6BGJ566669K", "n"}),
      "1|13|7CB06784764C9030CCC41E25C15339FEB293FFE9B329A72B5FED564E99900C75|C#BGJ######K|n|NULL|NULL|NULL|NULL|"
      "NULL");
  EXPECT_EQ(bench.load({"1", std::nullopt, std::nullopt, std::nullopt, std::nullopt}),
            "1|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
  const std::string hash_a = "559AEAD08264D5795D3909718CDD05ABD49572E84FE55590EEF31A88A08FDFFD";
  EXPECT_EQ(bench.change(Op::update, {{"1", "2.5", "A", "07", "n"}}, {{"1", "3", "A", "08", "m"}}),
            "UPDATE 1|3|" + hash_a + "|##|n|<unchanged>|<unchanged>|<unchanged>|<unchanged>|<unchanged> -> 1|3|" +
                hash_a + "|##|m|1|3|" + hash_a + "|##|NULL");
  EXPECT_TRUE(bench.findings.empty());
}

TEST(Shaping, the_key_of_an_update_that_carries_no_old_row_is_its_own_before_image) {
  Bench bench(rules_of({before_images("{}")}), table_of("*id:int8 name:wstring"));
  EXPECT_EQ(bench.change(Op::update, {}, {{"1", "a"}}), "UPDATE -> 1|a|1");
  EXPECT_EQ(bench.change(Op::update, {{"1", unchanged}}, {{"2", "a"}}), "UPDATE 1|<unchanged>|<unchanged> -> 2|a|1");
  EXPECT_EQ(bench.change(Op::insert, {}, {{"1", "a"}}), "INSERT -> 1|a|NULL");
  EXPECT_EQ(bench.change(Op::erase, {{"1", unchanged}}, {}), "DELETE 1|<unchanged>|<unchanged>");
}

TEST(Shaping, what_cannot_be_converted_or_masked_is_told_without_the_value) {
  Bench bench(rules_of({on_column("change-data-type", "price", R"("data-type": {"type": "int2"})"),
                        on_column("data-masking-hash-mask", "n"), on_column("data-masking-hash-mask", "short")}),
              table_of("*id:int8 price:numeric n:int4 short:wstring:character_varying(10)"));
  EXPECT_EQ(bench.load({"1", "4711000", "5", "abc"}), "1|NULL|5|abc");
  ASSERT_EQ(bench.findings.size(), 3U);
  EXPECT_EQ(bench.findings[0].kind, ShapeFinding::Kind::value);
  EXPECT_EQ(bench.findings[0].column, "price");
  EXPECT_EQ(bench.findings[0].message, "the value does not fit type int2: it is out of the type's range");
  EXPECT_EQ(bench.findings[1].kind, ShapeFinding::Kind::mask);
  EXPECT_EQ(bench.findings[2].kind, ShapeFinding::Kind::mask);
  EXPECT_EQ(bench.findings[2].column, "short");
}

TEST(Shaping, random_digits_stay_within_their_type) {
  Bench bench(rules_of({on_column("data-masking-digits-randomize", "%")}),
              table_of("*id:int8 tiny:int1 big:int4 price:numeric:numeric(7,2) phone:wstring"));
  bool differs = false;
  for (int i = 0; i < 300; ++i) {
    const std::vector<std::string> cells =
        split(bench.load({"1", "-100", "2000000000", "12345.67", "+49 (30) 123"}), '|');
    EXPECT_GE(std::stoi(cells[1]), -128);
    EXPECT_LE(std::stoll(cells[2]), 2147483647);
    EXPECT_EQ(cells[3].find('.'), cells[3].size() - 3);
    EXPECT_EQ(cells[4].size(), 12U);
    EXPECT_TRUE(cells[4].starts_with('+') && cells[4].find('(') == 4);
    differs |= cells[4] != "+49 (30) 123";
  }
  EXPECT_TRUE(differs);
  EXPECT_TRUE(bench.findings.empty());
}

TEST(Shaping, a_delete_is_marked_where_operation_indicator_is_used) {
  Bench bench(rules_of({added("op", "operation_indicator('D','U','I')"), added("twice", "$n * 2", "int8")}),
              table_of("*id:int8 n:int4"));
  EXPECT_TRUE(bench.table.shape->marks_deletes);
  EXPECT_EQ(bench.load({"1", "4"}), "1|4|I|8");
  EXPECT_EQ(bench.change(Op::insert, {}, {{"1", "4"}}), "INSERT -> 1|4|I|8");
  EXPECT_EQ(bench.change(Op::update, {}, {{"1", "5"}}), "UPDATE -> 1|5|U|10");
  EXPECT_EQ(bench.change(Op::erase, {{"1", unchanged}}, {}),
            "UPDATE 1|<unchanged>|<unchanged>|<unchanged> -> <unchanged>|<unchanged>|D|<unchanged> (ignore)");
}

TEST(Shaping, headers_tell_of_the_change) {
  Bench bench(rules_of({added("position", "$AR_H_STREAM_POSITION"), added("at", "$AR_H_COMMIT_TIMESTAMP", "datetime"),
                        added("op", "$AR_H_OPERATION"), added("seq", "$AR_H_CHANGE_SEQ"), added("who", "$AR_H_USER"),
                        added("origin", "$AR_M_SOURCE_SCHEMA || '.' || $AR_M_SOURCE_TABLE_NAME")}),
              table_of("*id:int8"));
  EXPECT_EQ(bench.load({"1"}), "1||2023-11-14 22:13:20.123456|INSERT|||shop.orders");
  EXPECT_EQ(bench.change(Op::update, {}, {{"1"}}),
            "UPDATE -> 1|0/1A2B|2023-11-14 22:13:20.123456|UPDATE|20231114221320120000000000000000042||shop.orders");
}

TEST(Shaping, an_expression_over_an_unlogged_value_is_looked_up_unless_it_cannot_have_changed) {
  Bench bench(rules_of({added("both", "$n || $note")}), table_of("*id:int8 n:int4 note:nclob"));
  EXPECT_EQ(bench.change(Op::update, {}, {{"1", "2", unchanged}}), "UPDATE -> 1|2|<unchanged>|<unchanged> (look up)");
  Bench alone(rules_of({added("loud", "upper($note)")}), table_of("*id:int8 n:int4 note:nclob"));
  EXPECT_EQ(alone.change(Op::update, {}, {{"1", "2", unchanged}}), "UPDATE -> 1|2|<unchanged>|<unchanged>");
  Bench full(rules_of({added("both", "$n || $note")}), table_of("*id:int8 n:int4 note:nclob", RowIdentity::full));
  EXPECT_EQ(full.change(Op::update, {{"1", "1", "x"}}, {{"1", "2", unchanged}}),
            "UPDATE 1|1|x|<unchanged> -> 1|2|<unchanged>|2x");
}

}  // namespace
}  // namespace godwit
