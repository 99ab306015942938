#include "engines/mysql/log_access.h"

#include <utility>

#include "engines/mysql/change_reader.h"

namespace godwit::mysql {
namespace {

// The server looks for where the GTIDs end, and says where it is at its leisure.
constexpr int64_t patience_ms = 30'000, patience_of_search_ms = 40 * patience_ms;

}  // namespace

Result<LogWalk> open_walk(const Connection& session, const LogAccess& access, const StreamStart& start) {
  constexpr uint32_t tries = 5;
  for (uint32_t attempt = 0;; ++attempt) {
    StreamOptions how;
    how.maria = session.traits().mariadb;
    how.server_id = replica_id(access.name, attempt);
    how.replica_uuid = replica_uuid(access.name);
    auto stream = BinlogStream::open(TRY(access.open_session()), start, how);
    if (stream)
      return LogWalk(*std::move(stream), *access.interrupted, start.gtids ? patience_of_search_ms : patience_ms);
    if (attempt + 1 == tries) return Failure(std::move(stream).error());
  }
}

}  // namespace godwit::mysql
