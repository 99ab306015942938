#include "engines/postgres/catalog_query.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

struct ForeignKey {
  uint32_t table_oid = 0, other_oid = 0;
  std::string name;
  TableRef other;
  std::vector<std::string> columns, other_columns, set_columns;
  char match = 's', on_update = 'a', on_delete = 'a';
  bool deferrable = false, deferred = false, validated = true, period = false, enforced = true;
};

// Keys that the server made for partitions (conparentid) come back with their parent.
std::string foreign_keys_sql(int server_version) {
  const std::string names = R"(
       (SELECT json_agg(a.attname ORDER BY p.i) FROM unnest(k.{}) WITH ORDINALITY AS p(number, i)
        JOIN pg_attribute a ON a.attrelid = k.{} AND a.attnum = p.number),)";
  const auto names_of = [&](std::string_view numbers, std::string_view table) {
    std::string out = names;
    out.replace(out.find("{}"), 2, numbers);
    return out.replace(out.find("{}"), 2, table);
  };
  return "SELECT k.conrelid, k.confrelid, k.conname, n.nspname, c.relname," + names_of("conkey", "conrelid") +
         names_of("confkey", "confrelid") +
         (version::has_set_columns_of_foreign_keys(server_version) ? names_of("confdelsetcols", "conrelid")
                                                                   : std::string(" NULL,")) +
         " k.confmatchtype, k.confupdtype, k.confdeltype, k.condeferrable, k.condeferred, k.convalidated," +
         (version::has_unenforced_and_period_keys(server_version) ? " k.conperiod, k.conenforced" : " false, true") +
         R"(
FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'f' )" +
         (version::has_constraint_parents(server_version) ? "AND k.conparentid = 0" : "") + R"(
ORDER BY array_position($1::oid[], k.conrelid), k.conname::text COLLATE "C")";
}

ForeignKey foreign_key_of(const Rows& rows, int row) {
  ForeignKey key;
  key.table_oid = oid_at(rows, row, 0);
  key.other_oid = oid_at(rows, row, 1);
  key.name = rows.text(row, 2);
  key.other = {rows.text(row, 3), rows.text(row, 4)};
  key.columns = strings_at(rows, row, 5);
  key.other_columns = strings_at(rows, row, 6);
  key.set_columns = strings_at(rows, row, 7);
  key.match = char_at(rows, row, 8);
  key.on_update = char_at(rows, row, 9);
  key.on_delete = char_at(rows, row, 10);
  key.deferrable = rows.boolean(row, 11);
  key.deferred = rows.boolean(row, 12);
  key.validated = rows.boolean(row, 13);
  key.period = rows.boolean(row, 14);
  key.enforced = rows.boolean(row, 15);
  return key;
}

std::string_view action_of(char code) {
  switch (code) {
    case 'r':
      return "RESTRICT";
    case 'c':
      return "CASCADE";
    case 'n':
      return "SET NULL";
    case 'd':
      return "SET DEFAULT";
    default:
      return "";
  }
}

void append_columns(Statement& statement, const Relation& relation, const std::vector<std::string>& columns,
                    bool period) {
  statement.text(" (");
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) statement.text(", ");
    if (period && i + 1 == columns.size()) statement.text("PERIOD ");
    statement.column(relation.root, columns[i]);
  }
  statement.text(")");
}

void append_actions(Statement& statement, const Relation& relation, const ForeignKey& key) {
  if (key.match == 'f') statement.text(" MATCH FULL");
  if (key.on_update != 'a') statement.text(" ON UPDATE ").text(action_of(key.on_update));
  if (key.on_delete != 'a') statement.text(" ON DELETE ").text(action_of(key.on_delete));
  if (!key.set_columns.empty()) append_columns(statement, relation, key.set_columns, false);
  if (key.deferrable) statement.text(" DEFERRABLE");
  if (key.deferred) statement.text(" INITIALLY DEFERRED");
  if (!key.enforced) statement.text(" NOT ENFORCED");
}

std::vector<SqlPiece> creation(const Relation& relation, const Relation& other, const ForeignKey& key,
                               bool not_valid) {
  Statement statement;
  append_relation(statement.text("ALTER TABLE "), relation);
  statement.text(" ADD CONSTRAINT ").name(key.name).text(" FOREIGN KEY");
  append_columns(statement, relation, key.columns, key.period);
  append_relation(statement.text(" REFERENCES "), other);
  append_columns(statement, other, key.other_columns, key.period);
  append_actions(statement, relation, key);
  if (not_valid) statement.text(" NOT VALID");
  return statement.take();
}

ForeignKeyMeaning::Action meaning_of_action(char code) {
  switch (code) {
    case 'r':
      return ForeignKeyMeaning::Action::restrict;
    case 'c':
      return ForeignKeyMeaning::Action::cascade;
    case 'n':
      return ForeignKeyMeaning::Action::set_null;
    case 'd':
      return ForeignKeyMeaning::Action::set_default;
    default:
      return ForeignKeyMeaning::Action::none;
  }
}

ForeignKeyMeaning meaning_of_key(const ForeignKey& key) {
  ForeignKeyMeaning out{
      key.columns,    key.other_columns, meaning_of_action(key.on_update), meaning_of_action(key.on_delete),
      key.deferrable, key.deferred};
  if (key.match == 'f' && key.columns.size() > 1) out.special = "MATCH FULL";
  if (!key.set_columns.empty()) out.special = "SET NULL of some columns";
  if (key.period) out.special = "keys of periods";
  if (!key.enforced) out.special = "keys that are not enforced";
  return out;
}

ObjectDef foreign_key_object(const Relation& relation, const Relation& other, const ForeignKey& key) {
  ObjectDef object = object_of(ObjectPhase::foreign_keys, "foreign key", key.name, relation.root);
  object.other = other.root;
  // Servers before 18 refuse NOT VALID on a partitioned table.
  const bool in_two_steps = !relation.is_partitioned() && key.enforced;
  object.create = creation(relation, other, key, in_two_steps);
  if (!relation.is_partition() && !other.is_partition()) object.meaning = meaning_of(meaning_of_key(key));
  if (!in_two_steps || !key.validated) return object;
  Statement validate;
  append_relation(validate.text("ALTER TABLE "), relation);
  object.then = validate.text(" VALIDATE CONSTRAINT ").name(key.name).take();
  return object;
}

}  // namespace

Result<void> read_foreign_keys(Connection& connection, const ObjectScope& scope, Objects& out) {
  const Rows rows = TRY(connection.query(foreign_keys_sql(connection.server_version()), {scope.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    const ForeignKey key = foreign_key_of(rows, row);
    const Relation& relation = *scope.find(key.table_oid);
    if (const Relation* other = scope.find(key.other_oid)) {
      out.push_back(foreign_key_object(relation, *other, key));
      continue;
    }
    ObjectDef object =
        object_of(ObjectPhase::foreign_keys, "foreign key to a table outside the task", key.name, relation.root);
    object.other = key.other;
    out.push_back(std::move(object));
  }
  return {};
}

}  // namespace godwit::postgres
