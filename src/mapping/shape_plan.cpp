// How each column of the layout gets its value.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mapping/convert.h"
#include "mapping/errors.h"
#include "mapping/table_draft.h"
#include "mapping/wildcard.h"

namespace godwit {
namespace {

template <class Rule>
std::vector<const Rule*> rules_for(const std::vector<Rule>& rules, const TableRef& table, const ColumnDef& column) {
  std::vector<const Rule*> found;
  for (const Rule& rule : rules)
    if (matches_column(rule.where, table, column)) found.push_back(&rule);
  return found;
}

template <class Rule>
void warn_overruled(TableDraft& draft, const std::vector<const Rule*>& found, std::string_view action) {
  for (size_t i = 1; i < found.size(); ++i)
    draft.warn(
        fmt::format("transformation rule {} ({}) has no effect where rule {} applies: of the rules that do the "
                    "same to one column, only the one with the lowest rule-id counts",
                    found[i]->id, action, found.front()->id));
}

// The limit of the table's LOB columns.
std::optional<uint64_t> lob_limit(const TableDraft& draft) {
  for (const TableSettingsRule& rule : draft.rules.table_settings)
    if (rule.table == draft.source.ref && rule.lobs) return rule.lobs->limit_bytes;
  return draft.options.lob_limit_bytes;
}

const MaskRule* mask_of(TableDraft& draft, const ColumnDef& column) {
  const std::vector<const MaskRule*> found = rules_for(draft.rules.masks, draft.source.ref, column);
  warn_overruled(draft, found, "data masking");
  return found.empty() ? nullptr : found.front();
}

// A type rule of a higher id than the column's mask loses against it, as two actions on one object do.
const TypeRule* type_of(TableDraft& draft, const ColumnDef& column, const MaskRule* mask) {
  std::vector<const TypeRule*> found = rules_for(draft.rules.types, draft.source.ref, column);
  warn_overruled(draft, found, "change-data-type");
  if (found.empty()) return nullptr;
  if (mask == nullptr || found.front()->id < mask->id) return found.front();
  draft.warn(
      fmt::format("transformation rule {} (change-data-type) has no effect where rule {} ({}) applies: a column "
                  "can be masked and get another type only if the type has the lower rule-id",
                  found.front()->id, mask->id, to_string(mask->action)));
  return nullptr;
}

Result<void> change_type(TableDraft& draft, const TypeRule& rule, ColumnDef& column, ColumnShape& shape) {
  if (!can_convert(column.type.type_class, rule.type.type_class))
    return Failure(mapped_type_impossible(draft.source.ref, column.name, column.type, rule.type, rule.id));
  shape.converts = !is_same(column.type, rule.type);
  column.type = rule.type;
  return {};
}

void put_mask(const MaskRule& rule, ColumnShape& shape) {
  shape.mask = Mask{rule.action, rule.digit};
  shape.is_unsteady = rule.action == MaskAction::digits_randomize;
}

// A misspelt column in a rule for just this table would go unnoticed, and be copied unmasked.
template <class Rule>
void warn_about_absent(TableDraft& draft, const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    if (has_wildcard(rule.where.column) || !names_exactly(rule.where.table, draft.source.ref.name) ||
        !names_exactly(rule.where.schema, draft.source.ref.schema))
      continue;
    const auto is_meant = [&](std::string_view name) { return matches_wildcard(rule.where.column, name); };
    if (std::ranges::any_of(draft.source.columns, is_meant, &ColumnDef::name) ||
        std::ranges::any_of(draft.rules.added_columns, is_meant, &AddColumnRule::name))
      continue;
    draft.warn(
        fmt::format("transformation rule {} has no effect: table {} has no column \"{}\". Names are compared "
                    "with upper and lower case",
                    rule.id, to_string(draft.source.ref), rule.where.column));
  }
}

// --- added columns ---

struct Header {
  std::string_view name;
  VariableSource::Kind kind;
};
constexpr std::array headers = {Header{"AR_H_STREAM_POSITION", VariableSource::Kind::stream_position},
                                Header{"AR_H_TIMESTAMP", VariableSource::Kind::commit_time},
                                Header{"AR_H_COMMIT_TIMESTAMP", VariableSource::Kind::commit_time},
                                Header{"AR_H_OPERATION", VariableSource::Kind::operation},
                                Header{"AR_H_USER", VariableSource::Kind::user},
                                Header{"AR_H_CHANGE_SEQ", VariableSource::Kind::change_sequence}};

Result<VariableSource> source_of(TableDraft& draft, const AddColumnRule& rule, std::string_view variable) {
  const auto header = std::ranges::find(headers, variable, &Header::name);
  if (header != headers.end()) return VariableSource{header->kind};
  VariableSource constant{VariableSource::Kind::constant};
  if (variable == "AR_M_SOURCE_SCHEMA")
    constant.text = draft.source.ref.schema;
  else if (variable == "AR_M_SOURCE_TABLE_NAME")
    constant.text = draft.source.ref.name;
  else if (variable != "AR_M_SOURCE_COLUMN_NAME" && variable != "AR_M_SOURCE_COLUMN_DATATYPE") {
    const auto column = TRY(draft.read_column(variable, fmt::format("the expression of rule {}", rule.id)));
    return VariableSource{VariableSource::Kind::column, column};
  }
  return constant;  // an added column has neither name nor type on the source
}

Result<std::shared_ptr<const ShapedExpression>> plan_expression(TableDraft& draft, const AddColumnRule& rule) {
  auto expression = std::make_shared<ShapedExpression>();
  expression->rule_id = rule.id;
  expression->text = TRY(read_expression_text(rule.expression));
  for (const ExpressionVariable& variable : expression->text.variables)
    expression->sources.push_back(TRY(source_of(draft, rule, variable.name)));
  expression->reads_change =
      expression->text.marks_operation || std::ranges::any_of(expression->sources, [](const VariableSource& source) {
        return source.kind != VariableSource::Kind::column && source.kind != VariableSource::Kind::constant;
      });
  draft.shape.marks_deletes |= expression->text.marks_operation;
  return expression;
}

// A mask for all columns leaves added ones alone whose type it does not fit.
const MaskRule* mask_of_added(TableDraft& draft, const AddColumnRule& rule, const ColumnDef& column) {
  for (const MaskRule* mask : rules_for(draft.rules.masks, draft.source.ref, column))
    if (mask->id > rule.id &&
        (mask_fits(mask->action, column.type.type_class) || names_exactly(mask->where.column, column.name)))
      return mask;
  return nullptr;
}

Result<void> add_column(TableDraft& draft, const AddColumnRule& rule) {
  ColumnDef column;
  column.name = rule.name;
  column.type = rule.type;
  ColumnShape shape;
  shape.from = rule.expression.empty() ? ColumnShape::From::nothing : ColumnShape::From::expression;
  shape.name = rule.name;
  shape.type = rule.type;
  if (!rule.expression.empty()) shape.expression = TRY(plan_expression(draft, rule));
  if (const MaskRule* mask = mask_of_added(draft, rule, column)) put_mask(*mask, shape);
  return draft.add_column(std::move(column), std::move(shape), fmt::format("add-column (rule {})", rule.id));
}

// --- before images ---

// The source columns that make the table's key, the rules' own before the source's.
std::vector<uint32_t> key_columns(const TableDraft& draft) {
  for (const KeyRule& rule : draft.rules.keys) {
    if (rule.table != draft.source.ref) continue;
    std::vector<uint32_t> columns;
    for (const std::string& name : rule.columns)
      if (const std::optional<uint32_t> column = find_column(draft.source, name)) columns.push_back(*column);
    return columns;
  }
  return draft.source.key ? draft.source.key->columns : std::vector<uint32_t>();
}

Result<void> add_before_image(TableDraft& draft, const BeforeImageRule& rule, size_t moved) {
  ColumnDef column = draft.columns[moved];
  const bool is_large = is_lob(draft.source.columns[draft.read[moved]].type);
  column.name = rule.prefix + column.name + rule.suffix;
  column.not_null = column.identity_always = false;
  column.number = 0;
  ColumnShape shape = draft.shape.columns[moved];
  shape.from = is_large ? ColumnShape::From::nothing : ColumnShape::From::before_image;
  shape.is_unsteady = true;
  std::string reason = fmt::format("the before image of \"{}\" (rule {})", draft.columns[moved].name, rule.id);
  return draft.add_column(std::move(column), std::move(shape), std::move(reason));
}

}  // namespace

