#include "task/net_changes.h"

#include <cstring>
#include <unordered_map>

namespace godwit {
namespace {

// What a key's changes amount to so far.
enum class State : uint8_t { nothing, inserted, updated, erased, replaced, looked_up };

struct Entry {
  State state = State::nothing;
  ChangeView row;    // inserted, updated, replaced: the row as it is now
  ChangeView erase;  // erased, replaced: the delete of the row that was there
  bool sure = true;  // it was there; else it may have been outside the row filter
};

class Netting {
 public:
  Netting(const TargetTable& table, NetResult& out) : table_(table), out_(out) {}

  bool add(const ChangeView& change) {
    if (change.op == Op::truncate) return no("a truncate stands among the changes");
    if (change.op == Op::update && key_changes(change)) return no("a key changes");
    if (!make_key(change)) return no("a key value is missing");
    const auto known = entries_.find(key_);
    if (known != entries_.end()) return step(known->second, change);
    keys_.push_back(key_);  // the map's key is a view: its bytes must stay where they are
    order_.push_back(&entries_[keys_.back()]);
    return step(*order_.back(), change);
  }

  void finish() {
    for (const Entry* entry : order_) {
      if (entry->state == State::erased || entry->state == State::replaced)
        (entry->sure ? out_.net.erased : out_.net.erased_if_there).push_back(entry->erase);
      if (entry->state == State::looked_up) out_.look_up.push_back(entry->row);
      if (entry->state == State::updated) out_.net.updated.push_back(entry->row);
      if (entry->state == State::inserted || entry->state == State::replaced) out_.net.inserted.push_back(entry->row);
    }
  }

 private:
  bool no(std::string why) {
    out_.fits = false;
    out_.why = std::move(why);
    return false;
  }

  // The log carries the old key only where the key changes, or the whole old row under full identity.
  bool key_changes(const ChangeView& change) const {
    if (change.before == nullptr) return false;
    for (const uint32_t c : table_.layout->key->columns) {
      const Cell& before = change.before->cell(change.before_row, c);
      const Cell& after = change.after->cell(change.after_row, c);
      if (before.length == Cell::unchanged || after.length == Cell::unchanged) continue;
      if (before.length != after.length) return true;
      if (change.before->bytes(before) != change.after->bytes(after)) return true;
    }
    return false;
  }

  bool make_key(const ChangeView& change) {
    key_.clear();
    for (const uint32_t c : table_.layout->key->columns) {
      const Cell& cell = change.finder(c);
      if (cell.length < 0) return false;
      char length[sizeof cell.length];
      std::memcpy(length, &cell.length, sizeof length);
      key_.append(length, sizeof length);
      key_.append(change.finder_bytes(c));
    }
    return true;
  }

  bool step(Entry& entry, const ChangeView& change) {
    const bool there =
        entry.state == State::inserted || entry.state == State::updated || entry.state == State::replaced;
    const bool sure = change.when_missing != WhenMissing::ignore;
    if (entry.state == State::looked_up) return true;
    if (change.when_missing == WhenMissing::look_up) return look_up(entry, change);
    switch (change.op) {
      case Op::insert:
        if (there) return no("a key is inserted twice");
        entry.state = entry.state == State::erased ? State::replaced : State::inserted;
        entry.row = change;
        return true;
      case Op::update:
        if (!there && change.when_missing == WhenMissing::insert) return bring_in(entry, change);
        if (entry.state == State::erased) return no("a deleted key is updated");
        if (!there) {
          entry.state = State::updated;
          entry.row = change;
          return true;
        }
        merge(entry, change);
        return true;
      case Op::erase:
        if (entry.state == State::erased) return !sure || no("a key is deleted twice");
        if (entry.state == State::inserted) {
          entry = {};
          return true;
        }
        if (entry.state != State::replaced) {
          entry.erase = change;
          entry.sure = sure;
        }
        entry.state = State::erased;
        return true;
      case Op::truncate:
        break;
    }
    return false;  // add() has said so
  }

  bool look_up(Entry& entry, const ChangeView& change) {
    entry.state = State::looked_up;
    entry.row = change;
    return true;
  }

  static bool is_whole(const ChangeView& change) {
    for (size_t c = 0; c < change.after->width(); ++c)
      if (change.after->cell(change.after_row, c).length == Cell::unchanged) return false;
    return true;
  }

  // The row may be there or not: it is replaced.
  bool bring_in(Entry& entry, const ChangeView& change) {
    if (!is_whole(change)) return look_up(entry, change);
    if (entry.state != State::erased) {
      entry.erase = change;
      entry.erase.op = Op::erase;
      entry.erase.before = change.after;
      entry.erase.before_row = change.after_row;
      entry.erase.after = nullptr;
      entry.erase.after_row = Change::no_row;
      entry.sure = false;
    }
    entry.state = State::replaced;
    entry.row = change;
    entry.row.op = Op::insert;
    entry.row.before = nullptr;
    entry.row.before_row = Change::no_row;
    return true;
  }

  // The newer row, with what its log record did not carry taken from the older one.
  void merge(Entry& entry, const ChangeView& newer) {
    const size_t width = table_.layout->columns.size();
    bool whole = true;
    for (size_t c = 0; c < width && whole; ++c)
      whole = newer.after->cell(newer.after_row, c).length != Cell::unchanged;
    if (whole) {
      entry.row.after = newer.after;
      entry.row.after_row = newer.after_row;
      return;
    }
    RowBatch& batch = out_.merged.emplace_back();
    batch.layout = newer.after->layout;
    for (size_t c = 0; c < width; ++c) {
      const bool from_newer = newer.after->cell(newer.after_row, c).length != Cell::unchanged;
      const RowBatch& rows = from_newer ? *newer.after : *entry.row.after;
      const Cell& cell = rows.cell(from_newer ? newer.after_row : entry.row.after_row, c);
      if (cell.length == Cell::null)
        batch.append_null();
      else if (cell.length == Cell::unchanged)
        batch.append_unchanged();
      else
        batch.append_value(rows.bytes(cell));
    }
    batch.end_row();
    entry.row.after = &batch;
    entry.row.after_row = 0;
  }

  const TargetTable& table_;
  NetResult& out_;
  std::string key_;
  std::deque<std::string> keys_;
  std::unordered_map<std::string_view, Entry> entries_;
  std::vector<Entry*> order_;
};

}  // namespace

NetResult net_changes(const TargetTable& table, std::span<const ChangeView> changes) {
  NetResult out;
  Netting netting(table, out);
  for (const ChangeView& change : changes)
    if (!netting.add(change)) return out;
  netting.finish();
  return out;
}

}  // namespace godwit
