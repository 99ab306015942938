#include "mapping/row_shaper.h"

#include "mapping/shape_test_kit.h"

namespace godwit {
namespace {

using testing::Bench;

using testing::on_column;
using testing::rules_of;
using testing::table_of;
using testing::unchanged;
using testing::whole_table;

constexpr std::string_view eu_only = R"([{"filter-type": "source", "column-name": "region",
    "filter-conditions": [{"filter-operator": "eq", "value": "EU"}]}])";

TEST(RowShaper, a_filter_alone_leaves_loaded_rows_alone) {
  Bench bench(rules_of({}, eu_only), table_of("*id:int8 region:wstring"));
  EXPECT_FALSE(bench.table.shape->shapes_rows);
  ASSERT_TRUE(bench.table.filter);
  EXPECT_EQ(bench.table.filter->rules[0][0].conditions[0].value, "EU");
  EXPECT_EQ(bench.load({"1", "EU"}), "1|EU");
}

TEST(RowShaper, changes_move_rows_in_and_out_of_the_filter) {
  const struct {
    RowIdentity identity;
    Op op;
    std::optional<testing::Row> before, after;
    std::string_view made;
  } cases[] = {
      {RowIdentity::key, Op::insert, {}, {{"1", "EU", "a"}}, "INSERT -> 1|EU|a"},
      {RowIdentity::key, Op::insert, {}, {{"1", "US", "a"}}, "nothing"},
      {RowIdentity::key, Op::insert, {}, {{"1", std::nullopt, "a"}}, "nothing"},
      {RowIdentity::key, Op::update, {}, {{"1", "EU", "a"}}, "UPDATE -> 1|EU|a (insert)"},
      {RowIdentity::key, Op::update, {}, {{"1", "US", "a"}}, "DELETE 1|<unchanged>|<unchanged> (ignore)"},
      {RowIdentity::key, Op::update, {}, {{"1", unchanged, "a"}}, "UPDATE -> 1|<unchanged>|a (look up)"},
      {RowIdentity::key,
       Op::update,
       {{"1", unchanged, unchanged}},
       {{"2", "EU", "a"}},
       "UPDATE 1|<unchanged>|<unchanged> -> 2|EU|a (insert)"},
      {RowIdentity::key,
       Op::update,
       {{"1", unchanged, unchanged}},
       {{"2", "US", "a"}},
       "DELETE 1|<unchanged>|<unchanged> (ignore)"},
      {RowIdentity::key, Op::erase, {{"1", unchanged, unchanged}}, {}, "DELETE 1|<unchanged>|<unchanged> (ignore)"},
      {RowIdentity::full, Op::update, {{"1", "EU", "a"}}, {{"1", "EU", "b"}}, "UPDATE 1|EU|a -> 1|EU|b"},
      {RowIdentity::full, Op::update, {{"1", "US", "a"}}, {{"1", "EU", "b"}}, "INSERT -> 1|EU|b"},
      {RowIdentity::full, Op::update, {{"1", "US", "a"}}, {{"1", "EU", unchanged}}, "INSERT -> 1|EU|a"},
      {RowIdentity::full, Op::update, {{"1", "EU", "a"}}, {{"1", "US", "b"}}, "DELETE 1|EU|a"},
      {RowIdentity::full, Op::update, {{"1", "US", "a"}}, {{"1", "US", "b"}}, "nothing"},
      {RowIdentity::full,
       Op::update,
       {{"1", "EU", "a"}},
       {{"1", unchanged, "b"}},
       "UPDATE 1|EU|a -> 1|<unchanged>|b"},
      {RowIdentity::full, Op::erase, {{"1", "EU", "a"}}, {}, "DELETE 1|EU|a"},
      {RowIdentity::full, Op::erase, {{"1", "US", "a"}}, {}, "nothing"},
  };
  for (const auto& c : cases) {
    Bench bench(rules_of({}, eu_only), table_of("*id:int8 region:wstring note:nclob", c.identity));
    EXPECT_EQ(bench.change(c.op, c.before, c.after), c.made);
    EXPECT_TRUE(bench.findings.empty());
  }
}

TEST(RowShaper, a_filter_on_the_key_is_judged_exactly) {
  const std::string_view low = R"([{"filter-type": "source", "column-name": "id",
      "filter-conditions": [{"filter-operator": "lte", "value": 100}]}])";
  Bench bench(rules_of({}, low), table_of("*id:int8 note:nclob"));
  EXPECT_EQ(bench.change(Op::update, {}, {{"7", "x"}}), "UPDATE -> 7|x");
  EXPECT_EQ(bench.change(Op::update, {}, {{"700", "x"}}), "nothing");
  EXPECT_EQ(bench.change(Op::update, {{"700", unchanged}}, {{"7", "x"}}), "INSERT -> 7|x");
  EXPECT_EQ(bench.change(Op::update, {{"700", unchanged}}, {{"7", unchanged}}),
            "UPDATE 700|<unchanged> -> 7|<unchanged> (insert)");
  EXPECT_EQ(bench.change(Op::update, {{"7", unchanged}}, {{"700", "x"}}), "DELETE 7|<unchanged>");
  EXPECT_EQ(bench.change(Op::erase, {{"700", unchanged}}, {}), "nothing");
  EXPECT_EQ(bench.change(Op::erase, {{"7", unchanged}}, {}), "DELETE 7|<unchanged>");
}