Result<void> plan_moved_columns(TableDraft& draft) {
  const std::optional<uint64_t> limit = lob_limit(draft);
  for (size_t i = 0; i < draft.moved; ++i) {
    ColumnDef& column = draft.columns[i];
    const ColumnDef& source = draft.source.columns[draft.read[i]];
    ColumnShape& shape = draft.shape.columns[i];
    shape.source_type = source.type;
    if (is_lob(source.type)) shape.limit_bytes = limit;
    const MaskRule* mask = mask_of(draft, source);
    if (const TypeRule* type = type_of(draft, source, mask)) TRY(change_type(draft, *type, column, shape));
    if (mask != nullptr) put_mask(*mask, shape);
    shape.type = column.type;
    shape.plain = !shape.limit_bytes && !shape.converts && !shape.mask;
  }
  warn_about_absent(draft, draft.rules.types);
  warn_about_absent(draft, draft.rules.masks);
  return {};
}

Result<void> plan_before_images(TableDraft& draft) {
  const BeforeImageRule* first = nullptr;
  for (const BeforeImageRule& rule : draft.rules.before_images) {
    if (!matches_table(rule.where, draft.source.ref)) continue;
    if (first != nullptr)
      draft.warn(
          fmt::format("transformation rule {} (add-before-image-columns) has no effect on table {}: rule {} "
                      "applies, and the lowest rule-id counts",
                      rule.id, to_string(draft.source.ref), first->id));
    else
      first = &rule;
  }
  if (first == nullptr) return {};
  const std::vector<uint32_t> key = key_columns(draft);
  for (size_t i = 0; i < draft.moved; ++i) {
    const uint32_t source = draft.read[i];
    const bool wanted =
        first->columns == BeforeImageRule::Columns::all ||
        (first->columns == BeforeImageRule::Columns::non_lob ? !is_lob(draft.source.columns[source].type)
                                                             : std::ranges::find(key, source) != key.end());
    if (wanted) TRY(add_before_image(draft, *first, i));
  }
  return {};
}

Result<void> plan_added_columns(TableDraft& draft) {
  for (const AddColumnRule& rule : draft.rules.added_columns)
    if (matches_table(rule.where, draft.source.ref)) TRY(add_column(draft, rule));
  return {};
}

}  // namespace godwit
