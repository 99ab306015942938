#pragma once
// Whether a stretch of the log holds statements that changed what the rows of some tables look like: rows of before
// such a statement, read by the definitions of behind it, would be read wrongly and nothing would say so.

#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/log_access.h"
#include "engines/mysql/structure_changes.h"

namespace godwit::mysql {

// Which of `tables` had other columns before the statement, or may have had, or was another table. Statements on
// keys, indexes and partitions do not count, nor does a table that is made where none was. Pure.
std::optional<TableRef> changes_columns(const DdlStatement& ddl, std::span<const TableRef> tables,
                                        const DdlServer& server);

struct FoundStructure {
  TableRef table;
  std::string verb;
  std::string place;  // of the statement, "file:offset"
};

// The first such statement from `from` on up to the end that the log has now. Reads that part of it.
Result<std::optional<FoundStructure>> find_structure_change(Connection& session, const LogAccess& access,
                                                            BinlogPosition from, std::span<const TableRef> tables,
                                                            const DdlServer& server);

}  // namespace godwit::mysql
