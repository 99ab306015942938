#pragma once
// Type::native of this family, taken apart again: what a table of the record has, whatever its catalog says by now.

#include <string>
#include <string_view>

#include "data/type.h"
#include "engines/mysql/column_facts.h"

namespace godwit::mysql {

struct NativeType {
  std::string column_type;         // as information_schema.columns has it
  std::string charset, collation;  // empty: none
};
NativeType read_native(const Type& type);

// All but what a row has that leaves the column out.
ColumnFacts native_facts(std::string_view name, const Type& type);

}  // namespace godwit::mysql
