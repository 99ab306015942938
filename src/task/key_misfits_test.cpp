#include "task/key_misfits.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

PlannedTable table(const std::string& name) {
  TableDef source, layout;
  source.ref = {"src", name};
  layout.ref = {"dst", name};
  for (const char* column : {"id", "up"}) {
    ColumnDef def;
    def.name = column;
    def.number = static_cast<int>(source.columns.size()) + 1;
    source.columns.push_back(def);
    layout.columns.push_back(def);
  }
  PlannedTable out;
  out.target.source = out.target.read = std::make_shared<const TableDef>(source);
  out.target.layout = std::make_shared<const TableDef>(layout);
  return out;
}

ActingKey key(const std::string& schema, const std::string& child, const std::string& parent,
              const std::string& on_delete = "CASCADE") {
  return {{schema, child}, {schema, parent}, {{"up", "id"}}, on_delete, ""};
}

// a <- b <- c, and d by itself.
const std::vector<PlannedTable> tables = {table("a"), table("b"), table("c"), table("d")};
const SilentCascades source = {{{"src", "a"}, {"src", "b"}, {"src", "c"}},
                               {key("src", "b", "a"), key("src", "c", "b", "SET NULL")}};
const std::vector<ActingKey> both = {key("dst", "b", "a"), key("dst", "c", "b", "SET NULL")};

std::set<size_t> misfits(const std::vector<ActingKey>& target, std::vector<bool> suspended = std::vector<bool>(4)) {
  std::set<size_t> out;
  for (const auto& [t, why] : key_misfits(tables, suspended, source, target)) out.insert(t);
  return out;
}

TEST(KeyMisfits, keys_that_do_the_same_fit) {
  EXPECT_TRUE(misfits(both).empty());
  std::vector<ActingKey> capitals = both;
  capitals[0].columns = {{"UP", "ID"}};
  EXPECT_TRUE(misfits(capitals).empty());
}

TEST(KeyMisfits, a_missing_key_takes_all_that_is_tied_along) {
  EXPECT_EQ(misfits({both[0]}), (std::set<size_t>{0, 1, 2}));
  EXPECT_EQ(misfits({}), (std::set<size_t>{0, 1, 2}));
}

TEST(KeyMisfits, other_actions_do_not_fit) {
  EXPECT_EQ(misfits({both[0], key("dst", "c", "b", "CASCADE")}), (std::set<size_t>{0, 1, 2}));
  ActingKey more = both[0];
  more.on_update = "CASCADE";
  EXPECT_EQ(misfits({more, both[1]}), (std::set<size_t>{0, 1, 2}));
}

TEST(KeyMisfits, a_key_that_acts_on_the_target_alone_does_not_fit) {
  std::vector<ActingKey> more = both;
  more.push_back(key("dst", "d", "a"));
  EXPECT_EQ(misfits(more), (std::set<size_t>{0, 1, 2, 3}));
}

TEST(KeyMisfits, what_hangs_on_a_suspended_table_is_suspended_with_it) {
  EXPECT_EQ(misfits(both, {true, false, false, false}), (std::set<size_t>{1, 2}));
  EXPECT_EQ(misfits(both, {false, true, false, false}), (std::set<size_t>{2}));
  EXPECT_TRUE(misfits(both, {false, false, true, false}).empty());
  EXPECT_TRUE(misfits({both[0]}, {false, false, true, false}).empty());
}

TEST(KeyMisfits, tied_tables_know_what_hangs_on_them) {
  const TiedTables tied = tied_tables(tables, source);
  EXPECT_EQ(tied.tables, (std::set<size_t>{0, 1, 2}));
  EXPECT_EQ(tied.children[0], std::vector<uint32_t>{1});
  EXPECT_EQ(tied.children[1], std::vector<uint32_t>{2});
  EXPECT_TRUE(tied.children[2].empty());
}

}  // namespace
}  // namespace godwit
