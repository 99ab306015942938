#include "data/table_def_json.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(TableDefJson, keeps_what_other_engines_know_of_a_type) {
  TableDef table;
  table.ref = {"shop", "orders"};
  ColumnDef& kind = table.columns.emplace_back();
  kind.name = "kind";
  kind.type = {TypeClass::wstring, "enum('a','b')"};
  kind.type.form = ValueForm::enumeration;
  kind.type.dialect = "mysql";
  kind.type.length = 1;
  kind.type.finite = kind.type.zero_dates = true;
  kind.type.labels = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"a", "b"});
  ColumnDef& list = table.columns.emplace_back();
  list.name = "list";
  list.within_int8 = true;
  list.type = {TypeClass::nclob, "numeric(10,2)[]"};
  list.type.form = ValueForm::array;
  list.type.element = ValueForm::decimal;
  list.type.precision = 10;
  list.type.scale = -2;
  const auto read = table_def_of(to_json_value(table));
  ASSERT_TRUE(read);
  const Type &first = read->columns[0].type, &second = read->columns[1].type;
  EXPECT_EQ(first.form, ValueForm::enumeration);
  EXPECT_EQ(first.dialect, "mysql");
  EXPECT_EQ(first.length, 1);
  EXPECT_TRUE(first.finite && first.zero_dates);
  ASSERT_TRUE(first.labels);
  EXPECT_EQ(*first.labels, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(second.element, ValueForm::decimal);
  EXPECT_EQ(second.precision, 10);
  EXPECT_EQ(second.scale, -2);
  EXPECT_FALSE(second.labels);
  EXPECT_TRUE(read->columns[1].within_int8);
  EXPECT_FALSE(read->columns[0].within_int8);
}

TEST(TableDefJson, reads_what_earlier_versions_wrote) {
  const auto read = table_def_of(nlohmann::json::parse(R"({"schema": "s", "name": "t", "id": 7, "identity": "n",
      "columns": [{"name": "a", "class": "int4", "native": "integer", "type": 23, "modifier": -1, "number": 1}]})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->columns[0].type.form, ValueForm::other);
  EXPECT_EQ(read->columns[0].type.dialect, "");
  EXPECT_EQ(structure_fingerprint(*read), [] {
    TableDef same;
    same.log_id = 7;
    ColumnDef& column = same.columns.emplace_back();
    column.name = "a";
    column.number = 1;
    column.type.log_id = 23;
    column.type.form = ValueForm::integer;
    return structure_fingerprint(same);
  }());
}

TEST(TableDefJson, refuses_a_damaged_description) {
  const std::string column =
      R"({"name": "a", "class": "int4", "native": "", "type": 23, "modifier": -1, "number": 1)";
  for (const std::string damage : {R"("form": "nonsense")", R"("form": 3)", R"("labels": "a")", R"("labels": [1])",
                                   R"("precision": "x")", R"("dialect": 1)"})
    EXPECT_FALSE(table_def_of(nlohmann::json::parse(R"({"schema": "s", "name": "t", "id": 7, "identity": "n",
        "columns": [)" + column + ", " + damage + "}]}")))
        << damage;
}

}  // namespace
}  // namespace godwit
