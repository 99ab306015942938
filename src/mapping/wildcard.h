#pragma once
// The one matcher of rule patterns (spec/table-mappings.md §2); patterns never reach a server's SQL, so they mean the
// same for every engine. `%` any run of characters, `_` one character, `[abc]` and `[a-d]` one of the named
// characters, so that
// `[_]` and `[%]` are literal. A '[' without its ']' and the empty class `[]` are literal; there is no escape
// character and no negation. Characters are those of UTF-8; case matters.

#include <string_view>

namespace godwit {

// Takes time of the order of pattern × name at most, also where many `%` compete.
bool matches_wildcard(std::string_view pattern, std::string_view name);

// True when the pattern is `name` itself, read literally or with its one-character classes undone: "pg_catalog" and
// "pg[_]catalog" both name pg_catalog exactly, "pg%catalog" does not.
bool names_exactly(std::string_view pattern, std::string_view name);

// True for `%` and classes: what rules that want one literal name refuse. `_` counts as a letter of the name there.
bool has_wildcard(std::string_view text);

}  // namespace godwit
