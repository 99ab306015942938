#include "mapping/row_plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace godwit {
namespace {

// "id" is a column; "id:int8" has a type class, "+" before the name makes it generated.
std::shared_ptr<TableDef> table_of(const TableRef& ref, std::string_view columns, std::vector<uint32_t> key = {0}) {
  auto table = std::make_shared<TableDef>();
  table->ref = ref;
  table->log_id = 77;
  for (std::string& text : split(columns, ' ')) {
    ColumnDef& column = table->columns.emplace_back();
    column.generated = text.starts_with("+");
    if (column.generated) text.erase(0, 1);
    const std::vector<std::string> parts = split(text, ':');
    column.name = parts[0];
    column.number = static_cast<int16_t>(table->columns.size());
    column.type.native = parts.size() > 1 ? parts[1] : "text";
    for (int i = 0; i <= static_cast<int>(TypeClass::nclob); ++i)
      if (to_string(static_cast<TypeClass>(i)) == column.type.native)
        column.type.type_class = static_cast<TypeClass>(i);
  }
  if (!key.empty()) table->key = KeyDef{"the_key", std::move(key)};
  table->identity = table->key ? RowIdentity::key : RowIdentity::none;
  return table;
}

// "5 remove-column column shop.orders.note", with " value" and " old-value" behind where the action takes them
MappingRules rules_of(std::initializer_list<std::string_view> texts) {
  std::string document = R"({"rules": [{"rule-type": "selection", "rule-id": 999, "rule-action": "include",
    "object-locator": {"schema-name": "%", "table-name": "%"}})";
  for (const std::string_view text : texts) {
    const std::vector<std::string> words = split(text, ' ');
    const std::vector<std::string> names = split(words[3], '.');
    document +=
        fmt::format(R"(, {{"rule-type": "transformation", "rule-id": {}, "rule-action": "{}", "rule-target": "{}",
        "object-locator": {{"schema-name": "{}")",
                    words[0], words[1], words[2], names[0]);
    if (names.size() > 1) document += fmt::format(R"(, "table-name": "{}")", names[1]);
    if (names.size() > 2) document += fmt::format(R"(, "column-name": "{}")", names[2]);
    if (names.size() > 3) document += fmt::format(R"(, "data-type": "{}")", names[3]);
    document += "}";
    if (words.size() > 4) document += fmt::format(R"(, "value": "{}")", words[4]);
    if (words.size() > 5) document += fmt::format(R"(, "old-value": "{}")", words[5]);
    document += "}";
  }
  Result<MappingRules> parsed = parse_rules(document + "]}");
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : MappingRules();
}

std::string names_of(const TableDef& table) {
  std::vector<std::string> names;
  for (const ColumnDef& column : table.columns) names.push_back(column.name);
  return join(names, " ");
}

TEST(RowPlan, without_rules_a_table_moves_as_it_is) {
  std::vector<std::string> warnings;
  const auto source = table_of({"shop", "orders"}, "id:int8 note +total", {0});
  const auto plan = plan_table(default_rules(), {}, source, warnings);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_TRUE(is_identity(*plan));
  EXPECT_EQ(plan->source, source);
  EXPECT_EQ(names_of(*plan->read), "id note");
  EXPECT_EQ(names_of(*plan->layout), "id note");
  EXPECT_EQ(plan->layout->ref, source->ref);
  EXPECT_EQ(plan->layout->key->columns, std::vector<uint32_t>{0});
  EXPECT_EQ(plan->layout->key->name, "the_key");
  EXPECT_EQ(plan->layout->identity, RowIdentity::key);
  EXPECT_EQ(plan->layout->columns[0].type.native, "int8");
  EXPECT_EQ(plan->read->log_id, 77U);
  EXPECT_TRUE(warnings.empty());
}

