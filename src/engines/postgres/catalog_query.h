#pragma once
// Helpers of the catalog's queries: oid arrays as parameters, JSON arrays in cells.

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engines/postgres/connection.h"

namespace godwit::postgres {

// The text of an oid[] parameter.
inline std::string oid_array(std::span<const uint32_t> oids) {
  std::string out = "{";
  for (const uint32_t oid : oids) {
    if (out.size() > 1) out += ',';
    out += std::to_string(oid);
  }
  return out + "}";
}

inline uint32_t oid_at(const Rows& rows, int row, int column) {
  return static_cast<uint32_t>(rows.integer(row, column));
}

inline char char_at(const Rows& rows, int row, int column) {
  const std::string_view cell = rows.get(row, column);
  return cell.empty() ? '\0' : cell.front();
}

// What stands in a recursive CTE named `inside` beside one named `wanted`: the wanted tables (oid) with all their
// partitions.
inline std::string_view with_partitions(const ServerTraits& traits) {
  return traits.has_full_catalog
             ? "SELECT oid FROM wanted UNION SELECT i.inhrelid FROM inside p JOIN pg_inherits i ON "
               "i.inhparent = p.oid JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition"
             : "SELECT oid FROM wanted";
}

// A cell that holds a JSON array of strings; empty for NULL.
inline std::vector<std::string> strings_at(const Rows& rows, int row, int column) {
  std::vector<std::string> out;
  if (rows.is_null(row, column)) return out;
  const auto parsed = nlohmann::json::parse(rows.get(row, column), nullptr, false);
  for (const auto& item : parsed)
    if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

}  // namespace godwit::postgres
