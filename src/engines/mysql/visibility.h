#pragma once
// When the tables show what the binlog told: a server writes a commit to its log first, and a replica that has to
// acknowledge it may keep the rest waiting for long.

#include <string>

#include "engines/mysql/interruption.h"

namespace godwit::mysql {

// Of one session. One thread.
class LogVisibility {
 public:
  // Waits, a few seconds at most, until statements that begin from now on see all that stood in the binlog when it
  // was called. False: this server does not tell (GTIDs are off, XA transactions were committed), or it takes longer;
  // a locking read then waits for the rows themselves. What took longer once is not waited for again: a replica owns
  // the GTID of what it applies for as long as that takes, which may be hours before it stands in the log.
  Result<bool> shows_its_log(Connection& session, Interruption& interruption);

 private:
  Result<bool> mysql_shows_its_log(Connection& session, Interruption& interruption);

  std::string slow_;  // GTIDs that were waited for in vain, and are still owned
};

}  // namespace godwit::mysql
