#include "check/gatherer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/text.h"
#include "check/errors.h"
#include "check/table_words.h"
#include "mapping/row_plan.h"
#include "task/planned_objects.h"

namespace godwit {
namespace {

// Nobody's sessions are called alike, so that no task takes them for leftovers of its own.
std::string session_tag() {
  std::random_device random;
  return "check-" + hex64((uint64_t{random()} << 32U) | random());
}

}  // namespace

Gatherer::Gatherer(const AssessmentRequest& request, const std::stop_token& stop)
    : request_(request), stop_(stop), interrupter_(stop) {
  facts_.source_family = request.source_family;
  facts_.target_family = request.target_family;
  facts_.type = request.type;
  facts_.settings = request.settings;
  facts_.rules = request.rules;
  facts_.preparation_named = request.preparation_named;
}

Result<void> Gatherer::open() {
  SessionOptions options;
  options.tag = session_tag();
  options.role = "main";
  options.read_only = true;
  source_ = TRY(request_.source_engine->open_source(request_.source, options));
  options.control.schema = request_.settings.control_tables_settings.control_schema;
  target_ = TRY(request_.target_engine->open_target(request_.target, options));
  const ServerIdentity source = TRY(source_->identity());
  target_identity_ = TRY(target_->identity());
  facts_.same_database = source.system == target_identity_.system && source.database == target_identity_.database;
  return {};
}

Result<void> Gatherer::once(unsigned group, Result<void> (Gatherer::*step)()) {
  const auto known = done_.find(group);
  if (known != done_.end()) return known->second;
  if (stop_.stop_requested()) return Failure(errors::check_stopped());
  Result<void> result;
  {
    const Interrupter::Busy busy(&interrupter_, source_.get(), target_.get());
    result = (this->*step)();
  }
  if (!result && stop_.stop_requested()) return Failure(errors::check_stopped());
  done_[group] = result;
  return result;
}

Result<void> Gatherer::bring(unsigned wanted) {
  struct Group {
    unsigned bit;
    Result<void> (Gatherer::*step)();
  };
  static constexpr Group groups[] = {
      {needs::servers, &Gatherer::servers},
      {needs::plan, &Gatherer::plan},
      {needs::source_tables & ~needs::plan, &Gatherer::source_tables},
      {needs::target_tables & ~needs::plan, &Gatherer::target_tables},
      {needs::start & ~needs::plan, &Gatherer::start_findings},
      {needs::sizes & ~needs::plan, &Gatherer::sizes},
      {needs::sequences & ~needs::plan, &Gatherer::sequences},
      {needs::large_objects & ~needs::plan, &Gatherer::large_objects},
  };
  for (const Group& group : groups)
    if ((wanted & group.bit) != 0) TRY(once(group.bit, group.step));
  return {};
}

Result<void> Gatherer::servers() {
  facts_.source = TRY(source_->server_facts());
  facts_.target = TRY(target_->server_facts());
  return {};
}

Result<void> Gatherer::plan() {
  const std::vector<TableRef> there = TRY(source_->catalog().list_tables());
  facts_.tables_there = there.size();
  facts_.selection = select_tables(facts_.rules, there);
  std::vector<TableRef> names;
  for (const SelectedTable& table : facts_.selection.tables) names.push_back(table.table);
  for (TableDef& definition : TRY(source_->catalog().describe(names))) TRY(add_table(std::move(definition)));
  const PlanOptions options = plan_options(facts_.settings);
  const std::vector<TargetTable> planned = plans();
  const auto distinct = check_target_names(facts_.rules, options, planned);
  if (!distinct) facts_.unplanned.emplace_back(TableRef(), distinct.error());
  return {};
}

// A table that cannot be planned is told, and the others are looked at without it.
Result<void> Gatherer::add_table(TableDef definition) {
  PlanOptions options = plan_options(facts_.settings);
  options.follows_changes = facts_.follows();
  options.types_for = [this](const TableDef& layout) {
    return target_->types_for(layout, facts_.settings.godwit.type_mapping);
  };
  const auto source = std::make_shared<const TableDef>(std::move(definition));
  auto planned = plan_table(facts_.rules, options, source, facts_.plan_warnings);
  if (!planned && planned.error().kind == ErrorKind::connection) return Failure(planned.error());
  if (planned) {
    facts_.tables.emplace_back().plan = std::move(*planned);
    return {};
  }
  facts_.unplanned.emplace_back(source->ref, planned.error());
  note_unsupported(*source);
  return {};
}

// The target is asked about each column alone.
void Gatherer::note_unsupported(const TableDef& definition) {
  for (const ColumnDef& column : definition.columns) {
    TableDef alone;
    alone.ref = definition.ref;
    alone.columns = {column};
    if (!target_->types_for(alone, facts_.settings.godwit.type_mapping))
      facts_.unsupported.emplace_back(definition.ref, column);
  }
}

std::vector<TargetTable> Gatherer::plans() const {
  std::vector<TargetTable> out;
  for (const CheckedTable& table : facts_.tables) out.push_back(table.plan);
  return out;
}

std::vector<TableDef> Gatherer::definitions() const {
  std::vector<TableDef> out;
  for (const CheckedTable& table : facts_.tables) out.push_back(*table.plan.source);
  return out;
}

Result<void> Gatherer::source_tables() {
  std::vector<TableRef> names;
  for (const CheckedTable& table : facts_.tables) names.push_back(table.plan.source->ref);
  std::vector<TableSurvey> found = TRY(source_->catalog().survey(names));
  for (size_t i = 0; i < found.size(); ++i) facts_.tables[i].source = std::move(found[i]);
  // Dropped since it was planned: nothing is left to judge.
  std::erase_if(facts_.tables, [](const CheckedTable& table) { return !table.source.exists; });
  return {};
}

Result<void> Gatherer::target_tables() {
  std::vector<TableRef> names;
  for (const CheckedTable& table : facts_.tables) names.push_back(table.plan.layout->ref);
  std::vector<TableSurvey> found = TRY(target_->catalog().survey(names));
  for (size_t i = 0; i < found.size(); ++i) facts_.tables[i].target = std::move(found[i]);
  const std::vector<TargetTable> planned = plans();
  const std::vector<TargetTableState> states = TRY(target_->inspect(planned));
  for (size_t i = 0; i < states.size(); ++i) facts_.tables[i].target_empty = !states[i].exists || states[i].empty;
  return describe_where_computed();
}

Result<void> Gatherer::describe_where_computed() {
  std::vector<TableRef> names;
  for (const CheckedTable& table : facts_.tables)
    if (table.target.exists && std::ranges::any_of(table.plan.source->columns, &ColumnDef::generated))
      names.push_back(table.plan.layout->ref);
  if (names.empty()) return {};
  for (TableDef& definition : TRY(target_->catalog().describe(names)))
    for (CheckedTable& table : facts_.tables)
      if (table.plan.layout->ref == definition.ref) table.target_columns = definition.columns;
  return {};
}

// As TaskRunner::check_ends() asks when a task starts afresh.
Result<void> Gatherer::start_findings() {
  const std::vector<TargetTable> planned = plans();
  CaptureSpec spec;
  spec.task_id = request_.task_id;
  spec.target_system = target_identity_.system + "/" + target_identity_.database;
  for (const TargetTable& table : planned) spec.tables.push_back(table.source.get());
  spec.loads = facts_.loads();
  spec.start_position = request_.start_position;
  facts_.source_findings = TRY(source_->check(spec, facts_.follows()));
  std::vector<std::string> left_out;
  const std::vector<ObjectDef> objects = TRY(planned_objects(*source_, *target_, planned, left_out));
  for (std::string& line : left_out) facts_.plan_warnings.push_back(std::move(line));
  facts_.target_findings = TRY(target_->check(planned, objects, facts_.mode(), true));
  return {};
}

Result<void> Gatherer::sizes() {
  for (CheckedTable& table : facts_.tables) {
    if (stop_.stop_requested()) return Failure(errors::check_stopped());
    std::vector<MeasuredColumn> columns;
    const std::optional<uint64_t> limit = lob_limit(facts_, table);
    for (const ColumnDef* column : lob_columns(table)) columns.push_back({column->name, limit.value_or(UINT64_MAX)});
    if (columns.empty()) continue;
    table.sizes = TRY(source_->measure_values(table.plan.source->ref, columns));
  }
  return {};
}

Result<void> Gatherer::sequences() {
  facts_.sequences = TRY(source_->catalog().read_sequences(definitions()));
  return {};
}

Result<void> Gatherer::large_objects() {
  const std::vector<TargetTable> planned = plans();
  std::vector<const TableDef*> layouts;
  for (const TargetTable& table : planned) layouts.push_back(table.read.get());
  facts_.large_object_columns = TRY(source_->large_object_columns(layouts));
  return {};
}

}  // namespace godwit
