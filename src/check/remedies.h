#pragma once
// Statements that mend what an assessment finds, in the dialect of the end they are for.

#include <string>
#include <string_view>
#include <vector>

#include "check/assessment.h"

namespace godwit::remedies {

std::string quoted(Family family, std::string_view name);
std::string quoted(Family family, const TableRef& table);
std::string column_list(Family family, const std::vector<std::string>& columns);

// A column of its own where none of the others tell rows apart.
std::string add_row_number_key(Family family, const TableRef& table);
std::string add_primary_key(Family family, const TableRef& table, const std::vector<std::string>& columns);
std::string drop_foreign_key(Family family, const TableRef& table, std::string_view name);
std::string drop_unique(Family family, const TableRef& table, std::string_view name, bool constraint);
std::string make_column_count(Family family, const TableRef& table, std::string_view column);
std::string set_global(Family family, std::string_view parameter, std::string_view value);

}  // namespace godwit::remedies
