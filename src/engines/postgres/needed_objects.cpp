#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/dependency_walk.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/sequence_sql.h"
#include "engines/postgres/type_objects.h"

namespace godwit::postgres {
namespace {

// Objects of the user's own that no reader here can make: operator classes, text search configurations and the like.
constexpr const char* others_sql = R"(
SELECT i.type, i.identity
FROM unnest($1::oid[], $2::oid[]) AS w(class, oid) CROSS JOIN LATERAL pg_identify_object(w.class, w.oid, 0) i
WHERE w.class::regclass IN ('pg_opclass', 'pg_opfamily', 'pg_operator', 'pg_ts_config', 'pg_ts_dict', 'pg_ts_parser',
                            'pg_ts_template', 'pg_cast', 'pg_conversion', 'pg_am', 'pg_language', 'pg_transform')
  AND w.oid >= 16384
ORDER BY 1, 2)";

std::string oids_of(const std::vector<Dependency>& dependencies, uint32_t class_oid) {
  std::vector<uint32_t> oids;
  for (const Dependency& dependency : dependencies)
    if (dependency.class_oid == class_oid && !dependency.by_extension) oids.push_back(dependency.oid);
  return oid_array(oids);
}

ObjectDef object_of_definition(const Definition& definition) {
  ObjectDef object = object_of(ObjectPhase::before_tables, definition.kind, definition.name, {});
  if (!definition.statements.empty()) object.create = Statement().text(join(definition.statements, ";\n")).take();
  // Values and defaults hold what these mean; a domain's checks and a function are more than that.
  const bool in_types = definition.kind != "domain" && definition.kind.ends_with(" type");
  if (in_types || definition.kind == "collation" || definition.kind == "extension")
    object.meaning = meaning_of(ImplicitMeaning{});
  return object;
}

ObjectDef sequence_object(const SequenceFacts& sequence, const ObjectScope& scope) {
  const Relation* owner = scope.find(sequence.owner_oid);
  ObjectDef object =
      object_of(ObjectPhase::before_tables, "sequence", owner == nullptr ? sequence.printed_name : sequence.name,
                owner == nullptr ? TableRef{} : owner->root);
  Statement statement;
  statement.text(sequence.unlogged ? "CREATE UNLOGGED SEQUENCE " : "CREATE SEQUENCE ");
  statement.add(SqlPiece::Kind::relation, sequence.name,
                owner == nullptr ? TableRef{sequence.schema, ""} : schema_anchor(*owner));
  object.create = statement.text(" " + sequence.options).take();
  object.meaning = meaning_of(ImplicitMeaning{});
  return object;
}

// Where a rule gives the tables of the schema another one, it goes there too. No table needs it: a target that
// refuses it, or has no such thing, is told and goes on.
Result<void> add_free_sequences(Connection& connection, const ObjectScope& scope,
                                const std::vector<Dependency>& dependencies, Objects& out) {
  std::vector<uint32_t> oids;
  std::unordered_map<uint32_t, uint32_t> table_of;
  for (const FreeSequence& sequence : TRY(read_free_sequences(connection, scope.table_oids))) {
    const bool is_needed = std::ranges::find(dependencies, sequence.oid, &Dependency::oid) != dependencies.end();
    if (is_needed) continue;
    if (sequence.readable) {
      oids.push_back(sequence.oid);
      table_of[sequence.oid] = sequence.table_oid;
      continue;
    }
    out.push_back(object_of(ObjectPhase::comments, "sequence", sequence.schema + "." + sequence.name, {}));
    out.back().optional = true;
  }
  for (const SequenceFacts& sequence : TRY(read_sequence_facts(connection, oid_array(oids)))) {
    const Relation* beside = scope.find(table_of[sequence.oid]);
    if (beside == nullptr) continue;
    out.push_back(sequence_object(sequence, scope));
    ObjectDef& object = out.back();
    for (SqlPiece& piece : object.create)
      if (piece.kind == SqlPiece::Kind::relation) piece.table = schema_anchor(*beside);
    object.meaning = nullptr;
    object.optional = true;
  }
  return {};
}

struct AllDefinitions {
  Definitions types, functions, collations, extensions;
  std::unordered_map<uint32_t, SequenceFacts> sequences;

  const Definition* find(const Dependency& dependency) const {
    const Definitions* family = nullptr;
    switch (dependency.class_oid) {
      case catalog_class::type:
        family = &types;
        break;
      case catalog_class::procedure:
        family = &functions;
        break;
      case catalog_class::collation:
        family = &collations;
        break;
      case catalog_class::extension:
        family = &extensions;
        break;
      default:
        return nullptr;
    }
    const auto found = family->find(dependency.oid);
    return found == family->end() ? nullptr : &found->second;
  }
};

template <class Map>
std::string keys_of(const Map& map) {
  std::vector<uint32_t> oids;
  for (const auto& [oid, value] : map) oids.push_back(oid);
  return oid_array(oids);
}

constexpr const char* schemas_sql = R"(
SELECT nspname FROM pg_namespace
WHERE oid IN (SELECT typnamespace FROM pg_type WHERE oid = ANY ($1::oid[])
              UNION SELECT pronamespace FROM pg_proc WHERE oid = ANY ($2::oid[])
              UNION SELECT collnamespace FROM pg_collation WHERE oid = ANY ($3::oid[])
              UNION SELECT extnamespace FROM pg_extension WHERE oid = ANY ($4::oid[]))
  AND nspname <> 'pg_catalog')";

