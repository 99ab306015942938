// What the user should know before the first row of tables that a rule filters or cuts.

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "mapping/row_shape.h"
#include "task/runner.h"

namespace godwit {
namespace {

bool in_identity(const TableDef& table, std::string_view name) {
  if (table.identity == RowIdentity::full) return true;
  const auto at = find_column(table, name);
  return table.identity == RowIdentity::key && table.key && at &&
         std::ranges::find(table.key->columns, *at) != table.key->columns.end();
}

void warn_about_filter(const TargetTable& table) {
  std::vector<std::string> unseen;
  for (const auto& rule : table.filter->rules)
    for (const ColumnFilter& filter : rule)
      if (!in_identity(*table.source, filter.column) && std::ranges::find(unseen, filter.column) == unseen.end())
        unseen.push_back(filter.column);
  if (unseen.empty() || table.source->identity == RowIdentity::none) return;
  log_warning(Component::source_capture,
              "Table {} is filtered by {}, not part of its replica identity: the log of an update or delete does not "
              "show whether the old row passed. Godwit deletes by key whatever the filter, writes each row that "
              "passes whether it was there or not, and reads from the source by key what the log lacks of it. "
              "REPLICA IDENTITY FULL makes that unnecessary",
              log_name(table.source->ref), fmt::join(unseen, ", "));
}

void warn_about_partitions(const TargetTable& table) {
  if (table.parallel_load->type == ParallelLoad::Type::partitions_list)
    log_warning(Component::source_unload,
                "Rows of table {} outside the listed partitions are not loaded. Changes of all its partitions are "
                "applied; an update or delete of a row that was not loaded finds none",
                log_name(table.source->ref));
}

bool is_masked(const TargetTable& table, std::string_view name) {
  return std::ranges::any_of(table.shape->columns, [&](const ColumnShape& column) {
    return column.from == ColumnShape::From::read && column.mask && column.mask->action != MaskAction::hash_mask &&
           column.name == name;
  });
}

bool names_masked_column(const ObjectDef& object, const TargetTable& table) {
  if (!table.shape) return false;
  const auto masked = [&](std::string_view name) { return is_masked(table, name); };
  const auto* index = object.meaning ? std::get_if<IndexMeaning>(object.meaning.get()) : nullptr;
  if (index != nullptr && std::ranges::any_of(index->parts, masked, &IndexMeaning::Part::column)) return true;
  return std::ranges::any_of(object.create,
                             [&](const SqlPiece& piece) { return std::ranges::any_of(piece.columns, masked); });
}

}  // namespace

void TaskRunner::warn_about_shapes() {
  for (const PlannedTable& table : context_.tables) {
    if (table.target.filter && follows()) warn_about_filter(table.target);
    if (table.target.parallel_load && loads()) warn_about_partitions(table.target);
  }
}

// The source's objects, but for keys that the plan replaces or that masks make impossible, and the plan's own.
Result<void> TaskRunner::read_objects() {
  std::vector<TableDef> definitions;
  for (const PlannedTable& table : context_.tables) definitions.push_back(*table.target.source);
  context_.objects = TRY(source_->catalog().read_objects(definitions));
  const std::vector<TargetTable> targets = context_.targets();
  std::erase_if(context_.objects, [&](const ObjectDef& object) {
    const auto table =
        std::ranges::find_if(targets, [&](const TargetTable& t) { return t.source->ref == object.table; });
    if (object.phase != ObjectPhase::keys || table == targets.end()) return false;
    if (object.kind == "primary key" && table->layout->key &&
        table->layout->key->origin == KeyDef::Origin::primary_key)
      return true;
    const bool masked = names_masked_column(object, *table);
    if (masked)
      remark(fmt::format("Left out: {} {} on table {}, since a mask makes its values equal.", object.kind,
                         object.name, to_string(object.table)));
    return masked;
  });
  for (ObjectDef& key : target_->planned_objects(targets)) context_.objects.push_back(std::move(key));
  return {};
}

void TaskRunner::say_what_lob_sizes_do() const {
  const auto& sent = options_.settings.effective["TargetMetadata"];
  if (sent["LobChunkSize"] != 64 || sent["InlineLobMaxSize"] != 0)
    log_info(Component::task_manager,
             "LobChunkSize and InlineLobMaxSize need no effect: values of any size travel inline with their row");
}

Result<std::vector<TableRange>> TaskRunner::split(const TargetTable& table) {
  const bool by_rule = table.parallel_load && (table.parallel_load->type == ParallelLoad::Type::ranges ||
                                               table.parallel_load->type == ParallelLoad::Type::partitions_list);
  // Partitions are always loaded by themselves, and large ones in several slices.
  if (!by_rule) return source_->split(*table.source, static_cast<uint64_t>(options_.settings.godwit.slice_mb) << 20U);
  return source_->split_as(*table.source, *table.parallel_load);
}

}  // namespace godwit
