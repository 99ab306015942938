#pragma once
// Questions that several assessments ask about one table.

#include <string>
#include <string_view>
#include <vector>

#include "check/facts.h"

namespace godwit {

// A primary key, or a unique index over whole columns that are never NULL.
bool has_key(const TableSurvey& table);
bool has_primary_key(const TableSurvey& table);
// What a table without a key has instead, behind "has": "no primary key and no unique constraint".
std::string lacking_key(const TableSurvey& table);
bool in_unique_index(const TableSurvey& table, std::string_view column);
// Unique indexes and constraints beside the first key.
std::vector<const SurveyedIndex*> further_unique(const TableSurvey& table);
std::vector<const SurveyedIndex*> secondary_indexes(const TableSurvey& table);

// The rules leave the source's column in.
bool is_moved(const CheckedTable& table, const ColumnDef& column);
// What the source's column is called on the target; empty: it does not move.
std::string target_name(const CheckedTable& table, std::string_view source_column);
// The same of a column that the source computes and a target of another family may compute too.
std::string computed_name(const CheckedTable& table, std::string_view source_column);
// A LOB of this column that is cut anywhere is still a value of the target's type: plain text, bytes.
bool cut_is_value(const CheckedTable& table, std::string_view source_column);
std::vector<std::string> key_columns(const TableDef& table);
// The table has lob-settings of its own, which win over the task's.
bool has_lob_rule(const TaskFacts& facts, const CheckedTable& table);
// Whether a rule or the settings cut LOBs of the table, and where.
std::optional<uint64_t> lob_limit(const TaskFacts& facts, const CheckedTable& table);
std::vector<const ColumnDef*> lob_columns(const CheckedTable& table);

// Indexes, foreign keys and checks of the source that `there` has no like of, for people: "index a", "2 foreign
// keys".
std::vector<std::string> lacking_objects(const CheckedTable& table, const TableSurvey& there);

}  // namespace godwit
