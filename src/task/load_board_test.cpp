#include "task/load_board.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using Kind = LoadJob::Kind;

LoadPlan::Table table_of(size_t index, uint32_t slices, uint64_t slice_bytes, uint32_t load_order = 0) {
  LoadPlan::Table table;
  table.index = index;
  table.slice_bytes = slice_bytes;
  table.load_order = load_order;
  table.to_do.resize(slices);
  for (uint32_t i = 0; i < slices; ++i) table.to_do[i].index = i;
  return table;
}

LoadPlan plan_of(std::vector<LoadPlan::Table> tables) {
  LoadPlan plan;
  plan.tables = std::move(tables);
  return plan;
}

// The tables of the next slices, while the lanes hold on to all that they have.
std::vector<size_t> tables_taken(LoadBoard& board, size_t count) {
  std::vector<size_t> out;
  while (out.size() < count) out.push_back(board.take()->table);
  return out;
}

TEST(LoadBoard, tables_of_one_size_are_loaded_beside_each_other_each_by_its_lane) {
  const LoadPlan plan = plan_of({table_of(0, 3, 100), table_of(1, 3, 100), table_of(2, 3, 100)});
  LoadBoard board(plan);
  std::optional<LoadJob> one = board.take(), other = board.take();
  for (uint32_t slice = 0; slice < 3; ++slice) {
    EXPECT_EQ(one->table, 0U);
    EXPECT_EQ(one->range.index, slice);
    EXPECT_EQ(other->table, 1U);
    board.done(*one);
    one = board.take();
    board.done(*other);
    other = board.take();
  }
  EXPECT_EQ(one->kind, Kind::keys);
  EXPECT_EQ(other->kind, Kind::keys);
}

TEST(LoadBoard, a_large_table_has_all_lanes_until_no_more_of_it_is_left_than_of_the_next) {
  const LoadPlan plan = plan_of({table_of(0, 6, 100), table_of(1, 3, 100)});
  LoadBoard board(plan);
  EXPECT_EQ(tables_taken(board, 6), (std::vector<size_t>{0, 0, 0, 1, 0, 0}));
}

TEST(LoadBoard, a_table_that_no_lane_is_on_is_gone_on_with_before_another_is_begun) {
  const LoadPlan plan = plan_of({table_of(0, 4, 100), table_of(1, 4, 100)});
  LoadBoard board(plan);
  const std::optional<LoadJob> first = board.take();
  board.done(*first);
  EXPECT_EQ(tables_taken(board, 2), (std::vector<size_t>{0, 1}));
}

TEST(LoadBoard, tables_of_unknown_size_are_loaded_in_their_order) {
  const LoadPlan plan = plan_of({table_of(0, 1, 0), table_of(1, 1, 0), table_of(2, 1, 0)});
  LoadBoard board(plan);
  EXPECT_EQ(tables_taken(board, 3), (std::vector<size_t>{0, 1, 2}));
}

TEST(LoadBoard, no_table_is_begun_while_slices_of_a_higher_load_order_wait) {
  const LoadPlan plan = plan_of({table_of(0, 3, 1, 2), table_of(1, 2, 1000, 1), table_of(2, 2, 1, 1)});
  LoadBoard board(plan);
  EXPECT_EQ(tables_taken(board, 4), (std::vector<size_t>{0, 0, 0, 1}));
}

TEST(LoadBoard, slices_of_a_table_with_giant_rows_are_loaded_one_after_the_other) {
  const LoadPlan plan = plan_of({table_of(0, 3, 100), table_of(1, 1, 1), table_of(2, 1, 1)});
  LoadBoard board(plan);
  const std::optional<LoadJob> first = board.take();
  board.has_giants(*first);
  board.done(*first);
  const std::optional<LoadJob> giant = board.take();
  EXPECT_EQ(giant->table, 0U);
  EXPECT_TRUE(giant->alone);
  EXPECT_EQ(tables_taken(board, 2), (std::vector<size_t>{1, 2}));
  board.done(*giant);
  EXPECT_EQ(board.take()->table, 0U);
}

TEST(LoadBoard, a_table_that_failed_takes_no_further_part_and_the_others_go_on) {
  const LoadPlan plan = plan_of({table_of(7, 3, 100), table_of(8, 1, 100)});
  LoadBoard board(plan);
  const std::optional<LoadJob> first = board.take();
  board.fail(*first, Error{ErrorKind::table, "broken", "broken", ""});
  board.done(*first);
  for (const Kind kind : {Kind::slice, Kind::keys, Kind::finish}) {
    const std::optional<LoadJob> job = board.take();
    ASSERT_TRUE(job);
    EXPECT_EQ(job->table, 1U);
    EXPECT_EQ(job->kind, kind);
    board.done(*job);
  }
  EXPECT_FALSE(board.take());
  auto outcome = board.result();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->failed.contains(7));
}

TEST(LoadBoard, a_merged_table_has_its_keys_before_its_slices_and_its_indexes_after) {
  LoadPlan plan = plan_of({table_of(0, 1, 100)});
  const ObjectDef index;
  plan.tables[0].merging = true;
  plan.tables[0].indexes.push_back(&index);
  LoadBoard board(plan);
  for (const Kind kind : {Kind::keys, Kind::slice, Kind::index, Kind::finish}) {
    const std::optional<LoadJob> job = board.take();
    ASSERT_TRUE(job);
    EXPECT_EQ(job->kind, kind);
    board.done(*job);
  }
  EXPECT_FALSE(board.take());
}

}  // namespace
}  // namespace godwit
