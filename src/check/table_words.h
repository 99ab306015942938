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
bool in_unique_index(const TableSurvey& table, std::string_view column);
// Unique indexes and constraints beside the first key.
std::vector<const SurveyedIndex*> further_unique(const TableSurvey& table);
std::vector<const SurveyedIndex*> secondary_indexes(const TableSurvey& table);

// The rules leave the source's column in.
bool is_moved(const CheckedTable& table, const ColumnDef& column);
// What the source's column is called on the target; empty: it does not move.
std::string target_name(const CheckedTable& table, std::string_view source_column);
std::vector<std::string> key_columns(const TableDef& table);
// Whether a rule cuts LOBs of the table, and where.
std::optional<uint64_t> lob_limit(const TaskFacts& facts, const CheckedTable& table);
std::vector<const ColumnDef*> lob_columns(const CheckedTable& table);

// Indexes, foreign keys and checks of the source that `there` has no like of, for people: "index a", "2 foreign
// keys".
std::vector<std::string> lacking_objects(const CheckedTable& table, const TableSurvey& there);

}  // namespace godwit
