#include "engines/mysql/object_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/foreign_objects.h"
#include "engines/mysql/errors.h"

namespace godwit::mysql {
namespace {

using Kind = SqlPiece::Kind;

// Numbers of errors that say that the very thing is there: database, table, column, index, trigger. Names of foreign
// keys and checks may be another table's.
constexpr std::string_view there_already[] = {"mysql.1007", "mysql.1050", "mysql.1060", "mysql.1061", "mysql.1359"};

class Printer {
 public:
  explicit Printer(std::span<const TargetTable> tables) : tables_(tables) {}

  std::string schema(const std::string& source) const {
    for (const TargetTable& table : tables_)
      if (table.source->ref.schema == source) return table.layout->ref.schema;
    return source;
  }

  TableRef table(const TableRef& source) const {
    const TargetTable* planned = planned_table(tables_, source);
    return planned != nullptr ? planned->layout->ref : TableRef{schema(source.schema), source.name};
  }

  bool left_out(const SqlPiece& piece) const {
    const TargetTable* planned = planned_table(tables_, piece.table);
    if (planned == nullptr) return false;
    const auto gone = [&](std::string_view column) { return planned_column(*planned, column) == nullptr; };
    return (piece.kind == Kind::column && gone(piece.text)) || std::ranges::any_of(piece.columns, gone);
  }

  // Whether the plan gives the column another type than the source's.
  bool other_type(const SqlPiece& piece) const {
    const TargetTable* planned = planned_table(tables_, piece.table);
    if (planned == nullptr || piece.columns.empty()) return false;
    const ColumnDef* column = planned_column(*planned, piece.columns.front());
    const auto source = find_column(*planned->source, piece.columns.front());
    return column != nullptr && source && planned->source->columns[*source].type.form != column->type.form;
  }

  std::string print(const SqlPiece& piece) const {
    const TargetTable* planned = planned_table(tables_, piece.table);
    switch (piece.kind) {
      case Kind::text:
        return piece.text;
      case Kind::schema:
        return quote_name(planned != nullptr ? planned->layout->ref.schema : schema(piece.table.schema));
      case Kind::table:
        return quote_name(table(piece.table));
      case Kind::column: {
        const ColumnDef* column = planned != nullptr ? planned_column(*planned, piece.text) : nullptr;
        return quote_name(column != nullptr ? column->name : piece.text);
      }
      case Kind::type: {
        const ColumnDef* column =
            planned != nullptr && !piece.columns.empty() ? planned_column(*planned, piece.columns.front()) : nullptr;
        return column != nullptr ? column->type.native : piece.text;
      }
      case Kind::relation:
      case Kind::relation_literal: {
        const std::string name = quote_name(
            TableRef{planned != nullptr ? planned->layout->ref.schema : schema(piece.table.schema), piece.text});
        return piece.kind == Kind::relation ? name : quote_literal(name);
      }
      case Kind::expression:
      case Kind::constraint:
      case Kind::index:
      case Kind::partition_key:
      case Kind::fixed:
        return planned != nullptr ? renamed(piece.text, *planned) : piece.text;
      default:
        return "";
    }
  }

 private:
  // Backquoted names outside of string literals.
  static std::string renamed(std::string_view sql, const TargetTable& table) {
    std::string out;
    for (size_t i = 0; i < sql.size();) {
      const char quote = sql[i];
      if (quote != '`' && quote != '\'' && quote != '"') {
        out += sql[i++];
        continue;
      }
      size_t end = i + 1;
      while (end < sql.size() && sql[end] != quote) end += sql[end] == '\\' && quote != '`' ? 2U : 1U;
      const std::string_view inside = sql.substr(i + 1, std::min(end, sql.size()) - i - 1);
      const ColumnDef* column = quote == '`' ? planned_column(table, inside) : nullptr;
      out += column != nullptr ? quote_name(column->name) : std::string(sql.substr(i, end + 1 - i));
      i = end + 1;
    }
    return out;
  }

  std::span<const TargetTable> tables_;
};

}  // namespace

std::optional<std::string> print_pieces(std::span<const SqlPiece> pieces, std::span<const TargetTable> tables) {
  const Printer printer(tables);
  std::string out;
  for (size_t i = 0; i < pieces.size();) {
    if (pieces[i].kind != Kind::item) {
      if (printer.left_out(pieces[i])) return std::nullopt;
      if (pieces[i].kind == Kind::own_type && printer.other_type(pieces[i]))
        while (i < pieces.size() && pieces[i].kind != Kind::own_type_end) ++i;
      else
        out += printer.print(pieces[i]);
      ++i;
      continue;
    }
    bool first = true;
    const std::string opening = pieces[i].text;
    for (; i < pieces.size() && pieces[i].kind != Kind::list_end;) {
      const SqlPiece& head = pieces[i];
      bool kept = !printer.left_out(head);
      std::string item;
      for (++i; i < pieces.size() && pieces[i].kind != Kind::item && pieces[i].kind != Kind::list_end; ++i) {
        if (pieces[i].kind == Kind::own_type && printer.other_type(pieces[i]))
          while (i < pieces.size() && pieces[i].kind != Kind::own_type_end) ++i;
        else {
          kept &= !printer.left_out(pieces[i]);
          item += printer.print(pieces[i]);
        }
      }
      if (!kept) continue;
      out += first ? opening : head.text;
      out += item;
      first = false;
    }
    if (!first && i < pieces.size()) out += pieces[i].text;
    ++i;
  }
  return out;
}

TableRef target_name(std::span<const TargetTable> tables, const TableRef& source) {
  return Printer(tables).table(source);
}

Result<bool> run_own(Connection& session, std::span<const SqlPiece> pieces, std::span<const TargetTable> tables) {
  const std::optional<std::string> sql = print_pieces(pieces, tables);
  if (!sql || sql->empty()) return false;
  auto done = session.run(*sql);
  if (done) return true;
  if (std::ranges::find(there_already, done.error().code) != std::end(there_already)) return false;
  return Failure(done.error());
}

}  // namespace godwit::mysql
