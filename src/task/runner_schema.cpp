// Structure changes as the source's log tells them (engine.md §9): each at its place in the log, in a target
// transaction of its own together with the position. What is under way stands in the record (TableRecord::altering),
// so that a worker that takes over knows by the position whether it was done.

#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "task/errors.h"
#include "task/runner.h"
#include "task/schema_decision.h"

namespace godwit {
namespace {

Result<void> nothing(ChangeWriter&) {
  return {};
}

// What the target says against an alteration, and not of its server or the way there.
bool is_refusal(const Error& error) {
  return error.kind == ErrorKind::table || error.kind == ErrorKind::data || error.kind == ErrorKind::conflict ||
         error.kind == ErrorKind::prerequisite;
}

// The source's foreign keys behind a structure change of a table.
void carry_keys(std::vector<ActingKey>& keys, const TableRecord& table, const TableRecord::Altering& altering) {
  if (altering.gone)
    std::erase_if(keys, [&](const ActingKey& key) { return key.child == table.table || key.parent == table.table; });
  else if (table.definition)
    rename_in_keys(keys, *table.definition, altering.definition);
}

bool computes_columns(const TableDef& table) {
  return std::ranges::any_of(table.columns, &ColumnDef::generated);
}

}  // namespace

PlanOptions TaskRunner::own_plan_options() const {
  PlanOptions options = plan_options(options_.settings);
  options.follows_changes = follows();
  options.types_for = [this](const TableDef& layout) {
    return target_->types_for(layout, options_.settings.godwit.type_mapping);
  };
  return options;
}

std::optional<size_t> TaskRunner::table_by_id(uint32_t log_id) const {
  for (size_t t = 0; t < context_.tables.size(); ++t)
    if (context_.tables[t].target.source->log_id == log_id) return t;
  return std::nullopt;
}

// Ids that are made of names may meet; the name decides then.
std::optional<size_t> TaskRunner::table_of(const SchemaChange& change) const {
  if (change.was.name.empty()) return table_by_id(change.log_id);
  for (size_t t = 0; t < context_.tables.size(); ++t)
    if (context_.tables[t].target.source->ref == change.was) return t;
  return std::nullopt;
}

void TaskRunner::tell_notes(const SchemaChange& change) {
  for (const std::string& note : change.notes) {
    log_warning(Component::source_capture, "{}", note);
    remark(note);
  }
}

bool TaskRunner::is_suspended(size_t table) const {
  const TaskDocument document = record_->document();
  const auto known =
      std::ranges::find(document.tables, context_.tables[table].target.source->ref, &TableRecord::table);
  return known != document.tables.end() && !known->suspended.empty();
}

// The table's rows and definition are of a later position than the event, or nobody follows it any more.
bool TaskRunner::is_settled_before(const SchemaEvent& event, size_t table) const {
  const TaskDocument document = record_->document();
  const auto known =
      std::ranges::find(document.tables, context_.tables[table].target.source->ref, &TableRecord::table);
  if (known == document.tables.end() || !known->suspended.empty() || known->pending) return true;
  // Of another server's log the reader tells only what the snapshot lacks.
  if (!source_->are_of_one_log(event.at, known->snapshot)) return false;
  return source_->compare(event.at, known->snapshot) < 0;
}

void TaskRunner::count_ddl(size_t table, bool applied) {
  progress_.change_table(table, [&](TableStatistics& s) { ++(applied ? s.applied_ddls : s.ddls); });
}

// Everything before the change is applied. True: tables or layouts are others now, so that capture and apply are to
// be opened anew (or, in phase loading, tables to be loaded first).
Result<bool> TaskRunner::take_up_structure(Apply& apply) {
  const Interrupter::Busy busy(context_.interrupter, source_.get(), target_.get());
  const SchemaEvent event = apply.structure_event();
  const SchemaChange change = TRY(source_->read_schema_change(event.document));
  switch (change.kind) {
    case SchemaChange::Kind::table:
      return take_up_table(apply, event, change);
    case SchemaChange::Kind::dropped:
      return drop_table(apply, event, change);
    case SchemaChange::Kind::labels: {
      auto added = target_->add_labels(change.name, change.labels);
      if (!added && !is_refusal(added.error())) return Failure(added.error());
      if (!added)
        log_warning(Component::target_apply, "The labels of type {} could not be changed as on the source: {}",
                    to_string(change.name), added.error().message);
      break;
    }
    case SchemaChange::Kind::other: {
      const bool drops = change.command.starts_with("DROP");
      const std::string text =
          fmt::format("{} on the source {} {}, which is not replicated: {} it on the target.", change.command,
                      drops ? "dropped" : "made", change.what, drops ? "drop" : "make");
      log_warning(Component::source_capture, "{}", text);
      remark(text);
      break;
    }
    case SchemaChange::Kind::none:
      break;
  }
  TRY(apply.pass_structure(nothing));
  return false;
}

Result<bool> TaskRunner::take_up_table(Apply& apply, const SchemaEvent& event, const SchemaChange& change) {
  const std::optional<size_t> table = table_of(change);
  if (!table) return adopt_table(apply, change);
  if (is_settled_before(event, *table)) {
    TRY(apply.pass_structure(nothing));
    return false;
  }
  const TableDef& before = *context_.tables[*table].target.source;
  SchemaAction action = decide(before, change);
  tell_notes(change);
  // What was written into a new partition before it was published is not in the log.
  const FollowedTable followed{&before, {}};
  if (before.leaves.size() < change.table.leaves.size() &&
      !TRY(source_->untold_changes(std::span(&followed, 1))).empty())
    action = SchemaAction::reload;
  if (action != SchemaAction::none) count_ddl(*table, false);
  const bool keys_change = TRY(take_up_keys(event, change, before.ref));
  switch (action) {
    case SchemaAction::none:
      TRY(apply.pass_structure(nothing));
      if (keys_change) TRY(settle_alterations());
      return keys_change;
    case SchemaAction::reload:
      return load_again(apply, *table, event, change);
    case SchemaAction::alter:
      return alter_table(apply, *table, event, change, false);
    case SchemaAction::alter_and_reload:
      return alter_table(apply, *table, event, change, true);
  }
  return false;
}

// Plans the table as the change leaves it. Answers why it cannot go on, if so.
Result<std::string> TaskRunner::plan_alteration(size_t table, const SchemaChange& change, TargetTable& plan) {
  const TargetTable& before = context_.tables[table].target;
  if (change.name != before.source->ref && select_tables(options_.rules, std::span(&change.name, 1)).tables.empty())
    return fmt::format("table {} was renamed to {}, which the table mapping does not select",
                       to_string(before.source->ref), to_string(change.name));
  std::vector<std::string> warnings;
  auto planned =
      plan_table(options_.rules, own_plan_options(), std::make_shared<const TableDef>(change.table), warnings);
  if (!planned) return planned.error().message;
  for (const std::string& warning : warnings) log_warning(Component::transformation, "{}", warning);
  plan = std::move(*planned);
  std::vector<TargetTable> all = context_.targets();
  all[table] = plan;
  auto distinct = check_target_names(options_.rules, own_plan_options(), all);
  if (!distinct) return distinct.error().message;
  return "";
}

// Types that new columns need and partitions that are new, as far as the source still has them.
Result<void> TaskRunner::build_what_is_new(const TableDef& table, bool partitions) {
  const std::vector<ObjectDef> objects = TRY(source_->catalog().read_objects(std::span(&table, 1)));
  const std::vector<TargetTable> targets = context_.targets();
  for (const ObjectDef& object : objects) {
    const bool partition = object.phase == ObjectPhase::tables && object.kind == "partition";
    if (object.phase != ObjectPhase::before_tables && !(partition && partitions)) continue;
    auto built = target_->build(object, targets);
    if (!built && !is_refusal(built.error())) return Failure(built.error());
    if (!built)
      log_warning(Component::target_apply, "{}",
                  errors::object_failed(object.kind, object.name, built.error()).message);
  }
  return {};
}

Result<bool> TaskRunner::refuse_alteration(Apply& apply, size_t table, const std::string& reason) {
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    if (TableRecord* record = record_of(document, context_.tables[table].target.source->ref)) {
      record->altering.reset();
      record->may_be.reset();
    }
  }));
  TRY(fail_table(table, reason));
  TRY(apply.pass_structure(nothing));
  TRY(settle_alterations());
  return true;
}

