// What the user should know before the first row of tables that a rule filters or cuts.

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "mapping/row_shape.h"
#include "task/planned_objects.h"
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

}  // namespace

void TaskRunner::warn_about_shapes() {
  for (const PlannedTable& table : context_.tables) {
    if (table.target.filter && follows()) warn_about_filter(table.target);
    if (table.target.parallel_load && loads()) warn_about_partitions(table.target);
  }
}

Result<void> TaskRunner::read_objects() {
  std::vector<std::string> left_out;
  context_.objects = TRY(planned_objects(*source_, *target_, context_.targets(), left_out));
  for (std::string& line : left_out) remark(std::move(line));
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
