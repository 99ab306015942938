#include "engines/postgres/rendering.h"

#include <algorithm>

namespace godwit::postgres {
namespace {

using Kind = SqlPiece::Kind;

bool names_removed_column(const SqlPiece& piece, const PlanNames& names) {
  const auto removed = [&](const std::string& column) { return !names.column(piece.table, column); };
  return (piece.kind == Kind::column && removed(piece.text)) || std::ranges::any_of(piece.columns, removed);
}

// A check or a computed column over a column of another type may mean something else, or nothing.
bool names_retyped_column(const SqlPiece& piece, const PlanNames& names) {
  if (piece.kind != Kind::constraint && piece.kind != Kind::expression) return false;
  return std::ranges::any_of(piece.columns,
                             [&](const std::string& column) { return names.is_retyped(piece.table, column); });
}

std::vector<SqlPiece> without_misfits(std::span<const SqlPiece> pieces, const PlanNames& names,
                                      std::vector<std::string>& left_out) {
  std::vector<SqlPiece> out;
  bool skips = false;
  for (const SqlPiece& piece : pieces) {
    if (piece.kind == Kind::own_type && names.is_retyped(piece.table, piece.columns.front())) {
      skips = true;
      left_out.push_back(piece.text + " of column \"" + piece.columns.front() + "\"");
    }
    if (!skips && piece.kind != Kind::own_type && piece.kind != Kind::own_type_end) out.push_back(piece);
    if (piece.kind == Kind::own_type_end) skips = false;
  }
  return out;
}

size_t end_of_item(std::span<const SqlPiece> pieces, size_t first) {
  size_t at = first + 1;
  while (pieces[at].kind != Kind::item && pieces[at].kind != Kind::list_end) ++at;
  return at;
}

// Copies the list that starts at `at` without the items to be dropped; answers where it ends.
size_t copy_list(std::span<const SqlPiece> pieces, size_t at, const PlanNames& names, std::vector<SqlPiece>& out,
                 std::vector<std::string>& left_out) {
  const std::string opening = pieces[at].text;
  bool any = false;
  while (pieces[at].kind == Kind::item) {
    const size_t end = end_of_item(pieces, at);
    const auto item = pieces.subspan(at, end - at);
    const bool removed =
        std::ranges::any_of(item, [&](const SqlPiece& piece) { return names_removed_column(piece, names); });
    const auto misfit =
        std::ranges::find_if(item, [&](const SqlPiece& piece) { return names_retyped_column(piece, names); });
    if (!removed && misfit != item.end())
      left_out.push_back(misfit->kind == Kind::constraint ? "check " + misfit->text
                                                          : "computed column over " + misfit->columns.front());
    if (!removed && misfit == item.end()) {
      out.insert(out.end(), item.begin(), item.end());
      if (!any) out[out.size() - item.size()].text = opening;
      any = true;
    }
    at = end;
  }
  if (any) out.push_back(pieces[at]);
  return at + 1;
}

}  // namespace

std::optional<std::vector<SqlPiece>> without_removed_columns(std::span<const SqlPiece> all, const PlanNames& names,
                                                             std::vector<std::string>* left_out) {
  std::vector<std::string> unasked;
  if (left_out == nullptr) left_out = &unasked;
  const std::vector<SqlPiece> pieces = without_misfits(all, names, *left_out);
  std::vector<SqlPiece> out;
  for (size_t at = 0; at < pieces.size();) {
    if (pieces[at].kind == Kind::item) {
      at = copy_list(pieces, at, names, out, *left_out);
      continue;
    }
    if (names_removed_column(pieces[at], names)) return std::nullopt;
    out.push_back(pieces[at++]);
  }
  return out;
}

bool names_renamed_column(const SqlPiece& piece, const PlanNames& names) {
  if (piece.kind < Kind::expression || piece.kind > Kind::fixed) return false;
  return std::ranges::any_of(piece.columns,
                             [&](const std::string& column) { return names.column(piece.table, column) != column; });
}

std::string print(std::span<const SqlPiece> pieces, const PlanNames& names) {
  std::string out;
  for (const SqlPiece& piece : pieces) {
    switch (piece.kind) {
      case Kind::schema:
        out += quote_name(names.schema(piece.table));
        break;
      case Kind::table:
        out += quote_name(names.table(piece.table));
        break;
      case Kind::column:
        out += quote_name(names.column(piece.table, piece.text).value_or(piece.text));
        break;
      case Kind::type:
        out += names.type(piece.table, piece.columns.front(), piece.text);
        break;
      case Kind::relation:
        out += quote_name(TableRef{names.schema(piece.table), piece.text});
        break;
      case Kind::relation_literal:
        out += quote_literal(quote_name(TableRef{names.schema(piece.table), piece.text}));
        break;
      default:
        out += piece.text;
        break;
    }
  }
  return out;
}

}  // namespace godwit::postgres
