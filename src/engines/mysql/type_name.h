#pragma once
// The types that columns get on a server of this family (spec/types.md, engine-mysql.md §11). Pure: Target::types_for
// hands on what it is given.

#include <string>
#include <vector>

#include "base/result.h"
#include "data/table_def.h"
#include "engines/mysql/collation_name.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {

// For each column of `table` (its layout: target names, types still the source's or a rule's, its key) the type it
// gets here: `native` as it stands in CREATE TABLE, and the form of the values that the target is then handed; types
// of this family stay what they are, as far as the server has them. By default nothing is lost: what has no type here
// that holds every value is text, arrays, ranges and composites JSON in a longtext. Key columns without a length get
// as many characters as an index takes; longer values are refused row by row. So that a row fits into 65,535 bytes
// the longest varchars and varbinaries outside the key become text and blob. An error of kind table, with what to do,
// where a table cannot be.
Result<std::vector<Type>> types_for(const TableDef& table, TypeMapping mapping, const ServerKind& server);

}  // namespace godwit::mysql
