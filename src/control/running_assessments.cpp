#include "control/running_assessments.h"

namespace godwit {

void RunningAssessments::start(const std::string& id, Background::Job job) {
  std::stop_source stop;
  {
    const std::lock_guard lock(mutex_);
    stops_[id] = stop;
  }
  background_.start([this, id, stop, job = std::move(job)](const std::stop_token& end) mutable {
    {
      const std::stop_callback both(end, [&stop] { stop.request_stop(); });
      job(stop.get_token());
    }
    const std::lock_guard lock(mutex_);
    stops_.erase(id);
  });
}

void RunningAssessments::cancel(const std::string& id) {
  std::stop_source stop(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    const auto found = stops_.find(id);
    if (found != stops_.end()) stop = found->second;
  }
  stop.request_stop();
}

}  // namespace godwit
