#include "mapping/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/json_fields.h"
#include "mapping/errors.h"
#include "mapping/rule_reader.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

struct RuleType {
  std::string_view name;
  Result<void> (*parse)(const RuleInput&, ParsedRules&);
};

constexpr std::array rule_types = {
    RuleType{"selection", parse_selection_rule},
    RuleType{"transformation", parse_transformation_rule},
    RuleType{"table-settings", parse_table_settings_rule},
    RuleType{"validation", parse_validation_rule},
    RuleType{"post-processing", parse_post_processing_rule},
    RuleType{"object-mapping", parse_object_mapping_rule},
};

// A number above zero, written as a number or as text.
Result<int64_t> read_rule_id(const JsonFields& fields) {
  const nlohmann::json* id = fields.find("rule-id");
  if (id == nullptr)
    return Failure(mapping_rule_invalid(
        "null", fmt::format("{} is missing. Give every rule a number of its own.", fields.path_of("rule-id"))));
  const Result<int64_t> number = json_integer(*id, fields.path_of("rule-id"), 1, INT64_MAX);
  if (!number) return Failure(mapping_rule_invalid(json_for_people(*id), number.error().message + "."));
  return *number;
}

Result<void> parse_rule(const RuleInput& rule, ParsedRules& out) {
  const std::optional<std::string> type = TRY(rule.fields.text("rule-type"));
  for (const RuleType& known : rule_types)
    if (type == known.name) return known.parse(rule, out);
  std::array<std::string_view, rule_types.size()> names;
  std::ranges::transform(rule_types, names.begin(), &RuleType::name);
  return Failure(mapping_kind_unknown(rule.id_text, rule.fields.path_of("rule-type"),
                                      type ? json_for_people(*type) : "missing", quoted_list(names)));
}

// Of two table-settings rules for one table the one with the lower rule-id holds.
void drop_overruled_settings(MappingRules& rules) {
  std::map<TableRef, int64_t> first;
  std::erase_if(rules.table_settings, [&](const TableSettingsRule& rule) {
    const auto [winner, is_new] = first.emplace(rule.table, rule.id);
    if (!is_new)
      rules.warnings.push_back(
          fmt::format("table-settings rule {} has no effect: rule {} is for the same table {}, and the lower rule-id "
                      "counts",
                      rule.id, winner->second, to_string(rule.table)));
    return !is_new;
  });
}

void sort_by_id(MappingRules& rules) {
  const auto sort = [](auto& list) { std::ranges::sort(list, {}, [](const auto& rule) { return rule.id; }); };
  sort(rules.names);
  sort(rules.presences);
  sort(rules.types);
  sort(rules.added_columns);
  sort(rules.masks);
  sort(rules.keys);
  sort(rules.before_images);
  sort(rules.table_settings);
}

Result<std::vector<JsonFields>> rules_of(const nlohmann::json& document) {
  const Result<JsonFields> fields = JsonFields::of(document, "$");
  if (!fields) return Failure(mapping_rules_required(fields.error().message));
  Result<std::vector<JsonFields>> rules = fields->objects("rules");
  if (!rules) return Failure(mapping_rules_required(rules.error().message));
  if (rules->empty()) return Failure(mapping_rules_required("$.rules is missing or empty"));
  return rules;
}

}  // namespace

bool matches_table(const Locator& locator, const TableRef& table) {
  return matches_wildcard(locator.schema, table.schema) && matches_wildcard(locator.table, table.name);
}

bool matches_column(const Locator& locator, const TableRef& table, const ColumnDef& column) {
  return (locator.data_type.empty() || locator.data_type == to_string(column.type.type_class)) &&
         matches_wildcard(locator.column, column.name) && matches_table(locator, table);
}

std::string_view to_string(NameTarget target) {
  static constexpr std::array<std::string_view, 3> names = {"schema", "table", "column"};
  return names[static_cast<size_t>(target)];
}

std::string_view to_string(NameAction action) {
  static constexpr std::array<std::string_view, 9> names = {"rename",        "convert-lowercase", "convert-uppercase",
                                                            "add-prefix",    "add-suffix",        "remove-prefix",
                                                            "remove-suffix", "replace-prefix",    "replace-suffix"};
  return names[static_cast<size_t>(action)];
}

std::string_view to_string(MaskAction action) {
  static constexpr std::array<std::string_view, 3> names = {
      "data-masking-digits-mask", "data-masking-digits-randomize", "data-masking-hash-mask"};
  return names[static_cast<size_t>(action)];
}

Result<MappingRules> parse_rules(std::string_view json_text) {
  const Result<nlohmann::json> document = parse_json(json_text, invalid_mapping_json);
  if (!document) return Failure(mapping_not_json(document.error()));
  ParsedRules out;
  std::map<int64_t, std::string> path_of_id;
  const std::vector<JsonFields> rules = TRY(rules_of(*document));
  for (const JsonFields& fields : rules) {
    const int64_t id = TRY(read_rule_id(fields));
    const RuleInput rule{fields, id, std::to_string(id)};
    const auto [first, is_new] = path_of_id.emplace(id, fields.path());
    if (!is_new) return Failure(mapping_duplicate_id(rule.id_text, first->second, fields.path()));
    Result<void> parsed = parse_rule(rule, out);
    if (!parsed && parsed.error().code == "json.value") return invalid_rule(rule, parsed.error().message + ".");
    if (!parsed) return Failure(std::move(parsed).error());
  }
  if (out.rules.selections.empty() && !out.refusal) return Failure(mapping_selection_missing());
  if (out.refusal) return Failure(*std::move(out.refusal));
  sort_by_id(out.rules);
  drop_overruled_settings(out.rules);
  return std::move(out.rules);
}

MappingRules default_rules() {
  MappingRules rules;
  SelectionRule& every_table = rules.selections.emplace_back();
  every_table.id = 1;
  every_table.where.schema = every_table.where.table = "%";
  return rules;
}

}  // namespace godwit
