#pragma once
// The type of a column in a statement, as the catalog will write it: INTEGER is int, BOOL tinyint(1), NATIONAL
// VARCHAR(9) varchar(9). Pure and total.

#include <optional>
#include <string>

#include "engines/mysql/ddl_words.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {

struct DdlType {
  CatalogColumn facts;             // no character set or collation yet
  bool has_charset = false;        // it holds text
  std::string charset, collation;  // as the type itself names them, in lower case
  bool binary_collation = false;   // BINARY behind a text type: the character set's _bin
  bool counts_up = false;          // SERIAL: NOT NULL AUTO_INCREMENT UNIQUE too
};

// What else the sql_mode says.
struct DdlMode {
  bool real_as_float = false;
};

// Nothing: it is not understood.
std::optional<DdlType> read_type(DdlWords& words, const ServerKind& server, const DdlMode& mode);

// CHARACTER SET x, CHARSET x, COLLATE x, BINARY, ASCII and so on, one of them.
bool take_charset(DdlWords& words, DdlType& out);

}  // namespace godwit::mysql
