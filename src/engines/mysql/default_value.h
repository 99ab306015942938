#pragma once
// COLUMN_DEFAULT of information_schema, which each branch of the family writes in its own way. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "data/type.h"
#include "engine/object_meaning.h"

namespace godwit::mysql {

struct DefaultFacts {
  std::optional<std::string> text;  // COLUMN_DEFAULT
  std::string extra;                // EXTRA
};

struct ColumnDefault {
  DefaultMeaning meaning;
  std::string sql;  // what stands behind DEFAULT; empty: nothing
};

// `quotes`: the server writes texts as literals and everything else as expressions (MariaDB from 10.2.7 on).
ColumnDefault column_default(const DefaultFacts& facts, const Type& type, bool quotes);

}  // namespace godwit::mysql
