#pragma once
// The SQL that apply uses, as pure functions of a table's plan: statements in log order, and set statements over a
// stage.

#include <string>
#include <vector>

#include "data/target_table.h"
#include "engine/target.h"

namespace godwit::postgres {

// Which columns an update writes, one bit each: those the log carries, but for identity-always columns.
using ColumnMask = std::vector<bool>;

// How an old row without key is compared, per column.
enum class Comparison : uint8_t {
  native,       // IS NOT DISTINCT FROM
  text,         // the type has no equality: by its text
  native_text,  // both: equal values that are written differently are different rows
};

struct RowFinder {
  std::vector<uint32_t> columns;        // whose values find the row: the key, or all
  std::vector<Comparison> comparisons;  // per column of `columns`; empty: by the key, with =
  std::vector<std::string> types;       // of the target's columns, beside comparisons
  // Without a key several rows may match: what tells the one that is taken. Empty: ctid, with tableoid where the
  // table is partitioned.
  std::vector<std::string> address = {};
};

// `override_identity`: values for GENERATED ALWAYS identities are taken, where the server knows that clause.
// Parameters: insert: every column of the mask. Update: the mask's columns, then the finder's. Erase: the finder's.
std::string insert_statement(const TargetTable& table, const ColumnMask& mask, bool override_identity = true);
std::string update_statement(const TargetTable& table, const ColumnMask& mask, const RowFinder& finder);
std::string erase_statement(const TargetTable& table, const RowFinder& finder);

// A temporary table with a group number, the key columns k0… and every column c0….
std::string stage_definition(const TargetTable& table, const std::string& stage);
std::string stage_erase(const TargetTable& table, const std::string& stage, uint32_t group);
std::string stage_update(const TargetTable& table, const std::string& stage, uint32_t group, const ColumnMask& mask);
std::string copy_columns(const TargetTable& table);

// The same without a stage, for servers that have no temporary tables. `keys`: one list of literals a row, in key
// order, as "'1', 'a'". `rows`: the key's literals, then those of the mask's columns. `types`: by column, to read the
// literals' text by; empty: it is text already.
std::string values_erase(const TargetTable& table, const std::vector<std::string>& keys);
std::string values_update(const TargetTable& table, const std::vector<std::string>& rows, const ColumnMask& mask,
                          const std::vector<std::string>& types);

// The mask of an update's row.
ColumnMask written_columns(const TargetTable& table, const RowBatch& rows, uint32_t row);

}  // namespace godwit::postgres
