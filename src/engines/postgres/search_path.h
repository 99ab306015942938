#pragma once
// Where operators of extensions' types (citext's =) are found.

#include <string_view>

namespace godwit::postgres {

// Puts the schemas of all extensions into the search path, to the end of the transaction.
inline constexpr std::string_view use_extension_schemas =
    "SELECT pg_catalog.set_config('search_path', coalesce((SELECT pg_catalog.string_agg(DISTINCT "
    "pg_catalog.quote_ident(n.nspname), ', ') FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid "
    "= "
    "e.extnamespace WHERE n.nspname <> 'pg_catalog'), ''), true)";

}  // namespace godwit::postgres
