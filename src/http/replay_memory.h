#pragma once
// Which signatures of changing requests were seen while they are valid. The rule stands in signature.h.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace godwit {

// Not thread-safe. Times in seconds since 1970.
class ReplayMemory {
 public:
  ReplayMemory(int64_t window_s, size_t signatures_max) : window_s_(window_s), signatures_max_(signatures_max) {}

  enum class Verdict { taken, replayed, full };
  struct Answer {
    Verdict verdict;
    int64_t first_seen_s;
  };
  // `signature` is 64 hexadecimal digits, and right; after `valid_until_s` it is refused for its age.
  Answer meet(std::string_view signature, std::string_view peer, int64_t now_s, int64_t valid_until_s);
  size_t size() const { return seen_.size(); }

 private:
  struct Seen {
    std::string peer;
    int64_t first_s, forget_after_s;
  };
  void forget_old(int64_t now_s);

  int64_t window_s_;
  size_t signatures_max_;
  int64_t swept_s_ = 0;
  std::unordered_map<uint64_t, Seen> seen_;  // by 64 of the signature's 256 bits, which nobody can choose
};

}  // namespace godwit
