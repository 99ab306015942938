#pragma once
// Builds the pieces of a statement about a source object: names that the plan may change stay pieces, the rest is
// text.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/catalog.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

class Statement {
 public:
  Statement& text(std::string_view sql) {
    if (!pieces_.empty() && pieces_.back().kind == SqlPiece::Kind::text) {
      pieces_.back().text += sql;
      return *this;
    }
    return add(SqlPiece::Kind::text, sql, {});
  }
  Statement& name(std::string_view plain) { return text(quote_name(plain)); }
  Statement& table(const TableRef& table) { return add(SqlPiece::Kind::table, "", table); }
  Statement& column(const TableRef& table, std::string_view name) { return add(SqlPiece::Kind::column, name, table); }
  // A clause or name that says which columns of `table` it speaks of.
  Statement& clause(SqlPiece::Kind kind, std::string_view sql, const TableRef& table,
                    std::vector<std::string> columns) {
    pieces_.push_back({kind, std::string(sql), table, std::move(columns)});
    return *this;
  }
  // From here to own_type_end() the SQL needs the column's own type.
  Statement& own_type(std::string_view what, const TableRef& table, std::string_view column) {
    return clause(SqlPiece::Kind::own_type, what, table, {std::string(column)});
  }
  Statement& own_type_end() { return add(SqlPiece::Kind::own_type_end, "", {}); }
  // Begins an item of a list: the first prints `opening` before it, the others `separator`.
  Statement& item(std::string_view opening, std::string_view separator) {
    add(SqlPiece::Kind::item, in_list_ ? separator : opening, {});
    in_list_ = true;
    return *this;
  }
  Statement& list_end(std::string_view closing) {
    if (in_list_) add(SqlPiece::Kind::list_end, closing, {});
    in_list_ = false;
    return *this;
  }
  Statement& add(SqlPiece::Kind kind, std::string_view sql, const TableRef& table) {
    pieces_.push_back({kind, std::string(sql), table, {}});
    return *this;
  }

  bool empty() const { return pieces_.empty(); }
  std::vector<SqlPiece> take() { return std::move(pieces_); }

 private:
  std::vector<SqlPiece> pieces_;
  bool in_list_ = false;
};

}  // namespace godwit::postgres
