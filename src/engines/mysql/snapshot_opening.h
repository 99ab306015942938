#pragma once
// Opens the sessions of a snapshot; snapshot.h says how.

#include <string>
#include <vector>

#include "engines/mysql/snapshot.h"

namespace godwit::mysql {

struct OpenSnapshot {
  std::vector<Connection> sessions;  // each in its transaction, at least one
  Position position;
};

Result<OpenSnapshot> open_sessions(const Endpoint& endpoint, const std::string& tag, const SnapshotSpec& spec,
                                   Interruption& interruption);

}  // namespace godwit::mysql