Result<bool> TaskRunner::alter_table(Apply& apply, size_t table, const SchemaEvent& event, const SchemaChange& change,
                                     bool reload) {
  const TargetTable before = context_.tables[table].target;
  const TaskDocument recorded = record_->document();
  const auto known = std::ranges::find(recorded.tables, before.source->ref, &TableRecord::table);
  if (reload && known != recorded.tables.end() && !known->was_empty)
    return refuse_alteration(
        apply, table,
        fmt::format("{} on the source gave the rows of table {} new values, and it cannot be loaded again: the "
                    "target's table held rows before the load and may not be emptied (DO_NOTHING)",
                    change.command, to_string(before.source->ref)));
  TargetTable plan;
  const std::string obstacle = TRY(plan_alteration(table, change, plan));
  if (!obstacle.empty()) return refuse_alteration(apply, table, obstacle);
  const bool keeps_target = !options_.settings.change_processing_ddl_handling_policy.handle_source_table_altered;
  if (keeps_target && (plan.shape || before.shape))
    return refuse_alteration(apply, table,
                             fmt::format("{} on the source changed table {}, whose rows rules shape, and "
                                         "HandleSourceTableAltered=false keeps the target's table as it is: the two "
                                         "do not go together",
                                         change.command, to_string(before.source->ref)));
  std::optional<TableDef> made_for;
  if (keeps_target) {
    plan = without_alteration(before, plan);
  } else {
    const std::string misfit = keep_withheld(table, change.table, plan, made_for);
    if (!misfit.empty()) return refuse_alteration(apply, table, misfit);
  }
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    TableRecord* record = record_of(document, before.source->ref);
    record->altering = TableRecord::Altering{change.table, event.done, reload, false, made_for};
    if (keeps_target && !record->target_definition) record->target_definition = *before.source;
  }));
  context_.tables[table].target = plan;  // partitions are built under the new plan's names
  auto ready = keeps_target ? Result<void>() : build_what_is_new(change.table, context_.tables[table].created);
  context_.tables[table].target = before;
  if (!ready) return Failure(ready.error());
  std::vector<std::string> left_out;
  failpoint(failpoints::structure_change);
  auto altered = apply.pass_structure([&](ChangeWriter& writer) -> Result<void> {
    if (!keeps_target) left_out = TRY(writer.alter({before, plan, change.origins, reload}));
    return {};
  });
  if (!altered && !is_refusal(altered.error())) return Failure(altered.error());
  if (!altered)
    return refuse_alteration(apply, table,
                             fmt::format("{} of table {} on the source could not be carried out on the target: {}",
                                         change.command, to_string(before.source->ref), altered.error().message));
  failpoint(failpoints::structure_changed);
  for (const std::string& what : left_out)
    log_warning(Component::target_apply, "{} of table {}: not carried over, {}", change.command,
                log_name(change.name), what);
  context_.tables[table].target = plan;
  progress_.change_table(table, [&](TableStatistics& s) { s.table = change.name; });
  if (!keeps_target) count_ddl(table, true);
  log_info(Component::target_apply, "{} of table {} was {} at {}", change.command, log_name(change.name),
           keeps_target ? "ignored, as HandleSourceTableAltered asks," : "carried out", event.at.text);
  TRY(settle_alterations());
  return true;
}

