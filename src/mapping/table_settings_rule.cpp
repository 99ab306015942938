// Table-settings rules of the document (spec/table-mappings.md §5). They tune how a table is read, so they are
// checked and answered with a warning, but for the one kind of parallel load that leaves rows out.

#include <fmt/format.h>

#include <algorithm>

#include "mapping/errors.h"
#include "mapping/rule_reader.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 7> known_keys = {
    "rule-type", "rule-id", "rule-name", "rule-action", "object-locator", "parallel-load", "lob-settings"};
constexpr std::array<std::string_view, 2> known_locator_keys = {"schema-name", "table-name"};
constexpr std::array<std::string_view, 5> load_types = {"none", "partitions-auto", "subpartitions-auto",
                                                        "partitions-list", "ranges"};
constexpr std::array<std::string_view, 3> lob_modes = {"limited", "unlimited", "none"};
constexpr size_t range_columns_max = 10;

Failure invalid(const RuleInput& rule, const std::string& detail) {
  return Failure(mapping_rule_invalid(rule.id_text, detail));
}

Result<void> check_boundaries(const RuleInput& rule, const JsonFields& load, size_t column_count) {
  const nlohmann::json* boundaries = load.find("boundaries");
  if (boundaries == nullptr || !boundaries->is_array() || boundaries->empty())
    return invalid(rule, fmt::format("{} must be an array with at least one boundary.", load.path_of("boundaries")));
  for (size_t i = 0; i < boundaries->size(); ++i) {
    const nlohmann::json& boundary = (*boundaries)[i];
    if (!boundary.is_array() || boundary.size() != column_count)
      return invalid(rule, fmt::format("{} must be an array of {} values, one for each of the columns.",
                                       json_path(load.path_of("boundaries"), i), column_count));
  }
  return {};
}

Result<void> check_ranges(const RuleInput& rule, const JsonFields& load) {
  const std::vector<std::string> columns = TRY(load.texts("columns"));
  if (columns.empty() || columns.size() > range_columns_max)
    return invalid(rule, fmt::format("{} must name 1 to {} columns.", load.path_of("columns"), range_columns_max));
  return check_boundaries(rule, load, columns.size());
}

Result<void> check_partitions_list(const RuleInput& rule, const JsonFields& load, ParsedRules& out) {
  const std::vector<std::string> partitions = TRY(load.texts("partitions"));
  const std::vector<std::string> subpartitions = TRY(load.texts("subpartitions"));
  if (partitions.empty() && subpartitions.empty())
    return invalid(rule, fmt::format("{} must name partitions or subpartitions.", load.path()));
  out.refuse(mapping_not_supported(rule.id_text, "parallel-load of type partitions-list",
                                   "partitions that are not listed would be copied"));
  return {};
}

Result<void> parse_parallel_load(const RuleInput& rule, const JsonFields& load, ParsedRules& out) {
  const std::optional<std::string> written = TRY(load.text("type"));
  const std::string type = written.value_or("none");
  if (std::ranges::find(load_types, type) == load_types.end())
    return invalid(rule, fmt::format("{} is {}; allowed: {}.", load.path_of("type"), json_for_people(type),
                                     quoted_list(load_types)));
  if (type == "partitions-list") return check_partitions_list(rule, load, out);
  if (type == "none") return {};
  if (type == "ranges") TRY(check_ranges(rule, load));
  warn_without_effect(rule, fmt::format("parallel-load of type {}", type),
                      type == "ranges"
                          ? "every table is cut into slices of its own accord, and rows with NULL in a segment "
                            "column are loaded too"
                          : "every table and partition is cut into slices of its own accord",
                      out);
  return {};
}

Result<void> parse_lob_settings(const RuleInput& rule, const JsonFields& lobs, ParsedRules& out) {
  const std::optional<std::string> written = TRY(lobs.text("mode"));
  const std::string mode = written.value_or("limited");
  if (std::ranges::find(lob_modes, mode) == lob_modes.end())
    return invalid(rule, fmt::format("{} is {}; allowed: {}.", lobs.path_of("mode"), json_for_people(mode),
                                     quoted_list(lob_modes)));
  const std::optional<int64_t> size = TRY(lobs.integer("bulk-max-size", 0, INT32_MAX));
  if (mode == "limited" && size.value_or(0) == 0)
    return invalid(rule, fmt::format("{} must not be zero in limited mode.", lobs.path_of("bulk-max-size")));
  warn_without_effect(rule, fmt::format("lob-settings of mode {}", mode),
                      "values of every size move whole, together with their row", out);
  return {};
}

}  // namespace

Result<void> parse_table_settings_rule(const RuleInput& rule, ParsedRules& out) {
  const JsonFields locator = TRY(locator_fields(rule));
  const Locator where = TRY(read_locator(rule, LocatorDepth::table));
  if (has_wildcard(where.schema))
    return Failure(mapping_exact_names_required(rule.id_text, locator.path_of("schema-name")));
  if (has_wildcard(where.table))
    return Failure(mapping_exact_names_required(rule.id_text, locator.path_of("table-name")));
  const std::optional<JsonFields> load = TRY(rule.fields.object("parallel-load"));
  const std::optional<JsonFields> lobs = TRY(rule.fields.object("lob-settings"));
  if (!load && !lobs) return invalid(rule, "it needs parallel-load or lob-settings.");
  warn_unknown(rule.fields, known_keys, out);
  warn_unknown(locator, known_locator_keys, out);
  if (load) TRY(parse_parallel_load(rule, *load, out));
  if (lobs) TRY(parse_lob_settings(rule, *lobs, out));
  return {};
}

}  // namespace godwit
