// The fast half of PostgresChangeWriter: net changes as set statements over a staged copy.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "engines/postgres/change_writer.h"
#include "engines/postgres/copy_text.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

constexpr size_t table_columns_max = 1600;  // the server's limit, for the stage too

// A larger row goes by itself in log order: as a line of text it may exceed what the server can read.
constexpr size_t set_row_bytes_max = 256U << 20U;

// In the stage, deletes are group 0 and updates the groups behind it.
constexpr uint32_t group_if_there = INT32_MAX;

bool stages(const NetChanges& net) {
  return !net.erased.empty() || !net.updated.empty() || !net.erased_if_there.empty();
}

void append_cell(ByteBuffer& out, const TargetTable& table, const RowBatch& rows, uint32_t row, uint32_t column) {
  const Cell& cell = rows.cell(row, column);
  if (cell.length < 0)
    append_copy_null(out);
  else
    append_copy_text(out, table.layout->columns[column], rows.bytes(cell));
}

bool has_giant(const std::vector<ChangeView>& changes) {
  return std::ranges::any_of(changes, [](const ChangeView& change) {
    // A batch holds about a MiB, or one row.
    return change.after->arena.size() > set_row_bytes_max;
  });
}

bool does_not_fit(const Error& error) {
  return error.kind == ErrorKind::conflict || error.kind == ErrorKind::data;
}

std::vector<bool> key_columns(const TargetTable& table) {
  std::vector<bool> out(table.layout->columns.size(), false);
  for (const uint32_t c : table.layout->key->columns) out[c] = true;
  return out;
}

// group number, key, then every other column; columns that are not written are NULL in the stage.
void append_stage_row(ByteBuffer& out, const TargetTable& table, const std::vector<bool>& key,
                      const ChangeView& change, uint32_t group) {
  out.append(fmt::format_int(group).c_str(), fmt::format_int(group).size());
  for (const uint32_t c : table.layout->key->columns) {
    out.push_back('\t');
    append_copy_text(out, table.layout->columns[c], change.finder_bytes(c));
  }
  for (uint32_t c = 0; c < key.size(); ++c) {
    if (key[c]) continue;
    out.push_back('\t');
    if (change.after == nullptr)
      append_copy_null(out);
    else
      append_cell(out, table, *change.after, change.after_row, c);
  }
  out.push_back('\n');
}

}  // namespace

Result<bool> PostgresChangeWriter::apply_sets(const TargetTable& table, const NetChanges& net, std::string& why) {
  if (!table.layout->key && stages(net)) {
    why = "the table has no key";
    return false;
  }
  if (table.layout->key && table.layout->columns.size() + table.layout->key->columns.size() >= table_columns_max) {
    why = "the table is too wide to stage";
    return false;
  }
  if (!may_make_stages_ && session_.traits().has_temporary_tables && stages(net)) {
    why = "the role may not create temporary tables";
    return false;
  }
  if (has_giant(net.updated) || has_giant(net.inserted)) {
    why = "a row is too large to stage";
    return false;
  }
  TRY(session_.run("SAVEPOINT sets"));
  // Never tables whose keys act: those go in log order. Undone with the savepoint.
  TRY(hush_keys());
  auto fits = session_.traits().has_temporary_tables ? try_sets(table, net, why) : try_values(table, net, why);
  if (!fits && fits.error().sqlstate == "42501") may_make_stages_ = false;
  if (!fits && (does_not_fit(fits.error()) || !may_make_stages_)) {
    why = fits.error().message;
    fits = false;
  }
  if (!fits) return fits;
  if (*fits) {
    TRY(wake_keys());
    TRY(session_.run("RELEASE SAVEPOINT sets"));
    return true;
  }
  TRY(session_.run("ROLLBACK TO SAVEPOINT sets; RELEASE SAVEPOINT sets"));
  stages_[quote_name(table.layout->ref)].used = true;
  return false;
}

Result<bool> PostgresChangeWriter::try_sets(const TargetTable& table, const NetChanges& net, std::string& why) {
  Stage& stage = stages_[quote_name(table.layout->ref)];
  if (stage.name.empty()) stage.name = fmt::format("pg_temp.godwit_stage_{}", stages_.size());
  std::vector<std::pair<ColumnMask, uint64_t>> groups;
  if (stages(net)) TRY(fill_stage(table, net, stage, groups));
  const auto wrong = [&](std::string_view what, uint64_t expected, uint64_t found) {
    why = fmt::format("{} of {} rows {}", found, expected, what);
    return false;
  };
  if (!net.erased_if_there.empty()) TRY(session_.query(stage_erase(table, stage.name, group_if_there)));
  if (!net.erased.empty()) {
    const Rows erased = TRY(session_.query(stage_erase(table, stage.name, 0)));
    if (erased.affected() != net.erased.size())
      return wrong("to delete were there", net.erased.size(), erased.affected());
  }
  for (uint32_t group = 0; group < groups.size(); ++group) {
    const auto& [mask, expected] = groups[group];
    if (std::ranges::find(mask, true) == mask.end()) continue;
    const Rows updated = TRY(session_.query(stage_update(table, stage.name, group + 1, mask)));
    if (updated.affected() != expected) return wrong("to update were there", expected, updated.affected());
  }
  if (net.inserted.empty()) return true;
  const uint64_t inserted = TRY(copy_inserts(table, net.inserted));
  if (inserted != net.inserted.size()) return wrong("were inserted", net.inserted.size(), inserted);
  return true;
}

Result<void> PostgresChangeWriter::fill_stage(const TargetTable& table, const NetChanges& net, Stage& stage,
                                              std::vector<std::pair<ColumnMask, uint64_t>>& groups) {
  TRY(session_.run(stage_definition(table, stage.name)));
  if (stage.used) TRY(session_.run("TRUNCATE " + stage.name));
  stage.used = true;
  const std::vector<bool> key = key_columns(table);
  ByteBuffer text;
  for (const ChangeView& change : net.erased) append_stage_row(text, table, key, change, 0);
  for (const ChangeView& change : net.erased_if_there) append_stage_row(text, table, key, change, group_if_there);
  std::map<ColumnMask, uint32_t> known;
  for (const ChangeView& change : net.updated) {
    ColumnMask mask = written_columns(table, *change.after, change.after_row);
    for (size_t c = 0; c < key.size(); ++c)
      if (key[c]) mask[c] = false;
    const auto [at, fresh] = known.try_emplace(mask, static_cast<uint32_t>(groups.size()));
    if (fresh) groups.emplace_back(mask, 0);
    ++groups[at->second].second;
    append_stage_row(text, table, key, change, at->second + 1);
  }
  TRY(session_.copy_in(fmt::format("COPY {} FROM STDIN", stage.name), text.view()));
  return {};
}

Result<uint64_t> PostgresChangeWriter::copy_inserts(const TargetTable& table, const std::vector<ChangeView>& rows) {
  ByteBuffer text;
  for (const ChangeView& change : rows) {
    for (uint32_t c = 0; c < table.layout->columns.size(); ++c) {
      if (c > 0) text.push_back('\t');
      append_cell(text, table, *change.after, change.after_row, c);
    }
    text.push_back('\n');
  }
  return session_.copy_in(fmt::format("COPY {} ({}) FROM STDIN", quote_name(table.layout->ref), copy_columns(table)),
                          text.view());
}

}  // namespace godwit::postgres
