#include "pair.h"

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>

namespace godwit::conformance {

std::optional<std::string> Pair::open() {
  for (const Side side : {Side::source, Side::target})
    if (auto reason = at(side).open(side)) return reason;
  static std::map<std::string, Types> known;  // the servers stay the same
  if (!known.contains(name_)) known[name_] = common_types();
  types_ = known[name_].common;
  absent_ = known[name_].absent;
  return std::nullopt;
}

Pair::Types Pair::common_types() {
  std::vector<TypeCase> types = source_->types(nullptr);
  std::vector<TypeCase> there = same_family() ? target_->types(&types) : std::vector<TypeCase>();
  Types out;
  for (TypeCase& type : types) {
    const auto same = std::ranges::find(there, type.type, &TypeCase::type);
    if (same != there.end()) {
      out.common.push_back(std::move(*same));
      continue;
    }
    if (same_family()) out.absent.insert(type.type);
    absent_ = out.absent;
    const Mapping mapping = mapping_of(type.type);
    const size_t all = type.values.size();
    if (mapping.carries) std::erase_if(type.values, [&](const std::string& v) { return !mapping.carries(v); });
    if (mapping.type.empty() || type.values.size() < all)
      std::cout << "Left out of type " << type.type << ": " << (mapping.type.empty() ? all : all - type.values.size())
                << " values, since " << mapping.reason << "\n";
    if (!mapping.type.empty()) out.common.push_back(std::move(type));
  }
  return out;
}

Mapping Pair::mapping_of(const std::string& type) const {
  if (!is_mapped(type)) return {type, ""};
  if (type == source_->integer_type()) return {target_->integer_type(), ""};
  Mapping mapping = source_->shown_on(target_->family(), type);
  if (type == source_->text_type()) mapping.type = target_->text_type();
  return mapping;
}

TableSpec Pair::on(Side side, const TableSpec& table) const {
  TableSpec out = table;
  if (side == Side::target)
    for (ColumnSpec& column : out.columns) column.type = mapping_of(column.type).type;
  return out;
}

void Pair::run(Side side, const std::vector<Statement>& transaction) {
  std::deque<TableSpec> tables;  // which keep their place
  std::vector<Statement> statements = transaction;
  for (Statement& statement : statements) {
    tables.push_back(on(side, *statement.table));
    statement.table = &tables.back();
  }
  at(side).run(statements);
}

std::vector<Row> Pair::rows(Side side, const TableSpec& table) {
  std::vector<Row> rows = at(side).rows(on(side, table));
  Quirks& other = at(side == Side::source ? Side::target : Side::source);
  if (same_family())
    for (size_t c = 0; c < table.columns.size(); ++c) {
      const std::string& type = table.columns[c].type;
      if (!at(side).spells_otherwise(type) || other.spells_otherwise(type)) continue;
      for (Row& row : rows)
        if (row[c]) row[c] = other.respelled(type, *row[c]);
    }
  std::ranges::sort(rows);
  return rows;
}

std::vector<Row> Pair::comparable_rows(Side side, const TableSpec& table) {
  std::vector<Row> rows = this->rows(side, table);
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (!is_mapped(table.columns[c].type)) continue;
    const Mapping mapping = mapping_of(table.columns[c].type);
    const auto& form = side == Side::source ? mapping.here : mapping.there;
    if (!form) continue;
    for (Row& row : rows)
      if (row[c]) row[c] = form(*row[c]);
  }
  std::ranges::sort(rows);
  return rows;
}

}  // namespace godwit::conformance
