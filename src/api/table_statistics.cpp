// Tables of a task: DescribeTableStatistics, ReloadTables (spec/api.md §6.6, spec/monitoring.md §7).

#include <algorithm>
#include <array>

#include "api/operations.h"
#include "api/paging.h"
#include "control/task_figures.h"
#include "control/task_reloads.h"
#include "control/tasks.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr size_t rows_max = 500;

json table_json(const StoredTable& table) {
  json out = {{"SchemaName", table.schema},
              {"TableName", table.name},
              {"Inserts", table.inserts},
              {"Deletes", table.deletes},
              {"Updates", table.updates},
              {"Ddls", table.ddls},
              {"AppliedInserts", table.applied_inserts},
              {"AppliedDeletes", table.applied_deletes},
              {"AppliedUpdates", table.applied_updates},
              {"AppliedDdls", table.applied_ddls},
              {"FullLoadRows", table.full_load_rows},
              {"FullLoadCondtnlChkFailedRows", 0},
              {"FullLoadErrorRows", table.full_load_error_rows},
              {"FullLoadReloaded", table.reloaded != 0},
              {"TableState", table.state},
              {"ValidationPendingRecords", 0},
              {"ValidationFailedRecords", 0},
              {"ValidationSuspendedRecords", 0},
              {"ValidationState", "Not enabled"}};
  if (table.load_start_us != 0) out["FullLoadStartTime"] = json_time(table.load_start_us);
  if (table.load_end_us != 0) out["FullLoadEndTime"] = json_time(table.load_end_us);
  if (table.updated_us != 0) out["LastUpdateTime"] = json_time(table.updated_us);
  return out;
}

const std::string& value_of(const StoredTable& table, std::string_view filter) {
  return filter == "schema-name" ? table.schema : filter == "table-name" ? table.name : table.state;
}

std::vector<std::string> key_of(const StoredTable& table) {
  return {table.schema, table.name};
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(call, {"schema-name", "table-name", "table-state"}));
  const PageRequest page = TRY(read_page(call, rows_max));
  const StoredTask task = TRY(require_task(call.environment, call.text("ReplicationTaskArn")));
  std::vector<StoredTable> rows = TRY(tables_of(call.environment, task));
  std::erase_if(rows, [&](const StoredTable& table) {
    return (!page.after.empty() && key_of(table) <= page.after) ||
           std::ranges::any_of(filters, [&](const Filter& filter) {
             return std::ranges::find(filter.values, value_of(table, filter.name)) == filter.values.end();
           });
  });
  if (rows.size() > page.limit + 1) rows.resize(page.limit + 1);
  json reply = TRY(page_reply(call, page, "TableStatistics", std::move(rows), key_of, table_json, ""));
  reply["ReplicationTaskArn"] = task_arn(call.environment, task);
  return reply;
}

Result<json> reload(const Call& call) {
  std::vector<TableRef> tables;
  for (const json& table : call.input["TablesToReload"])
    tables.push_back({table.value("SchemaName", std::string()), table.value("TableName", std::string())});
  const StoredTask task =
      TRY(reload_tables(call.environment, call.text("ReplicationTaskArn"), tables, call.text("ReloadOption")));
  return json{{"ReplicationTaskArn", task_arn(call.environment, task)}};
}

constexpr std::array operations = {
    Operation{"DescribeTableStatistics", describe, Role::viewer},
    Operation{"ReloadTables", reload, Role::operator_},
};

}  // namespace

std::span<const Operation> table_operations() {
  return operations;
}

}  // namespace godwit
