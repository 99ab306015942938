#include "task/window.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

constexpr auto rows = TxnPart::Kind::rows, commit = TxnPart::Kind::commit;

struct PartOf {
  uint64_t xid;
  TxnPart::Kind kind;
  uint32_t changes;
};

ChangeBatch batch_of(const std::vector<PartOf>& parts) {
  ChangeBatch batch;
  for (const PartOf& part : parts) {
    TxnPart txn;
    txn.xid = part.xid;
    txn.kind = part.kind;
    txn.first = static_cast<uint32_t>(batch.changes.size());
    txn.count = part.changes;
    batch.changes.resize(batch.changes.size() + part.changes);
    batch.parts.push_back(txn);
  }
  return batch;
}

std::vector<uint64_t> xids(const Window& window) {
  std::vector<uint64_t> out;
  for (const Window::Part& part : window.parts()) out.push_back(part.txn.xid);
  return out;
}

TEST(Window, a_new_one_is_empty) {
  const Window window;
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.bytes() + window.changes() + window.complete(), 0U);
}

TEST(Window, complete_counts_the_parts_up_to_the_last_commit) {
  const struct {
    std::vector<PartOf> first, second;
    size_t complete, changes;
  } cases[] = {
      {{{1, rows, 3}}, {}, 0, 3},
      {{{1, commit, 3}}, {}, 1, 3},
      {{{1, commit, 3}, {2, rows, 2}}, {}, 1, 5},
      {{{1, commit, 3}, {2, rows, 2}}, {{2, rows, 4}}, 1, 9},
      {{{1, commit, 3}, {2, rows, 2}}, {{2, commit, 0}}, 3, 5},
      {{{1, rows, 1}}, {{1, commit, 1}, {2, commit, 1}, {3, rows, 1}}, 3, 4},
      {{{1, commit, 1}}, {{2, commit, 1}}, 2, 2},
  };
  for (const auto& c : cases) {
    Window window;
    window.add(batch_of(c.first));
    window.add(batch_of(c.second));
    EXPECT_EQ(window.complete(), c.complete);
    EXPECT_EQ(window.changes(), c.changes);
  }
}

TEST(Window, parts_point_to_the_batch_that_holds_them) {
  Window window;
  window.add(batch_of({{1, commit, 1}, {2, rows, 2}}));
  for (uint64_t i = 0; i < 100; ++i) window.add(batch_of({{2, rows, 5}}));
  ASSERT_EQ(window.parts().size(), 102U);
  EXPECT_EQ(window.parts()[0].batch, window.parts()[1].batch);
  EXPECT_EQ(window.parts()[1].batch->changes.size(), 3U);
  EXPECT_NE(window.parts()[1].batch, window.parts()[2].batch);
  EXPECT_EQ(window.parts()[101].batch->changes.size(), 5U);
}

TEST(Window, dropped_parts_take_their_counts_and_their_batches_with_them) {
  Window window;
  const ChangeBatch first = batch_of({{1, commit, 1}, {2, commit, 2}}),
                    second = batch_of({{3, commit, 4}, {4, rows, 8}});
  const size_t first_bytes = first.memory_bytes(), second_bytes = second.memory_bytes();
  window.add(batch_of({{1, commit, 1}, {2, commit, 2}}));
  window.add(batch_of({{3, commit, 4}, {4, rows, 8}}));
  EXPECT_EQ(window.bytes(), first_bytes + second_bytes);

  const struct {
    size_t drop;
    std::vector<uint64_t> left;
    size_t complete, changes, bytes;
  } steps[] = {
      {0, {1, 2, 3, 4}, 3, 15, first_bytes + second_bytes},
      {1, {2, 3, 4}, 2, 14, first_bytes + second_bytes},  // part 2 still points into the first batch
      {1, {3, 4}, 1, 12, second_bytes},
      {1, {4}, 0, 8, second_bytes},
      {1, {}, 0, 0, 0},
  };
  for (const auto& step : steps) {
    window.drop(step.drop);
    EXPECT_EQ(xids(window), step.left);
    EXPECT_EQ(window.complete(), step.complete);
    EXPECT_EQ(window.changes(), step.changes);
    EXPECT_EQ(window.bytes(), step.bytes);
  }
  EXPECT_TRUE(window.empty());
}

TEST(Window, it_goes_on_after_a_drop) {
  Window window;
  window.add(batch_of({{1, commit, 1}, {2, rows, 1}}));
  window.drop(1);
  window.add(batch_of({{2, commit, 1}}));
  EXPECT_EQ(xids(window), (std::vector<uint64_t>{2, 2}));
  EXPECT_EQ(window.complete(), 2U);
  EXPECT_EQ(window.changes(), 2U);
}

TEST(Window, structure_changes_are_given_once_and_in_order) {
  Window window;
  ChangeBatch with_changes = batch_of({{1, commit, 1}});
  with_changes.schema.push_back({0, 0, {"1"}, "first"});
  ChangeBatch without;
  without.schema.push_back({1, 0, {"2"}, "second"});
  window.add(std::move(with_changes));
  window.add(std::move(without));
  EXPECT_EQ(window.parts().size(), 1U);
  const std::vector<SchemaEvent> schema = window.take_schema();
  ASSERT_EQ(schema.size(), 2U);
  EXPECT_EQ(schema[0].what, "first");
  EXPECT_EQ(schema[1].what, "second");
  EXPECT_TRUE(window.take_schema().empty());
}

TEST(Window, clear_leaves_nothing) {
  Window window;
  ChangeBatch batch = batch_of({{1, commit, 1}, {2, rows, 3}});
  batch.schema.push_back({0, 0, {"1"}, "first"});
  window.add(std::move(batch));
  window.clear();
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.bytes() + window.changes() + window.complete(), 0U);
  EXPECT_TRUE(window.take_schema().empty());
}

}  // namespace
}  // namespace godwit
