#include "store/data_type_reports.h"

#include "store/where.h"

namespace godwit {
namespace {

DataTypeReportRecord read(const Row& row) {
  return {row.text(0), row.integer(1), row.text(2), row.text(3), row.text(4)};
}

}  // namespace

Result<void> put_data_type_report(Database& database, const DataTypeReportRecord& report) {
  TRY(
      database.run("INSERT OR REPLACE INTO data_type_reports (task_id, assessed_us, status, file, report) VALUES (?, "
                   "?, ?, ?, ?)",
                   {report.task_id, report.assessed_us, report.status, report.file, report.report}));
  return {};
}

Result<std::optional<DataTypeReportRecord>> find_data_type_report(Database& database, std::string_view task_id) {
  std::optional<DataTypeReportRecord> found;
  TRY(database.each("SELECT task_id, assessed_us, status, file, report FROM data_type_reports WHERE task_id = ?",
                    {task_id}, [&](const Row& row) { found = read(row); }));
  return found;
}

Result<std::vector<DataTypeReportRecord>> list_data_type_reports(Database& database, const ListPage& page) {
  Where where;
  const std::string sql = "SELECT task_id, assessed_us, status, file, '' FROM data_type_reports" +
                          where.sql(page, "assessed_us", "task_id");
  std::vector<DataTypeReportRecord> out;
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

}  // namespace godwit
