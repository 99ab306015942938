#include "data/acting_key.h"

#include <gtest/gtest.h>

#include "data/acting_key_json.h"

namespace godwit {
namespace {

ActingKey key(const std::string& child, const std::string& parent, const std::string& name,
              const std::string& on_delete = "CASCADE") {
  return {{"d", child}, {"d", parent}, {{"up", "id"}}, on_delete, "", name};
}

std::vector<std::string> names(const std::vector<ActingKey>& keys) {
  std::vector<std::string> out;
  for (const ActingKey& each : keys) out.push_back(each.name);
  return out;
}

TEST(ActingKeys, tie_their_tables_and_those_that_other_keys_tie_to_them) {
  const std::vector<ActingKey> keys = {key("b", "a", "1"), key("c", "b", "2", ""), key("y", "x", "3", "")};
  const SilentCascades silent = silent_cascades_of(keys);
  EXPECT_EQ(names(silent.keys), std::vector<std::string>{"1"});
  EXPECT_EQ(silent.tied, (std::vector<TableRef>{{"d", "a"}, {"d", "b"}, {"d", "c"}}));
}

TEST(ActingKeys, a_command_makes_and_drops_them) {
  const std::vector<ActingKey> before = {key("b", "a", "one"), key("c", "a", "one"), key("b", "x", "two")};
  const TableRef b{"d", "b"};
  EXPECT_EQ(names(keys_after(before, b, {{"ONE"}, {}})), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(keys_after(before, b, {{"ONE"}, {}}).front().child.name, "c") << "a name is its table's own";
  EXPECT_EQ(keys_after(before, b, {{}, {key("b", "z", "new")}}).back().parent.name, "z");
  EXPECT_EQ(keys_after(before, b, {{}, {key("b", "a", "")}}), before) << "it is known, under the server's name";
  const std::vector<ActingKey> other = keys_after(before, b, {{"one"}, {key("b", "a", "one", "SET NULL")}});
  ASSERT_EQ(other.size(), 3U);
  EXPECT_EQ(other.back().on_delete, "SET NULL");
}

TEST(ActingKeys, a_name_that_nobody_told_is_any) {
  const TableRef b{"d", "b"};
  const std::vector<ActingKey> made = keys_after({key("b", "a", "one")}, b, {{}, {key("b", "x", "")}});
  EXPECT_EQ(names(keys_after(made, b, {{"b_ibfk_1"}, {}})), std::vector<std::string>{"one"});
}

TEST(ActingKeys, follow_the_names_of_tables_and_columns) {
  TableDef before, after;
  before.ref = {"d", "b"};
  before.columns = {{.name = "up", .type = {}, .number = 1}, {.name = "id", .type = {}, .number = 2}};
  after = before;
  after.ref = {"e", "bb"};
  after.columns[0].name = "elder";
  std::vector<ActingKey> keys = {key("b", "a", "1"), key("b", "b", "2"), key("c", "b", "3")};
  rename_in_keys(keys, before, after);
  EXPECT_EQ(keys[0].child, after.ref);
  EXPECT_EQ(keys[0].columns.front(), std::make_pair(std::string("elder"), std::string("id")));
  EXPECT_EQ(keys[1].parent, after.ref);
  EXPECT_EQ(keys[2].parent, after.ref);
  EXPECT_EQ(keys[2].columns.front().first, "up") << "another table's column";
}

TEST(ActingKeys, come_back_as_they_were_written) {
  const ActingKey one = key("b", "a", "n\"");
  EXPECT_EQ(acting_key_of(to_json_value(one)), one);
  nlohmann::json spoiled = to_json_value(one);
  spoiled["columns"][0] = {"up"};
  EXPECT_FALSE(acting_key_of(spoiled));
  std::vector<ActingKey> read;
  EXPECT_FALSE(read_acting_keys(to_json_value(one), read));
}

}  // namespace
}  // namespace godwit
