// Transformation rules that shape rows (spec/table-mappings.md §4.2, §4.3): columns that are added, of another type
// or masked, keys and before images.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mapping/errors.h"
#include "mapping/expression.h"
#include "mapping/rule_reader.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 25> data_types = {
    "boolean", "bytes", "date",  "time",  "datetime", "int1",  "int2",  "int4",   "int8",
    "uint1",   "uint2", "uint4", "uint8", "numeric",  "real4", "real8", "string", "wstring",
    "blob",    "clob",  "nclob", "set",   "list",     "map",   "tuple"};
constexpr size_t relational_types = 21;  // the first ones, in the order of TypeClass

// Absent, null and "" are no number.
Result<std::optional<int32_t>> read_type_number(const JsonFields& type, std::string_view key, int64_t lowest,
                                                int64_t highest) {
  const nlohmann::json* number = type.find(key);
  if (number == nullptr || (number->is_string() && number->get_ref<const std::string&>().empty()))
    return std::nullopt;
  const int64_t value = TRY(json_integer(*number, type.path_of(key), lowest, highest));
  return static_cast<int32_t>(value);
}

// Fractional digits of times may come as precision or as scale.
Result<void> check_type_numbers(const RuleInput& rule, const JsonFields& fields, Type& type) {
  const bool is_time = type.type_class == TypeClass::datetime || type.type_class == TypeClass::time;
  if (is_time) {
    if (!type.precision) type.precision = type.scale;
    type.scale = std::nullopt;
    if (type.precision.value_or(0) > 9)
      return invalid_rule(rule, fmt::format("{} must be from 0 to 9 for a {}.", fields.path_of("precision"),
                                            to_string(type.type_class)));
  }
  if (type.length == 0) type.length = std::nullopt;
  if (type.type_class != TypeClass::numeric) return {};
  if (type.precision == 0) type.precision = std::nullopt;
  if (!type.precision) type.scale = std::nullopt;
  if (type.precision && type.scale && *type.scale > *type.precision)
    return invalid_rule(rule, fmt::format("{} must not be above precision.", fields.path_of("scale")));
  return {};
}

Result<Type> read_data_type(const RuleInput& rule, ParsedRules& out) {
  const std::optional<JsonFields> fields = TRY(rule.fields.object("data-type"));
  if (!fields) return invalid_rule(rule, fmt::format("{} is missing.", rule.fields.path_of("data-type")));
  const std::string name = TRY(read_data_type_name(rule, *fields, "type"));
  Type type;
  const auto at = static_cast<size_t>(std::ranges::find(data_types, name) - data_types.begin());
  if (at >= relational_types)
    out.refuse(mapping_not_supported(rule.id_text, fmt::format("data-type {}", name),
                                     "the column would have no type; relational targets know none like it"));
  else
    type.type_class = static_cast<TypeClass>(at);
  type.precision = TRY(read_type_number(*fields, "precision", 0, 1000));
  type.scale = TRY(read_type_number(*fields, "scale", 0, 1000));
  type.length = TRY(read_type_number(*fields, "length", 0, INT32_MAX));
  TRY(check_type_numbers(rule, *fields, type));
  return type;
}

}  // namespace

Result<std::string> read_data_type_name(const RuleInput& rule, const JsonFields& fields, std::string_view key) {
  const std::string written = TRY(required_text(rule, fields, key));
  std::string name = lower_ascii(written);
  if (std::ranges::find(data_types, name) != data_types.end()) return name;
  return invalid_rule(rule, fmt::format("{} is {}; allowed: {}.", fields.path_of(key), json_for_people(written),
                                        quoted_list(data_types)));
}

Result<std::string> read_expression(const RuleInput& rule) {
  std::string text = TRY(required_text(rule, rule.fields, "expression"));
  const Result<void> checked = check_expression(text);
  if (checked) return text;
  return invalid_rule(
      rule, fmt::format("{} cannot be used: {}.", rule.fields.path_of("expression"), checked.error().message));
}

Result<void> parse_add_column_rule(const RuleInput& rule, const Locator& where, ParsedRules& out) {
  AddColumnRule added{rule.id, where, "", "", {}};
  added.name = TRY(required_text(rule, rule.fields, "value"));
  added.type = TRY(read_data_type(rule, out));
  const std::optional<std::string> expression = TRY(rule.fields.text("expression"));
  if (expression && !expression->empty()) added.expression = TRY(read_expression(rule));
  out.rules.added_columns.push_back(std::move(added));
  return {};
}

