// The target's types of the columns, and what they make of the values.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mapping/errors.h"
#include "mapping/table_draft.h"

namespace godwit {
namespace {

// A type that a rule asks for comes without a description.
Type described(const Type& type) {
  Type out = type;
  if (type.native.empty() && type.dialect.empty()) out.form = form_of(type.type_class);
  return out;
}

bool in_key(const TableDraft& draft, size_t column) {
  return draft.key && std::ranges::find(draft.key->columns, column) != draft.key->columns.end();
}

// One date for all of them would make many rows one.
ZeroDates zero_dates_of(const TableDraft& draft, size_t column) {
  const ZeroDates wanted = draft.options.zero_dates;
  return wanted == ZeroDates::first && in_key(draft, column) ? ZeroDates::null : wanted;
}

// NOT NULL would cost the rows whose zero dates become NULL.
void make_nullable(TableDraft& draft, size_t column) {
  ColumnDef& def = draft.columns[column];
  if (!def.not_null || in_key(draft, column)) return;
  def.not_null = false;
  draft.warn(
      fmt::format("column \"{}\" of table {} is made without NOT NULL on the target: zero and partial dates become "
                  "NULL there (Godwit.ZeroDates)",
                  def.name, to_string(draft.source.ref)));
}

Result<void> take_type(TableDraft& draft, size_t column, Type target) {
  ColumnDef& def = draft.columns[column];
  ColumnShape& shape = draft.shape.columns[column];
  const Type own = described(def.type);
  const std::optional<FormStep> step = form_step(own, target, zero_dates_of(draft, column));
  if (!step) return Failure(mapped_form_impossible(draft.source.ref, shape.name, own, target));
  if (step->change != nullptr) {
    shape.type = own;
    shape.target_type = target;
    shape.form_change = step->change;
    shape.plain = false;
  }
  def.type = std::move(target);
  if (step->empties) make_nullable(draft, column);
  if (step->empties && draft.options.zero_dates == ZeroDates::first)
    draft.warn(fmt::format(
        "column \"{}\" of table {} belongs to the key: rows with a zero or partial date in it are parked, "
        "for as 0001-01-01 (Godwit.ZeroDates) many would become one",
        def.name, to_string(draft.source.ref)));
  return {};
}

// Those that a target of another dialect could have. A name that is taken is somebody else's.
void plan_computed_columns(TableDraft& draft) {
  std::vector<ColumnDef> computed = std::exchange(draft.computed, {});
  if (!draft.options.types_for) return;
  for (ColumnDef& column : computed) {
    const auto has_its_name = [&](const ColumnDef& other) {
      return lower_ascii(other.name) == lower_ascii(column.name);
    };
    if (std::ranges::any_of(draft.columns, has_its_name) || std::ranges::any_of(draft.computed, has_its_name))
      continue;
    TableDef one = draft.layout();
    one.columns = {column};
    one.key.reset();
    auto types = draft.options.types_for(one);
    if (!types || types->size() != 1 || types->front().dialect == column.type.dialect) continue;
    column.type = std::move(types->front());
    draft.computed.push_back(std::move(column));
  }
}

}  // namespace

Result<void> plan_target_types(TableDraft& draft) {
  std::erase_if(draft.unwritten, [&](const std::string& name) {
    return std::ranges::find(draft.columns, name, &ColumnDef::name) != draft.columns.end();
  });
  plan_computed_columns(draft);
  if (!draft.options.types_for) return {};
  TableDef layout = draft.layout();
  for (ColumnDef& column : layout.columns) column.type = described(column.type);
  std::vector<Type> types = TRY(draft.options.types_for(layout));
  for (size_t i = 0; i < draft.columns.size(); ++i) {
    // What comes back as it was is the target's own.
    Type& own = draft.columns[i].type;
    own.form = layout.columns[i].type.form;
    if (types[i].native == own.native && types[i].dialect == own.dialect) continue;
    TRY(take_type(draft, i, std::move(types[i])));
  }
  return {};
}

}  // namespace godwit