TEST(RowPlan, columns_move_and_are_named_as_the_rules_say) {
  const struct {
    std::initializer_list<std::string_view> rules;
    bool support_lobs;
    std::string_view source, read, layout;
  } cases[] = {
      {{"1 convert-lowercase column shop.orders.%"}, true, "ID NOTE", "ID NOTE", "id note"},
      {{"1 remove-column column shop.%.n%"}, true, "id note name x", "id x", "id x"},
      {{"1 remove-column column shop.other.n%"}, true, "id note", "id note", "id note"},
      {{"1 include-column column shop.orders.id", "2 include-column column shop.orders.x"},
       true,
       "id note x",
       "id x",
       "id x"},
      {{"1 include-column column shop.other.id"}, true, "id note", "id note", "id note"},
      {{"1 include-column column shop.orders.%", "2 remove-column column shop.orders.note"},
       true,
       "id note x",
       "id x",
       "id x"},
      {{"9 remove-column column shop.orders.%.numeric"}, true, "id:int8 price:numeric", "id", "id"},
      {{"1 convert-uppercase column shop.orders.%", "2 remove-column column shop.orders.b"},
       true,
       "a b c",
       "a c",
       "A C"},
      {{"1 add-prefix column shop.%.% p_", "2 rename column shop.orders.id key"}, true, "id", "id", "p_id"},
      {{"2 add-prefix column shop.%.% p_", "1 rename column shop.orders.id key"}, true, "id x", "id x", "key p_x"},
      {{"1 replace-prefix column shop.orders.% c_ fld_"}, true, "fld_a b", "fld_a b", "c_a b"},
      {{}, false, "id:int8 doc:nclob raw:blob name:wstring", "id name", "id name"},
      {{}, true, "+calc id", "id", "id"},
      {{"1 rename column shop.orders.a b", "2 remove-column column shop.orders.b"}, true, "a b c", "a c", "b c"},
  };
  for (const auto& c : cases) {
    std::vector<std::string> warnings;
    const auto plan =
        plan_table(rules_of(c.rules), {"", c.support_lobs}, table_of({"shop", "orders"}, c.source, {}), warnings);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(names_of(*plan->read), c.read) << c.source;
    EXPECT_EQ(names_of(*plan->layout), c.layout) << c.source;
  }
}

TEST(RowPlan, what_the_source_computes_may_be_computed_under_the_rules_too) {
  const auto computed = [](std::initializer_list<std::string_view> rules, std::string_view dialect) {
    std::vector<std::string> warnings;
    PlanOptions options;
    options.types_for = [&](const TableDef& layout) -> Result<std::vector<Type>> {
      std::vector<Type> out;
      for (const ColumnDef& column : layout.columns) out.push_back(column.type);
      for (Type& type : out) type.dialect = dialect;
      return out;
    };
    const auto plan = plan_table(rules_of(rules), options, table_of({"shop", "orders"}, "id a +Sum b"), warnings);
    EXPECT_TRUE(plan) << plan.error().message;
    TableDef out;
    if (plan) out.columns = plan->computed;
    return names_of(out);
  };
  EXPECT_EQ(computed({}, "mysql"), "Sum");
  EXPECT_EQ(computed({}, ""), "") << "a target of the source's own dialect has the source's column";
  EXPECT_EQ(computed({"1 convert-lowercase column shop.orders.%"}, "mysql"), "sum");
  EXPECT_EQ(computed({"1 remove-column column shop.orders.Sum"}, "mysql"), "");
  EXPECT_EQ(computed({"1 include-column column shop.orders.id"}, "mysql"), "");
  EXPECT_EQ(computed({"1 rename column shop.orders.b SUM"}, "mysql"), "") << "the name is taken";
  EXPECT_EQ(computed({"1 data-masking-hash-mask column shop.orders.Sum"}, "mysql"), "");
}

