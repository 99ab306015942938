#include "task/key_misfits.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/foreign_objects.h"
#include "task/errors.h"

namespace godwit {
namespace {

std::vector<std::pair<std::string, std::string>> folded(const ActingKey& key) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [own, other] : key.columns) out.emplace_back(lower_utf8(own), lower_utf8(other));
  std::ranges::sort(out);
  return out;
}

bool is_same(const ActingKey& a, const ActingKey& b) {
  return a.child == b.child && a.parent == b.parent && a.on_delete == b.on_delete && a.on_update == b.on_update &&
         folded(a) == folded(b);
}

class Comparison {
 public:
  Comparison(std::span<const PlannedTable> tables, std::vector<bool> suspended)
      : tables_(tables), suspended_(std::move(suspended)) {}

  std::map<size_t, std::string> run(const SilentCascades& source, std::span<const ActingKey> target) {
    std::vector<bool> known(target.size(), false);
    for (const ActingKey& key : source.keys) look_for(key, target, known);
    for (size_t i = 0; i < target.size(); ++i) {
      const size_t child = place(target[i].child, false), parent = place(target[i].parent, false);
      if (child == tables_.size() || parent == tables_.size()) continue;
      edges_.emplace_back(child, parent);
      if (known[i]) continue;
      note(child, errors::key_acts_alone(to_string(target[i].child), to_string(target[i].parent)));
    }
    spread();
    for (const ActingKey& key : source.keys) hang(place(key.child, true), place(key.parent, true));
    return std::move(out_);
  }

 private:
  size_t place(const TableRef& name, bool of_source) const {
    const auto at = std::ranges::find_if(tables_, [&](const PlannedTable& table) {
      return (of_source ? table.target.source : table.target.layout)->ref == name;
    });
    return static_cast<size_t>(at - tables_.begin());
  }

  void note(size_t table, const Error& why) {
    if (!suspended_[table]) out_.try_emplace(table, why.message);
  }

  void look_for(const ActingKey& key, std::span<const ActingKey> target, std::vector<bool>& known) {
    const size_t child = place(key.child, true), parent = place(key.parent, true);
    if (child == tables_.size() || parent == tables_.size()) return;
    edges_.emplace_back(child, parent);
    ActingKey wanted = key;
    wanted.child = tables_[child].target.layout->ref;
    wanted.parent = tables_[parent].target.layout->ref;
    bool found = false;
    for (auto& [own, other] : wanted.columns) {
      const ColumnDef *to = planned_column(tables_[child].target, own),
                      *to_other = planned_column(tables_[parent].target, other);
      own = to == nullptr ? std::string() : to->name;
      other = to_other == nullptr ? std::string() : to_other->name;
    }
    for (size_t i = 0; i < target.size(); ++i) {
      if (!is_same(wanted, target[i])) continue;
      known[i] = found = true;
    }
    if (!found) note(child, errors::key_does_not_act(to_string(key.child), to_string(key.parent)));
  }

  // A table that is suspended ties nothing: what it would have changed is told by hang().
  void spread() {
    for (bool grown = true; grown;) {
      grown = false;
      for (const auto& [child, parent] : edges_) {
        if (suspended_[child] || suspended_[parent] || out_.contains(child) == out_.contains(parent)) continue;
        const size_t from = out_.contains(child) ? child : parent;
        out_.emplace(from == child ? parent : child, std::string(out_.at(from)));
        grown = true;
      }
    }
  }

  void hang(size_t child, size_t parent) {
    if (child == tables_.size() || parent == tables_.size() || child == parent) return;
    below_.emplace_back(child, parent);
    for (bool grown = true; grown;) {
      grown = false;
      for (const auto& [below, above] : below_) {
        if (out_.contains(below) || suspended_[below] || !(suspended_[above] || out_.contains(above))) continue;
        note(below, errors::parent_suspended(tables_[above].target.source->ref));
        grown = true;
      }
    }
  }

  const std::span<const PlannedTable> tables_;
  const std::vector<bool> suspended_;
  std::vector<std::pair<size_t, size_t>> edges_, below_;
  std::map<size_t, std::string> out_;
};

}  // namespace

TiedTables tied_tables(std::span<const PlannedTable> tables, const SilentCascades& source) {
  TiedTables out;
  out.children.resize(tables.size());
  const auto place = [&](const TableRef& name) {
    const auto at = std::ranges::find_if(tables, [&](const PlannedTable& t) { return t.target.source->ref == name; });
    return static_cast<size_t>(at - tables.begin());
  };
  for (const TableRef& name : source.tied)
    if (const size_t table = place(name); table < tables.size()) out.tables.insert(table);
  for (const ActingKey& key : source.keys) {
    const size_t child = place(key.child), parent = place(key.parent);
    if (child < tables.size() && parent < tables.size() && child != parent)
      out.children[parent].push_back(static_cast<uint32_t>(child));
  }
  return out;
}

std::map<size_t, std::string> key_misfits(std::span<const PlannedTable> tables, const std::vector<bool>& suspended,
                                          const SilentCascades& source, std::span<const ActingKey> target) {
  return Comparison(tables, suspended).run(source, target);
}

}  // namespace godwit
