#include "task/refused_rows.h"

#include "task/context.h"

namespace godwit {

void log_refused_row(Component component, const ParkedRow& row, std::string_view sqlstate, std::string_view message) {
  log_error(component,
            "RetCode: SQL_ERROR  SqlState: {} NativeError: 1 Message: ERROR: {}; Error while executing the query "
            "[1022502]",
            sqlstate, message);
  if (!row.statement_shape.empty())
    log_error(component, "Failed to execute statement: '{}' [1022502]", row.statement_shape);
}

void log_parked_row(Component component, const ParkedRow& row) {
  log_warning(component, "{} of table {} was parked in awsdms_apply_exceptions, position {}", row.operation,
              log_name(row.source_table), row.position.text);
}

}  // namespace godwit
