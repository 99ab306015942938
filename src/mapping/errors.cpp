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

Error mapping_expression(std::string why) {
  return document_error("mapping.expression", std::move(why));
}

Error mapped_name_empty(std::string_view object, int64_t rule_id) {
  return table_error(
      "mapping.empty_name",
      fmt::format("{} would have an empty name on the target, because transformation rule {} takes all of "
                  "it away or computes none. Change the rule or exclude the object.",
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

Error mapped_column_missing(const TableRef& table, std::string_view column, std::string_view what) {
  return table_error(
      "mapping.unknown_column",
      fmt::format("{} names column \"{}\", which table {} does not have. Names are compared with upper "
                  "and lower case. Correct the rule or exclude the table.",
                  what, column, to_string(table)));
}

Error mapped_column_generated(const TableRef& table, std::string_view column, std::string_view what) {
  return table_error(
      "mapping.generated_column",
      fmt::format("{} names column \"{}\" of table {}, which the server computes and does not log. Use "
                  "the columns it is computed from.",
                  what, column, to_string(table)));
}

Error mapped_type_impossible(const TableRef& table, std::string_view column, const Type& from, const Type& to,
                             int64_t rule_id) {
  return table_error(
      "mapping.type_impossible",
      fmt::format("rule {} makes column \"{}\" of table {} a {}, but a {} ({}) cannot become one. Change "
                  "the rule's data-type or narrow its locator.",
                  rule_id, column, to_string(table), to_string(to.type_class), to_string(from.type_class),
                  from.native));
}

Error mapped_form_impossible(const TableRef& table, std::string_view column, const Type& from, const Type& to) {
  return table_error(
      "mapping.no_lossless_type",
      fmt::format(
          "column \"{}\" of table {} is a {}, whose values ({}) the target's {} ({}) does not take. Give it "
          "another type by a change-data-type rule (string holds any text), or leave it out by remove-column.",
          column, to_string(table), from.native, to_string(from.form), to.native, to_string(to.form)));
}

Error filter_not_comparable(const TableRef& table, std::string_view column, const Type& type, int64_t rule_id) {
  return table_error(
      "mapping.filter_type",
      fmt::format("the filter of rule {} compares column \"{}\" of table {}, but values of type {} are "
                  "bytes: only null and notnull can be asked of them.",
                  rule_id, column, to_string(table), type.native));
}

Error filter_without_order(const TableRef& table, std::string_view column, const Type& type, int64_t rule_id) {
  return table_error(
      "mapping.filter_order",
      fmt::format("the filter of rule {} asks for the order of column \"{}\" of table {}, but values of "
                  "type {} are compared for equality alone. Use eq, noteq, null and notnull.",
                  rule_id, column, to_string(table), type.native));
}

Error filter_value_unreadable(const TableRef& table, std::string_view column, const Type& type, int64_t rule_id) {
  return table_error(
      "mapping.filter_value",
      fmt::format("a value in the filter of rule {} for column \"{}\" of table {} cannot be read as {}. "
                  "Write numbers plainly, dates as YYYY-MM-DD, times as HH:MM:SS, both with a blank "
                  "between, and a zone only where the column has one.",
                  rule_id, column, to_string(table), type.native));
}

Error key_column_missing(const TableRef& table, std::string_view column, int64_t rule_id) {
  return table_error(
      "mapping.key_column",
      fmt::format("rule {} makes column \"{}\" part of the key of table {}, but the table does not have "
                  "it or does not move it. Key columns are named as on the source.",
                  rule_id, column, to_string(table)));
}

Error key_not_in_log(const TableRef& table, std::string_view column, int64_t rule_id,
                     const std::vector<std::string>& logged) {
  return table_error(
      "mapping.key_not_logged",
      fmt::format(
          "rule {} makes column \"{}\" part of the key of table {}, but the source's log names changed rows by "
          "{} alone, so updates and deletes could not be applied by it. Let the log carry whole rows (in "
          "PostgreSQL: ALTER TABLE … REPLICA IDENTITY FULL) or take the key from those columns.",
          rule_id, column, to_string(table), fmt::join(logged, ", ")));
}

Error load_not_possible(const TableRef& table, int64_t rule_id, std::string why) {
  return table_error("mapping.parallel_load", fmt::format("parallel-load of rule {} cannot be done for table {}: {}.",
                                                          rule_id, to_string(table), why));
}

Error rows_not_of_plan(const TableRef& table) {
  return Error{ErrorKind::fatal, "mapping.rows_not_of_plan",
               fmt::format("rows of table {} were to be shaped that are not as its plan says. This is a defect of "
                           "Godwit; please report it.",
                           to_string(table)),
               ""};
}

Error shaped_rows_too_large(const TableRef& table) {
  return table_error(
      "mapping.rows_too_large",
      fmt::format("rows of table {} pass 4 GiB in one batch once they are shaped. Exclude the table or "
                  "leave out a large column.",
                  to_string(table)));
}

Error expression_not_usable(const TableRef& table, std::string_view column, const Error& cause) {
  return table_error("mapping.expression_failed",
                     fmt::format("the expression of column \"{}\", added to table {}, cannot be used: {}.", column,
                                 to_string(table), cause.message));
}

}  // namespace godwit
