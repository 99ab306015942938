#include "engine/parked_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace godwit {
namespace {

class Writer {
 public:
  // Shapes have ? for each value, NULL included.
  Writer(const TargetTable& table, const ParkedDialect& dialect, bool shapes)
      : columns_(table.layout->columns),
        key_(table.layout->key),
        name_(dialect.quote_table(table.layout->ref)),
        dialect_(dialect),
        shapes_(shapes) {}

  std::string insert(const RowText& row) const {
    std::vector<std::string> names, values;
    for (size_t c = 0; c < row.size(); ++c) {
      if (!row[c]) continue;
      names.push_back(dialect_.quote_name(columns_[c].name));
      values.push_back(value(row, c));
    }
    return fmt::format("INSERT INTO {} ( {} )  VALUES ({})", name_, join(names, ","), join(values, ","));
  }

  std::string update(const RowText& before, const RowText& after) const {
    std::vector<std::string> sets;
    for (size_t c = 0; c < after.size(); ++c)
      if (after[c]) sets.push_back(dialect_.quote_name(columns_[c].name) + "=" + value(after, c));
    return fmt::format("UPDATE {} SET {}  WHERE {}", name_, join(sets, " , "), where(before));
  }

  std::string erase(const RowText& row) const { return fmt::format("DELETE FROM {} WHERE {}", name_, where(row)); }

  std::string key(const RowText& row) const {
    std::vector<std::string> parts;
    for (const uint32_t c : finding_columns(row))
      if (row[c]) parts.push_back(columns_[c].name + "=" + (*row[c] ? **row[c] : "NULL"));
    const std::string out = join(parts, ", ");
    return dialect_.printable(out, key_ ? std::string::npos : parked_literal_bytes_max);
  }

  std::string json(const RowText& row) const {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (size_t c = 0; c < row.size(); ++c) {
      if (!row[c]) continue;
      if (*row[c])
        out[columns_[c].name] = dialect_.json_value(**row[c]);
      else
        out[columns_[c].name] = nullptr;
    }
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

 private:
  // The columns that find the row: the key's, or all that the log carries.
  std::vector<uint32_t> finding_columns(const RowText& row) const {
    if (key_) return key_->columns;
    std::vector<uint32_t> out;
    for (uint32_t c = 0; c < row.size(); ++c)
      if (row[c]) out.push_back(c);
    return out;
  }

  std::string value(const RowText& row, size_t c) const {
    return shapes_ ? "?" : dialect_.literal(columns_[c], *row[c]);
  }

  std::string where(const RowText& row) const {
    std::vector<std::string> terms;
    for (const uint32_t c : finding_columns(row)) {
      if (!row[c]) continue;
      const std::string name = dialect_.quote_name(columns_[c].name);
      terms.push_back(*row[c] || shapes_ ? name + "=" + value(row, c) : name + " IS NULL");
    }
    return join(terms, " AND ");
  }

  const std::vector<ColumnDef>& columns_;
  const std::optional<KeyDef>& key_;
  const std::string name_;
  const ParkedDialect& dialect_;
  const bool shapes_;
};

}  // namespace

RowText row_text(const RowBatch& batch, size_t row, const ParkedDialect& dialect) {
  RowText out;
  for (size_t c = 0; c < batch.width(); ++c) {
    const Cell& cell = batch.cell(row, c);
    if (cell.length == Cell::unchanged)
      out.emplace_back(std::nullopt);
    else if (cell.length == Cell::null)
      out.emplace_back(std::optional<std::string>());
    else
      out.emplace_back(dialect.value(batch.layout->columns[c], batch.bytes(cell)));
  }
  return out;
}

ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after,
                     const ParkedDialect& dialect) {
  const Writer writer(table, dialect, false), shapes(table, dialect, true);
  ParkedRow out;
  out.source_table = table.source->ref;
  out.target_table = table.layout->ref;
  out.operation = std::string(to_string(op));
  const RowText& finder = before != nullptr ? *before : *after;
  out.key = writer.key(finder);
  out.values = writer.json(after != nullptr ? *after : *before);
  const auto statement = [&](const Writer& words) {
    if (op == Op::insert) return words.insert(*after);
    return op == Op::update ? words.update(finder, *after) : words.erase(finder);
  };
  if (op != Op::truncate) {
    out.statement = statement(writer);
    out.statement_shape = statement(shapes);
  }
  return out;
}

ParkedRow parked_row(const ChangeView& change, const ParkedDialect& dialect) {
  RowText before, after;
  if (change.before != nullptr) before = row_text(*change.before, change.before_row, dialect);
  if (change.after != nullptr) after = row_text(*change.after, change.after_row, dialect);
  return parked_row(*change.table, change.op, change.before != nullptr ? &before : nullptr,
                    change.after != nullptr ? &after : nullptr, dialect);
}

}  // namespace godwit