TEST(RowPlan, what_the_source_computes_and_no_rule_leaves_out_is_written_by_nobody) {
  const auto unwritten = [](std::initializer_list<std::string_view> rules) {
    std::vector<std::string> warnings;
    const auto plan = plan_table(rules_of(rules), {}, table_of({"shop", "orders"}, "id a +Sum b"), warnings);
    EXPECT_TRUE(plan) << plan.error().message;
    return plan ? plan->unwritten : std::vector<std::string>();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(unwritten({}), Names{"Sum"});
  EXPECT_EQ(unwritten({"1 convert-lowercase column shop.orders.%"}), Names{"sum"});
  EXPECT_EQ(unwritten({"1 data-masking-hash-mask column shop.orders.Sum"}), Names{"Sum"});
  EXPECT_EQ(unwritten({"1 remove-column column shop.orders.Sum"}), Names());
  EXPECT_EQ(unwritten({"1 include-column column shop.orders.id"}), Names());
  EXPECT_EQ(unwritten({"1 rename column shop.orders.b Sum"}), Names()) << "a column that moves has the name";
}

TEST(RowPlan, the_key_follows_the_columns_that_move) {
  const struct {
    std::string_view source;
    std::vector<uint32_t> key;
    RowIdentity identity;
    std::vector<uint32_t> moved_key;  // empty: none
    RowIdentity moved_identity;
    std::string_view warning;
  } cases[] = {
      {"gone a b", {2, 1}, RowIdentity::key, {1, 0}, RowIdentity::key, ""},
      {"a gone b",
       {0, 1},
       RowIdentity::key,
       {},
       RowIdentity::none,
       "table shop.orders: key column gone is not moved, so the target has no key; updates and deletes cannot be "
       "applied. Keep "
       "the column to have them applied"},
      {"a gone b",
       {0, 1},
       RowIdentity::full,
       {},
       RowIdentity::full,
       "table shop.orders: key column gone is not moved, so the target has no key; updates and deletes are matched "
       "by all "
       "moved columns, which is slow"},
      {"a gone b", {0, 2}, RowIdentity::full, {0, 1}, RowIdentity::full, ""},
      {"+calc gone b",
       {0},
       RowIdentity::key,
       {},
       RowIdentity::none,
       "table shop.orders: key column calc is not moved, so the target has no key; updates and deletes cannot be "
       "applied. Keep "
       "the column to have them applied"},
      {"a gone b", {}, RowIdentity::none, {}, RowIdentity::none, ""},
  };
  for (const auto& c : cases) {
    const auto source = table_of({"shop", "orders"}, c.source, c.key);
    source->identity = c.identity;
    std::vector<std::string> warnings;
    const auto plan = plan_table(rules_of({"1 remove-column column shop.orders.gone"}), {}, source, warnings);
    ASSERT_TRUE(plan) << plan.error().message;
    for (const auto& table : {plan->layout, plan->read}) {
      EXPECT_EQ(table->key ? table->key->columns : std::vector<uint32_t>(), c.moved_key) << c.source;
      EXPECT_EQ(table->identity, c.moved_identity) << c.source;
    }
    EXPECT_EQ(join(warnings, "|"), c.warning);
  }
}

TEST(RowPlan, rules_that_lose_are_named_once) {
  const MappingRules rules = rules_of({"1 convert-lowercase column %.%.%", "2 rename column shop.orders.a z",
                                       "3 include-column column shop.%.%", "4 remove-column column shop.%.b",
                                       "5 convert-lowercase schema %", "6 rename schema shop core"});
  std::vector<std::string> warnings;
  for (const std::string_view name : {"orders", "orders"})
    ASSERT_TRUE(plan_table(rules, {}, table_of({"shop", std::string(name)}, "a b c", {}), warnings));
  ASSERT_EQ(warnings.size(), 3U) << join(warnings, "\n");
  EXPECT_NE(warnings[0].find("rule 6 (rename schema) has no effect where rule 5 (convert-lowercase) applies"),
            std::string::npos);
  EXPECT_NE(warnings[1].find("rule 2 (rename column) has no effect where rule 1"), std::string::npos);
  EXPECT_NE(warnings[2].find("rule 3 (include-column) has no effect where rule 4 (remove-column) applies"),
            std::string::npos);
}

TEST(RowPlan, a_misspelt_column_is_reported) {
  std::vector<std::string> warnings;
  const MappingRules rules =
      rules_of({"1 remove-column column shop.orders.pasword", "2 remove-column column shop.%.tmp_%"});
  ASSERT_TRUE(plan_table(rules, {}, table_of({"shop", "orders"}, "id password"), warnings));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("rule 1 has no effect: table shop.orders has no column \"pasword\""), std::string::npos);
}

