#pragma once
// Every message about the binlog, one constructor each. None holds a row's values.

#include <string>
#include <string_view>

#include "base/result.h"
#include "data/table_def.h"

namespace godwit::mysql::errors {

// `where`: "mysql-bin.000012:4567"; empty where it is not known.
Error damaged_log(std::string_view what, std::string_view where);
Error checksum(std::string_view where);
Error unknown_event(unsigned type, std::string_view where);
Error tagged_gtid(std::string_view where);
Error incident(std::string_view where);
Error no_charset(std::string_view charset, std::string_view column);
Error unreadable_column(std::string_view column, std::string_view why);
Error bad_position_text(std::string_view text);
Error bad_gtid_text(std::string_view text);
Error purged(std::string_view start, std::string_view server_said);
Error duplicate_server_id(uint32_t server_id, std::string_view server_said);
Error dump_refused(std::string_view start, std::string_view server_said);
Error stream_error(unsigned code, std::string_view sqlstate, std::string_view server_said);
Error stream_ended(std::string_view where);
Error stream_silent(int64_t seconds, std::string_view where);
Error stream_stands(int64_t seconds, std::string_view where);
Error event_too_large(std::string_view where, std::string_view server_said);
Error other_server(std::string_view position, std::string_view server);
// `why`: what the server has there.
Error log_replaced(std::string_view position, std::string_view why);
Error gtids_missing(std::string_view server_said);
Error insert_lacks(std::string_view column);
Error unreadable_value(std::string_view column);
Error statement_format(std::string_view verb, std::string_view schema, std::string_view where);
Error rolled_back_rows(const TableRef& table, std::string_view where);
Error unclear_savepoint(const TableRef& table, std::string_view where);
Error transaction_abandoned(std::string_view where);
Error unknown_xa(std::string_view where);
Error xa_rows_gone(std::string_view prepared_at, std::string_view where);
Error partial_json_lost(std::string_view column);

}  // namespace godwit::mysql::errors

namespace godwit::mysql {

// What a decoder of the log answers.
inline Failure damaged(std::string_view what, std::string_view where) {
  return Failure(errors::damaged_log(what, where));
}

}  // namespace godwit::mysql