TEST(RowShaper, a_key_has_no_value_where_the_conversion_would_make_it_anothers) {
  Bench bench(rules_of({on_column("change-data-type", "id", R"("data-type": {"type": "int8"})"),
                        on_column("change-data-type", "n", R"("data-type": {"type": "int8"})")}),
              table_of("*id:numeric:numeric n:numeric:numeric"));
  EXPECT_EQ(bench.load({"12.0", "12.4"}), "12|12");
  EXPECT_TRUE(bench.findings.empty());
  EXPECT_EQ(bench.load({"12.4", "12.4"}), "NULL|12");
  EXPECT_EQ(bench.findings.size(), 1U);
}

TEST(RowShaper, a_truncate_stays_as_it_is) {
  Bench bench(rules_of({}, eu_only), table_of("*id:int8 region:wstring"));
  Change truncate;
  truncate.op = Op::truncate;
  const auto shaped = bench.shaper->shape_change(truncate, bench.in, {}, bench.out, bench.findings);
  ASSERT_TRUE(shaped && *shaped);
  EXPECT_EQ((*shaped)->op, Op::truncate);
}

TEST(RowShaper, the_filter_of_whole_rows_is_told) {
  Bench bench(rules_of({}, eu_only), table_of("*id:int8 region:wstring"));
  testing::append(bench.in, {"1", "EU"});
  testing::append(bench.in, {"2", "US"});
  testing::append(bench.in, {"3", std::nullopt});
  EXPECT_TRUE(*bench.shaper->passes(bench.in, 0));
  EXPECT_FALSE(*bench.shaper->passes(bench.in, 1));
  EXPECT_FALSE(*bench.shaper->passes(bench.in, 2));
}

TEST(RowShaper, large_values_are_cut_at_the_limit_between_characters) {
  PlanOptions options;
  options.lob_limit_bytes = 8;
  Bench bench(rules_of({}), table_of("*id:int8 note:nclob raw:blob name:wstring"), options);
  EXPECT_TRUE(bench.table.shape->shapes_rows);
  EXPECT_EQ(bench.load({"1", "12345678", "12345678", "a long name stays"}), "1|12345678|12345678|a long name stays");
  EXPECT_TRUE(bench.findings.empty());
  EXPECT_EQ(bench.load({"2", "1234567\xC3\xA4", "123456789", std::nullopt}), "2|1234567|12345678|NULL");
  ASSERT_EQ(bench.findings.size(), 2U);
  EXPECT_EQ(bench.findings[0].kind, ShapeFinding::Kind::truncated);
  EXPECT_EQ(bench.findings[0].column, "note");
  EXPECT_EQ(bench.findings[0].row, 1U);
  EXPECT_EQ(bench.findings[0].limit_bytes, 8U);
  EXPECT_EQ(bench.findings[0].actual_bytes, 9U);
  EXPECT_EQ(bench.findings[1].column, "raw");
  EXPECT_EQ(bench.change(Op::update, {}, {{"1", unchanged, "123456789", "n"}}), "UPDATE -> 1|<unchanged>|12345678|n");
}

TEST(RowShaper, the_old_row_is_cut_too_and_not_reported) {
  PlanOptions options;
  options.lob_limit_bytes = 4;
  Bench bench(rules_of({}), table_of("note:nclob n:int4", RowIdentity::full), options);
  EXPECT_EQ(bench.change(Op::erase, {{"123456", "1"}}, {}), "DELETE 1234|1");
  EXPECT_TRUE(bench.findings.empty());
}

TEST(RowShaper, lob_settings_of_the_table_beat_the_tasks) {
  const auto settings = [](std::string_view lobs) {
    return fmt::format(R"({{"rule-type": "table-settings", "rule-id": 90, {}, "lob-settings": {}}})", whole_table,
                       lobs);
  };
  PlanOptions limited;
  limited.lob_limit_bytes = 2048;
  const struct {
    std::string_view lobs;
    PlanOptions options;
    std::optional<uint64_t> limit;
  } cases[] = {{R"({"mode": "limited", "bulk-max-size": "1"})", {}, 1024},
               {R"({"bulk-max-size": 3})", limited, 3072},
               {R"({"mode": "unlimited"})", limited, std::nullopt},
               {R"({"mode": "unlimited", "bulk-max-size": "64"})", limited, std::nullopt},
               {R"({"mode": "none", "bulk-max-size": "64"})", limited, 2048},
               {R"({"mode": "none"})", {}, std::nullopt}};
  for (const auto& c : cases) {
    const auto planned = testing::plan(rules_of({settings(c.lobs)}), table_of("*id:int8 note:nclob"), c.options);
    ASSERT_TRUE(planned) << planned.error().message;
    EXPECT_EQ(planned->shape ? planned->shape->columns[1].limit_bytes : std::nullopt, c.limit) << c.lobs;
  }
}

}  // namespace
}  // namespace godwit
