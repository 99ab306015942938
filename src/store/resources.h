#pragma once
// What holds for every kind of resource that has an ARN, as one table: where its rows are and what may refer to it.
// A new kind adds its line to resource_kinds() and, in store/migrations.cpp, the trigger that removes its tags.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/database.h"

namespace godwit {

struct ResourceKind {
  std::string_view arn_type;           // "rep"
  std::string_view noun;               // "Replication instance"
  std::string_view table;              // of the store
  std::string_view id_column;          // that holds the ARN's resource id
  std::string_view identifier_column;  // that holds the name users give; empty: has none
};

std::span<const ResourceKind> resource_kinds();
// Null: no such kind.
const ResourceKind* find_resource_kind(std::string_view arn_type);

// The id as the store writes it (names of groups and subscriptions are found without regard to case).
Result<std::optional<std::string>> find_resource(Database& database, const ResourceKind& kind, std::string_view id);
Result<bool> has_resource_named(Database& database, const ResourceKind& kind, std::string_view identifier);
Result<int64_t> one_count(Database& database, std::string_view sql, std::initializer_list<SqlValue> values = {});

}  // namespace godwit
