#include "mapping/change_shaper.h"

#include <algorithm>

namespace godwit {

SeenCell seen(const RowBatch& batch, const Cell& cell) {
  if (cell.length == Cell::unchanged) return {SeenCell::State::unknown, {}};
  if (cell.length == Cell::null) return {SeenCell::State::null, {}};
  return {SeenCell::State::value, batch.bytes(cell)};
}

// What the log tells of the rows of one change, by column of the rows that are read.
struct ChangeShaper::Images {
  const Change& change;
  const RowBatch& in;
  const RowShape& shape;
  RowFacts facts;

  SeenCell logged(uint32_t row, uint32_t column) const {
    if (row == Change::no_row) return {SeenCell::State::unknown, {}};
    return seen(in, in.cell(row, column));
  }
  // An update that carries no old row has not changed the key.
  SeenCell old_cell(uint32_t column) const {
    const bool key_stays = change.before_row == Change::no_row && shape.in_source_key[column];
    return logged(key_stays ? change.after_row : change.before_row, column);
  }
  // What the log leaves out of the new row has not changed.
  SeenCell new_cell(uint32_t column) const {
    const SeenCell cell = logged(change.after_row, column);
    return cell.state == SeenCell::State::unknown ? logged(change.before_row, column) : cell;
  }
  // As the expressions of a deleted row see it, too.
  SeenCell last_cell(uint32_t column) const {
    return change.after_row == Change::no_row ? old_cell(column) : new_cell(column);
  }