Result<void> parse_type_rule(const RuleInput& rule, const Locator& where, ParsedRules& out) {
  const Type type = TRY(read_data_type(rule, out));
  out.rules.types.push_back({rule.id, where, type});
  return {};
}

Result<void> parse_key_rule(const RuleInput& rule, const Locator& where, ParsedRules& out) {
  if (has_wildcard(where.schema) || has_wildcard(where.table))
    return invalid_rule(
        rule, "define-primary-key names one table, but its locator has a wildcard. Write one rule per table.");
  const std::optional<JsonFields> fields = TRY(rule.fields.object("primary-key-def"));
  if (!fields) return invalid_rule(rule, fmt::format("{} is missing.", rule.fields.path_of("primary-key-def")));
  KeyRule key {
    rule.id, {where.schema, where.table}, TRY(required_text(rule, *fields, "name"))
    , {}, {}
  };
  const std::optional<std::string> origin = TRY(fields->text("origin"));
  if (origin && *origin != "primary-key" && *origin != "unique-index")
    return invalid_rule(rule, fmt::format("{} is {}; allowed: primary-key, unique-index.", fields->path_of("origin"),
                                          json_for_people(*origin)));
  key.origin = origin == "unique-index" ? KeyDef::Origin::unique_index : KeyDef::Origin::primary_key;
  key.columns = TRY(fields->texts("columns"));
  if (key.columns.empty())
    return invalid_rule(rule, fmt::format("{} is missing or empty.", fields->path_of("columns")));
  for (size_t i = 0; i < key.columns.size(); ++i)
    if (std::find(key.columns.begin(), key.columns.begin() + static_cast<std::ptrdiff_t>(i), key.columns[i]) !=
        key.columns.begin() + static_cast<std::ptrdiff_t>(i))
      return invalid_rule(
          rule, fmt::format("{} names {} twice.", fields->path_of("columns"), json_for_people(key.columns[i])));
  out.rules.keys.push_back(std::move(key));
  return {};
}

Result<void> parse_before_image_rule(const RuleInput& rule, const Locator& where, ParsedRules& out) {
  const std::optional<JsonFields> fields = TRY(rule.fields.object("before-image-def"));
  if (!fields) return invalid_rule(rule, fmt::format("{} is missing.", rule.fields.path_of("before-image-def")));
  const std::optional<std::string> prefix = TRY(fields->text("column-prefix"));
  const std::optional<std::string> suffix = TRY(fields->text("column-suffix"));
  BeforeImageRule images{rule.id, where, prefix.value_or("BI_"), suffix.value_or(""), {}};
  if (images.prefix.empty() && images.suffix.empty())
    return invalid_rule(rule, fmt::format("{} needs a column-prefix or a column-suffix.", fields->path()));
  if ((images.prefix + images.suffix).find('\0') != std::string::npos)
    return invalid_rule(rule, fmt::format("{} holds the character U+0000.", fields->path()));
  const std::optional<std::string> filter = TRY(fields->text("column-filter"));
  if (filter && *filter != "pk-only" && *filter != "non-lob" && *filter != "all")
    return invalid_rule(rule, fmt::format("{} is {}; allowed: pk-only, non-lob, all.",
                                          fields->path_of("column-filter"), json_for_people(*filter)));
  images.columns = filter == "all"       ? BeforeImageRule::Columns::all
                   : filter == "non-lob" ? BeforeImageRule::Columns::non_lob
                                         : BeforeImageRule::Columns::key;
  out.rules.before_images.push_back(std::move(images));
  return {};
}

Result<void> parse_mask_rule(const RuleInput& rule, const Locator& where, ParsedRules& out) {
  const std::string action = TRY(required_text(rule, rule.fields, "rule-action"));
  MaskRule mask{rule.id, where, MaskAction::hash_mask};
  for (const MaskAction known : {MaskAction::digits_mask, MaskAction::digits_randomize})
    if (action == to_string(known)) mask.action = known;
  if (mask.action == MaskAction::digits_mask) {
    const std::string digit = TRY(required_text(rule, rule.fields, "value"));
    if (digit.size() != 1 || digit[0] <= ' ' || digit[0] > '~')
      return invalid_rule(rule,
                          fmt::format("{} must be one printable ASCII character.", rule.fields.path_of("value")));
    mask.digit = digit[0];
  }
  out.rules.masks.push_back(std::move(mask));
  return {};
}

}  // namespace godwit
