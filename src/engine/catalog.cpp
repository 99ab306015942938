#include "engine/catalog.h"

#include <set>

namespace godwit {

std::string_view to_string(ObjectPhase phase) {
  switch (phase) {
    case ObjectPhase::before_tables:
      return "schemas and types";
    case ObjectPhase::tables:
      return "tables";
    case ObjectPhase::keys:
      return "keys";
    case ObjectPhase::indexes:
      return "indexes";
    case ObjectPhase::foreign_keys:
      return "foreign keys";
    case ObjectPhase::triggers:
      return "triggers";
    case ObjectPhase::comments:
      return "comments";
  }
  return "?";
}

Result<std::vector<std::string>> Catalog::list_schemas() {
  std::set<std::string> out;
  for (const TableRef& table : TRY(list_tables())) out.insert(table.schema);
  return std::vector<std::string>(out.begin(), out.end());
}

}  // namespace godwit