TEST(RowPlan, plans_that_cannot_be_are_errors_of_the_table) {
  const struct {
    std::initializer_list<std::string_view> rules;
    std::string_view source, code, detail;
  } cases[] = {
      {{"1 convert-lowercase column shop.orders.%"},
       "id ID",
       "mapping.columns_collide",
       "would both become \"id\" on the target: \"id\" (rule 1) and \"ID\" (rule 1)"},
      {{"3 rename column shop.orders.a b"},
       "a b",
       "mapping.columns_collide",
       "\"a\" (rule 3) and \"b\" (not renamed)"},
      {{"3 rename column shop.orders.% x"}, "a b", "mapping.columns_collide", "\"a\" (rule 3) and \"b\" (rule 3)"},
      {{"4 remove-prefix column shop.orders.% a"}, "a b", "mapping.empty_name", "column \"a\" of table shop.orders"},
      {{"4 remove-prefix table shop.% orders"},
       "a",
       "mapping.empty_name",
       "table shop.orders would have an empty name"},
      {{"4 remove-suffix schema % shop"}, "a", "mapping.empty_name", "schema shop would have an empty name"},
      {{"4 remove-column column shop.orders.%"},
       "a b",
       "mapping.no_column",
       "no column of table shop.orders is left"},
  };
  for (const auto& c : cases) {
    std::vector<std::string> warnings;
    const auto plan = plan_table(rules_of(c.rules), {}, table_of({"shop", "orders"}, c.source, {}), warnings);
    ASSERT_FALSE(plan) << c.detail;
    EXPECT_EQ(plan.error().kind, ErrorKind::table);
    EXPECT_EQ(plan.error().code, c.code);
    EXPECT_NE(plan.error().message.find(c.detail), std::string::npos) << plan.error().message;
  }
}

TEST(RowPlan, a_table_without_columns_is_no_error) {
  auto source = std::make_shared<TableDef>();
  source->ref = {"shop", "nothing"};
  std::vector<std::string> warnings;
  EXPECT_TRUE(plan_table(default_rules(), {}, source, warnings));
}

TEST(RowPlan, partitions_are_named_by_the_same_rules) {
  const auto source = table_of({"DW", "SALES"}, "id");
  source->partitioned = true;
  source->leaves = {{{"DW", "SALES_2023"}, 11}, {{"DW", "SALES_2024"}, 12}};
  std::vector<std::string> warnings;
  const auto plan =
      plan_table(rules_of({"1 convert-lowercase schema DW", "2 rename table DW.SALES fact"}), {}, source, warnings);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->layout->ref, (TableRef{"dw", "fact"}));
  EXPECT_EQ(plan->layout->leaves[1].ref, (TableRef{"dw", "SALES_2024"}));
  EXPECT_EQ(plan->layout->leaves[1].log_id, 12U);
  EXPECT_EQ(plan->read->leaves[1].ref, (TableRef{"DW", "SALES_2024"}));
  EXPECT_TRUE(plan->layout->partitioned);
}

std::string collision_of(const MappingRules& rules, const PlanOptions& options,
                         std::vector<std::shared_ptr<TableDef>> sources) {
  std::vector<std::string> warnings;
  std::vector<TargetTable> tables;
  for (const auto& source : sources) tables.push_back(*plan_table(rules, options, source, warnings));
  const Result<void> checked = check_target_names(rules, options, tables);
  if (checked) return "";
  EXPECT_EQ(checked.error().kind, ErrorKind::table);
  return checked.error().message;
}

