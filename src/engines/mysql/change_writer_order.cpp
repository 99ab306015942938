// The sure half of MysqlChangeWriter: changes in log order, each a statement, many in one packet.

#include <fmt/format.h>

#include <algorithm>

#include "engine/change_runs.h"
#include "engines/mysql/change_writer.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

constexpr size_t statements_per_packet = 256;
constexpr size_t packet_bytes_aimed = 1U << 20U;

constexpr std::string_view packet_too_large_code = "mysql.packet", label_code = "mysql.1265";

// Whether the row keeps the key that it is found by.
bool has_same_key(const ChangeView& change) {
  const auto& key = change.table->layout->key;
  return key && std::ranges::all_of(key->columns, [&](uint32_t c) {
           const Cell& after = change.after->cell(change.after_row, c);
           return after.length == Cell::unchanged ||
                  (after.length >= 0 && change.after->bytes(after) == change.finder_bytes(c));
         });
}

bool may_miss(const ChangeView& change) {
  return change.op == Op::erase && change.when_missing == WhenMissing::ignore;
}

}  // namespace

// By the key, or by every column that the log carries: of equal rows one.
Result<void> MysqlChangeWriter::append_finder(ByteBuffer& out, const ChangeView& change) {
  const TargetTable& table = *change.table;
  const RowLoading* loading = TRY(loading_of(table));
  const auto& columns = loading->columns();
  if (table.layout->key) {
    const std::vector<uint32_t>& key = table.layout->key->columns;
    for (size_t i = 0; i < key.size(); ++i) {
      // No row has it: it was no value for the target, or the log lacks it.
      if (change.finder(key[i]).length < 0)
        return Failure(errors::no_key_value(table.layout->ref, table.layout->columns[key[i]].name));
      if (!keeps_whole(columns[key[i]], change.finder_bytes(key[i])))
        return Failure(errors::key_blanks_cut(table.layout->ref, table.layout->columns[key[i]].name));
      out.append(i == 0 ? "(" : " AND ");
      append_key_match(out, columns[key[i]], change.finder_bytes(key[i]));
    }
    out.push_back(')');
    return {};
  }
  bool first = true;
  for (uint32_t c = 0; c < columns.size(); ++c) {
    // Columns that rules add have no number of the source's, and no old value in the log.
    if (table.shape && table.layout->columns[c].number == 0) continue;
    const Cell& cell = change.finder(c);
    if (cell.length == Cell::unchanged) continue;
    if (!first) out.append(" AND ");
    first = false;
    append_exact_match(out, columns[c],
                       cell.length < 0 ? std::nullopt : std::optional<std::string_view>(change.finder_bytes(c)));
  }
  if (first) return Failure(errors::nothing_to_find_by(table.layout->ref));
  out.append(" LIMIT 1");
  return {};
}

Result<void> MysqlChangeWriter::append_statement(ByteBuffer& out, const ChangeView& change) {
  const TargetTable& table = *change.table;
  const RowLoading* loading = TRY(loading_of(table));
  if (change.op == Op::insert) {
    out.append(loading->insert_head());
    loading->append_tuple(out, *change.after, change.after_row);
    return {};
  }
  const size_t start = out.size();
  out.append(change.op == Op::erase ? "DELETE FROM " : "UPDATE ");
  out.append(quote_name(table.layout->ref));
  if (change.op == Op::update) {
    bool any = false;
    for (uint32_t c = 0; c < loading->columns().size(); ++c) {
      const Cell& cell = change.after->cell(change.after_row, c);
      if (cell.length == Cell::unchanged) continue;
      out.append(any ? ", " : " SET ");
      any = true;
      out.append(loading->columns()[c].name);
      out.append(" = ");
      if (cell.length < 0)
        out.append("NULL");
      else
        append_literal(out, loading->columns()[c], change.after->bytes(cell));
    }
    if (!any) {
      out.truncate(start);
      return {};
    }
  }
  out.append(" WHERE ");
  return append_finder(out, change);
}

// A row that no statement has room for may still come as a line of LOAD DATA: by itself where it is new, by way of
// the stage where it is there under the same key. `why`: what became of its statement.
Result<ChangeOutcome> MysqlChangeWriter::write_giant(const ChangeView& change, const Error& why) {
  const ChangeOutcome refused = {ChangeOutcome::Kind::refused, why};
  if (why.code != packet_too_large_code || change.op == Op::erase) return refused;
  RowLoading* loading = TRY(loading_of(*change.table));
  const UpdateStages::Stage* stage = nullptr;
  if (change.op == Op::update && has_same_key(change)) stage = TRY(stages_.find(*change.table));
  if (change.op == Op::update && stage == nullptr) return refused;
  TRY(session_.run("SAVEPOINT giant"));
  const auto written = [&]() -> Result<uint64_t> {
    if (stage != nullptr) {
      const ChangeView* const one = &change;
      return stages_.update(*stage, *change.table, *loading, std::span(&one, 1), written_columns(change));
    }
    ByteBuffer line;
    loading->append_line(line, *change.after, change.after_row);
    TRY(loading->load(line.view(), 1));
    return uint64_t{1};
  }();
  if (!written && !is_row_error(written.error())) return Failure(written.error());
  if (!written) TRY(session_.run("ROLLBACK TO SAVEPOINT giant"));
  TRY(session_.run("RELEASE SAVEPOINT giant"));
  if (!written) return ChangeOutcome{ChangeOutcome::Kind::refused, written.error()};
  return ChangeOutcome{*written == 0 ? ChangeOutcome::Kind::no_row : ChangeOutcome::Kind::applied, {}};
}

