#include "mapping/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 7> control_prefixes = {"awsdms_changes",
                                                              "awsdms_apply",
                                                              "awsdms_truncation",
                                                              "awsdms_validation_failure",
                                                              "awsdms_cdc_",
                                                              "awsdms_full_load_exceptions",
                                                              "godwit_"};
constexpr std::array<std::string_view, 8> control_names = {
    "awsdms_audit_table", "awsdms_status",    "awsdms_suspended_tables", "awsdms_history",
    "awsdms_txn_state",   "awsdms_ddl_audit", "awsdms_heartbeat",        "awsdms_loopback_prevention"};
constexpr std::array<std::string_view, 5> system_schemas = {"information_schema", "pg_catalog", "performance_schema",
                                                            "mysql", "sys"};

// What the rules say of one table.
struct Verdict {
  bool wanted = false;
  bool in_system_schema = false;  // wanted, but only by a pattern for the schema
  int64_t load_order = 0;
  int64_t explicit_rule = 0, exclude_rule = 0;  // 0: none
};

class Selector {
 public:
  Selector(const MappingRules& rules, std::span<const TableRef> available)
      : rules_(rules), available_(available), has_found_(rules.selections.size(), false) {
    for (size_t i = 0; i < rules.selections.size(); ++i) {
      const SelectionRule& rule = rules.selections[i];
      if (rule.action == SelectionAction::explicit_only)
        explicit_rules_[{rule.where.schema, rule.where.table}].push_back(i);
      else
        pattern_rules_.push_back(i);
    }
  }

  Selection select() {
    for (const TableRef& table : available_) place(table, judge(table));
    std::ranges::stable_sort(out_.tables, std::ranges::greater(), &SelectedTable::load_order);
    report_system_schemas();
    report_rules_without_tables();
    return std::move(out_);
  }

 private:
  Verdict judge(const TableRef& table) {
    Verdict verdict;
    if (const auto named = explicit_rules_.find(table); named != explicit_rules_.end())
      for (const size_t rule : named->second) accept(rule, verdict);
    for (const size_t i : pattern_rules_) {
      const SelectionRule& rule = rules_.selections[i];
      if (!matches_table(rule.where, table)) continue;
      if (rule.action == SelectionAction::include) {
        accept_pattern(i, table, verdict);
      } else if (rule.kind != TableKind::view) {
        verdict.exclude_rule = rule.id;
      }
    }
    return verdict;
  }

  void accept(size_t index, Verdict& verdict) {
    const SelectionRule& rule = rules_.selections[index];
    has_found_[index] = true;
    if (rule.kind == TableKind::view) return;
    verdict.wanted = true;
    verdict.load_order = std::max(verdict.load_order, rule.load_order);
    if (rule.action == SelectionAction::explicit_only) verdict.explicit_rule = rule.id;
  }

  void accept_pattern(size_t index, const TableRef& table, Verdict& verdict) {
    has_found_[index] = true;
    if (is_system_schema(table.schema) && !names_exactly(rules_.selections[index].where.schema, table.schema))
      verdict.in_system_schema = true;
    else
      accept(index, verdict);
  }

  void place(const TableRef& table, const Verdict& verdict) {
    if (verdict.exclude_rule != 0) {
      if (verdict.explicit_rule != 0)
        out_.warnings.push_back(
            fmt::format("table {} is named by explicit rule {} but left out by exclude rule {}: exclude "
                        "always wins",
                        to_string(table), verdict.explicit_rule, verdict.exclude_rule));
    } else if (verdict.wanted && is_control_table(table.name)) {
      out_.control_tables.push_back(table);
    } else if (verdict.wanted) {
      out_.tables.push_back({table, verdict.load_order});
    } else if (verdict.in_system_schema) {
      left_out_schemas_.insert(table.schema);
    }
  }

  void report_system_schemas() {
    if (left_out_schemas_.empty()) return;
    out_.warnings.push_back(fmt::format(
        "schemas that belong to the database itself are left out although a pattern matches them: {}. To move "
        "one, write its exact name as schema-name",
        fmt::join(left_out_schemas_, ", ")));
  }

  void report_rules_without_tables() {
    for (size_t i = 0; i < rules_.selections.size(); ++i) {
      const SelectionRule& rule = rules_.selections[i];
      if (has_found_[i] || rule.action == SelectionAction::exclude || rule.kind == TableKind::view) continue;
      if (rule.action == SelectionAction::explicit_only)
        out_.missing.push_back({rule.where.schema, rule.where.table});
      out_.warnings.push_back(
          fmt::format("selection rule {} finds no table: {}.{} does not exist on the source or the user "
                      "may not see it. Names are compared with upper and lower case",
                      rule.id, rule.where.schema, rule.where.table));
    }
  }

  const MappingRules& rules_;
  std::span<const TableRef> available_;
  std::map<TableRef, std::vector<size_t>> explicit_rules_;
  std::vector<size_t> pattern_rules_;
  std::vector<bool> has_found_;  // by rule: it names a table there is
  std::set<std::string> left_out_schemas_;
  Selection out_;
};

}  // namespace

Selection select_tables(const MappingRules& rules, std::span<const TableRef> available) {
  return Selector(rules, available).select();
}

bool selects(const SelectionRule& rule, const TableRef& table) {
  if (rule.action == SelectionAction::exclude || rule.kind == TableKind::view) return false;
  if (rule.action == SelectionAction::explicit_only)
    return rule.where.schema == table.schema && rule.where.table == table.name;
  return matches_table(rule.where, table) &&
         (!is_system_schema(table.schema) || names_exactly(rule.where.schema, table.schema));
}

bool is_control_table(std::string_view table_name) {
  const std::string name = lower_ascii(table_name);
  return std::ranges::any_of(control_prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
         std::ranges::find(control_names, name) != control_names.end();
}

bool is_system_schema(std::string_view schema) {
  return std::ranges::find(system_schemas, schema) != system_schemas.end() || schema == "INFORMATION_SCHEMA" ||
         schema.starts_with("pg_toast");
}

}  // namespace godwit
