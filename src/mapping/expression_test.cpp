#include "mapping/expression.h"

#include <cstdlib>
#include <fstream>

#include "mapping/shape_test_kit.h"

namespace godwit {
namespace {

using namespace testing;

// One row for all expressions, and the same values as SQL for the shell.
struct Variable {
  std::string_view column, type;
  std::optional<std::string> cell;
  std::string_view sql;
};
const std::vector<Variable>& variables() {
  static const std::vector<Variable> all = {
      {"first_name", "wstring", "Ann", "'Ann'"},
      {"last_name", "wstring", "lee", "'lee'"},
      {"qty", "numeric", "150.25", "150.25"},
      {"n", "int8", "-7", "(-7)"},
      {"r", "real8", "2.5", "2.5"},
      {"flag", "boolean", "t", "'true'"},
      {"raw", "blob", "\x01\xAB", "x'01ab'"},
      {"at", "datetime", "2024-02-29 10:20:30", "'2024-02-29 10:20:30'"},
      {"text", "nclob", "  pad \xC3\xA4 ", "'  pad \xC3\xA4 '"},
      {"empty", "wstring", std::nullopt, "NULL"},
  };
  return all;
}

struct Case {
  std::string_view expression;
  std::string_view result;  // of quote(expression)
};

// What SQLite's own shell gives as well (each_expression_gives_what_the_shell_gives).
const std::vector<Case>& shell_cases() {
  static const std::vector<Case> all = {
      {"upper(substr($last_name,1,1)) || '. ' || $first_name", "'L. Ann'"},
      {"CASE WHEN $qty > 100 THEN 'high' WHEN $qty BETWEEN 20 AND 100 THEN 'mid' WHEN $qty IS NULL THEN 'none' "
       "ELSE 'low' END",
       "'high'"},
      {"'dw_' || $first_name", "'dw_Ann'"},
      {"$first_name || ' ' || $last_name", "'Ann lee'"},
      {"$n * 2 + 1", "-13"},
      {"$n / 2", "-3"},
      {"$n % 4", "-3"},
      {"7 << 2 | 1", "29"},
      {"12 & 10 >> 1", "4"},
      {"~$n", "6"},
      {"- $n", "7"},
      {"$qty + 0.5", "150.75"},
      {"$qty < 20 OR $n <= -7", "1"},
      {"$qty >= 150.25 AND NOT $n > 0", "1"},
      {"$n = -7", "1"},
      {"$n == -6", "0"},
      {"$n <> 3", "1"},
      {"$n != -7", "0"},
      {"$empty IS NULL", "1"},
      {"$first_name IS NOT NULL", "1"},
      {"$n IN (1, -7, 3)", "1"},
      {"$first_name NOT IN ('Bob')", "1"},
      {"$first_name LIKE 'a%'", "1"},
      {"$first_name GLOB 'A*'", "1"},
      {"$qty BETWEEN 20 AND 150.25", "1"},
      {"CAST($qty AS INTEGER)", "150"},
      {"CAST($n AS TEXT)", "'-7'"},
      {"CAST('12abc' AS INTEGER)", "12"},
      {"lower('ABC\xC3\x84')", "'abc\xC3\x84'"},
      {"ltrim($text)", "'pad \xC3\xA4 '"},
      {"rtrim('xxabxx','x')", "'xxab'"},
      {"trim($text)", "'pad \xC3\xA4'"},
      {"replace($first_name,'n','m')", "'Amm'"},
      {"substr('abcdef',-3)", "'def'"},
      {"substr('abcdef',4,-2)", "'bc'"},
      {"hex($raw)", "'01AB'"},
      {"hex($first_name)", "'416E6E'"},
      {"length(randomblob(5))", "5"},
      {"hex(zeroblob(3))", "'000000'"},
      {"abs($n)", "7"},
      {"abs($empty)", "NULL"},
      {"abs('x')", "0.0"},
      {"typeof(random())", "'integer'"},
      {"round($r)", "3.0"},
      {"round($qty, 1)", "150.3"},
      {"max($n, 3, 1)", "3"},
      {"min($n, $empty)", "NULL"},
      {"coalesce($empty, $n, 5)", "-7"},
      {"ifnull($empty, 'x')", "'x'"},
      {"nullif($first_name, 'Ann')", "NULL"},
      {"date($at, '+1 day')", "'2024-03-01'"},
      {"time($at)", "'10:20:30'"},
      {"datetime($at, '-1 month', 'start of month')", "'2024-01-01 00:00:00'"},
      {"julianday('2000-01-01 12:00:00')", "2451545.0"},
      {"strftime('%d %H %j %m %M %S %w %W %Y %%', $at)", "'29 10 060 02 20 30 4 09 2024 %'"},
      {"strftime('%f %J %s', '2024-02-29 10:20:30.25')", "'30.250 2460369.930905671 1709202030'"},
      {"CASE $n WHEN 1 THEN 'one' WHEN -7 THEN 'seven' ELSE 'other' END", "'seven'"},
      {"CASE WHEN $flag = 'true' THEN 1 ELSE 0 END", "1"},
      {"'it''s; -- no /* comment */ SELECT'", "'it''s; -- no /* comment */ SELECT'"},
      {"x'4142' || ''", "'AB'"},
      {"iif($n < 0, 'neg', 'pos')", "'neg'"},
      {"$r", "2.5"},
  };
  return all;
}

// Godwit's own functions and what only it knows.
const std::vector<Case>& own_cases() {
  static const std::vector<Case> all = {
      {"replaceChars('abcde','abcd','123')", "'1231e'"},
      {"replaceChars('\xC3\xA4ho\xC3\xB6','\xC3\xA4\xC3\xB6','ao')", "'ahoo'"},
      {"replaceChars('abc','b','')", "'ac'"},
      {"replaceChars($empty,'b','c')", "NULL"},
      {"hash_sha256('C6BGJ566669K')", "'7CB06784764C9030CCC41E25C15339FEB293FFE9B329A72B5FED564E99900C75'"},
      {"hash_sha256($empty)", "NULL"},
      {"operation_indicator('D','U','I')", "'I'"},
      {"${first_name} || ${n}", "'Ann-7'"},
      {"$AR_M_SOURCE_SCHEMA", "'shop'"},
      {"$AR_H_OPERATION", "'INSERT'"},
      {"'<' || $AR_H_STREAM_POSITION || '>'", "'<>'"},
  };
  return all;
}

std::string evaluated(std::string_view expression) {
  std::string columns;
  Row row;
  for (const Variable& variable : variables()) {
    columns += fmt::format("{}{}:{}", columns.empty() ? "" : " ", variable.column, variable.type);
    row.push_back(variable.cell);
  }
  Bench bench(rules_of({added("value", fmt::format("quote({})", expression))}), table_of(columns));
  if (!bench.shaper) return "(none)";
  bench.load(row);
  EXPECT_TRUE(bench.findings.empty()) << bench.findings.front().message;
  const Cell& cell = bench.out.cell(0, bench.out.width() - 1);
  return std::string(bench.out.bytes(cell));
}

TEST(Expression, operators_and_functions_give_their_values) {
  for (const auto* cases : {&shell_cases(), &own_cases()})
    for (const Case& c : *cases) EXPECT_EQ(evaluated(c.expression), c.result) << c.expression;
}

// $name as an SQL literal.
std::string for_shell(std::string_view expression) {
  std::string out;
  while (!expression.empty()) {
    const Variable* longest = nullptr;
    for (const Variable& variable : variables())
      if (expression.starts_with('$') && expression.substr(1).starts_with(variable.column) &&
          (longest == nullptr || variable.column.size() > longest->column.size()))
        longest = &variable;
    out += longest != nullptr ? longest->sql : expression.substr(0, 1);
    expression.remove_prefix(longest != nullptr ? longest->column.size() + 1 : 1);
  }
  return out;
}

bool run(const std::string& command) {
  return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c): the shell's answers are what is compared with
}

TEST(Expression, each_expression_gives_what_the_shell_gives) {
  if (!run("command -v sqlite3 >/dev/null 2>&1")) GTEST_SKIP() << "sqlite3 is not installed";
  const std::string base = ::testing::TempDir() + "/godwit_expressions";
  std::ofstream script(base + ".sql");
  for (const Case& c : shell_cases()) script << fmt::format("SELECT quote({});\n", for_shell(c.expression));
  script.close();
  ASSERT_TRUE(run(fmt::format("sqlite3 -batch :memory: <'{0}.sql' >'{0}.txt'", base)));
  std::ifstream answers(base + ".txt");
  for (const Case& c : shell_cases()) {
    std::string answer;
    ASSERT_TRUE(std::getline(answers, answer)) << c.expression;
    EXPECT_EQ(answer, c.result) << c.expression;
  }
}

TEST(Expression, anything_but_one_expression_is_refused) {
  const struct {
    std::string_view text, why;
  } cases[] = {
      {"", "it is empty"},
      {"SELECT 1", "SELECT is no expression"},
      {"(select 1)", "SELECT is no expression"},
      {"(VALUES(1))", "VALUES is no expression"},
      {"1; DROP TABLE x", "\";\""},
      {"1) FROM sqlite_master WHERE (1", "no opening one"},
      {"(1", "closing parenthesis is missing"},
      {"'abc", "has no end"},
      {"\"abc\"", "text in single quotes"},
      {"[abc]", "text in single quotes"},
      {"1 -- comment", "comments"},
      {"1 /* comment */", "comments"},
      {"?1", "the character ?"},
      {":name", "the character :"},
      {"@name", "the character @"},
      {"$", "has no column name"},
      {"${a", "has no \"}\""},
      {"1 +", "SQLite says"},
      {"1, 2", "SQLite says"},
      {"name", "SQLite says: no such column"},
      {"unknown_function(1)", "no such function"},
      {"load_extension('x')", "SQLite says"},
      {"sqlite_version()", "SQLite says"},
      {"operation_indicator(1)", "wrong number of arguments"},
      {"abc$x", "SQLite says"},
      {"PRAGMA user_version", "SQLite says"},
      {"ATTACH 'x' AS y", "SQLite says"},
  };
  for (const auto& c : cases) {
    const Result<void> checked = check_expression(c.text);
    ASSERT_FALSE(checked) << c.text;
    EXPECT_EQ(checked.error().kind, ErrorKind::usage);
    EXPECT_NE(checked.error().message.find(c.why), std::string::npos) << c.text << ": " << checked.error().message;
  }
}

TEST(Expression, each_row_has_its_own_value) {
  Bench bench(rules_of({added("value", "$n + 1", "int8")}), table_of("n:int4"));
  testing::append(bench.in, {"1"});
  testing::append(bench.in, {std::nullopt});
  testing::append(bench.in, {"3"});
  ASSERT_TRUE(bench.shaper->shape_rows(bench.in, bench.out, 0, bench.findings));
  EXPECT_EQ(text_of(bench.out, 0), "1|2");
  EXPECT_EQ(text_of(bench.out, 1), "NULL|NULL");
  EXPECT_EQ(text_of(bench.out, 2), "3|4");
}

TEST(Expression, numbers_keep_their_digits_where_text_is_wanted) {
  const struct {
    std::string_view expression, result;
  } cases[] = {
      {"$amount", "12345678901234567890.10"},
      {"'EUR ' || $amount", "EUR 12345678901234567890.10"},
      {"replace($amount, '.', ',')", "12345678901234567890,10"},
      {"CAST($amount AS TEXT)", "12345678901234567890.10"},
      {"CASE WHEN $amount > 100 THEN 'much' END", "much"},
      {"CASE WHEN - $amount > 100 THEN 'much' ELSE 'less' END", "less"},
      {"CASE WHEN coalesce($amount, 0) < 100 THEN 'less' ELSE 'much' END", "much"},
  };
  for (const auto& c : cases) {
    Bench bench(rules_of({added("value", c.expression)}), table_of("amount:numeric"));
    EXPECT_EQ(split(bench.load({"12345678901234567890.10"}), '|')[1], c.result) << c.expression;
  }
}

TEST(Expression, results_become_the_columns_type) {
  const struct {
    std::string_view expression, type, result;
  } cases[] = {
      {"3.5", "int4", "4"},
      {"1", "boolean", "t"},
      {"0", "boolean", "f"},
      {"'x'", "int4", "NULL"},
      {"300", "uint1", "NULL"},
      {"'2024-02-29'", "datetime", "2024-02-29 00:00:00"},
      {"1.5", "string", "1.5"},
      {"2.0", "string", "2.0"},
      {"2.0", "numeric", "2"},
      {"1e22", "numeric", "10000000000000000000000"},
      {"1.0 / 3", "real8", "0.3333333333333333"},
      {"x'4142'", "string", "AB"},
      {"x'4142'", "blob", "AB"},
      {"'AB'", "blob", "AB"},
      {"x'4142'", "int4", "NULL"},
      {"1", "blob", "NULL"},
      {"NULL", "int4", "NULL"},
      {"abs(-9223372036854775808)", "int8", "NULL"},
  };
  for (const auto& c : cases) {
    Bench bench(rules_of({added("value", c.expression, c.type)}), table_of("id:int8"));
    const std::string value = split(bench.load({"1"}), '|')[1];
    EXPECT_EQ(value, c.result) << c.expression;
    EXPECT_EQ(bench.findings.size(), value == "NULL" && c.expression != "NULL" ? 1U : 0U) << c.expression;
  }
}

TEST(Expression, an_added_column_can_be_masked) {
  Bench bench(
      rules_of({added("code", "'A' || $id"), on_column("data-masking-digits-mask", "code", R"("value": "#")")}),
      table_of("id:int8"));
  EXPECT_EQ(bench.load({"42"}), "42|A##");
}

}  // namespace
}  // namespace godwit
