// What becomes of PostgreSQL's arrays, ranges and composite values where they are JSON: value by value of the list of
// types, by hand.

#include <map>

#include "postgres_quirks.h"

namespace godwit::conformance {
namespace {

using Texts = std::map<std::string, std::string>;

const Texts& composites() {
  static const Texts all = {
      {"(1,x)", R"j(["1","x"])j"},
      {"(,)", "[null,null]"},
      {R"j((,""))j", R"j([null,""])j"},
      {R"j((-1,"a, ""b"" \\ (c)"))j", R"j(["-1","a, \"b\" \\ (c)"])j"},
      {"(0,NULL)", R"j(["0","NULL"])j"},
      {"(7,\"line\nbreak\t\")", R"j(["7","line\u000abreak\u0009"])j"},
      {R"json(("(1,x)","{1,NULL}",sad))json", R"json(["(1,x)","{1,NULL}","sad"])json"},
      {"(,,)", "[null,null,null]"},
      {R"json(("(,"""")",{},"so so"))json", R"json(["(,\"\")","{}","so so"])json"},
  };
  return all;
}

const Texts& ranges() {
  static const Texts all = {
      {"empty", R"j({"empty":true})j"},
      {"(,)", R"j({"lower":null,"upper":null,"bounds":"()"})j"},
      {"[1,10)", R"j({"lower":1,"upper":10,"bounds":"[)"})j"},
      {"[-2147483648,)", R"j({"lower":-2147483648,"upper":null,"bounds":"[)"})j"},
      {"(,2147483647)", R"j({"lower":null,"upper":2147483647,"bounds":"()"})j"},
      {"[-9223372036854775808,9223372036854775807)",
       R"j({"lower":-9223372036854775808,"upper":9223372036854775807,"bounds":"[)"})j"},
      {"[1.10,2.20]", R"j({"lower":1.10,"upper":2.20,"bounds":"[]"})j"},
      {"(-Infinity,NaN)", R"j({"lower":"-Infinity","upper":"NaN","bounds":"()"})j"},
      {"(,0.1]", R"j({"lower":null,"upper":0.1,"bounds":"(]"})j"},
      {R"j(["2000-01-01 00:00:00",infinity))j",
       R"j({"lower":"2000-01-01 00:00:00","upper":"infinity","bounds":"[)"})j"},
      {R"j((,"0044-03-15 12:00:00 BC"])j", R"j({"lower":null,"upper":"0044-03-15 12:00:00 BC","bounds":"(]"})j"},
      {R"j(["2000-01-01 00:00:00+00",infinity])j",
       R"j({"lower":"2000-01-01 00:00:00+00","upper":"infinity","bounds":"[]"})j"},
      {"[2000-01-01,2000-02-01)", R"j({"lower":"2000-01-01","upper":"2000-02-01","bounds":"[)"})j"},
      {R"j(["0044-03-15 BC",))j", R"j({"lower":"0044-03-15 BC","upper":null,"bounds":"[)"})j"},
      {R"json(["","a,b"))json", R"j({"lower":"","upper":"a,b","bounds":"[)"})j"},
      {R"json(["(","\\\""))json", R"j({"lower":"(","upper":"\\\"","bounds":"[)"})j"},
      {R"json(["(","\\"""))json", R"j({"lower":"(","upper":"\\\"","bounds":"[)"})j"},
      {"{}", "[]"},
      {"{(,)}", R"j([{"lower":null,"upper":null,"bounds":"()"}])j"},
      {"{[1,3),[5,7)}", R"j([{"lower":1,"upper":3,"bounds":"[)"},{"lower":5,"upper":7,"bounds":"[)"}])j"},
      {"{[1.10,2.20],(3,)}",
       R"j([{"lower":1.10,"upper":2.20,"bounds":"[]"},{"lower":3,"upper":null,"bounds":"()"}])j"},
      {R"j({["2000-01-01 00:00:00","2000-01-02 00:00:00")})j",
       R"j([{"lower":"2000-01-01 00:00:00","upper":"2000-01-02 00:00:00","bounds":"[)"}])j"},
      {R"j({(,"2000-01-02 00:00:00+00")})j", R"j([{"lower":null,"upper":"2000-01-02 00:00:00+00","bounds":"()"}])j"},
      {"{[2000-01-01,2000-02-01),[2001-01-01,)}", R"j([{"lower":"2000-01-01","upper":"2000-02-01","bounds":"[)"},)j"
                                                  R"j({"lower":"2001-01-01","upper":null,"bounds":"[)"}])j"},
  };
  return all;
}

const Texts& arrays() {
  static const Texts all = {
      {"{}", "[]"},
      {"{NULL}", "[null]"},
      {"{1,NULL,3}", "[1,null,3]"},
      {"[2:4]={1,2,3}", R"j({"bounds":"[2:4]","elements":[1,2,3]})j"},
      {"[-1:0][5:6]={{1,2},{3,4}}", R"j({"bounds":"[-1:0][5:6]","elements":[[1,2],[3,4]]})j"},
      {"{{{{{{1}}}}}}", "[[[[[[1]]]]]]"},
      {R"j({""})j", R"j([""])j"},
      {R"j({NULL,"NULL",NULL})j", R"j([null,"NULL",null])j"},
      {R"j({"a,b","\"","\\","{}"," x "})j", R"j(["a,b","\"","\\","{}"," x "])j"},
      {"{\"line\nbreak\",\"\\\\N\"}", R"j(["line\u000abreak","\\N"])j"},
      {"[0:0]={\"ä \U0001F600\"}", "{\"bounds\":\"[0:0]\",\"elements\":[\"ä \U0001F600\"]}"},
      {R"j({{a,b},{NULL,""}})j", R"j([["a","b"],[null,""]])j"},
      {"{t,f,NULL}", "[true,false,null]"},
      {"{-9223372036854775808,9223372036854775807}", "[-9223372036854775808,9223372036854775807]"},
      {"{1.10,NaN,-Infinity,NULL}", R"j([1.10,"NaN","-Infinity",null])j"},
      {"{-0,1e-45,NaN}", R"j([-0,1e-45,"NaN"])j"},
      {"{-0,5e-324,Infinity}", R"j([-0,5e-324,"Infinity"])j"},
      {R"j({"$1,234.56",NULL})j", R"j(["$1,234.56",null])j"},
      {R"j({"\\x","\\x005c0a",NULL})j", R"j(["\\x","\\x005c0a",null])j"},
      {"{101,NULL}", R"j(["101",null])j"},
      {R"j({abc,"",NULL})j", R"j(["abc","",null])j"},
      {R"j({"a  ",NULL})j", R"j(["a  ",null])j"},
      {R"j({x,""})j", R"j(["x",""])j"},
      {R"j({infinity,"0044-03-15 BC",NULL})j", R"j(["infinity","0044-03-15 BC",null])j"},
      {R"j({"2000-01-01 00:00:00.000001",-infinity})j", R"j(["2000-01-01 00:00:00.000001","-infinity"])j"},
      {R"j({"2000-01-01 00:00:00+00",NULL})j", R"j(["2000-01-01 00:00:00+00",null])j"},
      {"{24:00:00}", R"j(["24:00:00"])j"},
      {R"j({"1 mon -1 days",00:00:00})j", R"j(["1 mon -1 days","00:00:00"])j"},
      {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}", R"j(["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",null])j"},
      {R"j({"{\"a\" : 1}",NULL,NULL})j", R"j([{"a" : 1},null,null])j"},
      {R"j({"{\"a\": 1}","null"})j", R"j([{"a": 1},null])j"},
      {"{10.0.0.1,::1}", R"j(["10.0.0.1","::1"])j"},
      {R"j({"(0,0)","(1.5,-2)"})j", R"j(["(0,0)","(1.5,-2)"])j"},
      {R"j({empty,"[1,10)",NULL})j", R"j(["empty","[1,10)",null])j"},
      {R"j({"{[1,3),[5,7)}","{}"})j", R"j(["{[1,3),[5,7)}","{}"])j"},
      {R"j({sad,NULL,"so so"})j", R"j(["sad",null,"so so"])j"},
      {"{1,2147483647,NULL}", R"j(["1","2147483647",null])j"},
      {R"json({"(1,x)",NULL,"(,\"\")"})json", R"json(["(1,x)",null,"(,\"\")"])json"},
      {R"j({"\"a\"=>NULL",NULL})j", R"j(["\"a\"=>NULL",null])j"},
      {"{<a/>,NULL}", R"j(["<a/>",null])j"},
  };
  return all;
}

}  // namespace

std::function<Value(const std::string&)> json_of(const std::string& type) {
  const bool is_range = type.ends_with("range");
  const bool is_composite = type == "s.pair" || type == "s.nested";
  const bool is_array = type.ends_with("[]") && type != "box[]";
  if (!is_range && !is_composite && !is_array) return {};
  const Texts& all = is_range ? ranges() : is_composite ? composites() : arrays();
  return [&all](const std::string& text) -> Value {
    const auto at = all.find(text);
    return at != all.end() ? at->second : "(postgres_json.cpp does not have " + text + ")";
  };
}

}  // namespace godwit::conformance
