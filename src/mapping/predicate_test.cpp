#include "mapping/predicate.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>

#include "base/text.h"

namespace godwit {
namespace {

Type type_of(TypeClass type_class, std::string_view native = "") {
  Type type;
  type.type_class = type_class;
  type.native = native;
  return type;
}

std::optional<Predicate::Column> column_of(const Type& type, const std::vector<FilterCondition>& conditions) {
  Predicate::Column column;
  column.type = type;
  column.comparison = filter_comparison(type);
  for (const FilterCondition& condition : conditions) {
    Predicate::Condition compiled{condition.op, {}, {}};
    const bool unary = condition.op == FilterOperator::null || condition.op == FilterOperator::notnull;
    const bool range = condition.op == FilterOperator::between || condition.op == FilterOperator::notbetween;
    if (!unary && !read_operand(type, condition.value, compiled.value)) return std::nullopt;
    if (range && !read_operand(type, condition.end_value, compiled.end_value)) return std::nullopt;
    column.conditions.push_back(std::move(compiled));
  }
  return column;
}

Truth judge_text(const Type& type, const std::vector<FilterCondition>& conditions, std::string_view cell) {
  const auto column = column_of(type, conditions);
  EXPECT_TRUE(column);
  return column ? judge(*column, {true, false, cell}) : Truth::unknown;
}

using Op = FilterOperator;

// `ordered` ascends; every operator is asked of every pair of it.
TEST(Predicate, every_operator_follows_the_order_of_every_type) {
  const struct {
    Type type;
    std::vector<std::string> ordered;
  } cases[] = {
      {type_of(TypeClass::int4), {"-10", "-9", "0", "9", "10", "100"}},
      {type_of(TypeClass::uint8), {"0", "9", "18446744073709551614", "18446744073709551615"}},
      {type_of(TypeClass::numeric),
       {"-Infinity", "-123456789012345678901234567890.5", "-2.5", "-2.4999999999999999999999999", "0",
        "0.000000000000000000000000000001", "2.4999999999999999999999999", "2.5", "10",
        "123456789012345678901234567890.5", "Infinity", "NaN"}},
      {type_of(TypeClass::string, "numeric(50,2)"), {"-1.00", "9.50", "10.00"}},
      {type_of(TypeClass::real8),
       {"-Infinity", "-1e300", "-0.1", "0", "1e-300", "0.1", "2", "10", "Infinity", "NaN"}},
      {type_of(TypeClass::real4), {"-3e38", "-0.1", "0.1", "9", "10"}},
      {type_of(TypeClass::wstring, "character varying(9)"), {"", "10", "9", "B", "a", "aa", "b", "\xC3\xA4"}},
      {type_of(TypeClass::nclob, "text"), {"A", "a", "\xF0\x9F\x98\x80"}},
      {type_of(TypeClass::boolean), {"f", "t"}},
      {type_of(TypeClass::date, "date"),
       {"-infinity", "4713-01-01 BC", "0044-03-15 BC", "0001-01-01", "1999-12-31", "2024-02-29", "2024-03-01",
        "9999-12-31", "10000-01-01", "5000000-01-01", "infinity"}},
      {type_of(TypeClass::time, "time without time zone"),
       {"00:00:00", "09:59:59.999999", "10:00:00", "10:00:00.1", "23:59:59.999999", "24:00:00"}},
      {type_of(TypeClass::time, "time with time zone"),
       {"10:00:00+02", "09:00:00+00", "10:00:00+00", "10:00:00-05:30"}},
      {type_of(TypeClass::datetime, "timestamp without time zone"),
       {"-infinity", "0044-03-15 12:00:00 BC", "2023-12-31 23:59:59.999999", "2024-01-01 00:00:00",
        "2024-01-01 00:00:00.000001", "12024-01-01 00:00:00", "infinity"}},
      {type_of(TypeClass::datetime, "timestamp with time zone"),
       {"0044-03-15 12:00:00+00 BC", "2024-01-01 00:00:00+00", "2024-01-01 00:00:00.5+00"}},
  };
  for (const auto& c : cases)
    for (size_t value = 0; value < c.ordered.size(); ++value)
      for (size_t cell = 0; cell < c.ordered.size(); ++cell) {
        const auto passes = [&](Op op, size_t start, size_t end = 0) {
          return judge_text(c.type, {{op, c.ordered[start], c.ordered[end]}}, c.ordered[cell]) == Truth::yes;
        };
        const std::string about = c.type.native + " " + c.ordered[cell] + " against " + c.ordered[value];
        EXPECT_EQ(passes(Op::eq, value), cell == value) << about;
        EXPECT_EQ(passes(Op::noteq, value), cell != value) << about;
        EXPECT_EQ(passes(Op::gte, value), cell >= value) << about;
        EXPECT_EQ(passes(Op::lte, value), cell <= value) << about;
        for (size_t end = 0; end < c.ordered.size(); ++end) {
          EXPECT_EQ(passes(Op::between, value, end), cell >= value && cell <= end) << about;
          EXPECT_EQ(passes(Op::notbetween, value, end), cell < value || cell > end) << about;
        }
        EXPECT_EQ(judge_text(c.type, {{Op::null}}, c.ordered[cell]), Truth::no);
        EXPECT_EQ(judge_text(c.type, {{Op::notnull}}, c.ordered[cell]), Truth::yes);
      }
}

TEST(Predicate, equal_values_in_other_words_are_equal) {
  const struct {
    Type type;
    std::string_view cell, value;
  } cases[] = {
      {type_of(TypeClass::int4), "10", " +1e1 "},
      {type_of(TypeClass::int4), "10", "10.00"},
      {type_of(TypeClass::numeric), "150.20", "150.2"},
      {type_of(TypeClass::numeric), "-0.00", "0"},
      {type_of(TypeClass::numeric), "0.0015", "1.5e-3"},
      {type_of(TypeClass::numeric, "money"), "-$1,234.50", "-1234.5"},
      {type_of(TypeClass::numeric, "money"), "$1,234.50", "$1,234.5"},
      {type_of(TypeClass::real4), "0.1", "0.10"},
      {type_of(TypeClass::real8), "NaN", "nan"},
      {type_of(TypeClass::boolean), "t", "TRUE"},
      {type_of(TypeClass::boolean), "f", "0"},
      {type_of(TypeClass::wstring, "character(5)"), "EU   ", "EU"},
      {type_of(TypeClass::string, "uuid"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
       "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"},
      {type_of(TypeClass::date, "date"), "2024-01-31", "2024:01:31"},
      {type_of(TypeClass::datetime, "timestamp"), "2024-01-31 00:00:00", "2024-01-31"},
      {type_of(TypeClass::datetime, "timestamp"), "2024-01-31 10:00:00", "2024-01-31T10:00:00.000"},
      {type_of(TypeClass::datetime, "timestamp with time zone"), "2024-01-31 10:00:00+00", "2024-01-31 12:00:00+02"},
      {type_of(TypeClass::datetime, "timestamp with time zone"), "2024-01-31 23:30:00+00",
       "2024-02-01T00:30:00+01:00"},
      {type_of(TypeClass::datetime, "timestamp with time zone"), "2024-01-31 10:00:00+00", "2024-01-31 10:00:00"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(judge_text(c.type, {{Op::eq, std::string(c.value)}}, c.cell), Truth::yes) << c.cell << " " << c.value;
}

TEST(Predicate, values_that_are_none_of_the_type_are_told) {
  const struct {
    Type type;
    std::string_view value;
  } cases[] = {
      {type_of(TypeClass::int4), "ten"},
      {type_of(TypeClass::int4), ""},
      {type_of(TypeClass::int4), "1e99999999"},
      {type_of(TypeClass::int4), "--1"},
      {type_of(TypeClass::real8), "1e999"},
      {type_of(TypeClass::boolean), "maybe"},
      {type_of(TypeClass::date), "2023-02-29"},
      {type_of(TypeClass::date), "2023-01-01 10:00:00"},
      {type_of(TypeClass::date), "yesterday"},
      {type_of(TypeClass::time), "25:00:00"},
      {type_of(TypeClass::datetime), "10:00"},
      {type_of(TypeClass::datetime), "2024-01-01 10:00:00+02"},
      {type_of(TypeClass::datetime, "timestamp(6) without time zone"), "2024-01-01 10:00:00.1234567"},
      {type_of(TypeClass::blob), "00"},
      {type_of(TypeClass::datetime), "0000-01-01"},
  };
  for (const auto& c : cases) EXPECT_FALSE(column_of(c.type, {{Op::eq, std::string(c.value)}})) << c.value;
}

TEST(Predicate, null_follows_one_formula) {
  const FilterCondition eq{Op::eq, "1"}, noteq{Op::noteq, "2"}, is_null{Op::null}, notnull{Op::notnull};
  const FilterCondition not_one{Op::noteq, "1"};
  const struct {
    std::vector<FilterCondition> conditions;
    bool null, one, two, three;
  } cases[] = {
      {{eq}, false, true, false, false},
      {{noteq}, false, true, false, true},
      {{is_null}, true, false, false, false},
      {{notnull}, false, true, true, true},
      {{eq, is_null}, true, true, false, false},
      {{noteq, is_null}, false, false, false, false},  // negative and null without inclusive: nothing
      {{eq, noteq, is_null}, false, true, false, false},
      {{noteq, not_one}, false, false, false, true},
      {{eq, {Op::eq, "3"}}, false, true, false, true},
      {{is_null, notnull}, false, false, false, false},
  };
  for (const auto& c : cases) {
    const auto column = column_of(type_of(TypeClass::int4), c.conditions);
    ASSERT_TRUE(column);
    EXPECT_EQ(judge(*column, {true, true, ""}) == Truth::yes, c.null);
    EXPECT_EQ(judge(*column, {true, false, "1"}) == Truth::yes, c.one);
    EXPECT_EQ(judge(*column, {true, false, "2"}) == Truth::yes, c.two);
    EXPECT_EQ(judge(*column, {true, false, "3"}) == Truth::yes, c.three);
    EXPECT_EQ(judge(*column, {false, false, ""}), Truth::unknown);
  }
}

TEST(Predicate, columns_of_a_rule_are_anded_and_rules_are_ored) {
  const auto equals = [](uint32_t at, std::string_view value) {
    auto column = *column_of(type_of(TypeClass::int4), {{Op::eq, std::string(value)}});
    column.column = at;
    return column;
  };
  const Predicate predicate{{{equals(0, "1"), equals(1, "2")}, {equals(0, "5")}}};
  const struct {
    std::string_view a, b;  // empty: not known
    Truth truth;
  } cases[] = {{"1", "2", Truth::yes},    {"1", "3", Truth::no},     {"5", "3", Truth::yes},    {"5", "", Truth::yes},
               {"1", "", Truth::unknown}, {"", "2", Truth::unknown}, {"", "3", Truth::unknown}, {"3", "", Truth::no}};
  for (const auto& c : cases)
    EXPECT_EQ(judge(predicate,
                    [&](uint32_t column) {
                      const std::string_view text = column == 0 ? c.a : c.b;
                      return JudgedCell{!text.empty(), false, text};
                    }),
              c.truth)
        << c.a << " " << c.b;
}

TEST(Predicate, types_without_an_order_of_their_own_are_known) {
  for (const std::string_view native : {"uuid", "inet", "interval", "public.mood", "bit(3)", "int4range"})
    EXPECT_EQ(filter_comparison(type_of(TypeClass::string, native)), FilterComparison::identity) << native;
  for (const std::string_view native : {"jsonb", "text[]", "hstore"})
    EXPECT_EQ(filter_comparison(type_of(TypeClass::nclob, native)), FilterComparison::identity) << native;
  for (const std::string_view native : {"text", "citext", ""})
    EXPECT_EQ(filter_comparison(type_of(TypeClass::nclob, native)), FilterComparison::text) << native;
  EXPECT_EQ(filter_comparison(type_of(TypeClass::blob, "bytea")), FilterComparison::none);
}

}  // namespace
}  // namespace godwit
