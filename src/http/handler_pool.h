#pragma once
// The threads that run the handler, and the bounded queue before them.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/message.h"
#include "http/server.h"

namespace godwit {

class HandlerPool {
 public:
  using Done = std::move_only_function<void(HttpReply)>;

  HandlerPool(unsigned threads, size_t queued_max, HttpHandler handler);
  ~HandlerPool() { stop(); }

  // `done` is called once, on a thread of the pool. False when `queued_max` requests wait, or after stop(): then
  // neither argument was touched.
  bool submit(HttpRequest& request, Done& done);
  // Lets running handlers end; requests that wait get 503.
  void stop();

 private:
  struct Job {
    HttpRequest request;
    Done done;
  };
  void work();
  HttpReply reply_to(const HttpRequest& request) const;

  const size_t queued_max_;
  const HttpHandler handler_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace godwit
