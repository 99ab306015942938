#include "control/worker_limits.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/text.h"
#include "control/worker_errors.h"

namespace godwit {
namespace {

constexpr int64_t mib = 1 << 20U;
// Stacks of a task's threads are 8 MB each of address space, nearly all of it never touched.
constexpr int64_t stacks_mb = 512;

Result<void> limit_memory(int64_t memory_mb) {
  if (memory_mb <= 0) return {};
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) return Failure(errors::worker_limit("memory", errno));
  const auto wanted = static_cast<rlim_t>((memory_mb + stacks_mb) * mib);
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) return Failure(errors::worker_limit("memory", errno));
  return {};
}

Result<void> limit_processors(int64_t processors, const std::string& task_id) {
  if (processors <= 0) return {};
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return Failure(errors::worker_limit("processors", errno));
  std::vector<size_t> usable;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) usable.push_back(cpu);
  if (static_cast<size_t>(processors) >= usable.size()) return {};
  cpu_set_t own;
  CPU_ZERO(&own);
  const size_t first = fnv1a(task_id) % usable.size();
  for (size_t i = 0; i < static_cast<size_t>(processors); ++i) CPU_SET(usable[(first + i) % usable.size()], &own);
  if (::sched_setaffinity(0, sizeof own, &own) != 0) return Failure(errors::worker_limit("processors", errno));
  return {};
}

}  // namespace

Result<void> take_limits(const WorkerLimits& limits, const std::string& task_id) {
  TRY(limit_memory(limits.memory_mb));
  return limit_processors(limits.processors, task_id);
}

Result<void> keep_secrets_in_memory() {
  const rlimit none{};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return Failure(errors::worker_limit("core dumps", errno));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Failure(errors::worker_limit("core dumps", errno));
  return {};
}

void fit_budget(TaskSettings& settings, const WorkerLimits& limits) {
  constexpr int64_t least_mb = 16;
  if (limits.memory_mb <= 0) return;
  settings.godwit.memory_mb = std::min(settings.godwit.memory_mb, std::max(least_mb, limits.memory_mb / 2));
}

}  // namespace godwit
