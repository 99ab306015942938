#include "http/replay_memory.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace godwit {
namespace {

using Verdict = ReplayMemory::Verdict;

std::string signature(int number) {
  return fmt::format("{:016x}{:048}", number, 0);
}

TEST(ReplayMemory, forgets_what_has_expired) {
  ReplayMemory memory(5, 2);
  EXPECT_EQ(memory.meet(signature(1), "a", 1000, 1900).verdict, Verdict::taken);
  EXPECT_EQ(memory.meet(signature(2), "a", 1001, 1100).verdict, Verdict::taken);
  EXPECT_EQ(memory.meet(signature(3), "a", 1050, 1900).verdict, Verdict::full);
  EXPECT_EQ(memory.meet(signature(3), "a", 1101, 1900).verdict, Verdict::taken);
  EXPECT_EQ(memory.size(), 2U);
  EXPECT_EQ(memory.meet(signature(1), "a", 1102, 1900).verdict, Verdict::replayed);
}

TEST(ReplayMemory, says_when_a_signature_was_first_seen) {
  ReplayMemory memory(5, 10);
  memory.meet(signature(1), "a", 1000, 1900);
  memory.meet(signature(1), "a", 1004, 1900);
  const auto answer = memory.meet(signature(1), "a", 1006, 1900);
  EXPECT_EQ(answer.verdict, Verdict::replayed);
  EXPECT_EQ(answer.first_seen_s, 1000);
}

}  // namespace
}  // namespace godwit
