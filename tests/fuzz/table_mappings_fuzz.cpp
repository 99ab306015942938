// Table mappings of any bytes are an error of kind usage, or rules that select tables and make plans: every plan that
// is made is whole, and the fingerprint of the rules does not change from one look to the next.

#include <cstdlib>

#include "mapping/row_plan.h"
#include "mapping/selection.h"

namespace {

using namespace godwit;

void require(bool holds) {
  if (!holds) std::abort();
}

std::shared_ptr<const TableDef> table(std::string schema, std::string name) {
  TableDef out;
  out.ref = {std::move(schema), std::move(name)};
  for (const char* column : {"id", "Name", "größe"}) out.columns.emplace_back().name = column;
  out.key = KeyDef{"pkey", {0}};
  out.columns[2].type.type_class = TypeClass::nclob;
  return std::make_shared<const TableDef>(std::move(out));
}

void check_plan(const TargetTable& plan) {
  require(plan.read->columns.size() == plan.layout->columns.size() && !plan.layout->columns.empty());
  require(!plan.layout->ref.schema.empty() && !plan.layout->ref.name.empty());
  for (const ColumnDef& column : plan.layout->columns) require(!column.name.empty());
  if (plan.layout->key)
    for (const uint32_t column : plan.layout->key->columns) require(column < plan.layout->columns.size());
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
  for (const auto& source : tables) {
    auto plan = plan_table(*rules, {}, source, warnings);
    if (!plan) continue;
    check_plan(*plan);
    plans.push_back(std::move(*plan));
  }
  const Result<void> names = check_target_names(*rules, {}, plans);
  require(names || names.error().kind == ErrorKind::table);
  require(schema_shaping_hash(*rules, {}) == schema_shaping_hash(*rules, {}));
  return 0;
}
