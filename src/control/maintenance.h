#pragma once
// Looks once a minute which maintenance windows are open and carries out what waits for them.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "control/environment.h"

namespace godwit {

class Maintenance {
 public:
  // `environment` is to outlive it.
  explicit Maintenance(Environment& environment);
  ~Maintenance() = default;
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

 private:
  void run(const std::stop_token& stop);

  Environment& environment_;
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::jthread thread_;
};

}  // namespace godwit