// The schemas of everything but tables: they keep their names.
Result<std::set<std::string>> read_fixed_schemas(Connection& connection, const ObjectScope& scope,
                                                 const AllDefinitions& all) {
  std::set<std::string> out;
  const Rows rows = TRY(connection.query(
      schemas_sql, {keys_of(all.types), keys_of(all.functions), keys_of(all.collations), keys_of(all.extensions)}));
  for (int row = 0; row < rows.size(); ++row) out.insert(rows.text(row, 0));
  for (const auto& [oid, sequence] : all.sequences)
    if (scope.find(sequence.owner_oid) == nullptr) out.insert(sequence.schema);
  for (const Relation& relation : scope.relations)
    if (schema_anchor(relation).name.empty()) out.insert(relation.ref.schema);
  return out;
}

Result<void> add_schemas(Connection& connection, const ObjectScope& scope, const AllDefinitions& all, Objects& out) {
  std::set<std::string> of_tables;
  for (const Relation& relation : scope.relations)
    if (!relation.is_partition()) of_tables.insert(relation.ref.schema);
  for (const std::string& schema : of_tables) {
    ObjectDef object = object_of(ObjectPhase::before_tables, "schema", schema, {schema, ""});
    object.create = Statement().text("CREATE SCHEMA ").add(SqlPiece::Kind::schema, "", {schema, ""}).take();
    object.meaning = meaning_of(SchemaMeaning{});
    out.push_back(std::move(object));
  }
  const std::set<std::string> fixed = TRY(read_fixed_schemas(connection, scope, all));
  for (const std::string& schema : fixed) {
    ObjectDef object = object_of(ObjectPhase::before_tables, "schema", schema, {});
    object.create = Statement().text("CREATE SCHEMA ").name(schema).take();
    object.meaning = meaning_of(ImplicitMeaning{});
    out.push_back(std::move(object));
  }
  return {};
}

Result<void> add_left_out(Connection& connection, const std::vector<Dependency>& dependencies, Objects& out) {
  std::vector<uint32_t> classes, oids;
  for (const Dependency& dependency : dependencies) {
    if (dependency.by_extension) continue;
    classes.push_back(dependency.class_oid);
    oids.push_back(dependency.oid);
  }
  const Rows rows = TRY(connection.query(others_sql, {oid_array(classes), oid_array(oids)}));
  for (int row = 0; row < rows.size(); ++row)
    out.push_back(object_of(ObjectPhase::before_tables, rows.get(row, 0), rows.get(row, 1), {}));
  return {};
}

Result<AllDefinitions> read_definitions(Connection& connection, const std::vector<Dependency>& dependencies) {
  AllDefinitions out;
  out.types = TRY(read_type_definitions(connection, oids_of(dependencies, catalog_class::type)));
  out.functions = TRY(read_function_definitions(connection, oids_of(dependencies, catalog_class::procedure)));
  out.collations = TRY(read_collation_definitions(connection, oids_of(dependencies, catalog_class::collation)));
  out.extensions = TRY(read_extension_definitions(connection, oids_of(dependencies, catalog_class::extension)));
  const std::vector<SequenceFacts> sequences =
      TRY(read_sequence_facts(connection, oids_of(dependencies, catalog_class::relation)));
  for (const SequenceFacts& sequence : sequences) out.sequences.emplace(sequence.oid, sequence);
  return out;
}

}  // namespace

Result<void> read_needed_objects(Connection& connection, const ObjectScope& scope, Objects& out,
                                 Objects& after_tables) {
  const std::vector<Dependency> dependencies = TRY(walk_dependencies(connection, scope));
  const AllDefinitions all = TRY(read_definitions(connection, dependencies));
  TRY(add_schemas(connection, scope, all, out));
  for (const Dependency& dependency : dependencies) {
    if (const Definition* definition = all.find(dependency)) {
      ObjectDef object = object_of_definition(*definition);
      if (dependency.needs_table) object.phase = ObjectPhase::tables;
      (dependency.needs_table ? after_tables : out).push_back(std::move(object));
    } else if (dependency.class_oid == catalog_class::relation) {
      const auto sequence = all.sequences.find(dependency.oid);
      if (sequence != all.sequences.end()) out.push_back(sequence_object(sequence->second, scope));
    }
  }
  TRY(add_free_sequences(connection, scope, dependencies, out));
  return add_left_out(connection, dependencies, out);
}

}  // namespace godwit::postgres
