#include "store/resources.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit {
namespace {

constexpr ResourceKind kinds[] = {
    {"rep", "Replication instance", "instances", "id", "identifier"},
    {"endpoint", "Endpoint", "endpoints", "id", "identifier"},
    {"subgrp", "Replication subnet group", "subnet_groups", "identifier", "identifier"},
    {"es", "Event subscription", "event_subscriptions", "identifier", "identifier"},
    {"cert", "Certificate", "certificates", "id", "identifier"},
    {"task", "Replication task", "tasks", "id", "identifier"},
    {"assessment-run", "Premigration assessment run", "assessment_runs", "id", ""},
};

Result<std::optional<std::string>> find(Database& database, const ResourceKind& kind, std::string_view column,
                                        std::string_view value) {
  const std::string sql = fmt::format("SELECT {} FROM {} WHERE {} = ?", kind.id_column, kind.table, column);
  std::optional<std::string> found;
  TRY(database.each(sql, {value}, [&](const Row& row) { found = row.text(0); }));
  return found;
}

}  // namespace

std::span<const ResourceKind> resource_kinds() {
  return kinds;
}

const ResourceKind* find_resource_kind(std::string_view arn_type) {
  const auto* found = std::ranges::find(kinds, arn_type, &ResourceKind::arn_type);
  return found == std::end(kinds) ? nullptr : found;
}

Result<std::optional<std::string>> find_resource(Database& database, const ResourceKind& kind, std::string_view id) {
  return find(database, kind, kind.id_column, id);
}

Result<bool> has_resource_named(Database& database, const ResourceKind& kind, std::string_view identifier) {
  if (kind.identifier_column.empty()) return false;
  return TRY(find(database, kind, kind.identifier_column, identifier))
  .has_value();
}

Result<int64_t> one_count(Database& database, std::string_view sql, std::initializer_list<SqlValue> values) {
  int64_t count = 0;
  TRY(database.each(sql, values, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

}  // namespace godwit
