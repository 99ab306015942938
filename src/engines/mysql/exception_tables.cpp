// What the exception tables are told: rows and changes that are parked, and what was done to those that are written.

#include <fmt/format.h>

#include "engines/mysql/control_tables.h"
#include "engines/mysql/parked_row.h"

namespace godwit::mysql {
namespace {

constexpr size_t error_bytes_max = 64U << 10U;

// Escaping may double a text, and four of them stand in a statement.
std::string fitting(std::string_view text, uint64_t packet_bytes) {
  return quote_literal(cut_text(text, packet_bytes / 10));
}

}  // namespace

Result<void> ControlSchema::tell(Connection& session, std::string_view task_id, const ParkedRow& row, bool full_load,
                                 uint64_t packet_bytes) const {
  const std::string at = row.error + (row.position.empty() ? "" : fmt::format(" [{}]", row.position.text));
  for (const std::string_view name : {"awsdms_apply_exceptions", "awsdms_full_load_exceptions"}) {
    if (name == "awsdms_full_load_exceptions" && !(full_load && wanted_.full_load_exceptions)) continue;
    TRY(session.run(fmt::format(
        "INSERT INTO {} (TASK_NAME, TABLE_OWNER, TABLE_NAME, ERROR_TIME, STATEMENT, ERROR) VALUES ({}, {}, "
        "{}, '{}', {}, {})",
        table(name), quote_literal(task_id), quote_literal(row.target_table.schema),
        quote_literal(row.target_table.name), now_utc(), fitting(row.statement, packet_bytes),
        quote_literal(cut_text(at, error_bytes_max)))));
  }
  return {};
}

Result<void> ControlSchema::park(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                                 bool full_load, uint64_t packet_bytes) const {
  for (const ParkedRow& row : rows) {
    TRY(tell(session, task_id, row, full_load, packet_bytes));
    TRY(session.run(fmt::format(
        "INSERT INTO {} (task, table_schema, table_name, `key`, position, operation, row_values, code, error, "
        "parked_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, '{}')",
        table("godwit_parked"), quote_literal(task_id), quote_literal(row.target_table.schema),
        quote_literal(row.target_table.name), fitting(row.key, packet_bytes), quote_literal(row.position.text),
        quote_literal(row.operation), fitting(row.values, packet_bytes), quote_literal(plain_text(row.code, 128)),
        quote_literal(cut_text(row.error, error_bytes_max)), now_utc())));
  }
  return {};
}

Result<void> ControlSchema::note(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                                 bool full_load, uint64_t packet_bytes) const {
  for (const ParkedRow& row : rows) TRY(tell(session, task_id, row, full_load, packet_bytes));
  return {};
}

}  // namespace godwit::mysql
