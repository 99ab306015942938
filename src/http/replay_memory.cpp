#include "http/replay_memory.h"

#include <charconv>

namespace godwit {

ReplayMemory::Answer ReplayMemory::meet(std::string_view signature, std::string_view peer, int64_t now_s,
                                        int64_t valid_until_s) {
  // Every request may sweep once a second while there is no room, so that a flood costs no more than that.
  if (now_s >= swept_s_ + 60 || (seen_.size() >= signatures_max_ && now_s > swept_s_)) forget_old(now_s);
  uint64_t key = 0;
  const std::string_view start = signature.substr(0, 16);
  std::from_chars(start.begin(), start.end(), key, 16);
  if (const auto found = seen_.find(key); found != seen_.end()) {
    const Seen& seen = found->second;
    const bool is_fine = seen.peer == peer && now_s - seen.first_s <= window_s_;
    return {is_fine ? Verdict::taken : Verdict::replayed, seen.first_s};
  }
  if (seen_.size() >= signatures_max_) return {Verdict::full, 0};
  seen_.emplace(key, Seen{std::string(peer), now_s, valid_until_s});
  return {Verdict::taken, now_s};
}

void ReplayMemory::forget_old(int64_t now_s) {
  swept_s_ = now_s;
  std::erase_if(seen_, [&](const auto& entry) { return entry.second.forget_after_s < now_s; });
}

}  // namespace godwit