// The rows are found or published in another way from here on, or came and went without a word in the log.
Result<bool> TaskRunner::load_again(Apply& apply, size_t table, const SchemaEvent& event,
                                    const SchemaChange& change) {
  const TargetTable before = context_.tables[table].target;
  const TableRef& name = before.source->ref;
  if (change.replaced)
    log_warning(
        Component::task_manager,
        "Table {} is loaded again: what {} at {} did to its rows, or to how they are found, is not in the log",
        log_name(name), change.command, event.at.text);
  else
    log_warning(
        Component::task_manager,
        "Table {} is loaded again: its key, its replica identity or its partitions changed on the source at {}",
        log_name(name), event.at.text);
  // A table of the task that was attached as a partition is none any more; its place is the partition's.
  std::vector<TargetTable> absorbed;
  for (const LeafDef& leaf : change.table.leaves)
    if (const std::optional<size_t> attached = table_by_id(leaf.log_id))
      absorbed.push_back(context_.tables[*attached].target);
  const bool rebuilds = context_.tables[table].created;
  // The target may compute a column by another expression than the source does now.
  const bool computes = computes_columns(*before.source) || computes_columns(change.table);
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    record_of(document, name)->pending = true;
    record_of(document, name)->may_be.reset();
    if (change.replaced && computes && rebuilds) record_of(document, name)->rebuild = true;
    for (const TargetTable& leaf : absorbed)
      record_of(document, leaf.source->ref)->altering = TableRecord::Altering{*leaf.source, event.done, false, true};
  }));
  TRY(adopt_detached(before, rebuilds, change));
  auto passed = apply.pass_structure([&](ChangeWriter& writer) -> Result<void> {
    for (const TargetTable& leaf : absorbed)
      if (rebuilds) TRY(writer.drop_table(leaf.layout->ref));
    return {};
  });
  if (!passed && !is_refusal(passed.error())) return Failure(passed.error());
  // A newcomer may have taken another table's place in the list.
  if (!passed) return refuse_alteration(apply, table_of(change).value_or(table), passed.error().message);
  TRY(settle_alterations());
  return true;
}

