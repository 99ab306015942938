#include "mapping/errors.h"

#include <fmt/format.h>

namespace godwit {
namespace {

Error document_error(std::string_view code, std::string message) {
  return Error{ErrorKind::usage, std::string(code), std::move(message), ""};
}

Error table_error(std::string_view code, std::string message) {
  return Error{ErrorKind::table, std::string(code), std::move(message), ""};
}

}  // namespace

Error mapping_not_json(const Error& cause) {
  return document_error("mapping.json", cause.message);
}

Error mapping_rules_required(std::string_view why) {
  return document_error(
      "mapping.rules_required",
      fmt::format("Valid Table mappings is required: {}. Write {{\"rules\": [ … ]}} with at least one "
                  "selection rule.",
                  why));
}

Error mapping_kind_unknown(std::string_view rule_id, std::string_view path, std::string_view found,
                           std::string_view known) {
  return document_error("mapping.unknown_rule",
                        fmt::format("Invalid table mappings document. Rule with ruleId = {}: {} is "
                                    "{}; known here: {}.",
                                    rule_id, path, found, known));
}

Error mapping_locator_missing(std::string_view rule_id) {
  return document_error("mapping.locator_missing",
                        fmt::format("Error in mapping rules. Rule with ruleId = {} failed validation. object locator "
                                    "cannot be null",
                                    rule_id));
}

Error mapping_duplicate_id(std::string_view rule_id, std::string_view first_path, std::string_view second_path) {
  return document_error(
      "mapping.duplicate_id",
      fmt::format("Error in mapping rules. Duplicate ruleid {}: {} and {} have it. Number every rule of "
                  "the document differently.",
                  rule_id, first_path, second_path));
}

Error mapping_selection_missing() {
  return document_error(
      "mapping.no_selection",
      "Error in mapping rules. At least one selection rule is required. To select every table, give "
      "an include rule with schema-name % and table-name %.");
}

Error mapping_exact_names_required(std::string_view rule_id, std::string_view path) {
  return document_error(
      "mapping.exact_names_required",
      fmt::format("Error in mapping rules. Rule with ruleId = {} failed validation. Exact schema and "
                  "table name required when using table settings rule. {} has a wildcard: write one rule "
                  "per table.",
                  rule_id, path));
}

Error mapping_rule_invalid(std::string_view rule_id, std::string_view detail) {
  return document_error(
      "mapping.invalid_rule",
      fmt::format("Error in mapping rules. Rule with ruleId = {} failed validation. {}", rule_id, detail));
}

Error mapping_not_supported(std::string_view rule_id, std::string_view what, std::string_view consequence) {
  return document_error(
      "mapping.not_supported",
      fmt::format("Error in mapping rules. Rule with ruleId = {} cannot be carried out: {} is not "
                  "supported by this version, and without it {}. Remove it from the mapping to go on "
                  "without it.",
                  rule_id, what, consequence));
}

Error mapped_name_empty(std::string_view object, int64_t rule_id) {
  return table_error(
      "mapping.empty_name",
      fmt::format("{} would have an empty name on the target, because transformation rule {} takes all of "
                  "it away. Change the rule's value or exclude the object.",
                  object, rule_id));
}

Error mapped_columns_collide(const TableRef& table, std::string_view target_name, std::string_view first,
                             std::string_view second) {
  return table_error(
      "mapping.columns_collide",
      fmt::format("two columns of table {} would both become \"{}\" on the target: {} and {}. Change one of "
                  "the rules or remove a column.",
                  to_string(table), target_name, first, second));
}

Error mapped_tables_collide(const TableRef& target, std::string_view first, std::string_view second) {
  return table_error(
      "mapping.tables_collide",
      fmt::format("two source tables would both become {} on the target: {} and {}. Change one of the rules "
                  "or exclude a table.",
                  to_string(target), first, second));
}

Error mapped_table_empty(const TableRef& table) {
  return table_error(
      "mapping.no_column",
      fmt::format("no column of table {} is left to move: the remove-column and include-column rules, "
                  "SupportLobs or generation by the server take every one away. Exclude the table or keep a "
                  "column.",
                  to_string(table)));
}

}  // namespace godwit
