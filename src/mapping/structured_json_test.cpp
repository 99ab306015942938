#include "mapping/structured_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace godwit {
namespace {

std::string array(std::string_view text, ValueForm element = ValueForm::text) {
  std::string out;
  if (!array_to_json(text, element, out)) return "no array";
  EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  return out;
}

std::string range(std::string_view text, ValueForm bound = ValueForm::integer) {
  std::string out;
  if (!range_to_json(text, bound, out)) return "no range";
  EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  return out;
}

std::string composite(std::string_view text) {
  std::string out;
  if (!composite_to_json(text, out)) return "no composite";
  EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  return out;
}

TEST(StructuredJson, keeps_numbers_nulls_strings_and_nesting_of_arrays) {
  EXPECT_EQ(array("{}"), "[]");
  EXPECT_EQ(array("{1,-2,NULL,1.5e-07,NaN,Infinity}", ValueForm::real), R"([1,-2,null,1.5e-07,"NaN","Infinity"])");
  EXPECT_EQ(array("{{1,2},{3,4}}", ValueForm::integer), "[[1,2],[3,4]]");
  EXPECT_EQ(array(R"({a,"b c","NULL",NULL,"","say \"hi\" \\ {x,y}"})"),
            R"(["a","b c","NULL",null,"","say \"hi\" \\ {x,y}"])");
  EXPECT_EQ(array("{t,f}", ValueForm::boolean), "[true,false]");
  EXPECT_EQ(array(R"({"{\"a\": [1]}","[2]"})", ValueForm::json), R"([{"a": [1]},[2]])");
  EXPECT_EQ(array("{\"a\nb\"}"), R"(["a\u000ab"])");
  EXPECT_EQ(array("{007}"), R"(["007"])");
  EXPECT_EQ(array("[0:1]={5,6}", ValueForm::integer), R"({"bounds":"[0:1]","elements":[5,6]})");
  EXPECT_EQ(array("{[x,y}"), R"(["[x","y"])");
}

TEST(StructuredJson, refuses_what_is_no_array) {
  for (const std::string_view text :
       {"", "{", "{a", "a}", "{a}b", "{,}", "{\"a}", "{a,}", "[0:1]{1}", "{{{{{{{{1}}}}}}}}"})
    EXPECT_EQ(array(text), "no array") << text;
}

TEST(StructuredJson, tells_bounds_of_ranges) {
  EXPECT_EQ(range("[1,5)"), R"j({"lower":1,"upper":5,"bounds":"[)"})j");
  EXPECT_EQ(range("(,5]"), R"j({"lower":null,"upper":5,"bounds":"(]"})j");
  EXPECT_EQ(range("empty"), R"j({"empty":true})j");
  EXPECT_EQ(range(R"j(["2020-01-01 00:00:00",))j", ValueForm::text),
            R"j({"lower":"2020-01-01 00:00:00","upper":null,"bounds":"[)"})j");
  EXPECT_EQ(range(R"j(["a""b\"c","x,y)z"])j", ValueForm::text),
            R"j({"lower":"a\"b\"c","upper":"x,y)z","bounds":"[]"})j");
  EXPECT_EQ(range("{[1,2),[5,7)}"), R"j([{"lower":1,"upper":2,"bounds":"[)"},{"lower":5,"upper":7,"bounds":"[)"}])j");
  EXPECT_EQ(range("{}"), "[]");
  for (const std::string_view text : {"", "[1", "[1,2", "1,2)", "{[1,2)", "{[1,2)[3,4)}", "[1,2)x", "emptyx"})
    EXPECT_EQ(range(text), "no range") << text;
}

TEST(StructuredJson, tells_null_from_empty_fields) {
  EXPECT_EQ(composite(R"j((1,,"a b","",x))j"), R"(["1",null,"a b","","x"])");
  EXPECT_EQ(composite("(,)"), "[null,null]");
  EXPECT_EQ(composite("()"), "[null]");
  EXPECT_EQ(composite(R"j(("say ""hi""","(1,2)"))j"), R"j(["say \"hi\"","(1,2)"])j");
  for (const std::string_view text : {"", "(", "(1", "1)", "(1)x", "(\"1)"})
    EXPECT_EQ(composite(text), "no composite") << text;
}

}  // namespace
}  // namespace godwit
