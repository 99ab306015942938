#include "store/tasks.h"

#include <fmt/format.h>

#include <span>

#include "store/where.h"

namespace godwit {
namespace {

// A column and the member it is kept in.
template <class Record>
struct Column {
  std::string_view name;
  std::string Record::* text = nullptr;
  int64_t Record::* integer = nullptr;
  TaskTexts read_from = TaskTexts::without_settings;  // the fewest texts with which it is read
};

using TaskColumn = Column<StoredTask>;

constexpr TaskColumn task_columns[] = {
    {"id", &StoredTask::id},
    {"created_us", nullptr, &StoredTask::created_us},
    {"identifier", &StoredTask::identifier},
    {"source_endpoint_id", &StoredTask::source_endpoint_id},
    {"target_endpoint_id", &StoredTask::target_endpoint_id},
    {"instance_id", &StoredTask::instance_id},
    {"migration_type", &StoredTask::migration_type},
    {"table_mappings", &StoredTask::table_mappings},
    {"task_data", &StoredTask::task_data},
    {"settings_sent", &StoredTask::settings_sent, nullptr, TaskTexts::all},
    {"settings", &StoredTask::settings, nullptr, TaskTexts::shown},
    {"status", &StoredTask::status},
    {"resting_status", &StoredTask::resting_status},
    {"after_stop", &StoredTask::after_stop},
    {"run", nullptr, &StoredTask::run},
    {"fresh_run", nullptr, &StoredTask::fresh_run},
    {"start_kind", &StoredTask::start_kind},
    {"stop_reason", &StoredTask::stop_reason},
    {"last_failure", &StoredTask::last_failure},
    {"cdc_start_position", &StoredTask::cdc_start_position},
    {"cdc_stop_position", &StoredTask::cdc_stop_position},
    {"run_stop_position", &StoredTask::run_stop_position},
    {"recovery_checkpoint", &StoredTask::recovery_checkpoint},
    {"reading_paused", nullptr, &StoredTask::reading_paused},
    {"start_position_taken", nullptr, &StoredTask::start_position_taken},
    {"start_called_us", nullptr, &StoredTask::start_called_us},
    {"fresh_start_us", nullptr, &StoredTask::fresh_start_us},
    {"start_us", nullptr, &StoredTask::start_us},
    {"stop_us", nullptr, &StoredTask::stop_us},
    {"full_load_start_us", nullptr, &StoredTask::full_load_start_us},
    {"full_load_finish_us", nullptr, &StoredTask::full_load_finish_us},
    {"full_load_percent", nullptr, &StoredTask::full_load_percent},
    {"elapsed_ms", nullptr, &StoredTask::elapsed_ms},
    {"tables_loaded", nullptr, &StoredTask::tables_loaded},
    {"tables_loading", nullptr, &StoredTask::tables_loading},
    {"tables_queued", nullptr, &StoredTask::tables_queued},
    {"tables_errored", nullptr, &StoredTask::tables_errored},
};
constexpr size_t fixed_task_columns = 2;  // id and created_us are never changed

constexpr Column<StoredTable> table_columns[] = {
    {"schema_name", &StoredTable::schema},
    {"table_name", &StoredTable::name},
    {"state", &StoredTable::state},
    {"reason", &StoredTable::reason},
    {"inserts", nullptr, &StoredTable::inserts},
    {"updates", nullptr, &StoredTable::updates},
    {"deletes", nullptr, &StoredTable::deletes},
    {"ddls", nullptr, &StoredTable::ddls},
    {"applied_inserts", nullptr, &StoredTable::applied_inserts},
    {"applied_updates", nullptr, &StoredTable::applied_updates},
    {"applied_deletes", nullptr, &StoredTable::applied_deletes},
    {"applied_ddls", nullptr, &StoredTable::applied_ddls},
    {"full_load_rows", nullptr, &StoredTable::full_load_rows},
    {"full_load_error_rows", nullptr, &StoredTable::full_load_error_rows},
    {"load_start_us", nullptr, &StoredTable::load_start_us},
    {"load_end_us", nullptr, &StoredTable::load_end_us},
    {"updated_us", nullptr, &StoredTable::updated_us},
    {"reloaded", nullptr, &StoredTable::reloaded},
};

template <class Record>
SqlValue value_of(const Record& record, const Column<Record>& column) {
  if (column.text != nullptr) return std::string_view(record.*column.text);
  return record.*column.integer;
}

template <class Record, size_t n>
Record read(const Row& row, const Column<Record> (&columns)[n]) {
  Record record;
  for (size_t i = 0; i < n; ++i) {
    if (columns[i].text != nullptr)
      record.*columns[i].text = row.text(static_cast<int>(i));
    else
      record.*columns[i].integer = row.integer(static_cast<int>(i));
  }
  return record;
}

// "a, b, c": the columns from `first` on, each as `form` writes it.
template <class Record, size_t n, class Form>
std::string list_of(const Column<Record> (&columns)[n], size_t first, Form form) {
  std::string text;
  for (size_t i = first; i < n; ++i) text.append(i == first ? "" : ", ").append(form(columns[i]));
  return text;
}

std::string selection(TaskTexts texts) {
  return "SELECT " + list_of(task_columns, 0, [&](const TaskColumn& column) {
           return std::string(column.read_from < texts ? "''" : column.name);
         });
}

const std::string& select_tasks(TaskTexts texts) {
  static const std::string all = selection(TaskTexts::all) + " FROM tasks";
  static const std::string shown = selection(TaskTexts::shown) + " FROM tasks";
  static const std::string without = selection(TaskTexts::without_settings) + " FROM tasks";
  return texts == TaskTexts::all ? all : texts == TaskTexts::shown ? shown : without;
}

Result<std::optional<StoredTask>> find_one(Database& database, std::string_view column, std::string_view value) {
  std::optional<StoredTask> found;
  TRY(database.each(select_tasks(TaskTexts::all) + fmt::format(" WHERE {} = ?", column), {value},
                    [&](const Row& row) { found = read(row, task_columns); }));
  return found;
}

void narrow(Where& where, const TaskFilter& filter) {
  const std::pair<std::string_view, const std::optional<std::vector<std::string>>&> lists[] = {
      {"id", filter.ids},
      {"identifier", filter.identifiers},
      {"migration_type", filter.migration_types},
      {"instance_id", filter.instances},
      {"status", filter.statuses},
      {"after_stop", filter.after_stops},
  };
  for (const auto& [column, values] : lists)
    if (values) where.among(column, *values);
  if (filter.endpoints) where.among_either("source_endpoint_id", "target_endpoint_id", *filter.endpoints);
}

}  // namespace

Result<void> insert_task(Database& database, const StoredTask& task) {
  static const std::string sql =
      "INSERT INTO tasks (" +
      list_of(task_columns, 0, [](const TaskColumn& column) { return std::string(column.name); }) + ") VALUES (" +
      list_of(task_columns, 0, [](const TaskColumn&) { return std::string("?"); }) + ")";
  std::vector<SqlValue> values;
  for (const TaskColumn& column : task_columns) values.push_back(value_of(task, column));
  TRY(database.run(sql, values));
  return {};
}

Result<void> update_task(Database& database, const StoredTask& task) {
  static const std::string sql = "UPDATE tasks SET " +
                                 list_of(task_columns, fixed_task_columns,
                                         [](const TaskColumn& column) { return std::string(column.name) + " = ?"; }) +
                                 " WHERE id = ?";
  std::vector<SqlValue> values;
  for (const TaskColumn& column : std::span(task_columns).subspan(fixed_task_columns))
    values.push_back(value_of(task, column));
  values.emplace_back(std::string_view(task.id));
  TRY(database.run(sql, values));
  return {};
}

Result<void> delete_task(Database& database, std::string_view id) {
  return database.atomically([&]() -> Result<void> {
    TRY(replace_tables(database, id, {}));
    TRY(database.run("DELETE FROM tasks WHERE id = ?", {id}));
    return {};
  });
}

Result<std::optional<StoredTask>> find_task(Database& database, std::string_view id) {
  return find_one(database, "id", id);
}

Result<std::optional<StoredTask>> find_task_by_identifier(Database& database, std::string_view identifier) {
  return find_one(database, "identifier", identifier);
}

Result<std::vector<StoredTask>> list_tasks(Database& database, const TaskFilter& filter, const ListPage& page,
                                           TaskTexts texts) {
  std::vector<StoredTask> tasks;
  Where where;
  narrow(where, filter);
  const std::string sql = select_tasks(texts) + where.sql(page);
  TRY(database.each(sql, where.values(), [&](const Row& row) { tasks.push_back(read(row, task_columns)); }));
  return tasks;
}

Result<int64_t> count_tasks(Database& database, const TaskFilter& filter) {
  int64_t count = 0;
  Where where;
  narrow(where, filter);
  const std::string sql = "SELECT count(*) FROM (SELECT 1 FROM tasks" + where.sql() + ")";
  TRY(database.each(sql, where.values(), [&](const Row& row) { count = row.integer(0); }));
  return count;
}

Result<void> replace_tables(Database& database, std::string_view task_id, const std::vector<StoredTable>& tables) {
  static const std::string sql =
      "INSERT INTO task_tables (task_id, " +
      list_of(table_columns, 0, [](const Column<StoredTable>& column) { return std::string(column.name); }) +
      ") VALUES (?, " + list_of(table_columns, 0, [](const Column<StoredTable>&) { return std::string("?"); }) + ")";
  return database.atomically([&]() -> Result<void> {
    TRY(database.run("DELETE FROM task_tables WHERE task_id = ?", {task_id}));
    for (const StoredTable& table : tables) {
      std::vector<SqlValue> values = {task_id};
      for (const Column<StoredTable>& column : table_columns) values.push_back(value_of(table, column));
      TRY(database.run(sql, values));
    }
    return {};
  });
}

Result<std::vector<StoredTable>> list_tables(Database& database, std::string_view task_id) {
  static const std::string sql =
      "SELECT " +
      list_of(table_columns, 0, [](const Column<StoredTable>& column) { return std::string(column.name); }) +
      " FROM task_tables WHERE task_id = ? ORDER BY schema_name, table_name";
  std::vector<StoredTable> tables;
  TRY(database.each(sql, {task_id}, [&](const Row& row) { tables.push_back(read(row, table_columns)); }));
  return tables;
}

}  // namespace godwit
