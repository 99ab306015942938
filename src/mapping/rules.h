#pragma once
// The table-mapping document as rules (spec/table-mappings.md). parse_rules is the only way in from JSON, so a
// MappingRules holds only what this version carries out. Names in locators are the source's, matched by
// mapping/wildcard.h.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <memory>

#include "base/result.h"
#include "data/parallel_load.h"
#include "data/row_filter.h"
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
  std::vector<ColumnFilter> filters = {};
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
  std::string expression = {};  // of rename, instead of a value
};

enum class ColumnPresence { include, remove };

struct PresenceRule {
  int64_t id = 0;
  ColumnPresence presence = ColumnPresence::include;
  Locator where;
};

// change-data-type
struct TypeRule {
  int64_t id = 0;
  Locator where;
  Type type;
};

// add-column
struct AddColumnRule {
  int64_t id = 0;
  Locator where;  // no column
  std::string name;
  std::string expression;  // empty: the column is NULL
  Type type;
};

enum class MaskAction { digits_mask, digits_randomize, hash_mask };
std::string_view to_string(MaskAction action);  // "data-masking-digits-mask"

struct MaskRule {
  int64_t id = 0;
  Locator where;
  MaskAction action = MaskAction::hash_mask;
  char digit = '*';  // what stands for every digit under digits_mask
};

// define-primary-key
struct KeyRule {
  int64_t id = 0;
  TableRef table;
  std::string name;
  KeyDef::Origin origin = KeyDef::Origin::primary_key;
  std::vector<std::string> columns;  // source names, in key order
};

// add-before-image-columns
struct BeforeImageRule {
  enum class Columns { key, non_lob, all };
  int64_t id = 0;
  Locator where;  // no column
  std::string prefix, suffix;
  Columns columns = Columns::key;
};

struct LobSettings {
  std::optional<uint64_t> limit_bytes;  // nothing: values of any size move whole
};

// table-settings
struct TableSettingsRule {
  int64_t id = 0;
  TableRef table;
  std::shared_ptr<const ParallelLoad> parallel_load;  // null: none is asked for
  std::optional<LobSettings> lobs;                    // nothing: as the task's settings say
};

// Every list but `selections` is in the order of rule-ids, lowest first.
struct MappingRules {
  std::vector<SelectionRule> selections;
  std::vector<NameRule> names;
  std::vector<PresenceRule> presences;
  std::vector<TypeRule> types = {};
  std::vector<AddColumnRule> added_columns = {};
  std::vector<MaskRule> masks = {};
  std::vector<KeyRule> keys = {};
  std::vector<BeforeImageRule> before_images = {};
  std::vector<TableSettingsRule> table_settings = {};  // at most one for a table
  std::vector<std::string> warnings;                   // what the document asks for without effect, one line each
};

// Errors are of kind usage and begin with DMS's own words (spec §8). Rules that would change rows or structure in a
// way this version cannot are refused with code "mapping.not_supported". Rules that only tune or check, and have no
// effect here, are accepted with a line in `warnings`.
Result<MappingRules> parse_rules(std::string_view json_text);

// What applies when no document is given: every user table, under its own name.
MappingRules default_rules();

}  // namespace godwit
