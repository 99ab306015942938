#include "control/maintenance.h"

#include "base/server_log.h"
#include "control/instances.h"

namespace godwit {

Maintenance::Maintenance(Environment& environment)
    : environment_(environment), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Maintenance::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const auto applied = apply_pending_values(environment_); !applied)
      server_log_of(Severity::error, "instances", "Pending changes of replication instances were not applied: {}",
                    applied.error().message);
    std::unique_lock lock(mutex_);
    never_.wait_for(lock, stop, std::chrono::minutes(1), [] { return false; });
  }
}

}  // namespace godwit
