#pragma once
// What a statement in the log is, as far as somebody who follows rows must know. Not a parser of SQL: the first
// words, and the names of tables behind them. Total.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/table_def.h"
#include "engines/mysql/binlog_event.h"

namespace godwit::mysql {

struct LogStatement {
  enum class Kind : uint8_t {
    begin,
    commit,
    rollback,
    rollback_to,  // to a savepoint
    savepoint,
    release,  // of a savepoint
    xa_start,
    xa_end,
    xa_commit,
    xa_rollback,
    truncate,     // of `tables`
    ddl,          // changes `tables`, by name
    drop_schema,  // `schema`
    object,       // an index, view, trigger, routine: `what`, of the one table in `tables` or in `schema`
    data,         // changes rows and does not show them: `schemas` that it names, its default one included
    harmless,     // nothing that concerns rows or their shape
  };
  Kind kind = Kind::harmless;
  std::string verb;  // "ALTER TABLE", for people
  std::vector<TableRef> tables;
  std::string schema;
  std::string what;  // "view shop.totals", for people
  std::vector<std::string> schemas;
  bool opens_transaction = false;  // CREATE TABLE … START TRANSACTION: rows and an end follow
  bool only_if_absent = false;     // CREATE TABLE IF NOT EXISTS: what is there stays as it is
  bool one_phase = false;          // of xa_commit
  XaName xa;
  std::string savepoint;  // its name
};

LogStatement read_statement(const QueryEvent& query);

}  // namespace godwit::mysql
