// Foreign keys of the source whose doings its log does not hold (MySQL): the target's do them again. Which ones there
// are is known for the stored position: the catalog may be ahead of it, so the record keeps them (TaskDocument::
// source_keys), and structure changes bring them up to date where the log tells them.

#include <algorithm>

#include "task/errors.h"
#include "task/key_misfits.h"
#include "task/runner.h"

namespace godwit {

// As the source has them now, by the tables' names at the stored position.
Result<std::vector<ActingKey>> TaskRunner::catalog_keys() {
  std::vector<TableRef> names;
  for (const PlannedTable& table : context_.tables) names.push_back(table.target.source->ref);
  return source_->unlogged_keys(names);
}

// Of a record that an earlier version made nobody knows better than the catalog.
Result<std::vector<ActingKey>> TaskRunner::source_keys() {
  if (const auto known = record_->document().source_keys) return *known;
  const std::vector<ActingKey> now = TRY(catalog_keys());
  TRY(record_->update([&](std::string&, TaskDocument& document) { document.source_keys = now; }));
  return now;
}

bool TaskRunner::is_planned(const TableRef& source) const {
  return std::ranges::any_of(context_.tables,
                             [&](const PlannedTable& table) { return table.target.source->ref == source; });
}

std::vector<ActingKey> TaskRunner::inside_keys(std::vector<ActingKey> keys) const {
  std::erase_if(keys, [&](const ActingKey& key) { return !is_planned(key.child) || !is_planned(key.parent); });
  return keys;
}

Result<SilentCascades> TaskRunner::silent_cascades() {
  return silent_cascades_of(inside_keys(TRY(source_keys())));
}

// Nothing on the target would do what a key does for a table that is not there.
Result<void> TaskRunner::suspend_outside_keys() {
  for (const ActingKey& key : TRY(source_keys())) {
    if (!key.acts() || is_planned(key.parent)) continue;
    for (size_t t = 0; t < context_.tables.size(); ++t)
      if (context_.tables[t].target.source->ref == key.child && !is_suspended(t))
        TRY(fail_table(t, errors::key_acts_from_outside(to_string(key.child), to_string(key.parent)).message));
  }
  return {};
}

// True: they are others once the stored position has passed the event.
Result<bool> TaskRunner::take_up_keys(const SchemaEvent& event, const SchemaChange& change, const TableRef& child) {
  if (change.keys.empty()) return false;
  const std::vector<ActingKey> before = TRY(source_keys());
  const std::vector<ActingKey> after = keys_after(before, child, change.keys);
  if (after == before) return false;
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    document.altering_keys = TaskDocument::AlteringKeys{after, event.done};
  }));
  return true;
}

// Where these tables come again, their keys are those of the catalog.
std::vector<ActingKey> TaskRunner::keys_of_reloaded(const std::vector<ActingKey>& known,
                                                    const std::vector<ActingKey>& now,
                                                    const std::set<TableRef>& reloaded) {
  std::vector<ActingKey> out;
  std::ranges::copy_if(known, std::back_inserter(out),
                       [&](const ActingKey& key) { return !reloaded.contains(key.child); });
  std::ranges::copy_if(now, std::back_inserter(out),
                       [&](const ActingKey& key) { return reloaded.contains(key.child); });
  return out;
}

// Once the foreign keys are there, those that the source's log is silent about do what they did on the source.
Result<void> TaskRunner::let_keys_act(Apply::Parts& parts) {
  parts.in_log_order.assign(context_.tables.size(), false);
  TRY(suspend_outside_keys());
  const TiedTables tied = tied_tables(context_.tables, TRY(silent_cascades()));
  if (tied.empty()) return {};
  parts.hanging = tied.children;
  if (!keys_stand_) return {};
  TRY(compare_keys());
  std::vector<TableRef> names;
  for (const size_t t : tied.tables) names.push_back(context_.tables[t].target.layout->ref);
  const std::vector<TableRef> ordered =
      TRY(parts.session->let_keys_act(context_.targets(), names, record_->document().restore_script,
                                      [&](const std::string& script) { return save_script(script); }));
  for (size_t t = 0; t < context_.tables.size(); ++t)
    parts.in_log_order[t] = std::ranges::find(ordered, context_.tables[t].target.layout->ref) != ordered.end();
  return {};
}

// Tables whose keys would not do on the target what they did on the source are suspended, before a change of theirs
// is applied.
Result<void> TaskRunner::compare_keys() {
  const SilentCascades source = TRY(silent_cascades());
  std::vector<bool> suspended;
  for (size_t t = 0; t < context_.tables.size(); ++t) suspended.push_back(is_suspended(t));
  const TaskDocument document = record_->document();
  std::vector<TableRef> tied;
  for (const size_t t : tied_tables(context_.tables, source).tables) {
    if (TRY(is_moved_already(context_.tables[t].target, document)))
      return {};  // the change comes before any row, and then they are compared
    tied.push_back(context_.tables[t].target.layout->ref);
  }
  const std::vector<ActingKey> acting = TRY(target_->acting_keys(context_.targets(), tied));
  for (const auto& [t, why] : key_misfits(context_.tables, suspended, source, acting)) TRY(fail_table(t, why));
  return {};
}

// From here on the keys that the log is silent about must act, even while tables that were loaded later are not
// consistent yet: the tables that they tie together have one snapshot. Nothing: there are none.
Result<std::optional<Position>> TaskRunner::tied_snapshot() {
  const TiedTables tied = tied_tables(context_.tables, TRY(silent_cascades()));
  std::optional<Position> out;
  const TaskDocument document = record_->document();
  for (const size_t t : tied.tables) {
    const auto known = std::ranges::find(document.tables, context_.tables[t].target.source->ref, &TableRecord::table);
    if (known == document.tables.end() || !known->suspended.empty()) continue;
    if (!out || source_->compare(known->snapshot, *out) > 0) out = known->snapshot;
  }
  // Where keys were dropped for the load it is the latest of all: widen() loads tied tables again with any other.
  if (out && !document.dropped.empty()) out = highest_snapshot();
  return out;
}

Result<void> TaskRunner::build_tied_keys() {
  const TiedTables tied = tied_tables(context_.tables, TRY(silent_cascades()));
  const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
  return build_phase(ObjectPhase::foreign_keys, &tied.tables);
}

// What foreign keys did between the two snapshots is in no log: the tables that they tie together come again
// together.
Result<void> TaskRunner::widen(Again& tables) {
  if (!follows()) return {};
  // By the keys of either end of the time between.
  std::vector<ActingKey> keys = TRY(source_keys());
  std::ranges::move(TRY(catalog_keys()), std::back_inserter(keys));
  const std::set<size_t> tied = tied_tables(context_.tables, silent_cascades_of(inside_keys(std::move(keys)))).tables;
  const std::set<size_t> all = tables.all();
  // Keys that were dropped for the load come back once every table is past its snapshot: no sooner may these be.
  const bool keys_come_last = !all.empty() && !record_->document().dropped.empty();
  if (!keys_come_last && std::ranges::none_of(all, [&](size_t t) { return tied.contains(t); })) return {};
  for (const size_t t : tied) {
    if (is_suspended(t)) continue;
    tables.lost.erase(t);
    tables.whole.insert(t);
  }
  return {};
}

}  // namespace godwit
