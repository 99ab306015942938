#pragma once
// A transaction that the target asked to be tried again (serialization failure, deadlock, lock not granted) is rolled
// back whole and replayed by the same worker, in the same session: that is no error of a row, and costs no reopening.

#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/result.h"

namespace godwit {

// Nothing of the transaction is there, and the same statements may succeed a moment later. A statement that was
// cancelled is not replayed: somebody wanted it to end.
bool asks_for_replay(const Error& error);

// Nobody knows whether the transaction committed, though the server is there: what it stored tells.
bool is_outcome_unknown(const Error& error);

// Milliseconds before replay number `attempt` (from 0): doubling, the upper half of it at random, so that two writers
// that met do not meet again. Nothing: it has been tried often enough, RecoverableError… governs what follows.
std::optional<int64_t> replay_wait_ms(int attempt, uint32_t random);

// One transaction's replays. Not thread-safe.
class Replays {
 public:
  // Waits before the next replay of what failed with `error`. False: it is not to be replayed, or not any more, or a
  // stop was asked for meanwhile.
  bool wait(const Error& error, const std::stop_token& stop);
  void succeeded() { attempts_ = 0; }

 private:
  int attempts_ = 0;
};

// Runs `transaction` (which leaves nothing open when it fails) until it needs no replay.
template <class Transaction>
auto replayed(const std::stop_token& stop, Transaction&& transaction) -> decltype(transaction()) {
  Replays replays;
  for (;;) {
    auto done = transaction();
    if (done || !replays.wait(done.error(), stop)) return done;
  }
}

}  // namespace godwit
