#pragma once
// One consistent snapshot over several sessions (engine.md §3, §12). No other process can share them, so they stay in
// this one, as a pool that lanes borrow from: the sessions' transactions end with the pool, and with this process.
//
// How the sessions come to see the same rows, and which place of the binlog that is, from the least in the way on:
//  - MariaDB: each session knows the exact place of its own snapshot, as long as no XA transaction is being
//  committed;
//    those of all must be the same. A few tries without any lock, then under BACKUP STAGE BLOCK_COMMIT.
//  - LOCK TABLES … READ of the task's tables where they are few, else FLUSH TABLES WITH READ LOCK once no statement
//    runs for long, and the other where one is refused; held while the sessions are opened. Each wait for it is
//    short, since writers queue behind it, and repeated.
//  - Where no lock is allowed: MariaDB as above, with ever fewer sessions, of which one is always exact. MySQL with
//    GTIDs: the place is the same before and after, and at the first reading nobody had a GTID that was not committed
//    yet. (Without GTIDs nothing tells what is in the binlog and not yet in the tables: refused.)
//  - Without a binlog, or where its place is not needed: one session needs no lock.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/position.h"
#include "data/table_def.h"
#include "engine/endpoint.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/interruption.h"

namespace godwit::mysql {

struct SnapshotSpec {
  unsigned sessions = 1;
  int64_t wait_s = 600;               // for locks
  bool needs_position = true;         // changes are followed from it on
  std::vector<TableRef> tables = {};  // of the task
};

// Thread-safe.
class SnapshotPool {
 public:
  static Result<std::shared_ptr<SnapshotPool>> open(const Endpoint& endpoint, const std::string& tag,
                                                    const SnapshotSpec& spec, Interruption& interruption);
  // That of this process with this id; null: gone.
  static std::shared_ptr<SnapshotPool> find(std::string_view id);

  SnapshotPool(std::vector<Connection> sessions, Position position);
  ~SnapshotPool();
  SnapshotPool(const SnapshotPool&) = delete;
  SnapshotPool& operator=(const SnapshotPool&) = delete;

  const std::string& id() const { return id_; }
  const Position& position() const { return position_; }

  // Borrows a session; waits while others have them all. An error of kind snapshot_lost: all have died.
  Result<Connection> take(const std::atomic<bool>& interrupted);
  // One that is broken is lost to the pool.
  void give_back(Connection session);
  // So that neither the server nor what lies between hangs up on those that nobody uses.
  void keep_alive();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Connection> free_;
  size_t alive_;
  const Position position_;
  std::string id_;
};

}  // namespace godwit::mysql
