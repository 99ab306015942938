#pragma once
// The tables of a task as the binlog names them, and how rows under each table id go into their layouts. One thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/source.h"
#include "engines/mysql/binlog_rows.h"
#include "engines/mysql/column_facts.h"
#include "engines/mysql/table_map.h"

namespace godwit::mysql {

// What the catalog says of a captured table beyond its TableDef.
struct LogTable {
  std::vector<ColumnFacts> columns;  // all, in ordinal order
  bool transactional = true;         // its engine rolls back (InnoDB); false: MyISAM, MEMORY, Aria …
};

class FollowedTables {
 public:
  // `facts`: by captured table. `fold_names`: the server compares names in lower case (lower_case_table_names).
  FollowedTables(std::span<const CapturedTable> tables, std::span<const LogTable> facts, bool fold_names);

  struct Mapped {
    std::optional<uint32_t> table;  // nothing: nobody follows it
    std::string misfit;             // why its rows cannot be delivered in their layout; empty: they can
    RowPlan plan;
    std::string bytes;  // of the table map, to know it again
  };

  // Takes up a table map. The same one again costs a comparison.
  Result<const Mapped*> map(std::string_view body, const LogFormat& format, std::string_view where);
  // Between transactions: lets go of maps where they are many; each statement writes its own anew.
  void forget_ids();
  // Null: no table map named this id.
  const Mapped* find(uint64_t id) const;
  std::optional<uint32_t> find(std::string_view schema, std::string_view name) const;
  bool follows_schema(std::string_view schema) const;
  std::vector<uint32_t> tables_of(std::string_view schema) const;

  size_t size() const { return tables_.size(); }
  const CapturedTable& captured(uint32_t table) const { return tables_[table]; }
  const LogTable& facts(uint32_t table) const { return facts_[table]; }

 private:
  std::string folded(std::string_view name) const;
  Result<void> fit(const TableMap& map, const LogFormat& format, Mapped& out) const;
  std::string misfit(const TableMap& map, const LogTable& facts, std::vector<size_t>& fact_of) const;

  std::vector<CapturedTable> tables_;
  std::vector<LogTable> facts_;
  bool fold_names_;
  std::map<TableRef, uint32_t> by_name_;
  std::unordered_map<uint64_t, std::unique_ptr<Mapped>> by_id_;
};

}  // namespace godwit::mysql