TEST(RowPlan, two_tables_with_one_target_name_are_an_error_naming_the_rules) {
  const auto a = table_of({"a", "T"}, "id"), b = table_of({"b", "T"}, "id"), a_lower = table_of({"a", "t"}, "id");
  EXPECT_EQ(collision_of(default_rules(), {}, {a, b, a_lower}), "");
  EXPECT_EQ(collision_of(default_rules(), {"one", true}, {a, b}),
            "two source tables would both become one.T on the target: a.T (TargetSchema) and b.T (TargetSchema). "
            "Change one of "
            "the rules or exclude a table.");
  EXPECT_NE(collision_of(rules_of({"3 convert-lowercase table a.T"}), {}, {a, a_lower})
                .find("a.t on the target: a.T (table rule 3) and a.t (not renamed)"),
            std::string::npos);
  EXPECT_NE(
      collision_of(rules_of({"3 rename schema % z"}), {}, {a, b}).find("a.T (schema rule 3) and b.T (schema rule 3)"),
      std::string::npos);
}

TEST(RowPlan, a_partition_and_a_table_cannot_share_a_target_name) {
  const auto parent = table_of({"a", "p"}, "id"), other = table_of({"b", "p_1"}, "id");
  parent->partitioned = true;
  parent->leaves = {{{"a", "p_1"}, 1}};
  EXPECT_NE(collision_of(rules_of({"3 rename schema b a"}), {}, {parent, other})
                .find("a.p_1 (not renamed) and b.p_1 (schema rule"),
            std::string::npos);
}

