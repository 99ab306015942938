#include "control/event_delivery.h"

#include <algorithm>
#include <filesystem>

#include "base/server_log.h"
#include "control/event_errors.h"
#include "control/event_message.h"
#include "control/event_senders.h"
#include "store/subscriptions.h"

namespace godwit {
namespace {

constexpr int64_t look_again_ms = 30'000;

}  // namespace

EventDelivery::EventDelivery(Environment& environment, DeliveryTimes times)
    : environment_(environment), times_(times), thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventDelivery::~EventDelivery() {
  thread_.request_stop();
  changed_.notify_all();
}

void EventDelivery::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    idle_ = false;
  }
  changed_.notify_all();
}

void EventDelivery::drain() {
  wake();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return idle_ && !woken_; });
}

void EventDelivery::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      woken_ = false;
    }
    const int64_t pause_ms = start_due_ones();
    std::unique_lock lock(mutex_);
    idle_ = under_way_.empty() && pause_ms > 0 && !woken_;
    changed_.notify_all();
    changed_.wait_for(lock, stop, std::chrono::milliseconds(pause_ms), [this] { return woken_; });
  }
}

int64_t EventDelivery::start_due_ones() {
  const auto heads = list_outbox_heads(environment_.database);  // waits for a transaction that is under way
  if (!heads) {
    server_log_of(Severity::error, "events", "Events cannot be read for delivery: {}", heads.error().message);
    return look_again_ms;
  }
  const int64_t now_us = environment_.now_us();
  int64_t pause_us = look_again_ms * 1'000;
  for (const OutboxHead& head : *heads) {
    const std::lock_guard lock(mutex_);
    if (under_way_.contains(head.subscription)) continue;
    if (head.next_attempt_us > now_us) {
      pause_us = std::min(pause_us, head.next_attempt_us - now_us);
      continue;
    }
    under_way_.insert(head.subscription);
    senders_.start([this, name = head.subscription](const std::stop_token& stop) { deliver_all(name, stop); });
  }
  return std::max<int64_t>(pause_us / 1'000, 1);
}

void EventDelivery::deliver_all(const std::string& subscription, const std::stop_token& stop) {
  Result<bool> more = true;
  while (more && *more && !stop.stop_requested()) more = deliver_first(subscription, stop);
  if (!more)
    server_log_of(Severity::error, "events", "The delivery to subscription {} is interrupted: {}", subscription,
                  more.error().message);
  {
    const std::lock_guard lock(mutex_);
    under_way_.erase(subscription);
  }
  if (more) wake();  // else the dispatcher looks again by itself
}

// Whether there may be more to deliver at once.
Result<bool> EventDelivery::deliver_first(const std::string& subscription, const std::stop_token& stop) {
  const auto letter = TRY(first_of_outbox(environment_.database, subscription));
  if (!letter || letter->next_attempt_us > environment_.now_us()) return false;
  const auto delivered = deliver(*letter, stop);
  if (delivered) {
    TRY(delete_outbox(environment_.database, letter->sequence));
    return true;
  }
  if (stop.stop_requested()) return false;  // no failure of the subscriber's
  TRY(put_off_or_give_up(*letter, delivered.error()));
  return true;
}

Result<void> EventDelivery::deliver(const OutboxRecord& letter, const std::stop_token& stop) {
  const auto subscription = TRY(find_subscription(environment_.database, letter.subscription));
  if (!subscription) return {};  // it went, and its outbox with it
  const auto sink = find_sink(environment_.sinks, subscription->topic);
  if (!sink) return Failure(topic_leads_nowhere(subscription->topic));
  return send_event(*sink, environment_.names, letter, subscription->topic, times_.attempt_ms, stop);
}

Result<void> EventDelivery::put_off_or_give_up(const OutboxRecord& letter, const Error& why) {
  const int64_t now_us = environment_.now_us();
  const std::string id = event_id(letter.event.number);
  if (now_us - letter.queued_us >= times_.give_up_after_ms * 1'000) {
    server_log_of(Severity::error, "events", "{} of {} is given up for subscription {} after {} attempts: {}", id,
                  letter.event.source_identifier, letter.subscription, letter.attempts + 1, why.message);
    if (!environment_.folder.empty()) TRY(keep_undelivered(environment_.folder, letter, why.message));
    return delete_outbox(environment_.database, letter.sequence);
  }
  const int64_t doublings = std::min<int64_t>(letter.attempts, 30);
  const int64_t pause_ms = std::min(times_.first_pause_ms << doublings, times_.longest_pause_ms);
  server_log_of(Severity::warning, "events", "{} of {} did not reach subscription {}; again in {} s: {}", id,
                letter.event.source_identifier, letter.subscription, pause_ms / 1'000, why.message);
  return put_off_outbox(environment_.database, letter.sequence, letter.attempts + 1, now_us + pause_ms * 1'000);
}

}  // namespace godwit
