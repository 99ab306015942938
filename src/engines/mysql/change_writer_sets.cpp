// The fast half of MysqlChangeWriter: net changes as statements over many rows.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engines/mysql/change_writer.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

// A statement of more keys or bytes gains nothing.
constexpr size_t keys_per_statement = 500;
constexpr size_t statement_bytes = 1U << 20U;
constexpr size_t updates_per_packet = 500;
// Fewer rows than this go by INSERT, in one exchange with the server.
constexpr size_t rows_worth_a_load = 50;
constexpr size_t rows_worth_a_stage = 100;
// As a line a larger row takes too much memory: it goes by itself in log order.
constexpr size_t set_row_bytes_max = 256U << 20U;

bool has_giant(const std::vector<ChangeView>& changes) {
  return std::ranges::any_of(changes, [](const ChangeView& change) {
    // A batch holds about a MiB, or one row.
    return change.after->arena.size() > set_row_bytes_max;
  });
}

bool needs_key(const NetChanges& net) {
  return !net.erased.empty() || !net.updated.empty() || !net.erased_if_there.empty();
}

}  // namespace

Result<bool> MysqlChangeWriter::apply_sets(const TargetTable& table, const NetChanges& net, std::string& why) {
  if (!table.layout->key && needs_key(net)) {
    why = "the table has no key";
    return false;
  }
  if (has_giant(net.updated) || has_giant(net.inserted)) {
    why = "a row is too large for sets";
    return false;
  }
  if (is_enforced(table)) {
    why = "its foreign keys delete or change rows by themselves";
    return false;
  }
  TRY(enforce_keys(false));
  TRY(session_.run("SAVEPOINT sets"));
  auto fits = try_sets(table, net, why);
  if (!fits && is_row_error(fits.error())) {
    why = fits.error().message;
    fits = false;
  }
  if (!fits) return fits;
  if (!*fits) TRY(session_.run("ROLLBACK TO SAVEPOINT sets"));
  TRY(session_.run("RELEASE SAVEPOINT sets"));
  return fits;
}

// False: a key came with blanks that the target does not keep. In log order the change is refused by itself.
Result<bool> MysqlChangeWriter::keeps_keys(const TargetTable& table, std::span<const ChangeView> changes) {
  const RowLoading* loading = TRY(loading_of(table));
  const auto& key = table.layout->key;
  return !key || std::ranges::all_of(key->columns, [&](uint32_t c) {
    const TargetColumn& column = loading->columns()[c];
    return !column.blanks_kept || std::ranges::all_of(changes, [&](const ChangeView& change) {
      return keeps_whole(column, change.finder_bytes(c));
    });
  });
}

Result<bool> MysqlChangeWriter::try_sets(const TargetTable& table, const NetChanges& net, std::string& why) {
  for (const std::vector<ChangeView>* changes : {&net.erased_if_there, &net.erased, &net.updated}) {
    if (TRY(keeps_keys(table, *changes))) continue;
    why = "a key has blanks at its end that the target does not keep";
    return false;
  }
  TRY(erase_all(table, net.erased_if_there));
  const uint64_t erased = TRY(erase_all(table, net.erased));
  if (erased != net.erased.size()) {
    why = fmt::format("{} of {} rows to delete were there", erased, net.erased.size());
    return false;
  }
  const bool updated = TRY(update_all(table, net.updated, why));
  if (!updated) return false;
  TRY(insert_all(table, net.inserted));
  return true;
}

// One column: a list. Several: terms joined by OR, which every server looks up in the index one by one.
Result<uint64_t> MysqlChangeWriter::erase_all(const TargetTable& table, std::span<const ChangeView> changes) {
  if (changes.empty()) return uint64_t{0};
  const RowLoading* loading = TRY(loading_of(table));
  const std::vector<uint32_t>& key = table.layout->key->columns;
  const std::string head = fmt::format("DELETE FROM {} WHERE ", quote_name(table.layout->ref));
  const bool list = key.size() == 1;
  const TargetColumn& listed = loading->columns()[key.front()];
  ByteBuffer texts;  // the same list again, of bytes
  uint64_t erased = 0;
  size_t keys = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (keys == 0) {
      sql_.clear();
      sql_.append(head);
      if (list) sql_.append(listed.name + " IN (");
      texts.clear();
    } else {
      sql_.append(list ? "," : " OR ");
      texts.push_back(',');
    }
    if (list)
      append_compared(sql_, listed, changes[i].finder_bytes(key.front()));
    else
      TRY(append_finder(sql_, changes[i]));
    if (list && listed.loose) append_bytes(texts, listed, changes[i].finder_bytes(key.front()));
    const bool full = ++keys >= keys_per_statement ||
                      sql_.size() + texts.size() >= std::min<uint64_t>(statement_bytes, packet_bytes_ / 2);
    if (!full && i + 1 < changes.size()) continue;
    if (list) sql_.push_back(')');
    if (list && listed.loose)
      sql_.append(" AND " + bytes_of(listed.name) + " IN (" + std::string(texts.view()) + ")");
    const Done done = TRY(session_.run(std::string(sql_.view())));
    erased += done.affected;
    keys = 0;
  }
  return erased;
}