// A row of an ENUM without a label, as the source has it. `why`: what became of its statement.
Result<ChangeOutcome> MysqlChangeWriter::write_without_labels(const ChangeView& change, const Error& why) {
  const ChangeOutcome refused = {ChangeOutcome::Kind::refused, why};
  if (why.code != label_code || change.op == Op::erase) return refused;
  RowLoading* loading = TRY(loading_of(*change.table));
  const size_t cells = loading->lacking_labels(*change.after, change.after_row);
  if (cells == 0) return refused;
  ByteBuffer sql;
  TRY(append_statement(sql, change));
  uint64_t affected = 0;
  const bool taken = TRY(loading->run_without_labels(std::string(sql.view()), cells, affected));
  if (!taken || affected > 1) return refused;
  return ChangeOutcome{affected == 0 ? ChangeOutcome::Kind::no_row : ChangeOutcome::Kind::applied, {}};
}

// Those before the first that is not done stay done: a statement that fails leaves nothing behind, and the server
// passes over what follows it in the packet. One that met no row, or several, is followed by others, so then the
// packet is undone and its front done again.
Result<ChangeWriter::Progress> MysqlChangeWriter::run_chunk(std::span<const ChangeView> changes) {
  Progress progress;
  sql_.clear();
  std::vector<size_t> sent;  // places of the changes that have a statement
  size_t taken = 0;
  while (taken < changes.size() && taken < statements_per_packet && sql_.size() < packet_bytes_aimed) {
    const size_t before = sql_.size();
    if (before > 0) sql_.append("; ");
    const size_t start = sql_.size();
    auto appended = append_statement(sql_, changes[taken]);
    if (appended && sql_.size() + 1 >= packet_bytes_)
      appended = Failure(errors::packet_too_large(packet_bytes_, packet_bytes_));
    if (!appended && !is_row_error(appended.error())) return Failure(appended.error());
    const bool silent = sql_.size() == start;
    if (silent || !appended) sql_.truncate(before);
    if (!appended && !sent.empty()) break;
    if (!appended) {
      progress.stopped_at = TRY(write_giant(changes[taken], appended.error()));
      progress.done = taken + (progress.stopped_at.kind == ChangeOutcome::Kind::applied ? 1U : 0U);
      return progress;
    }
    if (!silent) sent.push_back(taken);
    ++taken;
  }
  progress.done = taken;
  if (sent.empty()) return progress;
  const bool alone = sent.size() == 1;
  TRY(session_.run("SAVEPOINT chunk"));
  std::vector<Done> done;
  auto ran = session_.run_script(std::string(sql_.view()), done);
  if (!ran) ran = Failure(of_row(ran.error()));
  if (!ran && !is_row_error(ran.error())) return Failure(ran.error());
  for (size_t i = 0; i < done.size() && progress.stopped_at.kind == ChangeOutcome::Kind::applied; ++i) {
    if (done[i].affected == 1 || (done[i].affected == 0 && may_miss(changes[sent[i]]))) continue;
    progress.done = sent[i];
    progress.stopped_at.kind = done[i].affected == 0 ? ChangeOutcome::Kind::no_row : ChangeOutcome::Kind::refused;
    progress.stopped_at.error = errors::many_rows(done[i].affected);
  }
  const bool miscounted = progress.stopped_at.kind != ChangeOutcome::Kind::applied;
  if (!ran && !miscounted) {
    progress.done = sent[done.size()];
    progress.stopped_at = {ChangeOutcome::Kind::refused, ran.error()};
  }
  const bool undo = miscounted && (!alone || progress.stopped_at.kind == ChangeOutcome::Kind::refused);
  if (undo) TRY(session_.run("ROLLBACK TO SAVEPOINT chunk"));
  TRY(session_.run("RELEASE SAVEPOINT chunk"));
  if (!ran && !miscounted) {
    progress.stopped_at = TRY(write_without_labels(changes[progress.done], ran.error()));
    progress.done += progress.stopped_at.kind == ChangeOutcome::Kind::applied ? 1U : 0U;
    return progress;
  }
  if (!undo || progress.done == 0) return progress;
  const Progress again = TRY(run_chunk(changes.first(progress.done)));
  return again.done == progress.done ? progress : Result<Progress>(again);
}

// Those from the front that go under one setting.
Result<ChangeWriter::Progress> MysqlChangeWriter::run_like(std::span<const ChangeView> changes) {
  if (acting_.empty()) return run_chunk(changes);
  const auto acts = [&](const ChangeView& change) { return !change.keys_off && is_enforced(*change.table); };
  const bool enforced = acts(changes.front());
  size_t count = 1;
  while (count < changes.size() && count < statements_per_packet && acts(changes[count]) == enforced) ++count;
  TRY(enforce_keys(enforced));
  return run_chunk(changes.first(count));
}

Result<ChangeWriter::Progress> MysqlChangeWriter::apply_in_order(std::span<const ChangeView> changes) {
  return apply_runs(changes, [this](std::span<const ChangeView> left) { return run_like(left); });
}

}  // namespace godwit::mysql
