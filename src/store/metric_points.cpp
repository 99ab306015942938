#include "store/metric_points.h"

namespace godwit {

Result<void> put_metric_points(Database& database, const MetricPointRow& row) {
  return database.atomically([&]() -> Result<void> {
    TRY(
        database.run("INSERT INTO metric_owners (instance, task, metrics, last_s) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT (instance, task) DO UPDATE SET metrics = metrics | excluded.metrics, "
                     "last_s = max(last_s, excluded.last_s)",
                     {row.instance, row.task, row.metrics, row.start_s}));
    const std::span<const std::byte> points(std::as_bytes(std::span(row.points.data(), row.points.size())));
    TRY(
        database.run("INSERT INTO metric_points SELECT owner, ?, ?, ? FROM metric_owners "
                     "WHERE instance = ? AND task = ? "
                     "ON CONFLICT (owner, period_s, start_s) DO UPDATE SET points = excluded.points",
                     {row.period_s, row.start_s, points, row.instance, row.task}));
    return {};
  });
}

Result<std::vector<MetricOwner>> list_metric_owners(Database& database) {
  std::vector<MetricOwner> owners;
  TRY(database.each("SELECT owner, instance, task, metrics, last_s FROM metric_owners ORDER BY instance, task", {},
                    [&](const Row& row) {
                      owners.push_back({row.integer(0), row.text(1), row.text(2), row.integer(3), row.integer(4)});
                    }));
  return owners;
}

Result<void> each_metric_points(Database& database, int64_t owner, int64_t period_s, int64_t from_s, int64_t before_s,
                                const std::function<void(int64_t start_s, std::string_view points)>& take) {
  return database.each(
      "SELECT start_s, points FROM metric_points WHERE owner = ? AND period_s = ? AND start_s >= ? "
      "AND start_s < ? ORDER BY start_s",
      {owner, period_s, from_s, before_s}, [&](const Row& row) {
        const std::vector<std::byte> bytes = row.bytes(1);
        take(row.integer(0), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      });
}

Result<void> delete_metric_points(Database& database, int64_t period_s, int64_t before_s) {
  for (const MetricOwner& owner : TRY(list_metric_owners(database)))  // one at a time: the key begins with it
    TRY(database.run("DELETE FROM metric_points WHERE owner = ? AND period_s = ? AND start_s < ?",
                     {owner.key, period_s, before_s}));
  TRY(
      database.run("DELETE FROM metric_owners WHERE NOT EXISTS "
                   "(SELECT 1 FROM metric_points WHERE metric_points.owner = metric_owners.owner)"));
  return {};
}

}  // namespace godwit