std::vector<bool> MysqlChangeWriter::written_columns(const ChangeView& change) {
  std::vector<bool> mask(change.table->layout->columns.size());
  for (uint32_t c = 0; c < mask.size(); ++c)
    mask[c] = change.after->cell(change.after_row, c).length != Cell::unchanged;
  for (const uint32_t c : change.table->layout->key->columns) mask[c] = false;
  return mask;
}

// Groups that write the same columns go by a stage; without one, or for few rows, each update by itself. Keys stay.
Result<bool> MysqlChangeWriter::update_all(const TargetTable& table, const std::vector<ChangeView>& changes,
                                           std::string& why) {
  std::map<std::vector<bool>, std::vector<const ChangeView*>> groups;
  for (const ChangeView& change : changes) groups[written_columns(change)].push_back(&change);
  for (const auto& [mask, group] : groups) {
    if (std::ranges::find(mask, true) == mask.end()) continue;
    const UpdateStages::Stage* stage = nullptr;
    const RowLoading* loading = TRY(loading_of(table));
    const bool loads = std::ranges::none_of(group, [&](const ChangeView* change) {
      return loading->is_better_inserted(*change->after, change->after_row);
    });
    if (loads && group.size() >= rows_worth_a_stage) stage = TRY(stages_.find(table));
    const uint64_t found =
        TRY(stage != nullptr ? stages_.update(*stage, table, *loading, group, mask) : update_each(group));
    if (found == group.size()) continue;
    why = fmt::format("{} of {} rows to update were there", found, group.size());
    return false;
  }
  return true;
}

// Each by its key, many in a packet: the server reads one after the other without waiting for us.
Result<uint64_t> MysqlChangeWriter::update_each(std::span<const ChangeView* const> changes) {
  uint64_t found = 0;
  size_t count = 0;
  sql_.clear();
  std::vector<Done> done;
  const auto send = [&]() -> Result<void> {
    if (sql_.size() + 1 >= packet_bytes_) return Failure(errors::packet_too_large(sql_.size(), packet_bytes_));
    done.clear();
    auto ran = session_.run_script(std::string(sql_.view()), done);
    if (!ran) return Failure(of_row(ran.error()));
    for (const Done& one : done) found += one.affected;
    count = 0;
    sql_.clear();
    return {};
  };
  for (const ChangeView* change : changes) {
    if (count > 0) sql_.append("; ");
    TRY(append_statement(sql_, *change));
    // Another row of that size might be too much for the packet.
    const bool large = sql_.size() >= std::min<uint64_t>(statement_bytes, packet_bytes_ / 4);
    if (++count >= updates_per_packet || large) TRY(send());
  }
  if (count > 0) TRY(send());
  return found;
}

Result<void> MysqlChangeWriter::insert_all(const TargetTable& table, std::span<const ChangeView> changes) {
  if (changes.empty()) return {};
  RowLoading* loading = TRY(loading_of(table));
  sql_.clear();
  if (changes.size() >= rows_worth_a_load) {
    uint64_t lines = 0;
    for (const ChangeView& change : changes) {
      if (loading->is_better_inserted(*change.after, change.after_row)) {
        TRY(loading->insert(*change.after, change.after_row, 1));
        continue;
      }
      loading->append_line(sql_, *change.after, change.after_row);
      ++lines;
    }
    return lines == 0 ? Result<void>() : loading->load(sql_.view(), lines);
  }
  sql_.append(loading->insert_head());
  for (size_t i = 0; i < changes.size(); ++i) {
    if (i > 0) sql_.push_back(',');
    loading->append_tuple(sql_, *changes[i].after, changes[i].after_row);
  }
  if (sql_.size() + 1 >= packet_bytes_) return Failure(errors::packet_too_large(sql_.size(), packet_bytes_));
  const auto done = session_.run(std::string(sql_.view()));
  if (!done) return Failure(of_row(done.error()));
  if (done->affected != changes.size())
    return Failure(errors::rows_lost(to_string(table.layout->ref), changes.size(), done->affected));
  return {};
}

}  // namespace godwit::mysql
