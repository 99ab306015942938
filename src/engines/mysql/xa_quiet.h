#pragma once
// Whether XA transactions are between their PREPARE and their COMMIT. Then a place of the binlog does not tell what
// of them is in the tables: MariaDB writes their COMMIT to the log first, and commits in the tables whenever it comes
// to it.

#include <string>

#include "base/result.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

struct XaState {
  bool seen = true;   // this user may see whether
  bool open = false;  // one is prepared
  std::string count;  // of what began so far
};
Result<XaState> xa_state(Connection& session);

// Between the two, as far as can be seen, none was prepared or committed.
bool is_quiet(const XaState& before, const XaState& after);
// The same, and it can be seen.
bool is_known_quiet(const XaState& before, const XaState& after);

}  // namespace godwit::mysql
