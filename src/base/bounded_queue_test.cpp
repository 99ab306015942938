#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace godwit {
namespace {

TEST(BoundedQueue, hands_items_over_in_order) {
  BoundedQueue<int> queue(4);
  std::jthread producer([&] {
    for (int i = 0; i < 10000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (const auto item = queue.pop()) EXPECT_EQ(*item, expected++);
  EXPECT_EQ(expected, 10000);
}

TEST(BoundedQueue, a_full_queue_holds_the_producer_back) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed = 0;
  std::jthread producer([&] {
    while (queue.push(1)) ++pushed;
  });
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(queue.pop());
    EXPECT_LE(pushed, i + 1 + 2 + 1);  // popped, waiting, and one whose count is still to come
  }
  queue.close();
}

TEST(BoundedQueue, after_close_the_rest_is_drained_and_then_nothing_comes) {
  BoundedQueue<int> queue(4);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  queue.close();
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, close_wakes_a_producer_that_waits_for_room) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  std::atomic<bool> answer = true;
  {
    std::jthread producer([&] { answer = queue.push(2); });
    queue.close();
  }
  EXPECT_FALSE(answer);
}

TEST(BoundedQueue, close_wakes_a_consumer_that_waits_for_an_item) {
  BoundedQueue<int> queue(1);
  std::atomic<bool> got_one = true;
  {
    std::jthread consumer([&] { got_one = queue.pop().has_value(); });
    queue.close();
  }
  EXPECT_FALSE(got_one);
}

TEST(BoundedQueue, items_need_not_be_copyable) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.push(std::make_unique<int>(7)));
  EXPECT_EQ(**queue.pop(), 7);
}

}  // namespace
}  // namespace godwit
