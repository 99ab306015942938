#include "engines/postgres/type_objects.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

// oid, typtype, printed name; then by type: labels; base, collation, default, not null; attributes; range parts.
constexpr std::string_view types_sql = R"(
SELECT t.oid, t.typtype, quote_ident(n.nspname) || '.' || quote_ident(t.typname),
       (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e
        WHERE e.enumtypid = t.oid),
       format_type(t.typbasetype, t.typtypmod),
       (SELECT quote_ident(m.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l
        JOIN pg_namespace m ON m.oid = l.collnamespace JOIN pg_type b ON b.oid = t.typbasetype
        WHERE l.oid = t.typcollation AND t.typcollation <> b.typcollation),
       coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)), t.typnotnull,
       (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) ||
                 coalesce(' COLLATE ' || (SELECT quote_ident(m.nspname) || '.' || quote_ident(l.collname)
                   FROM pg_collation l JOIN pg_namespace m ON m.oid = l.collnamespace
                   JOIN pg_type b ON b.oid = a.atttypid
                   WHERE l.oid = a.attcollation AND a.attcollation <> b.typcollation), ''), ', ' ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT concat('SUBTYPE = ', format_type(r.rngsubtype, NULL),
                 ', SUBTYPE_OPCLASS = ' || (SELECT quote_ident(m.nspname) || '.' || quote_ident(o.opcname)
                    FROM pg_opclass o JOIN pg_namespace m ON m.oid = o.opcnamespace WHERE o.oid = r.rngsubopc),
                 ', COLLATION = ' || (SELECT quote_ident(m.nspname) || '.' || quote_ident(l.collname)
                    FROM pg_collation l JOIN pg_namespace m ON m.oid = l.collnamespace
                    WHERE l.oid = r.rngcollation AND l.collname <> 'default'),
                 ', CANONICAL = ' || nullif(r.rngcanonical::oid, 0)::regproc::text,
                 ', SUBTYPE_DIFF = ' || nullif(r.rngsubdiff::oid, 0)::regproc::text,
                 {})
        FROM pg_range r WHERE r.rngtypid = t.oid),
       coalesce((SELECT c.relkind <> 'c' FROM pg_class c WHERE c.oid = t.typrelid), false), t.typcategory
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ANY ($1::oid[]))";

constexpr std::string_view multirange_name = R"(
                 ', MULTIRANGE_TYPE_NAME = ' || (SELECT quote_ident(m.nspname) || '.' || quote_ident(x.typname)
                    FROM pg_type x JOIN pg_namespace m ON m.oid = x.typnamespace WHERE x.oid = r.rngmultitypid))";

constexpr const char* domain_checks_sql = R"(
SELECT contypid, quote_ident(conname), pg_get_constraintdef(oid), convalidated
FROM pg_constraint WHERE contypid = ANY ($1::oid[]) AND contype = 'c' ORDER BY contypid, conname::text COLLATE "C")";

constexpr std::string_view functions_sql = R"(
SELECT p.oid, p.oid::regprocedure::text,
       CASE WHEN {0} <> 'a' THEN pg_get_functiondef(p.oid) END, {0} = 'a'
FROM pg_proc p WHERE p.oid = ANY ($1::oid[]))";

constexpr const char* extensions_of_types_sql = R"(
SELECT e.oid, e.extname, 'CREATE EXTENSION ' || quote_ident(e.extname) || ' WITH SCHEMA ' || quote_ident(n.nspname)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.oid = ANY ($1::oid[]) AND e.extname <> 'plpgsql')";

std::string domain_statement(const Rows& rows, int row) {
  std::string sql = fmt::format("CREATE DOMAIN {} AS {}", rows.get(row, 2), rows.get(row, 4));
  if (!rows.is_null(row, 5)) sql += fmt::format(" COLLATE {}", rows.get(row, 5));
  if (!rows.is_null(row, 6)) sql += fmt::format(" DEFAULT {}", rows.get(row, 6));
  if (rows.boolean(row, 7)) sql += " NOT NULL";
  return sql;
}

Definition type_definition(const Rows& rows, int row) {
  const std::string_view name = rows.get(row, 2);
  Definition out{"", std::string(name), {}};
  switch (char_at(rows, row, 1)) {
    case 'e':
      out.kind = "enum type";
      out.statements = {fmt::format("CREATE TYPE {} AS ENUM ({})", name, rows.get(row, 3))};
      break;
    case 'd':
      out.kind = "domain";
      out.statements = {domain_statement(rows, row)};
      break;
    case 'c':
      out.kind = "composite type";
      out.statements = {fmt::format("CREATE TYPE {} AS ({})", name, rows.get(row, 8))};
      break;
    case 'r':
      out.kind = "range type";
      out.statements = {fmt::format("CREATE TYPE {} AS RANGE ({})", name, rows.get(row, 9))};
      break;
    default:
      out.kind = "base type";
      break;
  }
  return out;
}

