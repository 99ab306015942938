// Table-settings rules of the document (spec/table-mappings.md §5).

#include <fmt/format.h>

#include <algorithm>

#include "mapping/errors.h"
#include "mapping/rule_reader.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 7> table_settings_keys = {
    "rule-type", "rule-id", "rule-name", "rule-action", "object-locator", "parallel-load", "lob-settings"};
constexpr std::array<std::string_view, 2> table_settings_locator_keys = {"schema-name", "table-name"};
constexpr std::array<std::string_view, 5> load_types = {"none", "partitions-auto", "subpartitions-auto",
                                                        "partitions-list", "ranges"};
constexpr std::array<std::string_view, 3> lob_modes = {"limited", "unlimited", "none"};
constexpr size_t range_columns_max = 10;

// A value of a boundary, written as text or as a number.
Result<std::string> read_boundary_value(const RuleInput& rule, const nlohmann::json& value, const std::string& path) {
  if (value.is_number()) return value.dump();
  if (value.is_string() && value.get_ref<const std::string&>().find('\0') == std::string::npos)
    return value.get<std::string>();
  return invalid_rule(rule, fmt::format("{} must be a string or a number.", path));
}

Result<void> read_boundaries(const RuleInput& rule, const JsonFields& fields, ParallelLoad& out) {
  const nlohmann::json* boundaries = fields.find("boundaries");
  if (boundaries == nullptr || !boundaries->is_array() || boundaries->empty())
    return invalid_rule(rule,
                        fmt::format("{} must be an array with at least one boundary.", fields.path_of("boundaries")));
  for (size_t i = 0; i < boundaries->size(); ++i) {
    const nlohmann::json& boundary = (*boundaries)[i];
    const std::string path = json_path(fields.path_of("boundaries"), i);
    if (!boundary.is_array() || boundary.size() != out.columns.size())
      return invalid_rule(rule, fmt::format("{} must be an array of {} values, one for each of the columns.", path,
                                            out.columns.size()));
    std::vector<std::string>& values = out.boundaries.emplace_back();
    for (size_t c = 0; c < boundary.size(); ++c)
      values.push_back(TRY(read_boundary_value(rule, boundary[c], json_path(path, c))));
  }
  return {};
}

Result<void> read_ranges(const RuleInput& rule, const JsonFields& fields, ParallelLoad& out) {
  out.columns = TRY(fields.texts("columns"));
  if (out.columns.empty() || out.columns.size() > range_columns_max)
    return invalid_rule(rule,
                        fmt::format("{} must name 1 to {} columns.", fields.path_of("columns"), range_columns_max));
  return read_boundaries(rule, fields, out);
}

Result<void> read_partitions(const RuleInput& rule, const JsonFields& fields, ParallelLoad& out) {
  out.partitions = TRY(fields.texts("partitions"));
  out.subpartitions = TRY(fields.texts("subpartitions"));
  if (out.partitions.empty() && out.subpartitions.empty())
    return invalid_rule(rule, fmt::format("{} must name partitions or subpartitions.", fields.path()));
  return {};
}

// Null for the type `none`: the load is cut as it would be without the rule.
Result<std::shared_ptr<const ParallelLoad>> read_parallel_load(const RuleInput& rule, const JsonFields& fields) {
  const std::optional<std::string> written = TRY(fields.text("type"));
  const std::string type = written.value_or("none");
  const auto known = std::ranges::find(load_types, type);
  if (known == load_types.end())
    return invalid_rule(rule, fmt::format("{} is {}; allowed: {}.", fields.path_of("type"), json_for_people(type),
                                          quoted_list(load_types)));
  auto load = std::make_shared<ParallelLoad>();
  load->type = static_cast<ParallelLoad::Type>(known - load_types.begin());
  if (load->type == ParallelLoad::Type::none) return nullptr;
  if (load->type == ParallelLoad::Type::ranges) TRY(read_ranges(rule, fields, *load));
  if (load->type == ParallelLoad::Type::partitions_list) TRY(read_partitions(rule, fields, *load));
  return load;
}

// Nothing for the mode `none`: the task's settings hold.
Result<std::optional<LobSettings>> read_lob_settings(const RuleInput& rule, const JsonFields& fields) {
  const std::optional<std::string> written = TRY(fields.text("mode"));
  const std::string mode = written.value_or("limited");
  if (std::ranges::find(lob_modes, mode) == lob_modes.end())
    return invalid_rule(rule, fmt::format("{} is {}; allowed: {}.", fields.path_of("mode"), json_for_people(mode),
                                          quoted_list(lob_modes)));
  const std::optional<int64_t> size_kb = TRY(fields.integer("bulk-max-size", 0, INT32_MAX));
  if (mode == "none") return std::nullopt;
  if (mode == "unlimited") return LobSettings{};
  if (size_kb.value_or(0) == 0)
    return invalid_rule(rule, fmt::format("{} must not be zero in limited mode.", fields.path_of("bulk-max-size")));
  return LobSettings{static_cast<uint64_t>(*size_kb) * 1024};
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
  if (!load && !lobs) return invalid_rule(rule, "it needs parallel-load or lob-settings.");
  warn_unknown(rule.fields, table_settings_keys, out);
  warn_unknown(locator, table_settings_locator_keys, out);
  TableSettingsRule settings{rule.id, {where.schema, where.table}, nullptr, std::nullopt};
  if (load) settings.parallel_load = TRY(read_parallel_load(rule, *load));
  if (lobs) settings.lobs = TRY(read_lob_settings(rule, *lobs));
  out.rules.table_settings.push_back(std::move(settings));
  return {};
}

}  // namespace godwit
