#pragma once
// Which tables a task moves (spec/table-mappings.md §3.1): those that an include or explicit rule names, that no
// exclude rule names (exclude wins over everything), and that are no control tables.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/rules.h"

namespace godwit {

struct SelectedTable {
  TableRef table;
  int64_t load_order = 0;  // the highest of the rules that name it; 0: none does
};

struct Selection {
  std::vector<SelectedTable> tables;     // in the order in which their load starts
  std::vector<TableRef> missing;         // named by an explicit rule, not among the tables there are
  std::vector<TableRef> control_tables;  // matched by a rule and left out: DMS's or Godwit's own
  std::vector<std::string> warnings;  // one line each: what was left out or found nothing, and what to write instead
};

// `available` is what the catalog lists; equal load orders keep its order. An empty result is no error here.
Selection select_tables(const MappingRules& rules, std::span<const TableRef> available);

// Whether an include or explicit rule names the table, as select_tables() sees it; exclude rules and rules for views
// do not.
bool selects(const SelectionRule& rule, const TableRef& table);

// By name alone, in any schema: what a task keeps for itself and no task moves.
bool is_control_table(std::string_view table_name);

// Schemas that databases keep for themselves; a pattern does not select them, their exact name does.
bool is_system_schema(std::string_view schema);

}  // namespace godwit
