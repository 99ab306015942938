#pragma once
// The memory that large request bodies may take together, whoever sends them.

#include <atomic>
#include <cstddef>

namespace godwit {

class BodyBudget {
 public:
  explicit BodyBudget(size_t bytes_max) : bytes_max_(bytes_max) {}

  bool take(size_t bytes) {
    if (taken_.fetch_add(bytes) + bytes <= bytes_max_) return true;
    taken_.fetch_sub(bytes);
    return false;
  }
  void give_back(size_t bytes) { taken_.fetch_sub(bytes); }

 private:
  const size_t bytes_max_;
  std::atomic<size_t> taken_ = 0;
};

// One body's share, given back at its end. A body up to free_bytes takes none.
class BodyShare {
 public:
  static constexpr size_t free_bytes = 64 << 10;

  explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
  ~BodyShare() { budget_.give_back(taken_); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  bool grow_to(size_t bytes) {
    if (bytes <= free_bytes || bytes <= taken_) return true;
    if (!budget_.take(bytes - taken_)) return false;
    taken_ = bytes;
    return true;
  }

 private:
  BodyBudget& budget_;
  size_t taken_ = 0;
};

}  // namespace godwit
