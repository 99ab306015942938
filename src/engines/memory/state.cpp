#include "engines/memory/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engines/memory/errors.h"

namespace godwit::memory {
namespace {

bool hex_number(std::string_view text, uint64_t& out) {
  if (text.empty() || text.size() > 8) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc{} && end == text.data() + text.size();
}

Result<StoredRow> find_row(const Table& table, const PlannedChange& change) {
  const TableDef& def = *table.content.def();
  std::vector<uint32_t> columns;
  if (def.key) columns = def.key->columns;
  for (uint32_t i = 0; !def.key && i < def.columns.size(); ++i) columns.push_back(i);
  if (change.who.size() != columns.size())
    return Failure(errors::wrong_width(def.ref, change.who.size(), columns.size()));
  StoredRow found = table.content.find(columns, change.who);
  if (!found) return Failure(errors::no_such_row(def.ref, to_string(change.op)));
  return found;
}

// Changes a copy of the tables, so that a failing transaction leaves nothing behind.
class Transaction {
 public:
  explicit Transaction(State& state) : state_(state) {}

  Result<void> run(const PlannedChange& planned) {
    if (planned.op == Op::truncate) return truncate(planned.table);
    Table& table = *TRY(working(planned.table));
    LoggedChange change{planned.op, table.content.def(), nullptr, nullptr, {}};
    if (planned.op != Op::insert) change.before = TRY(find_row(table, planned));
    if (planned.op != Op::erase) change.after = std::make_shared<const MemoryRow>(planned.row);
    for (const std::string& name : planned.unchanged) {
      const auto column = find_column(*change.def, name);
      if (!column) return Failure(errors::no_column(planned.table, name));
      change.unchanged.push_back(*column);
    }
    if (planned.op == Op::insert) TRY(table.content.insert(change.after));
    if (planned.op == Op::update) TRY(table.content.replace(change.before, change.after));
    if (planned.op == Op::erase) table.content.erase(change.before);
    if (planned.op == Op::update) ++table.updates;
    if (planned.op == Op::erase) ++table.deletes;
    logged_.push_back(std::move(change));
    return {};
  }

  std::vector<LoggedChange> finish() {
    for (auto& [ref, table] : working_) {
      table.version = state_.next_number++;
      state_.tables.insert_or_assign(ref, std::move(table));
    }
    return std::move(logged_);
  }

 private:
  Result<Table*> working(const TableRef& ref) {
    const auto at = working_.find(ref);
    if (at != working_.end()) return &at->second;
    const Table* current = TRY(state_.find_table(ref));
    return &working_.emplace(ref, *current).first->second;
  }

  Result<void> truncate(const TableRef& ref) {
    Table& table = *TRY(working(ref));
    table.content.clear();
    for (const LeafDef& leaf : table.content.def()->leaves) {
      Table* below = TRY(working(leaf.ref));
      below->content.clear();
    }
    logged_.push_back({Op::truncate, table.content.def(), nullptr, nullptr, {}});
    return {};
  }

  State& state_;
  std::map<TableRef, Table> working_;
  std::vector<LoggedChange> logged_;
};

}  // namespace

std::string position_text(uint64_t position) {
  return fmt::format("{:08X}/{:08X}", position >> 32, position & 0xFFFFFFFFU);
}

Result<uint64_t> parse_position(std::string_view text) {
  const size_t slash = text.find('/');
  uint64_t high = 0, low = 0;
  if (slash == std::string_view::npos || !hex_number(text.substr(0, slash), high) ||
      !hex_number(text.substr(slash + 1), low))
    return Failure(errors::bad_position(text));
  return high << 32 | low;
}

Result<Table*> State::find_table(const TableRef& ref) {
  const auto at = tables.find(ref);
  if (at == tables.end()) return Failure(errors::no_table(ref));
  return &at->second;
}

std::vector<StoredRow> State::visible_rows(const std::map<TableRef, Table>& from, const TableRef& ref) {
  const auto at = from.find(ref);
  if (at == from.end()) return {};
  std::vector<StoredRow> rows = at->second.content.rows();
  for (const LeafDef& leaf : at->second.content.def()->leaves) {
    const auto below = from.find(leaf.ref);
    if (below == from.end()) continue;
    const std::vector<StoredRow> more = below->second.content.rows();
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

std::shared_ptr<Session> State::open_session(std::string_view tag) {
  auto session = std::make_shared<Session>(Session{next_number++, std::string(tag), false, false});
  std::erase_if(sessions, [](const auto& weak) { return weak.expired(); });
  sessions.push_back(session);
  return session;
}

Result<void> State::check_session(const Session& session) const {
  if (session.ended) return Failure(errors::connection_lost(name));
  return {};
}

void State::end_sessions(const std::function<bool(const Session&)>& which) {
  for (const auto& weak : sessions)
    if (const auto session = weak.lock(); session && which(*session)) session->ended = true;
  changed.notify_all();
}

Result<void> State::before_commit(const Session& session) {
  TRY(check_session(session));
  if (commits_to_fail == 0) return {};
  --commits_to_fail;
  return Failure(errors::connection_lost(name));
}

Result<void> State::after_commit(Session& session) {
  ++commits;
  if (answers_to_lose == 0) return {};
  --answers_to_lose;
  session.ended = true;
  return Failure(errors::commit_lost(name));
}

Result<Position> State::commit(const std::vector<PlannedChange>& planned, int64_t commit_us) {
  Transaction transaction(*this);
  for (const PlannedChange& change : planned) TRY(transaction.run(change));
  auto logged = std::make_shared<LoggedTransaction>();
  logged->changes = transaction.finish();
  logged->xid = next_number++;
  logged->commit = next_position + 0x20 * logged->changes.size();
  logged->end = logged->commit + 0x30;
  logged->commit_us = commit_us;
  next_position = logged->end;
  Position position{position_text(logged->commit)};
  log.push_back(std::move(logged));
  changed.notify_all();
  return position;
}

}  // namespace godwit::memory
