#pragma once
// A structure change as text (SchemaEvent::document), and back. Reading is total: any text gives a change or an
// error.

#include <string>
#include <string_view>

#include "base/result.h"
#include "data/schema_change.h"

namespace godwit::mysql {

std::string schema_document(const SchemaChange& change);
Result<SchemaChange> parse_schema_document(std::string_view text);

}  // namespace godwit::mysql
