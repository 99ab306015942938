#pragma once
// Every error of mapping/. Messages about the document begin with the words clients of DMS know
// (spec/table-mappings.md §8), then say what is wrong, by rule id and JSON path.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/table_def.h"

namespace godwit {

// What parse_json() is told to begin its message with.
inline constexpr std::string_view invalid_mapping_json = "Invalid Table Mappings document. Invalid json";

// `cause` says where the JSON text breaks and begins with the words above.
Error mapping_not_json(const Error& cause);
Error mapping_rules_required(std::string_view why);
Error mapping_kind_unknown(std::string_view rule_id, std::string_view path, std::string_view found,
                           std::string_view known);
Error mapping_locator_missing(std::string_view rule_id);
Error mapping_duplicate_id(std::string_view rule_id, std::string_view first_path, std::string_view second_path);
Error mapping_selection_missing();
Error mapping_exact_names_required(std::string_view rule_id, std::string_view path);
Error mapping_rule_invalid(std::string_view rule_id, std::string_view detail);
Error mapping_not_supported(std::string_view rule_id, std::string_view what, std::string_view consequence);
// `why` is part of a sentence and ends without a full stop.
Error mapping_expression(std::string why);

// Errors of one table, of kind table: the document is well-formed but does not fit the source.
Error mapped_name_empty(std::string_view object, int64_t rule_id);
Error mapped_columns_collide(const TableRef& table, std::string_view target_name, std::string_view first,
                             std::string_view second);
Error mapped_tables_collide(const TableRef& target, std::string_view first, std::string_view second);
Error mapped_table_empty(const TableRef& table);
// `what` asks for the column: "the filter of rule 7".
Error mapped_column_missing(const TableRef& table, std::string_view column, std::string_view what);
Error mapped_column_generated(const TableRef& table, std::string_view column, std::string_view what);
Error mapped_form_impossible(const TableRef& table, std::string_view column, const Type& from, const Type& to);
Error mapped_type_impossible(const TableRef& table, std::string_view column, const Type& from, const Type& to,
                             int64_t rule_id);
Error filter_not_comparable(const TableRef& table, std::string_view column, const Type& type, int64_t rule_id);
Error filter_without_order(const TableRef& table, std::string_view column, const Type& type, int64_t rule_id);
Error filter_value_unreadable(const TableRef& table, std::string_view column, const Type& type, int64_t rule_id);
Error key_column_missing(const TableRef& table, std::string_view column, int64_t rule_id);
Error key_not_in_log(const TableRef& table, std::string_view column, int64_t rule_id,
                     const std::vector<std::string>& logged);
Error load_not_possible(const TableRef& table, int64_t rule_id, std::string why);
// Two defects of the caller's.
Error rows_not_of_plan(const TableRef& table);
Error shaped_rows_too_large(const TableRef& table);
// An expression that SQLite took when the document was read, and takes no more.
Error expression_not_usable(const TableRef& table, std::string_view column, const Error& cause);

}  // namespace godwit
