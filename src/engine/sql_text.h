#pragma once
// Reads the SQL that catalogs give for defaults and checks, as far as it means the same on every engine. Pure; any
// text is either understood wholly or not at all.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "data/type.h"
#include "engine/object_meaning.h"

namespace godwit {

// PostgreSQL's text of a default (pg_get_expr) for a column of this type: a literal as canonical text, the current
// time or date, or an expression. nextval(…) is an expression too: whether a column counts up is not its default's
// to say.
DefaultMeaning read_default(std::string_view sql, const Type& type);

// How a check's condition is written for a target.
struct CheckWriter {
  struct Column {
    std::string sql;                    // its quoted name on the target
    ValueForm form = ValueForm::other;  // there
    bool exact_text = true;             // texts that differ are different on the source too
  };
  std::function<std::optional<Column>(std::string_view source_name)> column;  // nothing: it does not move
  std::function<std::string(std::string_view text)> literal;                  // a quoted string
};

// Comparisons of columns with literals and with columns of the same form, IN, BETWEEN, IS NULL, the number of
// characters, and AND, OR and NOT of these, in PostgreSQL's or MySQL's words (`dialect`); casts are passed over.
// Nothing for any other condition.
std::optional<std::string> write_check(std::string_view condition, std::string_view dialect,
                                       const CheckWriter& writer);

}  // namespace godwit
