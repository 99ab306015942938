#pragma once
// The table-mapping document as rules (spec/table-mappings.md). parse_rules is the only way in from JSON, so a
// MappingRules holds only what this version carries out. Names in locators are the source's, matched by
// mapping/wildcard.h.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/table_def.h"

namespace godwit {

// The source objects a rule speaks of. `table` and `column` are empty where the rule's target lies above them.
struct Locator {
  std::string schema, table, column;
  std::string data_type;  // column rules: only columns of this DMS type ("numeric"); empty: any
};

bool matches_table(const Locator& locator, const TableRef& table);
bool matches_column(const Locator& locator, const TableRef& table, const ColumnDef& column);

enum class SelectionAction { include, exclude, explicit_only };
enum class TableKind { table, view, all };

struct SelectionRule {
  int64_t id = 0;
  SelectionAction action = SelectionAction::include;
  Locator where;
  TableKind kind = TableKind::table;
  int64_t load_order = 0;  // higher starts first; 0: none given, the lowest
};

enum class NameTarget { schema, table, column };
enum class NameAction {
  rename,
  convert_lowercase,
  convert_uppercase,
  add_prefix,
  add_suffix,
  remove_prefix,
  remove_suffix,
  replace_prefix,
  replace_suffix,
};

std::string_view to_string(NameTarget target);
std::string_view to_string(NameAction action);

struct NameRule {
  int64_t id = 0;
  NameTarget target = NameTarget::table;
  NameAction action = NameAction::rename;
  Locator where;
  std::string value, old_value;
};

enum class ColumnPresence { include, remove };

struct PresenceRule {
  int64_t id = 0;
  ColumnPresence presence = ColumnPresence::include;
  Locator where;
};

struct MappingRules {
  std::vector<SelectionRule> selections;
  std::vector<NameRule> names;          // by rule-id, lowest first
  std::vector<PresenceRule> presences;  // by rule-id, lowest first
  std::vector<std::string> warnings;    // what the document asks for without effect, one line each
};

// Errors are of kind usage and begin with DMS's own words (spec §8). Rules that would change rows or structure in a
// way this version cannot are refused with code "mapping.not_supported": ignoring a filter would copy rows the user
// excluded. Rules that only tune or check are accepted with a line in `warnings`.
Result<MappingRules> parse_rules(std::string_view json_text);

// What applies when no document is given: every user table, under its own name.
MappingRules default_rules();

}  // namespace godwit
