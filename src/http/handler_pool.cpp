#include "http/handler_pool.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "http/fault_reply.h"

namespace godwit {

HandlerPool::HandlerPool(unsigned threads, size_t queued_max, HttpHandler handler)
    : queued_max_(queued_max), handler_(std::move(handler)) {
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) threads_.emplace_back([this] { work(); });
}

bool HandlerPool::submit(HttpRequest& request, Done& done) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || jobs_.size() >= queued_max_) return false;
  jobs_.push_back(Job{std::move(request), std::move(done)});
  filled_.notify_one();
  return true;
}

void HandlerPool::stop() {
  std::deque<Job> refused;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    refused.swap(jobs_);
    filled_.notify_all();
  }
  for (Job& job : refused) job.done(fault_reply(503, "ServiceUnavailable", "The server is stopping."));
  for (std::thread& thread : std::exchange(threads_, {})) thread.join();
}

void HandlerPool::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.done(reply_to(job.request));
  }
}

HttpReply HandlerPool::reply_to(const HttpRequest& request) const {
  try {
    return handler_(request);
  } catch (const std::exception& e) {
    log_error(Component::common, "The handler of a request failed, which is a defect of Godwit's: {}", e.what());
  } catch (...) {
    log_error(Component::common, "The handler of a request failed, which is a defect of Godwit's.");
  }
  return fault_reply(500, "InternalFailure", "The request failed for a defect of the server's; its log says more.");
}

}  // namespace godwit