// The task goes on without it, and every summary says so.
Result<void> TaskRunner::note_standing(std::string text) {
  log_error(Component::task_manager, "{}", text);
  if (std::ranges::find(standing_, text) != standing_.end()) return {};
  standing_.push_back(std::move(text));
  return record_->update([&](std::string&, TaskDocument& document) { document.standing = standing_; });
}

Result<bool> TaskRunner::drop_table(Apply& apply, const SchemaEvent& event, const SchemaChange& change) {
  const std::optional<size_t> table = table_of(change);
  if (!table) {
    for (size_t t = 0; t < context_.tables.size(); ++t)
      if (std::ranges::find(context_.tables[t].target.source->leaves, change.log_id, &LeafDef::log_id) !=
          context_.tables[t].target.source->leaves.end())
        return drop_partition(apply, t, event, change);
    TRY(apply.pass_structure(nothing));
    return false;
  }
  const TargetTable before = context_.tables[*table].target;
  const bool follows_it = options_.settings.change_processing_ddl_handling_policy.handle_source_table_dropped;
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    record_of(document, before.source->ref)->altering =
        TableRecord::Altering{*before.source, event.done, false, true};
  }));
  failpoint(failpoints::structure_change);
  auto dropped = apply.pass_structure([&](ChangeWriter& writer) -> Result<void> {
    return follows_it ? writer.drop_table(before.layout->ref) : Result<void>();
  });
  if (!dropped && !is_refusal(dropped.error())) return Failure(dropped.error());
  if (!dropped) {
    const std::string text =
        fmt::format("Table {} was dropped on the source and could not be dropped on the target: {}",
                    to_string(before.source->ref), dropped.error().message);
    TRY(note_standing(text));
    TRY(apply.pass_structure(nothing));
  } else {
    log_info(Component::target_apply, "Table {} was dropped on the source at {}; on the target it is {}",
             log_name(before.source->ref), event.at.text, follows_it ? "dropped too" : "kept");
  }
  TRY(settle_alterations());
  return true;
}

Result<bool> TaskRunner::drop_partition(Apply& apply, size_t table, const SchemaEvent& event,
                                        const SchemaChange& change) {
  if (is_settled_before(event, table)) {
    TRY(apply.pass_structure(nothing));
    return false;
  }
  // Of a table that the user made nobody knows where the partition's rows lie.
  if (!context_.tables[table].created) return load_again(apply, table, event, change);
  const TargetTable before = context_.tables[table].target;
  SchemaChange without = change;
  without.table = *before.source;
  without.name = before.source->ref;
  const auto leaf = std::ranges::find(without.table.leaves, change.log_id, &LeafDef::log_id);
  const auto at = static_cast<size_t>(leaf - without.table.leaves.begin());
  without.table.leaves.erase(leaf);
  TargetTable plan;
  const std::string obstacle = TRY(plan_alteration(table, without, plan));
  if (!obstacle.empty()) return refuse_alteration(apply, table, obstacle);
  std::optional<TableDef> made_for;
  const std::string misfit = keep_withheld(table, without.table, plan, made_for);
  if (!misfit.empty()) return refuse_alteration(apply, table, misfit);
  TRY(record_->update([&](std::string&, TaskDocument& document) {
    record_of(document, before.source->ref)->altering =
        TableRecord::Altering{without.table, event.done, false, false, made_for};
  }));
  const bool follows_it = options_.settings.change_processing_ddl_handling_policy.handle_source_table_dropped;
  auto dropped = apply.pass_structure([&](ChangeWriter& writer) -> Result<void> {
    return follows_it ? writer.drop_table(before.layout->leaves[at].ref) : Result<void>();
  });
  if (!dropped && !is_refusal(dropped.error())) return Failure(dropped.error());
  if (!dropped) return refuse_alteration(apply, table, dropped.error().message);
  context_.tables[table].target = plan;
  log_info(Component::target_apply,
           "Partition {} of table {} was dropped on the source at {}; on the target it is {}", to_string(change.name),
           log_name(before.source->ref), event.at.text, follows_it ? "dropped too" : "kept");
  TRY(settle_alterations());
  return true;
}

