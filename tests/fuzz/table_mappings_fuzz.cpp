// Table mappings of any bytes are an error of kind usage, or rules that select tables and make plans: every plan that
// is made is whole, its shaper makes rows of its layout, and the fingerprint of the rules does not change from one
// look to the next.

#include <cstdlib>

#include "mapping/row_plan.h"
#include "mapping/row_shape.h"
#include "mapping/row_shaper.h"
#include "mapping/selection.h"

namespace {

using namespace godwit;

void require(bool holds) {
  if (!holds) std::abort();
}

std::shared_ptr<const TableDef> table(std::string schema, std::string name) {
  TableDef out;
  out.ref = {std::move(schema), name};
  for (const char* column : {"id", "Name", "größe", "n", "day"}) out.columns.emplace_back().name = column;
  out.key = KeyDef{"pkey", {0}};
  out.identity = name == "orders" ? RowIdentity::key : RowIdentity::full;
  out.columns[2].type.type_class = TypeClass::nclob;
  out.columns[2].type.native = "text";
  out.columns[3].type.type_class = TypeClass::numeric;
  out.columns[4].type.type_class = TypeClass::datetime;
  return std::make_shared<const TableDef>(std::move(out));
}

void check_plan(const TargetTable& plan) {
  require(plan.shape || plan.read->columns.size() == plan.layout->columns.size());
  require(!plan.read->columns.empty() && !plan.layout->columns.empty());
  require(!plan.filter || plan.shape);
  require(!plan.shape || plan.shape->columns.size() == plan.layout->columns.size());
  require(!plan.layout->ref.schema.empty() && !plan.layout->ref.name.empty());
  for (const ColumnDef& column : plan.layout->columns) require(!column.name.empty());
  if (plan.layout->key)
    for (const uint32_t column : plan.layout->key->columns) require(column < plan.layout->columns.size());
}

// Large results of randomblob() and its like would only show that memory has an end.
bool may_grow(const MappingRules& rules) {
  for (const AddColumnRule& rule : rules.added_columns)
    for (const char* word : {"blob", "BLOB", "Blob", "printf", "format", "PRINTF"})
      if (rule.expression.find(word) != std::string::npos) return true;
  return false;
}

void append(RowBatch& batch, std::string_view cells) {
  for (size_t c = 0; c < batch.width(); ++c) {
    const std::string_view type = to_string(batch.layout->columns[c].type.type_class);
    if (cells[c % cells.size()] == '-')
      batch.append_null();
    else if (cells[c % cells.size()] == '?')
      batch.append_unchanged();
    else
      batch.append_value(type == "numeric" ? "-150.250" : type == "datetime" ? "2024-02-29 10:00:00.5" : "Größe 42");
  }
  batch.end_row();
}

void check_shaper(const TargetTable& plan) {
  auto shaper = RowShaper::open(plan);
  require(shaper || shaper.error().kind == ErrorKind::table);
  if (!shaper) return;
  RowBatch in, out;
  in.layout = plan.read;
  out.layout = plan.layout;
  for (const std::string_view cells : {"v", "-", "v?-", "?"}) append(in, cells);
  std::vector<ShapeFinding> findings;
  require((*shaper)->shape_rows(in, out, 0, findings).has_value() && out.rows == in.rows);
  for (const Op op : {Op::insert, Op::update, Op::erase, Op::truncate})
    for (uint32_t row = 0; row < in.rows; ++row) {
      const uint32_t old_row = op == Op::erase ? row : row % 2 == 0 ? Change::no_row : 3 - row;
      const Change change{op, 0, op == Op::insert ? Change::no_row : old_row, op == Op::erase ? Change::no_row : row};
      const auto shaped = (*shaper)->shape_change(change, in, {}, out, findings);
      require(shaped.has_value());
      if (!*shaped || op == Op::truncate) continue;
      require((*shaped)->before_row == Change::no_row || (*shaped)->before_row < out.rows);
      require((*shaped)->after_row == Change::no_row || (*shaped)->after_row < out.rows);
    }
  require(out.cells.size() == out.rows * out.width());
  for (const ShapeFinding& finding : findings) require(finding.row < out.rows && !finding.column.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::shared_ptr<const TableDef>> tables = {table("shop", "orders"), table("a", "A_%b"),
                                                                      table("shop", "Ünïcode")};
  const auto rules = parse_rules({reinterpret_cast<const char*>(data), size});
  if (!rules) {
    require(rules.error().kind == ErrorKind::usage && !rules.error().message.empty());
    return 0;
  }
  std::vector<TableRef> available;
  for (const auto& source : tables) available.push_back(source->ref);
  const Selection selection = select_tables(*rules, available);
  require(selection.tables.size() + selection.control_tables.size() <= available.size());
  std::vector<TargetTable> plans;
  std::vector<std::string> warnings;
  PlanOptions options;
  options.lob_limit_bytes = 5;
  for (const auto& source : tables) {
    auto plan = plan_table(*rules, options, source, warnings);
    require(plan || plan.error().kind == ErrorKind::table);
    if (!plan) continue;
    check_plan(*plan);
    if (plan->shape && !may_grow(*rules)) check_shaper(*plan);
    plans.push_back(std::move(*plan));
  }
  const Result<void> names = check_target_names(*rules, {}, plans);
  require(names || names.error().kind == ErrorKind::table);
  require(schema_shaping_hash(*rules, {}) == schema_shaping_hash(*rules, {}));
  return 0;
}
