#include "engines/mysql/xa_quiet.h"

#include <fmt/format.h>

namespace godwit::mysql {

Result<XaState> xa_state(Connection& session) {
  XaState out;
  if (!session.traits().logs_prepared()) return out;
  // The counts first: what begins behind them shows in the next ones, what began before shows in XA RECOVER.
  const Rows counts =
      TRY(session.query("SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_xa_prepare', 'Com_xa_commit')"));
  for (size_t i = 0; i < counts.size(); ++i) out.count += fmt::format("{}={} ", counts.get(i, 0), counts.get(i, 1));
  auto open = session.query("XA RECOVER");
  if (!open && session.broken()) return Failure(open.error());
  out.seen = open && counts.size() == 2;
  out.open = open && !open->empty();
  return out;
}

bool is_quiet(const XaState& before, const XaState& after) {
  return !before.open && !after.open && before.count == after.count;
}

bool is_known_quiet(const XaState& before, const XaState& after) {
  return before.seen && after.seen && is_quiet(before, after);
}

}  // namespace godwit::mysql
