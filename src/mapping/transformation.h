#pragma once
// What source objects are called on the target (spec/table-mappings.md §4, §6): of the rules of one target class
// whose locator matches an object, the one with the lowest rule-id decides and the others do nothing. Schema, table
// and column names are decided independently, each by the source's names.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mapping/form_change.h"
#include "mapping/rules.h"

namespace godwit {

// What the task settings add to the rules.
struct PlanOptions {
  std::string target_schema;  // TargetMetadata.TargetSchema; for schemas that no rule names; empty: the source's name
  bool support_lobs = true;   // false: LOB columns are left out
  // Limited LOB mode: values of LOB columns are cut to so many bytes (lob.md §1); nothing: they move whole.
  std::optional<uint64_t> lob_limit_bytes = std::nullopt;
  bool follows_changes = true;  // false: a full load alone, so nothing needs to be found again by a key
  // The target's types for the columns of a layout whose types are still the source's or a rule's
  // (Target::types_for); none: those are what the target takes.
  std::function<Result<std::vector<Type>>(const TableDef& layout)> types_for = nullptr;
  TypeMapping type_mapping = TypeMapping::lossless;  // what types_for goes by
  ZeroDates zero_dates = ZeroDates::null;
};

// The rules that name an object, the deciding one first.
std::vector<const NameRule*> schema_name_rules(const MappingRules& rules, std::string_view schema);
std::vector<const NameRule*> table_name_rules(const MappingRules& rules, const TableRef& table);
std::vector<const NameRule*> column_name_rules(const MappingRules& rules, const TableRef& table,
                                               const ColumnDef& column);

// What a rule's expression may ask for; names below the rule's target are empty.
struct NamedObject {
  std::string_view schema, table, column, column_type;
};

// Empty when the rule leaves nothing of the name, or its expression gives none.
std::string apply_name_rule(const NameRule& rule, const NamedObject& object);

std::string target_schema_name(const MappingRules& rules, const PlanOptions& options, std::string_view schema);
TableRef target_table_name(const MappingRules& rules, const PlanOptions& options, const TableRef& table);
// A partition is named by the rules like a table, but a rename applies to it only if it names the partition itself:
// one that matches its parent would give every partition the parent's new name.
TableRef target_leaf_name(const MappingRules& rules, const PlanOptions& options, const TableRef& leaf);

}  // namespace godwit
