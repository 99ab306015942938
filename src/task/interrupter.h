#pragma once
// Ends statements that outlast a stop: a wait for somebody's lock, the build of a large index. Threads say which of
// their sessions may be busy with such; once a stop was asked for and some seconds have passed, those are interrupted
// again and again until they are let go of. Thread-safe.

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/source.h"
#include "engine/target.h"

namespace godwit {

class Interrupter {
 public:
  explicit Interrupter(const std::stop_token& stop);
  ~Interrupter();

  // While this lives, the sessions may be interrupted; either may be null. An interrupted statement fails as if the
  // server had been asked to cancel it.
  class Busy {
   public:
    Busy(Interrupter* interrupter, Source* source, Target* target);
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Interrupter* interrupter_;
    Source* source_;
    Target* target_;
    friend class Interrupter;
  };

 private:
  void run(const std::stop_token& own);
  void interrupt_all();

  const std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::vector<Busy*> busy_;
  std::jthread thread_;
};

}  // namespace godwit
