// From the filters of selection rules to what the source and the shaper judge by (spec/table-mappings.md §3.2).

#include <fmt/format.h>

#include "mapping/errors.h"
#include "mapping/selection.h"
#include "mapping/table_draft.h"

namespace godwit {
namespace {

bool has_operand(FilterOperator op) {
  return op != FilterOperator::null && op != FilterOperator::notnull;
}
bool is_range(FilterOperator op) {
  return op == FilterOperator::between || op == FilterOperator::notbetween;
}
bool needs_order(FilterOperator op) {
  return is_range(op) || op == FilterOperator::gte || op == FilterOperator::lte;
}

class FilterPlanner {
 public:
  explicit FilterPlanner(TableDraft& draft) : draft_(draft) {}

  Result<std::shared_ptr<const RowFilter>> plan() {
    for (const SelectionRule& rule : draft_.rules.selections) {
      if (!selects(rule, draft_.source.ref)) continue;
      if (rule.filters.empty()) return nullptr;  // it moves every row
      TRY(add(rule));
    }
    if (filter_->rules.empty()) return nullptr;
    draft_.shape.filter = predicate_;
    return filter_;
  }

 private:
  Result<void> add(const SelectionRule& rule) {
    std::vector<ColumnFilter>& filters = filter_->rules.emplace_back(rule.filters);
    std::vector<Predicate::Column>& columns = predicate_->rules.emplace_back();
    for (ColumnFilter& filter : filters) {
      Predicate::Column& column = columns.emplace_back();
      column.column = TRY(draft_.read_column(filter.column, fmt::format("the filter of rule {}", rule.id)));
      column.type = draft_.source.columns[draft_.read[column.column]].type;
      column.comparison = filter_comparison(column.type);
      for (FilterCondition& condition : filter.conditions)
        column.conditions.push_back(TRY(compile(rule, filter.column, column, condition)));
    }
    return {};
  }

  // The document's operands become canonical on the way.
  Result<Predicate::Condition> compile(const SelectionRule& rule, const std::string& name,
                                       const Predicate::Column& column, FilterCondition& condition) const {
    Predicate::Condition out{condition.op, {}, {}};
    if (!has_operand(condition.op)) return out;
    const TableRef& table = draft_.source.ref;
    if (column.comparison == FilterComparison::none)
      return Failure(filter_not_comparable(table, name, column.type, rule.id));
    if (column.comparison == FilterComparison::identity && needs_order(condition.op))
      return Failure(filter_without_order(table, name, column.type, rule.id));
    if (!read_operand(column.type, condition.value, out.value) ||
        (is_range(condition.op) && !read_operand(column.type, condition.end_value, out.end_value)))
      return Failure(filter_value_unreadable(table, name, column.type, rule.id));
    condition.value = out.value.text;
    condition.end_value = out.end_value.text;
    return out;
  }

  TableDraft& draft_;
  std::shared_ptr<RowFilter> filter_ = std::make_shared<RowFilter>();
  std::shared_ptr<Predicate> predicate_ = std::make_shared<Predicate>();
};

}  // namespace

Result<std::shared_ptr<const RowFilter>> plan_filter(TableDraft& draft) {
  return FilterPlanner(draft).plan();
}

}  // namespace godwit
