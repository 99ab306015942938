#pragma once
// Tables, rules and rows for the tests of shapes.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "mapping/row_plan.h"
#include "mapping/row_shape.h"
#include "mapping/row_shaper.h"

namespace godwit::testing {

// "id:int8 name:wstring note:nclob:text": name, type class and, if it matters, the engine's text of the type. A '*'
// before the name makes the column part of the key.
inline std::shared_ptr<TableDef> table_of(std::string_view columns, RowIdentity identity = RowIdentity::key) {
  auto table = std::make_shared<TableDef>();
  table->ref = {"shop", "orders"};
  KeyDef key{"orders_pkey", {}};
  for (std::string& text : split(columns, ' ')) {
    if (text.starts_with('*')) {
      key.columns.push_back(static_cast<uint32_t>(table->columns.size()));
      text.erase(0, 1);
    }
    ColumnDef& column = table->columns.emplace_back();
    const std::vector<std::string> parts = split(text, ':');
    column.name = parts[0];
    column.number = static_cast<int16_t>(table->columns.size());
    for (int i = 0; i <= static_cast<int>(TypeClass::nclob); ++i)
      if (to_string(static_cast<TypeClass>(i)) == parts.at(1)) column.type.type_class = static_cast<TypeClass>(i);
    column.type.native = parts.size() > 2 ? parts[2] : column.type.type_class == TypeClass::nclob ? "text" : "";
    for (char& c : column.type.native) c = c == '_' ? ' ' : c;
  }
  if (!key.columns.empty()) table->key = key;
  table->identity = identity;
  return table;
}

// Rules for shop.orders: a transformation's members but its locator, or a whole rule where `text` begins with "{".
inline std::string document_of(std::initializer_list<std::string_view> rules, std::string_view filters = "[]") {
  std::string document = fmt::format(
      R"({{"rules": [{{"rule-type": "selection", "rule-id": 1, "rule-action": "include", "filters": {},
         "object-locator": {{"schema-name": "shop", "table-name": "orders"}}}})",
      filters);
  int64_t id = 10;
  for (const std::string_view rule : rules)
    document += rule.starts_with('{')
                    ? fmt::format(", {}", rule)
                    : fmt::format(R"(, {{"rule-type": "transformation", "rule-id": {}, {}}})", id++, rule);
  return document + "]}";
}

inline MappingRules rules_of(std::initializer_list<std::string_view> rules, std::string_view filters = "[]") {
  Result<MappingRules> parsed = parse_rules(document_of(rules, filters));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *std::move(parsed) : MappingRules();
}

inline constexpr std::string_view whole_table =
    R"("object-locator": {"schema-name": "shop", "table-name": "orders"})";

inline std::string on_column(std::string_view action, std::string_view column, std::string_view more = "") {
  return fmt::format(R"("rule-action": "{}", "rule-target": "column",
      "object-locator": {{"schema-name": "shop", "table-name": "orders", "column-name": "{}"}}{}{})",
                     action, column, more.empty() ? "" : ", ", more);
}

inline std::string added(std::string_view name, std::string_view expression, std::string_view type = "string") {
  return fmt::format(R"("rule-action": "add-column", "rule-target": "column", {}, "value": "{}",
      "expression": "{}", "data-type": {{"type": "{}"}})",
                     whole_table, name, expression, type);
}

inline Result<TargetTable> plan(const MappingRules& rules, std::shared_ptr<const TableDef> source,
                                const PlanOptions& options = {}) {
  std::vector<std::string> warnings;
  return plan_table(rules, options, std::move(source), warnings);
}

using Row = std::vector<std::optional<std::string>>;
inline const std::string unchanged = "\x01unchanged";

inline uint32_t append(RowBatch& batch, const Row& row) {
  for (const std::optional<std::string>& cell : row) {
    if (!cell)
      batch.append_null();
    else if (*cell == unchanged)
      batch.append_unchanged();
    else
      batch.append_value(*cell);
  }
  batch.end_row();
  return static_cast<uint32_t>(batch.rows - 1);
}

// "1|NULL|<unchanged>"
inline std::string text_of(const RowBatch& batch, size_t row) {
  std::vector<std::string> cells;
  for (size_t c = 0; c < batch.width(); ++c) {
    const Cell& cell = batch.cell(row, c);
    cells.push_back(cell.length == Cell::null        ? "NULL"
                    : cell.length == Cell::unchanged ? "<unchanged>"
                                                     : std::string(batch.bytes(cell)));
  }
  return join(cells, "|");
}

// A table, its plan and a shaper of it.
class Bench {
 public:
  Bench(const MappingRules& rules, std::shared_ptr<const TableDef> source, const PlanOptions& options = {}) {
    auto planned = plan(rules, std::move(source), options);
    EXPECT_TRUE(planned) << planned.error().message;
    if (!planned) return;
    table = *std::move(planned);
    EXPECT_TRUE(table.shape);
    if (!table.shape) return;
    auto opened = RowShaper::open(table);
    EXPECT_TRUE(opened) << opened.error().message;
    if (opened) shaper = *std::move(opened);
    in.layout = table.read;
    out.layout = table.layout;
  }

  std::string load(const Row& row) {
    in.clear();
    append(in, row);
    const Result<void> shaped = shaper->shape_rows(in, out, now_us, findings);
    EXPECT_TRUE(shaped) << shaped.error().message;
    return text_of(out, out.rows - 1);
  }

  // "UPDATE old -> new (insert)", or "nothing"
  std::string change(Op op, const std::optional<Row>& before, const std::optional<Row>& after) {
    in.clear();
    Change change;
    change.op = op;
    if (before) change.before_row = append(in, *before);
    if (after) change.after_row = append(in, *after);
    const ChangeFacts facts{{"0/1A2B"}, now_us, 42};
    const auto shaped = shaper->shape_change(change, in, facts, out, findings);
    EXPECT_TRUE(shaped) << shaped.error().message;
    if (!shaped || !*shaped) return "nothing";
    const Change& made = **shaped;
    static constexpr std::string_view endings[] = {"", " (ignore)", " (insert)", " (look up)"};
    return fmt::format("{}{}{}{}", to_string(made.op),
                       made.before_row == Change::no_row ? "" : " " + text_of(out, made.before_row),
                       made.after_row == Change::no_row ? "" : " -> " + text_of(out, made.after_row),
                       endings[static_cast<size_t>(made.when_missing)]);
  }

  static constexpr int64_t now_us = 1'700'000'000'123'456;  // 2023-11-14 22:13:20.123456
  TargetTable table;
  std::unique_ptr<RowShaper> shaper;
  RowBatch in, out;
  std::vector<ShapeFinding> findings;
};

}  // namespace godwit::testing
