#include "engines/mysql/snapshot.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <random>

#include "base/text.h"
#include "engines/mysql/snapshot_opening.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<SnapshotPool>, std::less<>> pools;
};

// Never destroyed: pools may outlive static objects.
Registry& registry() {
  static Registry& own = *new Registry;
  return own;
}

std::string new_id() {
  std::random_device random;
  const uint64_t high = random(), low = random();
  return "pool-" + hex64(high << 32U | low);
}

}  // namespace

SnapshotPool::SnapshotPool(std::vector<Connection> sessions, Position position)
    : free_(std::move(sessions)), alive_(free_.size()), position_(std::move(position)), id_(new_id()) {}

SnapshotPool::~SnapshotPool() {
  Registry& all = registry();
  const std::scoped_lock lock(all.mutex);
  all.pools.erase(id_);
}

Result<std::shared_ptr<SnapshotPool>> SnapshotPool::open(const Endpoint& endpoint, const std::string& tag,
                                                         const SnapshotSpec& spec, Interruption& interruption) {
  OpenSnapshot opened = TRY(open_sessions(endpoint, tag, spec, interruption));
  auto pool = std::make_shared<SnapshotPool>(std::move(opened.sessions), std::move(opened.position));
  Registry& all = registry();
  const std::scoped_lock lock(all.mutex);
  all.pools[pool->id()] = pool;
  return pool;
}

std::shared_ptr<SnapshotPool> SnapshotPool::find(std::string_view id) {
  Registry& all = registry();
  const std::scoped_lock lock(all.mutex);
  const auto at = all.pools.find(id);
  return at == all.pools.end() ? nullptr : at->second.lock();
}

Result<Connection> SnapshotPool::take(const std::atomic<bool>& interrupted) {
  constexpr auto look_again = std::chrono::milliseconds(200);
  std::unique_lock lock(mutex_);
  while (free_.empty() && alive_ > 0) {
    if (interrupted) return Failure(errors::interrupted());
    changed_.wait_for(lock, look_again);
  }
  if (free_.empty()) return Failure(errors::snapshot_lost(id_, "every session that held it has ended"));
  Connection session = std::move(free_.back());
  free_.pop_back();
  return session;
}

void SnapshotPool::give_back(Connection session) {
  const std::scoped_lock lock(mutex_);
  if (session.broken())
    --alive_;
  else
    free_.push_back(std::move(session));
  changed_.notify_all();
}

void SnapshotPool::keep_alive() {
  const std::scoped_lock lock(mutex_);
  const size_t before = free_.size();
  std::erase_if(free_, [](Connection& session) { return !session.run("DO 1"); });
  alive_ -= before - free_.size();
  changed_.notify_all();
}

}  // namespace godwit::mysql
