#pragma once
// A column's definition in a statement.

#include "engines/mysql/ddl_statement.h"

namespace godwit::mysql {

// Its type and attributes; `out` has its name already. False: it is not understood.
bool read_column(DdlWords& words, const DdlDialect& how, DdlColumn& out);
// What stands behind DEFAULT.
bool read_default(DdlWords& words, DdlDefault& out);

// What stands behind REFERENCES.
bool read_reference(DdlWords& words, DdlForeignKey& out);
// Names between parentheses.
bool read_names(DdlWords& words, std::vector<std::string>& out);

}  // namespace godwit::mysql
