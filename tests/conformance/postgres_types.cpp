// Every type a PostgreSQL column may have, with values at the ends of its range and in the corners of its spelling.

#include "postgres_quirks.h"

namespace godwit::conformance {
namespace {

constexpr std::string_view has_xml =
    "SELECT count(*) > 0 FROM pg_catalog.pg_config WHERE setting LIKE '%--with-libxml%'";
constexpr std::string_view has_hstore = "SELECT to_regtype('public.hstore') IS NOT NULL";
constexpr std::string_view has_citext = "SELECT to_regtype('public.citext') IS NOT NULL";

using Types = std::vector<PostgresType>;

std::string repeat(std::string_view what, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += what;
  return out;
}

std::string every_byte_as_hex() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\\x";
  for (size_t i = 0; i < 256; ++i) {
    out += digits[i / 16];
    out += digits[i % 16];
  }
  return out;
}

std::vector<std::string> hard_texts() {
  return {"",
          " ",
          "a",
          "NULL",
          "\\N",
          "\\.",
          "\\",
          "\\\\",
          "\b\f\n\r\t\v",
          "\\b\\f\\n\\r\\t\\v\\x41\\101",
          "line\nbreak\r\n",
          "tab\tbed",
          "it's \"quoted\" `so` $$so$$ $1",
          "{curly},(round);[square]",
          "\x01\x02\x7f",
          "äöüß €",
          "\u0301",
          "\U0001F600\U00020000",
          "\uFFFD\uFFFE\uFEFF",
          "trailing ",
          "\n",
          "\t"};
}

void add_numbers(Types& out) {
  out.push_back({{"boolean", {"t", "f"}}, ""});
  out.push_back({{"smallint", {"0", "-32768", "32767"}}, ""});
  out.push_back({{"integer", {"0", "-2147483648", "2147483647"}}, ""});
  out.push_back({{"bigint", {"0", "-9223372036854775808", "9223372036854775807"}}, ""});
  out.push_back(
      {{"numeric",
        {"0", "0.00", "1.10", "1.1", "-0.000000000000000000000000000001", "NaN", "Infinity", "-Infinity",
         repeat("9", 131072), "-" + repeat("8", 131072) + "." + repeat("7", 16383), "0." + repeat("0", 16382) + "1"}},
       ""});
  out.push_back({{"numeric(38,10)", {"1234567890123456789012345678.0123456789", "-0.0000000001", "NaN"}}, ""});
  out.push_back({{"numeric(4,0)", {"9999", "-9999"}}, ""});
  out.push_back({{"real",
                  {"0", "-0", "NaN", "Infinity", "-Infinity", "1e-45", "1.1754944e-38", "3.4028235e+38", "0.1",
                   "16777216", "-1.2345678e-20"}},
                 ""});
  out.push_back(
      {{"double precision",
        {"0", "-0", "NaN", "Infinity", "-Infinity", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e+308",
         "0.1", "0.30000000000000004", "9007199254740993", "1e22", "123456789012345.67"}},
       ""});
  out.push_back({{"money", {"0", "-92233720368547758.08", "92233720368547758.07", "1234.56", "-0.01"}}, ""});
}

void add_texts(Types& out) {
  std::vector<std::string> texts = hard_texts();
  out.push_back({{"character varying", texts}, ""});
  texts.push_back(repeat("x", 1U << 20U));
  texts.push_back(repeat("\U0001F426\\\n", 1U << 16U));
  out.push_back({{"text", texts}, ""});
  out.push_back({{"character varying(10)", {"", "0123456789", "äöüäöüäöüä", "tail      "}}, ""});
  out.push_back({{"character(10)", {"", "a", " a", "0123456789", "äöü"}}, ""});
  out.push_back({{"character(1)", {"", "x", "\\", "€"}}, ""});
  out.push_back({{"\"char\"", {"", "a", "~", "\t"}}, ""});
  out.push_back({{"name", {"", "x", "Mixed \"Case\"", repeat("n", 63)}}, ""});
  out.push_back({{"text COLLATE \"C\"", {"", "b", "ä"}}, ""});
  out.push_back({{"public.citext", {"", "MiXeD", "mixed", "ÄÖ"}}, has_citext});
  out.push_back(
      {{"public.hstore",
        {"", "\"a\"=>\"1\", \"b\"=>NULL", "\"q\\\"uote\"=>\"back\\\\slash\", \"\"=>\"\"", "\"n\"=>\"NULL\""}},
       has_hstore});
}

void add_bytes(Types& out) {
  out.push_back({{"bytea",
                  {"\\x", "\\x00", "\\x000000", "\\x5c", "\\x0a5c4e", "\\xff", every_byte_as_hex(),
                   "\\x" + repeat("00ff", 1U << 19U)}},
                 ""});
  out.push_back({{"bit(1)", {"0", "1"}}, ""});
  out.push_back({{"bit(11)", {"00000000000", "11111111111", "10000000001"}}, ""});
  out.push_back({{"bit varying", {"", "0", "1", "101010101", repeat("01", 50000)}}, ""});
  out.push_back({{"bit varying(20)", {"", "11111111111111111111"}}, ""});
  out.push_back({{"uuid",
                  {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                   "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
                 ""});
}

void add_times(Types& out) {
  out.push_back({{"date",
                  {"4713-11-24 BC", "0001-12-31 BC", "0001-01-01", "1969-12-31", "2000-02-29", "9999-12-31",
                   "10000-01-01", "5874897-12-31", "infinity", "-infinity"}},
                 ""});
  const std::vector<std::string> stamps = {"4713-11-24 00:00:00 BC",
                                           "0044-03-15 12:00:00 BC",
                                           "0001-01-01 00:00:00",
                                           "1969-12-31 23:59:59.999999",
                                           "2000-01-01 00:00:00.000001",
                                           "2024-02-29 12:34:56.7",
                                           "294276-12-31 23:59:59.999999",
                                           "infinity",
                                           "-infinity"};
  out.push_back({{"timestamp without time zone", stamps}, ""});
  out.push_back({{"timestamp(3) without time zone", {"2024-02-29 12:34:56.789", "infinity"}}, ""});
  std::vector<std::string> zoned = {"1883-11-18 12:03:58-04:56:02", "2024-06-01 00:00:00+14",
                                    "2024-06-01 00:00:00-12"};
  for (const std::string& stamp : stamps) {
    const bool era = stamp.ends_with(" BC");
    const std::string plain = stamp.substr(0, stamp.size() - (era ? 3 : 0));
    zoned.push_back(plain.ends_with("infinity") ? plain : plain + "+00" + (era ? " BC" : ""));
  }
  out.push_back({{"timestamp with time zone", zoned}, ""});
  out.push_back({{"time without time zone", {"00:00:00", "23:59:59.999999", "24:00:00", "12:00:00.1"}}, ""});
  out.push_back({{"time(0) without time zone", {"23:59:59", "24:00:00"}}, ""});
  out.push_back(
      {{"time with time zone", {"00:00:00+15:59:59", "24:00:00-15:59:59", "12:34:56.789+05:30", "00:00:00+00"}}, ""});
  out.push_back({{"interval",
                  {"00:00:00", "178000000 years", "-178000000 years", "1 year -2 mons +3 days -04:05:06.789",
                   "-1 days +00:00:01", "2147483647 days", "-2147483648 days", "2562047788:00:54.775807",
                   "-2562047788:00:54.775807", "-00:00:00.000001", "1 mon -1 days"}},
                 ""});
  out.push_back({{"interval year to month", {"1 year 2 mons", "-1 mons"}}, ""});
  out.push_back({{"interval day to second(3)", {"1 day 02:03:04.567", "00:00:00.001"}}, ""});
}

void add_documents(Types& out) {
  const std::vector<std::string> documents = {"null",
                                              "true",
                                              "\"\"",
                                              "{}",
                                              "[]",
                                              "-0",
                                              "{\"a\" : 1,  \"a\":2 }",
                                              " [ 1 ,\n\t2 ] ",
                                              "\"\\u00e4\\n\\\\ \\\" \\ud83d\\ude00\"",
                                              "{\"b\":null,\"a\":[{\"\":[[]]}]}",
                                              "12345678901234567890.123456789012345678900",
                                              "\"" + repeat("j", 1U << 20U) + "\""};
  out.push_back({{"json", documents}, ""});
  out.push_back({{"jsonb", documents}, ""});
  out.push_back(
      {{"jsonpath", {"$", "strict $.\"a\"[*]?(@.\"b\" > 1)", "$.\"ä \\\"b\\\"\"", "1 + $.\"x\".size()"}}, ""});
  out.push_back({{"xml",
                  {"<a/>", "<a b=\"1\">x &lt; y &amp; \\</a>", "text only", "<?xml version=\"1.0\"?><r>ä</r>",
                   "<a>\n\t<b> </b>\r</a>", ""}},
                 has_xml});
  out.push_back({{"tsvector", {"", "'a':1A,2B 'fat cat':3", "'it''s':16383 '\\\\':1", "'ä'"}}, ""});
  out.push_back({{"tsquery", {"", "'a' & !'b' | ( 'c' <-> 'd':*AB )", "'it''s' <10> '\\\\'"}}, ""});
}

void add_geometry(Types& out) {
  out.push_back({{"point", {"(0,0)", "(-0,1e-300)", "(-1.5e+300,0.1)", "(NaN,Infinity)"}}, ""});
  out.push_back({{"line", {"{1,-1,0}", "{0,-1,5.5}", "{-1,0,0.1}"}}, ""});
  out.push_back({{"lseg", {"[(0,0),(0,0)]", "[(-1.5,2),(3,0.1)]"}}, ""});
  out.push_back({{"box", {"(1,1),(0,0)", "(0.1,Infinity),(-1,-2)"}}, ""});
  out.push_back({{"path", {"[(0,0),(1,1)]", "((0,0),(1,1),(2,0.1))"}}, ""});
  out.push_back({{"polygon", {"((0,0))", "((0,0),(1,0.1),(2,-2))"}}, ""});
  out.push_back({{"circle", {"<(0,0),0>", "<(0.1,-2),1e+300>"}}, ""});
}

void add_networks(Types& out) {
  out.push_back(
      {{"inet", {"0.0.0.0/0", "255.255.255.255", "10.1.2.3/8", "::/0", "2001:db8::1/64", "::ffff:1.2.3.4"}}, ""});
  out.push_back({{"cidr", {"0.0.0.0/0", "10.0.0.0/8", "192.168.1.1/32", "2001:db8::/32", "::/0"}}, ""});
  out.push_back({{"macaddr", {"00:00:00:00:00:00", "08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"}}, ""});
  out.push_back(
      {{"macaddr8", {"00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff"}}, ""});
}

void add_system_types(Types& out) {
  out.push_back({{"oid", {"0", "4294967295"}}, ""});
  out.push_back({{"xid", {"0", "4294967295"}}, ""});
  out.push_back({{"xid8", {"0", "18446744073709551615"}}, ""});
  out.push_back({{"cid", {"0", "4294967295"}}, ""});
  out.push_back({{"tid", {"(0,0)", "(4294967295,65535)"}}, ""});
  out.push_back({{"pg_lsn", {"0/0", "FFFFFFFF/FFFFFFFF", "16/B374D848"}}, ""});
  out.push_back({{"txid_snapshot", {"10:20:10,14,15", "1:1:"}}, ""});
  out.push_back({{"pg_snapshot", {"10:20:10,14,15", "1:1:"}}, ""});
  out.push_back({{"int2vector", {"", "1 -32768 32767"}}, ""});
  out.push_back({{"oidvector", {"", "0 1 4294967295"}}, ""});
  out.push_back({{"refcursor", {"", "a cursor"}}, ""});
  out.push_back({{"regclass", {"-", "pg_class", "pg_type"}}, ""});
  out.push_back({{"regtype", {"-", "integer", "timestamp with time zone", "text[]"}}, ""});
  out.push_back({{"regproc", {"-", "now"}}, ""});
  out.push_back({{"regprocedure", {"-", "now()", "abs(integer)"}}, ""});
  out.push_back({{"regoperator", {"0", "+(integer,integer)"}}, ""});
  out.push_back({{"regnamespace", {"-", "pg_catalog", "s"}}, ""});
  out.push_back({{"regrole", {"-", "pg_monitor"}}, ""});
  out.push_back({{"regconfig", {"-", "english"}}, ""});
  out.push_back({{"regcollation", {"-", "\"C\""}}, ""});
}

void add_ranges(Types& out) {
  out.push_back({{"int4range", {"empty", "(,)", "[1,10)", "[-2147483648,)", "(,2147483647)"}}, ""});
  out.push_back({{"int8range", {"empty", "[-9223372036854775808,9223372036854775807)"}}, ""});
  out.push_back({{"numrange", {"empty", "[1.10,2.20]", "(-Infinity,NaN)", "(,0.1]"}}, ""});
  out.push_back({{"tsrange", {"empty", "[\"2000-01-01 00:00:00\",infinity)", "(,\"0044-03-15 12:00:00 BC\"]"}}, ""});
  out.push_back({{"tstzrange", {"empty", "[\"2000-01-01 00:00:00+00\",infinity]", "(,)"}}, ""});
  out.push_back({{"daterange", {"empty", "[2000-01-01,2000-02-01)", "[\"0044-03-15 BC\",)"}}, ""});
  out.push_back({{"s.text_range", {"empty", "[\"\",\"a,b\")", "[\"(\",\"\\\\\\\"\")", "(,)"}}, ""});
  out.push_back({{"int4multirange", {"{}", "{(,)}", "{[1,3),[5,7)}"}}, ""});
  out.push_back({{"int8multirange", {"{}", "{[1,3),[5,7)}"}}, ""});
  out.push_back({{"nummultirange", {"{}", "{[1.10,2.20],(3,)}"}}, ""});
  out.push_back({{"tsmultirange", {"{}", "{[\"2000-01-01 00:00:00\",\"2000-01-02 00:00:00\")}"}}, ""});
  out.push_back({{"tstzmultirange", {"{}", "{(,\"2000-01-02 00:00:00+00\")}"}}, ""});
  out.push_back({{"datemultirange", {"{}", "{[2000-01-01,2000-02-01),[2001-01-01,)}"}}, ""});
}

void add_user_types(Types& out) {
  out.push_back({{"s.mood", {"sad", "so so", "ha'ha", "ä\\\"{},", repeat("l", 63)}}, ""});
  out.push_back({{"s.\"Mixed Mood\"", {"Up", "up"}}, ""});
  out.push_back({{"s.positive", {"1", "2147483647"}}, ""});
  out.push_back({{"s.short_text", {"", "12345", "\\N"}}, ""});
  out.push_back(
      {{"s.pair", {"(1,x)", "(,)", "(,\"\")", "(-1,\"a, \"\"b\"\" \\\\ (c)\")", "(0,NULL)", "(7,\"line\nbreak\t\")"}},
       ""});
  out.push_back({{"s.nested", {"(\"(1,x)\",\"{1,NULL}\",sad)", "(,,)", "(\"(,\"\"\"\")\",{},\"so so\")"}}, ""});
}

void add_arrays(Types& out) {
  out.push_back(
      {{"integer[]", {"{}", "{NULL}", "{1,NULL,3}", "[2:4]={1,2,3}", "[-1:0][5:6]={{1,2},{3,4}}", "{{{{{{1}}}}}}"}},
       ""});
  out.push_back({{"text[]",
                  {"{}", "{\"\"}", "{NULL,\"NULL\",null}", "{\"a,b\",\"\\\"\",\"\\\\\",\"{}\",\" x \"}",
                   "{\"line\nbreak\",\"\\\\N\"}", "[0:0]={\"ä \U0001F600\"}", "{{a,b},{NULL,\"\"}}"}},
                 ""});
  out.push_back({{"boolean[]", {"{t,f,NULL}"}}, ""});
  out.push_back({{"bigint[]", {"{-9223372036854775808,9223372036854775807}"}}, ""});
  out.push_back({{"numeric[]", {"{1.10,NaN,-Infinity,NULL}"}}, ""});
  out.push_back({{"real[]", {"{-0,1e-45,NaN}"}}, ""});
  out.push_back({{"double precision[]", {"{-0,5e-324,Infinity}"}}, ""});
  out.push_back({{"money[]", {"{1234.56,NULL}"}}, ""});
  out.push_back({{"bytea[]", {"{\"\\\\x\",\"\\\\x005c0a\",NULL}"}}, ""});
  out.push_back({{"bit(3)[]", {"{101,NULL}"}}, ""});
  out.push_back({{"character varying(5)[]", {"{abc,\"\",NULL}"}}, ""});
  out.push_back({{"character(3)[]", {"{\"a  \",NULL}"}}, ""});
  out.push_back({{"name[]", {"{x,\"\"}"}}, ""});
  out.push_back({{"date[]", {"{infinity,\"0044-03-15 BC\",NULL}"}}, ""});
  out.push_back({{"timestamp without time zone[]", {"{\"2000-01-01 00:00:00.000001\",-infinity}"}}, ""});
  out.push_back({{"timestamp with time zone[]", {"{\"2000-01-01 00:00:00+00\",NULL}"}}, ""});
  out.push_back({{"time without time zone[]", {"{24:00:00}"}}, ""});
  out.push_back({{"interval[]", {"{\"1 mon -1 days\",00:00:00}"}}, ""});
  out.push_back({{"uuid[]", {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}"}}, ""});
  out.push_back({{"json[]", {"{\"{\\\"a\\\" : 1}\",NULL,null}"}}, ""});
  out.push_back({{"jsonb[]", {"{\"{\\\"a\\\": 1}\",\"null\"}"}}, ""});
  out.push_back({{"inet[]", {"{10.0.0.1,::1}"}}, ""});
  out.push_back({{"point[]", {"{\"(0,0)\",\"(1.5,-2)\"}"}}, ""});
  out.push_back({{"box[]", {"{(1,1),(0,0);(2,2),(1,1)}"}}, ""});
  out.push_back({{"int4range[]", {"{empty,\"[1,10)\",NULL}"}}, ""});
  out.push_back({{"int4multirange[]", {"{\"{[1,3),[5,7)}\",\"{}\"}"}}, ""});
  out.push_back({{"s.mood[]", {"{sad,NULL,\"so so\"}"}}, ""});
  out.push_back({{"s.positive[]", {"{1,2147483647,NULL}"}}, ""});
  out.push_back({{"s.pair[]", {"{\"(1,x)\",NULL,\"(,\\\"\\\")\"}"}}, ""});
  out.push_back({{"public.hstore[]", {"{\"\\\"a\\\"=>NULL\",NULL}"}}, has_hstore});
  out.push_back({{"xml[]", {"{<a/>,NULL}"}}, has_xml});
}

}  // namespace

std::vector<PostgresType> postgres_types() {
  Types out;
  add_numbers(out);
  add_texts(out);
  add_bytes(out);
  add_times(out);
  add_documents(out);
  add_geometry(out);
  add_networks(out);
  add_system_types(out);
  add_ranges(out);
  add_user_types(out);
  add_arrays(out);
  return out;
}

std::string postgres_type_script() {
  return "CREATE TYPE s.mood AS ENUM ('sad', 'so so', 'ha''ha', E'ä\\\\\"{},', '" + repeat("l", 63) +
         "');"
         "CREATE TYPE s.\"Mixed Mood\" AS ENUM ('up', 'Up');"
         "CREATE DOMAIN s.positive AS integer CHECK (VALUE > 0);"
         "CREATE DOMAIN s.short_text AS character varying(5);"
         "CREATE TYPE s.pair AS (a integer, b text);"
         "CREATE TYPE s.nested AS (p s.pair, n integer[], m s.mood);"
         "CREATE TYPE s.text_range AS RANGE (subtype = text);";
}

}  // namespace godwit::conformance
