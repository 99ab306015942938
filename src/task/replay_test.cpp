#include "task/replay.h"

#include <gtest/gtest.h>

#include <climits>

namespace godwit {
namespace {

Error error_of(ErrorKind kind, std::string sqlstate) {
  return {kind, "postgres.server", "restart transaction", std::move(sqlstate)};
}

TEST(Replay, only_what_the_server_rolled_back_whole_is_replayed) {
  EXPECT_TRUE(asks_for_replay(error_of(ErrorKind::transient, "40001")));
  EXPECT_TRUE(asks_for_replay(error_of(ErrorKind::transient, "40P01")));
  EXPECT_FALSE(asks_for_replay(error_of(ErrorKind::transient, "57014")));   // cancelled on purpose
  EXPECT_FALSE(asks_for_replay(error_of(ErrorKind::connection, "40003")));  // nobody knows whether it committed
  EXPECT_FALSE(asks_for_replay(error_of(ErrorKind::conflict, "23505")));
}

TEST(Replay, waits_grow_are_jittered_and_end) {
  EXPECT_EQ(replay_wait_ms(0, 0), 2);
  EXPECT_EQ(replay_wait_ms(0, 2), 4);
  EXPECT_EQ(replay_wait_ms(4, 0), 32);
  int64_t total_ms = 0;
  for (int attempt = 0; attempt < 24; ++attempt) {
    const auto shortest = replay_wait_ms(attempt, 0);
    ASSERT_TRUE(shortest);
    for (const uint32_t random : {1U, 7U, 1000U, UINT_MAX}) {
      const auto wait = replay_wait_ms(attempt, random);
      ASSERT_TRUE(wait);
      EXPECT_GE(*wait, *shortest);
      EXPECT_LE(*wait, 2 * *shortest);
      EXPECT_LE(*wait, 1000);
    }
    total_ms += *shortest;
  }
  EXPECT_LT(total_ms, 15000);
  EXPECT_FALSE(replay_wait_ms(24, 0));
  EXPECT_FALSE(replay_wait_ms(INT_MAX, 0));
}

TEST(Replay, the_same_transaction_is_run_until_it_succeeds) {
  int runs = 0;
  const Result<int> done = replayed({}, [&]() -> Result<int> {
    if (++runs < 4) return Failure(error_of(ErrorKind::transient, "40001"));
    return runs;
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(*done, 4);
}

TEST(Replay, other_errors_and_a_stop_end_it) {
  int runs = 0;
  const auto refused = replayed({}, [&]() -> Result<void> {
    ++runs;
    return Failure(error_of(ErrorKind::conflict, "23505"));
  });
  EXPECT_FALSE(refused);
  EXPECT_EQ(runs, 1);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = replayed(stop.get_token(), [&]() -> Result<void> {
    ++runs;
    return Failure(error_of(ErrorKind::transient, "40001"));
  });
  EXPECT_FALSE(stopped);
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace godwit
