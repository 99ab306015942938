// parallel-load of one table, checked against the source's catalog (spec/table-mappings.md §5.1).

#include <fmt/format.h>

#include <algorithm>

#include "mapping/errors.h"
#include "mapping/predicate.h"
#include "mapping/table_draft.h"

namespace godwit {
namespace {

class LoadPlanner {
 public:
  LoadPlanner(TableDraft& draft, const TableSettingsRule& rule) : draft_(draft), rule_(rule) {}

  Result<std::shared_ptr<const ParallelLoad>> plan() {
    const ParallelLoad& load = *rule_.parallel_load;
    if (load.type == ParallelLoad::Type::subpartitions_auto || !load.subpartitions.empty())
      return refused(
          "subpartitions are known of Oracle sources alone; use partitions-auto, partitions-list or ranges");
    if (load.type == ParallelLoad::Type::partitions_list) TRY(check_partitions(load));
    if (load.type != ParallelLoad::Type::ranges) return rule_.parallel_load;
    return plan_ranges(load);
  }

 private:
  Failure refused(std::string why) const {
    return Failure(load_not_possible(draft_.source.ref, rule_.id, std::move(why)));
  }

  Result<void> check_partitions(const ParallelLoad& load) const {
    for (const std::string& name : load.partitions) {
      const auto is_named = [&](const LeafDef& leaf) { return leaf.ref.name == name; };
      if (std::ranges::none_of(draft_.source.leaves, is_named))
        return refused(draft_.source.partitioned
                           ? fmt::format("the table has no partition \"{}\" that holds rows", name)
                           : "the table is not partitioned");
    }
    return {};
  }

  Result<std::shared_ptr<const ParallelLoad>> plan_ranges(const ParallelLoad& load) {
    for (const std::string& name : load.columns) TRY(add_column(name));
    auto planned = std::make_shared<ParallelLoad>(load);
    std::vector<Operand> last;
    for (size_t i = 0; i < planned->boundaries.size(); ++i) {
      std::vector<Operand> boundary = TRY(read_boundary(planned->boundaries[i], i));
      if (i > 0 && compare_boundaries(last, boundary) >= 0)
        return refused(fmt::format("boundary {} does not lie above the one before it", i + 1));
      last = std::move(boundary);
    }
    return planned;
  }

  Result<void> add_column(const std::string& name) {
    const std::optional<uint32_t> column = find_column(draft_.source, name);
    if (!column) return refused(fmt::format("the table has no column \"{}\"", name));
    const ColumnDef& def = draft_.source.columns[*column];
    const FilterComparison comparison = filter_comparison(def.type);
    if (is_real(def.type.type_class) || is_lob(def.type) || comparison == FilterComparison::none ||
        comparison == FilterComparison::identity)
      return refused(fmt::format("column \"{}\" of type {} cannot bound segments", name, def.type.native));
    if (!def.not_null)
      draft_.warn(
          fmt::format("table-settings rule {}: rows of table {} with NULL in column \"{}\" belong to no segment "
                      "and are not loaded",
                      rule_.id, to_string(draft_.source.ref), name));
    types_.push_back(def.type);
    return {};
  }

  Result<std::vector<Operand>> read_boundary(std::vector<std::string>& values, size_t index) const {
    std::vector<Operand> boundary(values.size());
    for (size_t c = 0; c < values.size(); ++c) {
      if (!read_operand(types_[c], values[c], boundary[c]))
        return refused(fmt::format("value {} of boundary {} cannot be read as the column's type", c + 1, index + 1));
      values[c] = boundary[c].text;
    }
    return boundary;
  }

  int compare_boundaries(const std::vector<Operand>& a, const std::vector<Operand>& b) const {
    for (size_t c = 0; c < a.size(); ++c)
      if (const int order = compare_with(types_[c], filter_comparison(types_[c]), a[c].text, b[c]); order != 0)
        return order;
    return 0;
  }

  TableDraft& draft_;
  const TableSettingsRule& rule_;
  std::vector<Type> types_;
};

}  // namespace

Result<std::shared_ptr<const ParallelLoad>> plan_parallel_load(TableDraft& draft) {
  for (const TableSettingsRule& rule : draft.rules.table_settings)
    if (rule.table == draft.source.ref && rule.parallel_load) return LoadPlanner(draft, rule).plan();
  return nullptr;
}

}  // namespace godwit
