#pragma once
// For tests: the type tables of docs/engines are what the code says. A table stands between two marks, and is written
// anew when GODWIT_WRITE_DOCS is set.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "data/table_def.h"

namespace godwit::testing {

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// From wherever the test runs, inside the tree.
inline std::filesystem::path find_page(std::string_view page) {
  const std::filesystem::path inside = std::filesystem::path("docs/engines") / (std::string(page) + ".md");
  for (std::filesystem::path at = std::filesystem::current_path();; at = at.parent_path())
    if (std::filesystem::exists(at / inside) || at == at.parent_path()) return at / inside;
}

// `page`: of docs/engines, "mysql"; `name`: of the marks.
inline void expect_documented(std::string_view page, std::string_view name, const std::string& table) {
  const std::filesystem::path file = find_page(page);
  const std::string text = read_text(file);
  const std::string begin = fmt::format("<!-- {}: generated -->\n", name),
                    end = fmt::format("<!-- {}: end -->", name);
  const size_t from = text.find(begin), to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos) << file << " lacks the marks of " << name;
  const size_t start = from + begin.size();
  if (std::getenv("GODWIT_WRITE_DOCS") != nullptr) {
    std::ofstream(file) << text.substr(0, start) << table << text.substr(to);
    return;
  }
  EXPECT_EQ(text.substr(start, to - start), table)
      << "docs/engines/" << page << ".md is behind the code. Write it anew: GODWIT_WRITE_DOCS=1 and this test";
}

// A type of some other engine, by what is known of it, and its words for people.
struct TypeExample {
  std::string words;
  Type type;
  bool within_int8 = false;
};

inline TypeExample example(std::string words, ValueForm form, TypeClass type_class,
                           std::optional<int32_t> precision = {}, std::optional<int32_t> scale = {},
                           std::optional<int32_t> length = {}) {
  TypeExample out{std::move(words), {}};
  out.type.native = "theirs";
  out.type.dialect = "another";
  out.type.form = form;
  out.type.type_class = type_class;
  out.type.precision = precision;
  out.type.scale = scale;
  out.type.length = length;
  return out;
}

inline std::vector<TypeExample> foreign_types() {
  using Form = ValueForm;
  using Class = TypeClass;
  std::vector<TypeExample> out = {
      example("boolean", Form::boolean, Class::boolean),
      example("integer of 1 byte", Form::integer, Class::int1),
      example("the same, unsigned", Form::integer, Class::uint1),
      example("integer of 2 bytes", Form::integer, Class::int2),
      example("the same, unsigned", Form::integer, Class::uint2),
      example("integer of 4 bytes", Form::integer, Class::int4),
      example("the same, unsigned", Form::integer, Class::uint4),
      example("integer of 8 bytes", Form::integer, Class::int8),
      example("the same, unsigned", Form::integer, Class::uint8),
      example("unsigned, counts up or refers to such a column", Form::integer, Class::uint8),
      example("decimal(10,2)", Form::decimal, Class::numeric, 10, 2),
      example("decimal(65,30)", Form::decimal, Class::string, 65, 30),
      example("decimal(1000,0)", Form::decimal, Class::string, 1000, 0),
      example("decimal without end", Form::decimal, Class::numeric),
      example("real of 4 bytes", Form::real, Class::real4, 24),
      example("real of 8 bytes", Form::real, Class::real8, 53),
      example("money", Form::money, Class::numeric),
      example("1 bit", Form::bits, Class::string, {}, {}, 1),
      example("9 bits", Form::bits, Class::string, {}, {}, 9),
      example("bytes, 16 at most", Form::bytes, Class::bytes, {}, {}, 16),
      example("bytes without end", Form::bytes, Class::blob),
      example("text, 20 characters at most", Form::text, Class::wstring, {}, {}, 20),
      example("text, 65,535 at most", Form::text, Class::wstring, {}, {}, 65535),
      example("text without end", Form::text, Class::nclob),
      example("date", Form::date, Class::date),
      example("time of day", Form::time, Class::time, 6),
      example("time of day with zone", Form::time_tz, Class::time, 6),
      example("date and time", Form::datetime, Class::datetime, 3),
      example("date and time in UTC", Form::datetime_tz, Class::datetime, 6),
      example("duration", Form::duration, Class::string, 6),
      example("interval", Form::interval, Class::string),
      example("uuid", Form::uuid, Class::string),
      example("JSON", Form::json, Class::clob),
      example("enumeration", Form::enumeration, Class::wstring, {}, {}, 9),
      example("set of labels", Form::label_set, Class::wstring, {}, {}, 9),
      example("geometry (SRID, WKB)", Form::geometry, Class::blob),
      example("array", Form::array, Class::nclob),
      example("range", Form::range, Class::string),
      example("composite", Form::composite, Class::nclob),
      example("network address", Form::network, Class::string),
      example("XML", Form::xml, Class::clob),
      example("anything else", Form::other, Class::string),
  };
  out[9].within_int8 = true;
  return out;
}

// One column of the type.
inline TableDef table_of(const TypeExample& example) {
  TableDef table;
  ColumnDef& column = table.columns.emplace_back();
  column.name = "c";
  column.type = example.type;
  column.within_int8 = example.within_int8;
  return table;
}

}  // namespace godwit::testing
