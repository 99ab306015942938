#include "engines/postgres/row_insert.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/text.h"
#include "engines/postgres/copy_text.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view bytea_query =
    "SELECT a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE "
    "a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0 AND 'pg_catalog.bytea'::pg_catalog.regtype IN (t.oid, "
    "t.typbasetype)";

}  // namespace

Result<std::vector<bool>> byte_columns(Connection& session, const TargetTable& table) {
  std::vector<bool> out(table.layout->columns.size(), false);
  if (std::ranges::none_of(table.layout->columns, holds_bytes)) return out;
  const Rows rows = TRY(session.query(std::string(bytea_query), {quote_name(table.layout->ref)}));
  for (int i = 0; i < rows.size(); ++i)
    if (const auto column = find_column(*table.layout, rows.get(i, 0)))
      out[*column] = holds_bytes(table.layout->columns[*column]);
  return out;
}

Result<void> insert_row(Connection& session, std::string_view into, const TargetTable& table,
                        const std::vector<bool>& bytes, const RowBatch& rows, size_t row) {
  std::vector<std::string> names, parameters;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  std::deque<ByteBuffer> texts;  // NUL-terminated
  for (size_t c = 0; c < rows.width(); ++c) {
    const Cell& cell = rows.cell(row, c);
    const std::string_view value = rows.bytes(cell);
    names.push_back(quote_name(table.layout->columns[c].name));
    parameters.push_back(fmt::format("${}", c + 1));
    const bool binary = cell.length >= 0 && (bytes[c] || cuts_short(value));
    formats.push_back(binary ? 1 : 0);
    lengths.push_back(static_cast<int>(value.size()));
    if (cell.length < 0) {
      values.push_back(nullptr);
    } else if (binary) {
      values.push_back(value.empty() ? "" : value.data());  // a null pointer would say NULL
    } else {
      append_text(texts.emplace_back(), table.layout->columns[c], value);
      texts.back().push_back('\0');
      values.push_back(texts.back().data());
    }
  }
  const std::string sql = fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})", into,
                                      join(names, ", "), join(parameters, ", "));
  const Rows done(PQexecParams(session.raw(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                               lengths.data(), formats.data(), 0));
  if (PQresultStatus(done.raw()) != PGRES_COMMAND_OK) return Failure(session.error_of(done.raw()));
  return {};
}

}  // namespace godwit::postgres
