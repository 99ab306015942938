#include "engines/mysql/interruption.h"

#include "engines/mysql/source_errors.h"

namespace godwit::mysql {

void Interruption::ask() {
  const std::scoped_lock lock(mutex_);
  asked_ = true;
  changed_.notify_all();
  (at_work_ != nullptr ? *at_work_ : own_).interrupt();
}

void Interruption::at_work(const Connection* session) {
  const std::scoped_lock lock(mutex_);
  at_work_ = session;
}

Result<void> Interruption::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, time, [this] { return asked_.load(); })) return Failure(errors::interrupted());
  return {};
}

}  // namespace godwit::mysql