void TaskRunner::forget_table(size_t table) {
  context_.tables.erase(context_.tables.begin() + static_cast<std::ptrdiff_t>(table));
  progress_.remove_table(table);
  tally_.remove_table(table);
  reloads_.clear();
}

// Alterations that the stored position has passed are what the record says from now on; those that it has not are
// forgotten: the log tells them again. Tables whose rows are still to come send the task to its load.
Result<void> TaskRunner::settle_alterations() {
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  std::vector<TableRef> gone;
  TRY(record_->update([&](std::string& phase, TaskDocument& document) {
    bool any_pending = false;
    if (const auto keys = std::exchange(document.altering_keys, std::nullopt);
        keys && stored && source_->compare(*stored, keys->at) >= 0)
      document.source_keys = keys->keys;
    for (TableRecord& table : document.tables) {
      const std::optional<TableRecord::Altering> altering = std::exchange(table.altering, std::nullopt);
      if (altering && stored && source_->compare(*stored, altering->at) >= 0) {
        if (altering->gone) gone.push_back(table.table);
        if (document.source_keys) carry_keys(*document.source_keys, table, *altering);
        table.may_be.reset();
        if (altering->target_definition) table.target_definition = altering->target_definition;
        table.definition = altering->definition;
        table.structure = structure_fingerprint(altering->definition);
        table.table = altering->definition.ref;
        const TableRef& named = table.target_definition ? table.target_definition->ref : table.table;
        table.target = target_table_name(options_.rules, own_plan_options(), named);
        for (TableRange& slice : table.slices) slice.table = table.table;
        table.pending |= altering->reload;
      } else if (altering) {
        const TableDef& then = altering->target_definition ? *altering->target_definition
                               : table.target_definition   ? *table.target_definition
                                                           : altering->definition;
        table.may_be = altering->gone ? TableRef() : target_table_name(options_.rules, own_plan_options(), then.ref);
      }
      any_pending |= table.pending;
    }
    std::erase_if(document.tables,
                  [&](const TableRecord& table) { return std::ranges::find(gone, table.table) != gone.end(); });
    if (any_pending && phase == "following") phase = "loading";
  }));
  for (const TableRef& name : gone)
    for (size_t t = 0; t < context_.tables.size(); ++t)
      if (context_.tables[t].target.source->ref == name) {
        forget_table(t);
        break;
      }
  return {};
}

// What earlier changes withheld from the target's table stays so until it is loaded anew; `made_for`:
// TableRecord::target_definition behind the change that is carried out now. Answers why it cannot go on, if so.
std::string TaskRunner::keep_withheld(size_t table, const TableDef& after, TargetTable& plan,
                                      std::optional<TableDef>& made_for) const {
  const TableDef& before = *context_.tables[table].target.source;
  const TaskDocument document = record_->document();
  const auto known = std::ranges::find(document.tables, before.ref, &TableRecord::table);
  if (known == document.tables.end() || !known->target_definition) return "";
  made_for = carried_out(*known->target_definition, before, after);
  auto kept = plan_kept(*made_for, plan);
  if (!kept) return kept.error().message;
  plan = std::move(*kept);
  return "";
}

// Of a table that the target keeps as it was made: `plan` without what came to the source's since.
Result<TargetTable> TaskRunner::plan_kept(const TableDef& made_for, const TargetTable& plan) const {
  std::vector<std::string> warnings;
  const TargetTable kept =
      TRY(plan_table(options_.rules, own_plan_options(), std::make_shared<const TableDef>(made_for), warnings));
  for (const std::string& warning : warnings) log_warning(Component::transformation, "{}", warning);
  return without_alteration(kept, plan);
}

// The tables as they were at the stored position, whatever the source's catalog says by now.
Result<void> TaskRunner::plan_from_record() {
  TRY(settle_alterations());
  std::vector<std::string> warnings;
  context_.tables.clear();
  for (const TableRecord& record : record_->document().tables) {
    if (!record.definition) continue;
    PlannedTable planned;
    planned.target = TRY(plan_table(options_.rules, own_plan_options(),
                                    std::make_shared<const TableDef>(*record.definition), warnings));
    if (record.target_definition) planned.target = TRY(plan_kept(*record.target_definition, planned.target));
    planned.created = record.created;
    for (const SelectedTable& selected : select_tables(options_.rules, std::span(&record.table, 1)).tables)
      planned.load_order = static_cast<uint32_t>(selected.load_order);
    context_.tables.push_back(std::move(planned));
  }
  for (const std::string& warning : warnings) log_warning(Component::transformation, "{}", warning);
  return {};
}

}  // namespace godwit
