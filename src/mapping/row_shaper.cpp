// Rows of a load, and what both kinds of shaping share. Changes: change_shaper.cpp.

#include "mapping/row_shaper.h"

#include "mapping/change_shaper.h"

namespace godwit {
namespace {

class Shaper final : public RowShaper {
 public:
  explicit Shaper(const TargetTable& table)
      : shape_(table.shape), read_(table.read), source_(table.source), layout_(table.layout) {}

  Result<void> open() {
    evaluator_ = TRY(ColumnEvaluator::open(*source_, *read_, *shape_));
    changes_ = std::make_unique<ChangeShaper>(*shape_, source_->identity == RowIdentity::full, cells_, *evaluator_);
    return {};
  }

  Result<void> shape_rows(const RowBatch& in, RowBatch& out, int64_t now_us,
                          std::vector<ShapeFinding>& findings) override {
    TRY(check(in, out));
    const RowFacts facts = facts_of_load(now_us);
    out.cells.reserve(out.cells.size() + in.rows * shape_->columns.size());
    out.arena.reserve(out.arena.size() + in.arena.size());
    for (size_t row = 0; row < in.rows; ++row) {
      shape_row(in, row, facts, out, findings);
      out.end_row();
      TRY(check_size(out));
    }
    return {};
  }

  Result<std::optional<Change>> shape_change(const Change& change, const RowBatch& in, const ChangeFacts& facts,
                                             RowBatch& out, std::vector<ShapeFinding>& findings) override {
    if (change.op == Op::truncate) return change;
    TRY(check(in, out));
    const std::optional<Change> shaped = changes_->shape(change, in, facts, out, findings);
    TRY(check_size(out));
    return shaped;
  }

  Result<bool> passes(const RowBatch& in, size_t row) override {
    if (!shape_->filter) return true;
    return judge(*shape_->filter, [&](uint32_t column) {
             const Cell& cell = in.cell(row, column);
             return JudgedCell{cell.length != Cell::unchanged, cell.length == Cell::null, in.bytes(cell)};
           }) == Truth::yes;
  }

 private:
  // Callers hand over what the plan says; anything else would read beyond the cells.
  Result<void> check(const RowBatch& in, const RowBatch& out) const {
    if (in.encoding == Encoding::canonical && out.encoding == Encoding::canonical &&
        in.width() == read_->columns.size() && out.width() == layout_->columns.size())
      return {};
    return Failure(rows_not_of_plan(source_->ref));
  }

  // Cells find their bytes by 32 bits.
  Result<void> check_size(const RowBatch& out) const {
    if (out.arena.size() <= UINT32_MAX) return {};
    return Failure(shaped_rows_too_large(source_->ref));
  }

  void shape_row(const RowBatch& in, size_t row, const RowFacts& facts, RowBatch& out,
                 std::vector<ShapeFinding>& findings) {
    for (uint32_t c = 0; c < shape_->columns.size(); ++c) {
      const ColumnShape& shape = shape_->columns[c];
      if (shape.from == ColumnShape::From::expression) {
        evaluator_->append(
            c, [&](uint32_t column) { return seen(in, in.cell(row, column)); }, facts, cells_, out, findings);
        continue;
      }
      const Cell cell = shape.from == ColumnShape::From::read ? in.cell(row, shape.column) : Cell();
      if (cell.length == Cell::unchanged)
        out.append_unchanged();
      else if (cell.length == Cell::null)
        out.append_null();
      else if (shape.plain)
        out.append_value(in.bytes(cell));
      else
        cells_.append(shape, in.bytes(cell), out, &findings);
    }
  }

  std::shared_ptr<const RowShape> shape_;
  std::shared_ptr<const TableDef> read_, source_, layout_;
  CellShaper cells_;
  std::unique_ptr<ColumnEvaluator> evaluator_;
  std::unique_ptr<ChangeShaper> changes_;
};

}  // namespace

Result<std::unique_ptr<RowShaper>> RowShaper::open(const TargetTable& table) {
  auto shaper = std::make_unique<Shaper>(table);
  TRY(shaper->open());
  return shaper;
}

}  // namespace godwit