TEST(ShapingHash, counts_what_shapes_the_target_and_nothing_else) {
  const auto hash_of = [](std::string_view rules, const PlanOptions& options = {}) {
    const auto parsed = parse_rules(fmt::format("{{\"rules\": [{}]}}", rules));
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? schema_shaping_hash(*parsed, options) : 0;
  };
  const std::string_view select = R"({"rule-type": "selection", "rule-id": 1, "rule-action": "include",
    "object-locator": {"schema-name": "a", "table-name": "%"}})";
  const std::string_view select_again =
      R"({  "object-locator": {"table-name":"%", "schema-name": "a"}, "load-order": 5,
    "rule-action": "include", "rule-name": "x", "rule-id": "41", "rule-type": "selection" })";
  const std::string_view lower = R"({"rule-type": "transformation", "rule-id": 2, "rule-action": "convert-lowercase",
    "rule-target": "table", "object-locator": {"schema-name": "a", "table-name": "%"}})";
  const std::string_view prefix = R"({"rule-type": "transformation", "rule-id": 3, "rule-action": "add-prefix",
    "rule-target": "table", "object-locator": {"schema-name": "a", "table-name": "%"}, "value": "p"})";
  const std::string_view prefix_first =
      R"({"rule-type": "transformation", "rule-id": 1000, "rule-action": "convert-lowercase",
    "rule-target": "table", "object-locator": {"schema-name": "a", "table-name": "%"}})";
  const std::string_view tuning =
      R"({"rule-type": "table-settings", "rule-id": 50, "object-locator": {"schema-name": "a",
    "table-name": "b"}, "parallel-load": {"type": "partitions-auto"}})";
  const auto both = [](std::string_view x, std::string_view y) { return fmt::format("{}, {}", x, y); };

  EXPECT_EQ(hash_of(select), hash_of(select_again));
  EXPECT_EQ(hash_of(select), hash_of(both(select, select_again)));
  EXPECT_EQ(hash_of(select), hash_of(both(select, tuning)));
  EXPECT_EQ(hash_of(both(select, lower)), hash_of(both(lower, select)));
  EXPECT_NE(hash_of(select), hash_of(both(select, lower)));
  EXPECT_NE(hash_of(both(select, lower)), hash_of(both(select, prefix)));
  EXPECT_NE(hash_of(both(select, both(lower, prefix))), hash_of(both(select, both(prefix_first, prefix))));
  EXPECT_NE(hash_of(select), hash_of(select, {"x", true}));
  EXPECT_NE(hash_of(select), hash_of(select, {"", false}));
  const auto shaping = [](int id, std::string_view more) {
    return fmt::format(R"({{"rule-type": "transformation", "rule-id": {}, "rule-target": "column",
      "object-locator": {{"schema-name": "a", "table-name": "b", "column-name": "c"}}, {}}})",
                       id, more);
  };
  const std::string type = shaping(60, R"("rule-action": "change-data-type", "data-type": {"type": "int8"})");
  const std::string wider = shaping(60, R"("rule-action": "change-data-type", "data-type": {"type": "numeric"})");
  const std::string add = shaping(61, R"("rule-action": "add-column", "value": "x", "data-type": {"type": "int8"})");
  const std::string computed =
      shaping(61, R"("rule-action": "add-column", "value": "x", "expression": "1", "data-type": {"type": "int8"})");
  const std::string mask = shaping(62, R"("rule-action": "data-masking-hash-mask")");
  const std::string early_mask = shaping(50, R"("rule-action": "data-masking-hash-mask")");
  const std::string images = shaping(63, R"("rule-action": "add-before-image-columns", "before-image-def": {})");
  for (const std::string& rule : {type, wider, add, computed, mask, images}) {
    EXPECT_NE(hash_of(select), hash_of(both(select, rule))) << rule;
    EXPECT_EQ(hash_of(both(rule, select)), hash_of(both(select, rule))) << rule;
  }
  EXPECT_NE(hash_of(both(select, type)), hash_of(both(select, wider)));
  EXPECT_NE(hash_of(both(select, add)), hash_of(both(select, computed)));
  EXPECT_NE(hash_of(both(select, both(type, mask))), hash_of(both(select, both(type, early_mask))));
  const std::string filtered = R"({"rule-type": "selection", "rule-id": 1, "rule-action": "include",
    "object-locator": {"schema-name": "a", "table-name": "%"}, "filters": [{"filter-type": "source",
    "column-name": "id", "filter-conditions": [{"filter-operator": "eq", "value": "1"}]}]})";
  EXPECT_NE(hash_of(select), hash_of(filtered));
  PlanOptions limited;
  limited.lob_limit_bytes = 1024;
  EXPECT_EQ(hash_of(select), hash_of(select, limited));
  EXPECT_EQ(schema_shaping_hash(default_rules(), {}), 0x199231d6170086b7ULL);  // stored by tasks: must not change
}

TEST(ShapingHash, rows_are_shaped_by_every_selection_rule_once_one_has_a_filter) {
  const auto rule = [](int id, std::string_view table, std::string_view more = "") {
    return fmt::format(R"({{"rule-type": "selection", "rule-id": {}, "rule-action": "include",
      "object-locator": {{"schema-name": "a", "table-name": "{}"}}{}}})",
                       id, table, more);
  };
  const auto hash_of = [](std::string_view rules) {
    const auto parsed = parse_rules(fmt::format("{{\"rules\": [{}]}}", rules));
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? row_shaping_hash(*parsed, {}) : 0;
  };
  const std::string plain = rule(1, "t"), other = rule(2, "u");
  const std::string filtered = rule(3, "t", R"(, "filters": [{"filter-type": "source", "column-name": "id",
    "filter-conditions": [{"filter-operator": "eq", "value": "1"}]}])");
  EXPECT_EQ(hash_of(plain), hash_of(plain + "," + other));
  EXPECT_NE(hash_of(plain), hash_of(filtered));
  EXPECT_NE(hash_of(filtered), hash_of(filtered + "," + plain));  // which lifts the filter
}

}  // namespace
}  // namespace godwit
