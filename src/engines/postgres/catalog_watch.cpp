#include "engines/postgres/catalog_watch.h"

#include <set>

#include "engines/postgres/catalog_query.h"

namespace godwit::postgres {
namespace {

// Name, columns with their whole types, replica identity: what another value of means another stream.
constexpr const char* watch_sql = R"(
SELECT CASE WHEN c.oid IS NOT NULL AND (n.nspname, c.relname) <> (w.s::name, w.t::name)
            THEN format('it is now named %s.%s', n.nspname, c.relname)
            WHEN c.oid IS NULL AND o.oid IS NOT NULL THEN 'it was dropped and made anew' ELSE '' END,
       coalesce(c.relreplident::text || (
         SELECT string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ',' ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
         || coalesce((SELECT string_agg(i.indkey::text, ',' ORDER BY i.indexrelid) FROM pg_index i
                      WHERE i.indrelid = c.oid AND (i.indisreplident OR i.indisprimary)), ''), '')
FROM unnest($1::oid[], $2::text[], $3::text[]) WITH ORDINALITY w(oid, s, t, line)
LEFT JOIN pg_class c ON c.oid = w.oid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (pg_class o JOIN pg_namespace m ON m.oid = o.relnamespace) ON m.nspname = w.s AND o.relname = w.t
ORDER BY w.line)";

}  // namespace

Result<std::unordered_map<uint32_t, std::string>> read_type_names(Connection& session,
                                                                  std::span<const CapturedTable> tables) {
  std::set<std::string> oids;
  for (const CapturedTable& table : tables)
    for (const ColumnDef& column : table.full->columns) oids.insert(std::to_string(column.type.log_id));
  const std::vector<std::string> list(oids.begin(), oids.end());
  const Rows rows = TRY(session.query(
      "SELECT t.oid, pg_catalog.format_type(t.oid, NULL) FROM pg_catalog.pg_type t WHERE t.oid = ANY ($1::oid[])",
      {array_text(list)}));
  std::unordered_map<uint32_t, std::string> out;
  for (int i = 0; i < rows.size(); ++i) out[static_cast<uint32_t>(rows.integer(i, 0))] = rows.text(i, 1);
  return out;
}

Result<std::optional<RelationNow>> read_relation(Connection& session, uint32_t oid) {
  const Rows rows = TRY(
      session.query("SELECT attname, atttypid, atttypmod FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND "
                    "attnum > 0 AND NOT attisdropped ORDER BY attnum",
                    {std::to_string(oid)}));
  if (rows.empty()) return std::optional<RelationNow>();
  RelationNow out;
  for (int i = 0; i < rows.size(); ++i)
    out.columns.push_back(
        {rows.text(i, 0), static_cast<uint32_t>(rows.integer(i, 1)), static_cast<int32_t>(rows.integer(i, 2))});
  return std::optional(std::move(out));
}

Result<uint32_t> find_relation(Connection& session, const TableRef& name) {
  const Rows rows =
      TRY(session.query("SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
                        "c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
                        {name.schema, name.name}));
  return rows.empty() ? 0U : static_cast<uint32_t>(rows.integer(0, 0));
}

Result<std::map<uint32_t, TableRef>> names_now(Connection& session, std::span<const uint32_t> oids) {
  const Rows rows = TRY(session.query(
      "SELECT c.oid, n.nspname, c.relname FROM unnest($1::oid[]) AS w(oid) JOIN pg_catalog.pg_class c ON "
      "c.oid = w.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
      {oid_array(oids)}));
  std::map<uint32_t, TableRef> out;
  for (int i = 0; i < rows.size(); ++i) out[oid_at(rows, i, 0)] = {rows.text(i, 1), rows.text(i, 2)};
  return out;
}

CatalogWatch::CatalogWatch(std::span<const CapturedTable> tables) : told_(tables.size(), false) {
  const auto add = [this](uint32_t table, uint32_t oid, const TableRef& name) {
    tables_.push_back(table);
    oids_.push_back(std::to_string(oid));
    schemas_.push_back(name.schema);
    names_.push_back(name.name);
  };
  for (uint32_t t = 0; t < tables.size(); ++t) {
    add(t, tables[t].full->log_id, tables[t].full->ref);
    for (const LeafDef& leaf : tables[t].full->leaves) add(t, leaf.log_id, leaf.ref);
  }
}

Result<std::vector<CatalogWatch::Moved>> CatalogWatch::look(Connection& session) {
  const Rows rows = TRY(session.query(watch_sql, {array_text(oids_), array_text(schemas_), array_text(names_)}));
  std::vector<Moved> out;
  const bool first = seen_.empty();
  for (size_t line = 0; line < tables_.size() && line < static_cast<size_t>(rows.size()); ++line) {
    const auto row = static_cast<int>(line);
    std::string what = rows.text(row, 0);
    if (first) seen_.push_back(rows.text(row, 1));
    // A table that is gone altogether has no more changes.
    if (what.empty() && !rows.get(row, 1).empty() && rows.get(row, 1) != seen_[line])
      what = "its columns or its replica identity changed";
    if (what.empty() || told_[tables_[line]]) continue;
    told_[tables_[line]] = true;
    out.push_back({tables_[line], std::move(what)});
  }
  return out;
}

}  // namespace godwit::postgres