// Checks come after the domain, so that those not validated keep that mark.
Result<void> add_domain_checks(Connection& connection, const std::string& oids, Definitions& out) {
  const Rows rows = TRY(connection.query(domain_checks_sql, {oids}));
  for (int row = 0; row < rows.size(); ++row) {
    Definition& domain = out[oid_at(rows, row, 0)];
    domain.statements.push_back(
        fmt::format("ALTER DOMAIN {} ADD CONSTRAINT {} {}", domain.name, rows.get(row, 1), rows.get(row, 2)));
  }
  return {};
}

std::string collations_sql(int server_version) {
  const std::string_view locale = version::has_common_locale_column(server_version) ? "l.colllocale"
                                  : version::has_icu_locale_column(server_version)
                                      ? "l.colliculocale"
                                      : "CASE WHEN l.collprovider = 'i' THEN l.collcollate END";
  return fmt::format(R"(
SELECT l.oid, quote_ident(n.nspname) || '.' || quote_ident(l.collname), l.collprovider, l.collcollate, l.collctype,
       {}, {}, {}
FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = ANY ($1::oid[]))",
                     version::has_nondeterministic_collations(server_version) ? "l.collisdeterministic" : "true",
                     locale, version::has_collation_rules(server_version) ? "l.collicurules" : "NULL::text");
}

std::string collation_statement(const Rows& rows, int row) {
  const char provider = char_at(rows, row, 2);
  std::vector<std::string> options;
  options.emplace_back(provider == 'i'   ? "provider = icu"
                       : provider == 'b' ? "provider = builtin"
                                         : "provider = libc");
  const auto add = [&](std::string_view option, std::string_view value) {
    options.push_back(fmt::format("{} = {}", option, quote_literal(value)));
  };
  if (provider == 'c') {
    add("lc_collate", rows.get(row, 3));
    add("lc_ctype", rows.get(row, 4));
  } else {
    add("locale", rows.get(row, 6));
  }
  if (!rows.boolean(row, 5)) options.emplace_back("deterministic = false");
  if (!rows.is_null(row, 7)) add("rules", rows.get(row, 7));
  return fmt::format("CREATE COLLATION {} ({})", rows.get(row, 1), join(options, ", "));
}

}  // namespace

Result<Definitions> read_type_definitions(Connection& connection, const std::string& oids) {
  const Rows rows = TRY(connection.query(
      fmt::format(types_sql, version::has_multiranges(connection.server_version()) ? multirange_name : "NULL"),
      {oids}));
  Definitions out;
  for (int row = 0; row < rows.size(); ++row) {
    const char kind = char_at(rows, row, 1);
    const bool comes_with_another =
        kind == 'm' || rows.boolean(row, 10) || (kind == 'b' && char_at(rows, row, 11) == 'A');
    if (!comes_with_another) out.emplace(oid_at(rows, row, 0), type_definition(rows, row));
  }
  TRY(add_domain_checks(connection, oids, out));
  return out;
}

Result<Definitions> read_collation_definitions(Connection& connection, const std::string& oids) {
  const Rows rows = TRY(connection.query(collations_sql(connection.server_version()), {oids}));
  Definitions out;
  for (int row = 0; row < rows.size(); ++row)
    out.emplace(oid_at(rows, row, 0), Definition{"collation", rows.text(row, 1), {collation_statement(rows, row)}});
  return out;
}

Result<Definitions> read_function_definitions(Connection& connection, const std::string& oids) {
  const Rows rows =
      TRY(connection.query(fmt::format(functions_sql, version::prokind(connection.server_version())), {oids}));
  Definitions out;
  for (int row = 0; row < rows.size(); ++row) {
    Definition function{rows.boolean(row, 3) ? "aggregate" : "function", rows.text(row, 1), {}};
    if (!rows.is_null(row, 2)) function.statements = {rows.text(row, 2)};
    out.emplace(oid_at(rows, row, 0), std::move(function));
  }
  return out;
}

Result<Definitions> read_extension_definitions(Connection& connection, const std::string& oids) {
  const Rows rows = TRY(connection.query(extensions_of_types_sql, {oids}));
  Definitions out;
  for (int row = 0; row < rows.size(); ++row)
    out.emplace(oid_at(rows, row, 0), Definition{"extension", rows.text(row, 1), {rows.text(row, 2)}});
  return out;
}

}  // namespace godwit::postgres
