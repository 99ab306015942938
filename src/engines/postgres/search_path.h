#pragma once
// Where operators of extensions' types (citext's =) are found.

#include <fmt/format.h>

#include <string>

namespace godwit::postgres {

// Puts the schemas of all extensions into the search path, to the end of the transaction or of the session.
inline std::string use_extension_schemas(bool to_the_end_of_the_transaction) {
  return fmt::format(
      "SELECT pg_catalog.set_config('search_path', coalesce((SELECT pg_catalog.string_agg(DISTINCT "
      "pg_catalog.quote_ident(n.nspname), ', ') FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON "
      "n.oid "
      "= e.extnamespace WHERE n.nspname <> 'pg_catalog'), ''), {})",
      to_the_end_of_the_transaction);
}

}  // namespace godwit::postgres
