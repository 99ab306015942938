#pragma once
// Carries events to their subscribers: at least once, of each subscription in order, from the store's outbox, which
// outlives the server. A failed attempt is made again after a pause that doubles; meanwhile later events of that
// subscription wait, and other subscriptions go on. After a day an event is given up: it goes to
// <folder>/undelivered-events.jsonl, and the log says so.
//
// wake() may be called from any thread, also inside a transaction. The end of the object waits for attempts under
// way, a second at most for webhooks.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "control/background.h"
#include "control/environment.h"
#include "store/events.h"

namespace godwit {

struct DeliveryTimes {
  int64_t first_pause_ms = 1'000, longest_pause_ms = 300'000;
  int64_t give_up_after_ms = int64_t{24} * 3600 * 1'000;
  int64_t attempt_ms = 10'000;  // of one attempt
};

class EventDelivery {
 public:
  // `environment` is to outlive it; its `delivery` is set by the caller.
  explicit EventDelivery(Environment& environment, DeliveryTimes times = {});
  ~EventDelivery();
  EventDelivery(const EventDelivery&) = delete;
  EventDelivery& operator=(const EventDelivery&) = delete;

  void wake();
  // Until nothing is due by the environment's clock; for tests.
  void drain();

 private:
  void run(const std::stop_token& stop);
  int64_t start_due_ones();  // answers for how long nothing more is due, in milliseconds
  void deliver_all(const std::string& subscription, const std::stop_token& stop);
  Result<bool> deliver_first(const std::string& subscription, const std::stop_token& stop);
  Result<void> deliver(const OutboxRecord& letter, const std::stop_token& stop);
  Result<void> put_off_or_give_up(const OutboxRecord& letter, const Error& why);

  Environment& environment_;
  const DeliveryTimes times_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::string> under_way_;  // subscriptions
  bool woken_ = false, idle_ = false;
  Background senders_{8};
  std::jthread thread_;
};

}  // namespace godwit