  static JudgedCell judged(const SeenCell& cell) {
    return {cell.state != SeenCell::State::unknown, cell.state == SeenCell::State::null, cell.bytes};
  }
  Truth old_passes() const {
    if (!shape.filter) return Truth::yes;
    return judge(*shape.filter, [&](uint32_t column) { return judged(old_cell(column)); });
  }
  Truth new_passes() const {
    if (!shape.filter) return Truth::yes;
    return judge(*shape.filter, [&](uint32_t column) { return judged(new_cell(column)); });
  }
};

std::optional<Change> ChangeShaper::shape(const Change& change, const RowBatch& in, const ChangeFacts& facts,
                                          RowBatch& out, std::vector<ShapeFinding>& findings) {
  const Images images{change, in, shape_, facts_of_change(change.op, facts)};
  switch (change.op) {
    case Op::insert:
      return insert(images, out, findings);
    case Op::update:
      return update(images, out, findings);
    case Op::erase:
      return erase(images, out, findings);
    case Op::truncate:
      break;
  }
  return change;
}

std::optional<Change> ChangeShaper::insert(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings) {
  if (images.new_passes() == Truth::no) return std::nullopt;
  Change change = images.change;
  change.after_row = append_new(images, true, out, findings);
  return change;
}

std::optional<Change> ChangeShaper::update(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings) {
  const Truth old_passes = images.old_passes(), new_passes = images.new_passes();
  if (new_passes == Truth::no) {
    if (old_passes == Truth::no) return std::nullopt;
    Change erased{Op::erase, images.change.table, append_finder(images, out)};
    erased.keys_off = images.change.keys_off;
    if (old_passes == Truth::unknown || may_look_up_) erased.when_missing = WhenMissing::ignore;
    return erased;
  }
  const bool is_whole =
      std::ranges::none_of(shape_.columns, [&](const ColumnShape& column) { return lacks_value(images, column); });
  const bool looks_up = new_passes == Truth::unknown || needs_look_up(images);
  Change change = images.change;
  if (old_passes == Truth::no && is_whole && !looks_up) {
    change.op = Op::insert;
    change.before_row = Change::no_row;
    change.after_row = append_new(images, true, out, findings);
    return change;
  }
  if (change.before_row != Change::no_row) change.before_row = append_old(images, out);
  change.after_row = append_new(images, false, out, findings);
  if (looks_up)
    change.when_missing = WhenMissing::look_up;
  else if (old_passes != Truth::yes || may_look_up_)
    change.when_missing = WhenMissing::insert;
  return change;
}

std::optional<Change> ChangeShaper::erase(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings) {
  const Truth old_passes = images.old_passes();
  if (old_passes == Truth::no) return std::nullopt;
  Change change = images.change;
  change.before_row = append_old(images, out);
  if (old_passes == Truth::unknown || may_look_up_) change.when_missing = WhenMissing::ignore;
  if (!shape_.marks_deletes) return change;
  change.op = Op::update;
  change.after_row = append_mark(images, out, findings);
  change.when_missing = WhenMissing::ignore;
  return change;
}

void ChangeShaper::append_cell(const ColumnShape& shape, const SeenCell& cell, RowBatch& out,
                               std::vector<ShapeFinding>* findings) {
  if (cell.state == SeenCell::State::unknown)
    out.append_unchanged();
  else if (cell.state == SeenCell::State::null)
    out.append_null();
  else if (shape.plain)
    out.append_value(cell.bytes);
  else
    cells_.append(shape, cell.bytes, out, findings);
}

// `whole`: what the log leaves out is taken from the old row, as an insert needs it.
uint32_t ChangeShaper::append_new(const Images& images, bool whole, RowBatch& out,
                                  std::vector<ShapeFinding>& findings) {
  for (uint32_t c = 0; c < shape_.columns.size(); ++c) {
    const ColumnShape& shape = shape_.columns[c];
    switch (shape.from) {
      case ColumnShape::From::read:
        append_cell(shape,
                    whole ? images.new_cell(shape.column) : images.logged(images.change.after_row, shape.column), out,
                    &findings);
        break;
      case ColumnShape::From::before_image:
        append_before_image(images, shape, out);
        break;
      case ColumnShape::From::expression:
        append_expression(images, c, out, findings);
        break;
      case ColumnShape::From::nothing:
        out.append_null();
        break;
    }
  }
  out.end_row();
  return static_cast<uint32_t>(out.rows - 1);
}

void ChangeShaper::append_before_image(const Images& images, const ColumnShape& shape, RowBatch& out) {
  const SeenCell cell = images.change.op == Op::update ? images.old_cell(shape.column) : SeenCell();
  if (cell.state == SeenCell::State::value)
    append_cell(shape, cell, out, nullptr);
  else
    out.append_null();
}

// The log does not carry what the column's value is or is computed from.
bool ChangeShaper::lacks_value(const Images& images, const ColumnShape& shape) {
  const auto is_unknown = [&](uint32_t column) { return images.new_cell(column).state == SeenCell::State::unknown; };
  if (shape.from == ColumnShape::From::read) return is_unknown(shape.column);
  return shape.from == ColumnShape::From::expression &&
         std::ranges::any_of(shape.expression->sources, [&](const VariableSource& source) {
           return source.kind == VariableSource::Kind::column && is_unknown(source.column);
         });
}

// The value of an expression over columns alone stays where none of them changed; see needs_look_up() for the rest.
void ChangeShaper::append_expression(const Images& images, uint32_t column, RowBatch& out,
                                     std::vector<ShapeFinding>& findings) {
  if (images.change.op == Op::update && lacks_value(images, shape_.columns[column])) {
    out.append_unchanged();
    return;
  }
  evaluator_.append(column, [&](uint32_t c) { return images.new_cell(c); }, images.facts, cells_, out, findings);
}

// An expression needs a value that the log leaves out, and others of its values may have changed.
bool ChangeShaper::needs_look_up(const Images& images) const {
  return std::ranges::any_of(shape_.columns, [&](const ColumnShape& column) {
    if (column.from != ColumnShape::From::expression) return false;
    bool unknown = false, known = column.expression->reads_change;
    for (const VariableSource& source : column.expression->sources) {
      if (source.kind != VariableSource::Kind::column) continue;
      const bool is_unknown = images.new_cell(source.column).state == SeenCell::State::unknown;
      (is_unknown ? unknown : known) = true;
    }
    return unknown && known;
  });
}

bool ChangeShaper::may_look_up(const RowShape& shape) {
  return std::ranges::any_of(shape.columns, [](const ColumnShape& column) {
    if (column.from != ColumnShape::From::expression) return false;
    const auto columns =
        std::ranges::count(column.expression->sources, VariableSource::Kind::column, &VariableSource::kind);
    return columns > 1 || (columns == 1 && column.expression->reads_change);
  });
}

// The old row as far as the target can be searched by it: what a rule computes or draws by lot is not.
uint32_t ChangeShaper::append_old(const Images& images, RowBatch& out) {
  for (const ColumnShape& shape : shape_.columns)
    if (shape.from == ColumnShape::From::read && !shape.is_unsteady)
      append_cell(shape, images.logged(images.change.before_row, shape.column), out, nullptr);
    else
      out.append_unchanged();
  out.end_row();
  return static_cast<uint32_t>(out.rows - 1);
}

// The old row of an update that becomes a delete: the log's, or the key, which the update has not changed.
uint32_t ChangeShaper::append_finder(const Images& images, RowBatch& out) {
  if (images.change.before_row != Change::no_row) return append_old(images, out);
  for (uint32_t c = 0; c < shape_.columns.size(); ++c) {
    const ColumnShape& shape = shape_.columns[c];
    const bool in_key = std::ranges::find(shape_.key, c) != shape_.key.end();
    if (in_key && shape.from == ColumnShape::From::read)
      append_cell(shape, images.old_cell(shape.column), out, nullptr);
    else
      out.append_unchanged();
  }
  out.end_row();
  return static_cast<uint32_t>(out.rows - 1);
}

// The update that a delete becomes: only what operation_indicator() says is written.
uint32_t ChangeShaper::append_mark(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings) {
  for (uint32_t c = 0; c < shape_.columns.size(); ++c) {
    const ColumnShape& shape = shape_.columns[c];
    if (shape.from == ColumnShape::From::expression && shape.expression->text.marks_operation)
      evaluator_.append(
          c, [&](uint32_t column) { return images.last_cell(column); }, images.facts, cells_, out, findings);
    else
      out.append_unchanged();
  }
  out.end_row();
  return static_cast<uint32_t>(out.rows - 1);
}

}  // namespace godwit
