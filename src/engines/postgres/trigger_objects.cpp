#include "engines/postgres/catalog_query.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

using Kind = SqlPiece::Kind;

// The definition is cut where its table stands; what comes before it holds the columns of UPDATE OF, what comes after
// it WHEN. Triggers that the server made for partitions (tgparentid) come back with their parent.
std::string triggers_sql(int server_version) {
  return std::string(R"(
SELECT t.tgrelid, t.tgname, pg_get_triggerdef(t.oid),
       format('CREATE %sTRIGGER %I ', CASE WHEN t.tgconstraint <> 0 THEN 'CONSTRAINT ' END, t.tgname),
       format(' ON %I.%I ', n.nspname, c.relname), t.tgconstrrelid,
       CASE WHEN t.tgconstrrelid <> 0 THEN 'FROM ' || t.tgconstrrelid::regclass::text || ' ' END, t.tgenabled,
       (SELECT json_agg(DISTINCT a.attname) FROM pg_attribute a
        WHERE a.attrelid = t.tgrelid AND a.attnum > 0 AND (a.attnum = ANY (t.tgattr::int2[]) OR EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.tgrelid AND d.refobjsubid = a.attnum)))
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal )") +
         (version::has_trigger_parents(server_version) ? "AND t.tgparentid = 0" : "") + R"(
ORDER BY array_position($1::oid[], t.tgrelid), t.tgname::text COLLATE "C")";
}

constexpr const char* left_out_sql = R"(
SELECT 'rule', r.rulename, r.ev_class FROM pg_rewrite r WHERE r.ev_class = ANY ($1::oid[])
UNION ALL
SELECT 'row security policy', p.polname, p.polrelid FROM pg_policy p WHERE p.polrelid = ANY ($1::oid[])
ORDER BY 3, 1, 2)";

std::vector<SqlPiece> alter_trigger(const Relation& relation, std::string_view action, std::string_view trigger) {
  Statement statement;
  append_relation(statement.text("ALTER TABLE "), relation);
  return statement.text(action).name(trigger).take();
}

std::vector<SqlPiece> enabling(const Relation& relation, char enabled, std::string_view trigger) {
  switch (enabled) {
    case 'O':
      return alter_trigger(relation, " ENABLE TRIGGER ", trigger);
    case 'R':
      return alter_trigger(relation, " ENABLE REPLICA TRIGGER ", trigger);
    case 'A':
      return alter_trigger(relation, " ENABLE ALWAYS TRIGGER ", trigger);
    default:
      return {};
  }
}

void append_tail(Statement& statement, std::string_view tail, const Rows& rows, int row, const ObjectScope& scope) {
  const std::string_view from = rows.get(row, 6);
  const Relation* other = scope.find(oid_at(rows, row, 5));
  if (other != nullptr && tail.substr(0, from.size()) == from) {
    append_relation(statement.text("FROM "), *other);
    statement.text(" ");
    tail.remove_prefix(from.size());
  }
  statement.clause(Kind::fixed, tail, scope.find(oid_at(rows, row, 0))->root, strings_at(rows, row, 8));
}

ObjectDef trigger_object(const Rows& rows, int row, const ObjectScope& scope) {
  const Relation& relation = *scope.find(oid_at(rows, row, 0));
  ObjectDef object = object_of(ObjectPhase::triggers, "trigger", rows.get(row, 1), relation.root);
  const std::string_view definition = rows.get(row, 2), head = rows.get(row, 3), on = rows.get(row, 4);
  const size_t at = definition.find(on, head.size());
  if (at == std::string_view::npos) return object;  // reported as left to the user
  Statement statement;
  statement.text(head);
  statement.clause(Kind::fixed, definition.substr(head.size(), at - head.size()), relation.root,
                   strings_at(rows, row, 8));
  append_relation(statement.text(" ON "), relation);
  statement.text(" ");
  append_tail(statement, definition.substr(at + on.size()), rows, row, scope);
  // In the same transaction: a trigger must never be seen enabled before the stop.
  append_relation(statement.text("; ALTER TABLE "), relation);
  object.create = statement.text(" DISABLE TRIGGER ").name(object.name).take();
  object.at_stop = enabling(relation, char_at(rows, row, 7), object.name);
  return object;
}

}  // namespace

Result<void> read_triggers(Connection& connection, const ObjectScope& scope, Objects& out) {
  const Rows rows = TRY(connection.query(triggers_sql(connection.server_version()), {scope.oids}));
  for (int row = 0; row < rows.size(); ++row) out.push_back(trigger_object(rows, row, scope));
  const Rows others = TRY(connection.query(left_out_sql, {scope.oids}));
  for (int row = 0; row < others.size(); ++row) {
    const Relation& relation = *scope.find(oid_at(others, row, 2));
    out.push_back(object_of(ObjectPhase::triggers, others.get(row, 0), others.get(row, 1), relation.root));
  }
  return {};
}

}  // namespace godwit::postgres
