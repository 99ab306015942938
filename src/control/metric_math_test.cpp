#include "control/metric_math.h"

#include <gtest/gtest.h>

#include <random>

#include "control/metric_faults.h"

namespace godwit {
namespace {

const std::map<std::string, TimeSeries, std::less<>> known = {
    {"m1", {{60, 1}, {120, 2}, {240, 4}}}, {"m2", {{60, 10}, {120, 20}, {180, 30}}}, {"empty", {}}};

Result<TimeSeries> evaluate(std::string_view text, MathBudget budget = {}) {
  const MathInputs inputs{.series_of = [](std::string_view id) -> Result<TimeSeries> {
                            const auto found = known.find(id);
                            if (found == known.end()) return Failure(expression_id_unknown(id));
                            return found->second;
                          },
                          .metric_ids = {"m1", "m2"},
                          .starts_s = {60, 120, 180, 240},
                          .budget = budget};
  return evaluate_expression(text, inputs);
}

struct MathCase {
  std::string_view text;
  TimeSeries series;
};

TEST(MetricMathTest, expressions_over_series) {
  const MathCase cases[] = {
      {"m1", {{60, 1}, {120, 2}, {240, 4}}},
      {"m1+m2", {{60, 11}, {120, 22}}},
      {"m1 * 2 - 1", {{60, 1}, {120, 3}, {240, 7}}},
      {"100 * (m1 / m2)", {{60, 10}, {120, 10}}},
      {"-m1", {{60, -1}, {120, -2}, {240, -4}}},
      {"1 + 2 * m1", {{60, 3}, {120, 5}, {240, 9}}},
      {"m1 / 0", {}},
      {"SUM(METRICS())", {{60, 11}, {120, 22}, {180, 30}, {240, 4}}},
      {"MAX([m1, m2])", {{60, 10}, {120, 20}, {180, 30}, {240, 4}}},
      {"AVG(METRICS(\"2\"))", {{60, 10}, {120, 20}, {180, 30}}},
      {"m1 / SUM(m1)", {{60, 1.0 / 7}, {120, 2.0 / 7}, {240, 4.0 / 7}}},
      {"m1 - MIN(m1)", {{60, 0}, {120, 1}, {240, 3}}},
      {"m1 + SUM(empty)", {}},
      {"FILL(m1, 0)", {{60, 1}, {120, 2}, {180, 0}, {240, 4}}},
      {"FILL(m1, REPEAT)", {{60, 1}, {120, 2}, {180, 2}, {240, 4}}},
      {"FILL(m1, LINEAR) + m2", {{60, 11}, {120, 22}, {180, 33}}},
      {"FILL(m2, LINEAR)", {{60, 10}, {120, 20}, {180, 30}}},
      {"ABS(m1 - 3)", {{60, 2}, {120, 1}, {240, 1}}},
      {"empty", {}},
  };
  for (const MathCase& each : cases) {
    const auto series = evaluate(each.text);
    ASSERT_TRUE(series) << each.text << ": " << series.error().message;
    EXPECT_EQ(*series, each.series) << each.text;
  }
}

TEST(MetricMathTest, what_is_not_carried_out_is_refused) {
  for (const std::string_view text : {"",
                                      "1",
                                      "m3",
                                      "m1 +",
                                      "(m1",
                                      "m1)",
                                      "m1 m2",
                                      "ANOMALY_DETECTION_BAND(m1)",
                                      "SEARCH('x', 'Sum')",
                                      "METRICS()",
                                      "[m1, m2]",
                                      "[m1, 1]",
                                      "METRICS() + 1",
                                      "FILL(m1)",
                                      "FILL(METRICS(), 0)",
                                      "IF(m1 > 1, m1)",
                                      "m1 > 1",
                                      "SUM(m1",
                                      "METRICS(\"x",
                                      "1/0",
                                      "'m1'"}) {
    const auto series = evaluate(text);
    ASSERT_FALSE(series) << text;
    EXPECT_EQ(series.error().code, "InvalidParameterValueException") << text;
  }
  EXPECT_FALSE(evaluate(std::string(2000, '(')));
  EXPECT_FALSE(evaluate(std::string(2000, '-') + "m1"));
  EXPECT_FALSE(evaluate(std::string(3000, '1')));
}

TEST(MetricMathTest, expressions_of_one_call_share_their_depth) {
  MathBudget budget;
  int chain = 0;
  std::string nested;
  MathInputs inputs{.series_of = {}, .metric_ids = {}, .starts_s = {}, .budget = budget};
  inputs.series_of = [&](std::string_view id) -> Result<TimeSeries> {
    const int number = std::stoi(std::string(id.substr(1)));
    if (number == chain) return TimeSeries{{60, 1}};
    return evaluate_expression(nested + "e" + std::to_string(number + 1) + std::string(nested.size(), ')'), inputs);
  };
  const auto deep = [&](int references, size_t levels) {
    chain = references;
    nested = std::string(levels, '(');
    return evaluate_expression("e0", inputs).has_value();
  };
  EXPECT_TRUE(deep(10, 0));
  EXPECT_FALSE(deep(11, 0));
  EXPECT_TRUE(deep(3, 31));
  EXPECT_FALSE(deep(3, 33));
  EXPECT_FALSE(deep(300, 49));
  EXPECT_EQ(budget.expressions, 0);
  EXPECT_EQ(budget.levels, 0);
}

TEST(MetricMathTest, expressions_end_with_their_budget_of_points) {
  for (const std::string_view text : {"m1 + m2", "SUM(METRICS())", "FILL(m1, 0)", "ABS(m1) * 2", "m1 - MIN(m1)"}) {
    EXPECT_TRUE(evaluate(text, {.points_left = 40})) << text;
    const auto refused = evaluate(text, {.points_left = 8});
    ASSERT_FALSE(refused) << text;
    EXPECT_NE(refused.error().message.find("more calculation"), std::string::npos) << refused.error().message;
  }
}

TEST(MetricMathTest, any_text_has_an_answer) {
  std::mt19937 random(5);
  const std::vector<std::string> words = {"m1", "m2",    "+",      "-",      "*",     "/",        "(",  ")",
                                          "[",  "]",     ",",      "SUM(",   "FILL(", "METRICS(", "\"", "1",
                                          ".5", "1e308", "REPEAT", "LINEAR", "\xff",  " "};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t i = random() % 12; i > 0; --i) text += words[random() % words.size()];
    (void)evaluate(text);
  }
}

}  // namespace
}  // namespace godwit
