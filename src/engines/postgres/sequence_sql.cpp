#include "engines/postgres/sequence_sql.h"

#include "engines/postgres/catalog_query.h"

namespace godwit::postgres {
namespace {

constexpr const char* options_expression = R"(
  format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s',
         s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
         CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END))";

// The sequences a column owns; deptype i: an identity's, a: a serial's.
std::string owned_sql(std::string_view dependency) {
  return std::string("SELECT d.refobjid, a.attname, c.relname, ") + options_expression + R"(
FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_sequence s ON s.seqrelid = c.oid
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1::oid[])
  AND d.deptype = ')" +
         std::string(dependency) + "' ORDER BY d.refobjid, d.refobjsubid, c.relname::text COLLATE \"C\"";
}

const std::string facts_sql = std::string(
                                  "SELECT c.oid, d.refobjid, n.nspname, c.relname, c.oid::regclass::text, "
                                  "'AS ' || format_type(s.seqtypid, NULL) || ' ' || ") +
                              options_expression + R"(, c.relpersistence = 'u'
FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = d.classid
  AND d.refobjsubid > 0 AND d.deptype = 'a'
WHERE c.oid = ANY ($1::oid[]))";

constexpr const char* free_sql = R"(
SELECT c.oid, s.first, n.nspname, c.relname, pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
FROM (SELECT t.relnamespace AS schema, (array_agg(t.oid ORDER BY w.position))[1] AS first
      FROM unnest($1::oid[]) WITH ORDINALITY AS w(oid, position) JOIN pg_class t ON t.oid = w.oid
      GROUP BY t.relnamespace) s
JOIN pg_namespace n ON n.oid = s.schema
JOIN pg_class c ON c.relnamespace = s.schema AND c.relkind = 'S' AND c.relpersistence <> 't'
WHERE c.relname !~ '^(awsdms|godwit)_' AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND (d.deptype = 'e' OR (d.deptype IN ('a', 'i') AND d.refclassid = d.classid AND d.refobjsubid > 0)))
ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C")";

}  // namespace

Result<std::vector<FreeSequence>> read_free_sequences(Connection& connection, const std::string& oids) {
  const Rows rows = TRY(connection.query(free_sql, {oids}));
  std::vector<FreeSequence> out;
  for (int row = 0; row < rows.size(); ++row)
    out.push_back(
        {oid_at(rows, row, 0), oid_at(rows, row, 1), rows.text(row, 2), rows.text(row, 3), rows.boolean(row, 4)});
  return out;
}

Result<std::vector<IdentitySequence>> read_identity_sequences(Connection& connection, const std::string& oids) {
  const Rows rows = TRY(connection.query(owned_sql("i"), {oids}));
  std::vector<IdentitySequence> out;
  for (int row = 0; row < rows.size(); ++row)
    out.push_back({oid_at(rows, row, 0), rows.text(row, 1), rows.text(row, 2), rows.text(row, 3)});
  return out;
}

Result<std::vector<OwnedSequence>> read_owned_sequences(Connection& connection, const std::string& oids) {
  const Rows rows = TRY(connection.query(owned_sql("a"), {oids}));
  std::vector<OwnedSequence> out;
  for (int row = 0; row < rows.size(); ++row)
    out.push_back({oid_at(rows, row, 0), rows.text(row, 1), rows.text(row, 2)});
  return out;
}

Result<std::vector<SequenceFacts>> read_sequence_facts(Connection& connection, const std::string& oids) {
  const Rows rows = TRY(connection.query(facts_sql, {oids}));
  std::vector<SequenceFacts> out;
  for (int row = 0; row < rows.size(); ++row)
    out.push_back({oid_at(rows, row, 0), oid_at(rows, row, 1), rows.text(row, 2), rows.text(row, 3),
                   rows.text(row, 4), rows.text(row, 5), rows.boolean(row, 6)});
  return out;
}

}  // namespace godwit::postgres
