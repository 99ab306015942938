#include "engines/postgres/keyed_query.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/copy_text.h"

namespace godwit::postgres {
namespace {

// One column of the keys as a literal of type text[].
std::string column_array(const RowBatch& keys, size_t column) {
  std::vector<std::string> values;
  for (size_t row = 0; row < keys.rows; ++row) {
    ByteBuffer text;
    append_text(text, keys.layout->columns[column], keys.bytes(keys.cell(row, column)));
    values.emplace_back(text.view());
  }
  return quote_array(values) + "::text[]";
}

}  // namespace

std::string keyed_query(const RowBatch& keys, const TableDef& table, const TableDef& layout) {
  std::vector<std::string> columns, arrays, names, terms;
  for (const ColumnDef& column : layout.columns) columns.push_back("t." + quote_name(column.name));
  for (size_t c = 0; c < keys.width(); ++c) {
    const ColumnDef& column = keys.layout->columns[c];
    arrays.push_back(column_array(keys, c));
    names.push_back(fmt::format("k{}", c));
    terms.push_back(fmt::format("t.{} = k.k{}::{}", quote_name(column.name), c, column.type.native));
  }
  // unnest of several arrays is syntax, not a function: it must not be qualified.
  return fmt::format("SELECT {} FROM {} {} AS t JOIN unnest({}) AS k({}) ON {}", join(columns, ", "),
                     table.partitioned ? "" : "ONLY", quote_name(table.ref), join(arrays, ", "), join(names, ", "),
                     join(terms, " AND "));
}

}  // namespace godwit::postgres
