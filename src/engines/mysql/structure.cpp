#include "engines/mysql/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/constraints.h"
#include "engines/mysql/create_table.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/free_sequences.h"
#include "engines/mysql/key_building.h"
#include "engines/mysql/object_sql.h"
#include "engines/mysql/own_objects.h"
#include "engines/mysql/target_errors.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {
namespace {

constexpr size_t name_characters_max = 64;
constexpr uint32_t prefix_of_large = 255;

std::string literal_list(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quote_literal(name);
  return out;
}

std::string is_table(const TableRef& table) {
  return fmt::format("TABLE_SCHEMA = {} AND TABLE_NAME = {}", quote_literal(table.schema), quote_literal(table.name));
}

Result<bool> exists(Connection& session, const TableRef& table) {
  const Rows rows = TRY(session.query("SELECT 1 FROM information_schema.TABLES WHERE " + is_table(table)));
  return !rows.empty();
}

Result<bool> build_schema(Connection& session, const std::string& schema) {
  const Rows rows =
      TRY(session.query("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = " + quote_literal(schema)));
  if (!rows.empty()) return false;
  TRY(session.run("CREATE DATABASE IF NOT EXISTS " + quote_name(schema) + " CHARACTER SET utf8mb4"));
  return true;
}

// Of a schema object: the databases that the plan puts its tables into.
Result<bool> build_schemas(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables) {
  std::set<std::string> wanted;
  for (const TargetTable& table : tables)
    if (object.table.schema.empty() ? table.source->ref.schema == object.name
                                    : table.source->ref.schema == object.table.schema)
      wanted.insert(table.layout->ref.schema);
  bool built = false;
  for (const std::string& schema : wanted) built |= TRY(build_schema(session, schema));
  return built;
}

Result<void> create_table(Connection& session, const CarriedTable& table) {
  auto made = session.run(create_table_sql(table, session.traits(), false));
  // Names of checks belong to the whole database.
  if (!made && made.error().code == "mysql.3822") made = session.run(create_table_sql(table, session.traits(), true));
  if (!made) return Failure(made.error());
  return {};
}

Result<bool> build_table(Connection& session, const CarriedTable& table) {
  const TableRef& name = table.table->layout->ref;
  const bool there = TRY(exists(session, name));
  if (there) return false;
  TRY(build_schema(session, name.schema));
  auto made = create_table(session, table);
  if (!made && made.error().kind == ErrorKind::table && !table.computed.empty()) {
    log_warning(Component::target_apply, "{}", errors::not_computed(name, made.error()).message);
    CarriedTable plain = table;
    plain.computed.clear();
    made = create_table(session, plain);
  }
  if (!made) return Failure(made.error());
  return true;
}

struct Builder {
  Connection& session;
  const ObjectDef& object;
  std::span<const TargetTable> tables;

  Result<bool> operator()(const std::monostate&) const { return false; }
  Result<bool> operator()(const SchemaMeaning&) const { return build_schemas(session, object, tables); }
  Result<bool> operator()(const CarriedTable& table) const { return build_table(session, table); }
  Result<bool> operator()(const CarriedIndex& index) const { return build_index(session, index); }
  Result<bool> operator()(const CarriedForeignKey& key) const { return build_foreign_key(session, key); }
  Result<bool> operator()(const CarriedCheck& check) const { return build_check(session, check); }
};

}  // namespace

CarryTraits carry_traits(const ServerTraits& server) {
  CarryTraits traits;
  traits.fulltext = traits.spatial = true;
  traits.prefix_of_large = prefix_of_large;
  traits.deferrable_keys = traits.set_default_action = false;
  traits.today_as_default = traits.large_defaults = server.at_least(80013, 100201);
  traits.checks = has_checks(server);
  traits.computed_columns = server.at_least(50706, 100201);
  traits.is_mysql = true;
  traits.now_on_update = server.at_least(50605, 100000);
  traits.quote_name = [](std::string_view name) { return mysql::quote_name(name); };
  traits.quote_literal = [](std::string_view text) { return mysql::quote_literal(text); };
  return traits;
}

std::string fitting_name(std::string_view name) {
  return shortened(name, name_characters_max);
}

std::vector<ObjectDef> planned_keys(std::span<const TargetTable> tables) {
  std::vector<ObjectDef> out;
  for (const TargetTable& table : tables) {
    if (!table.layout->key || table.layout->key->origin == KeyDef::Origin::source) continue;
    const KeyDef& key = *table.layout->key;
    const bool primary = key.origin == KeyDef::Origin::primary_key;
    std::vector<std::string> names;
    for (const uint32_t c : key.columns) names.push_back(quote_name(table.layout->columns[c].name));
    ObjectDef object;
    object.phase = ObjectPhase::keys;
    object.kind = primary ? "primary key" : "unique index";
    object.name = key.name;
    object.table = table.source->ref;
    object.dialect = dialect;
    object.create = {
        {SqlPiece::Kind::text, "ALTER TABLE ", {}, {}},
        {SqlPiece::Kind::table, "", table.source->ref, {}},
        {SqlPiece::Kind::text,
         fmt::format(" ADD {} ({})", primary ? "PRIMARY KEY" : "UNIQUE INDEX " + quote_name(fitting_name(key.name)),
                     join(names, ", ")),
         {},
         {}}};
    out.push_back(std::move(object));
  }
  return out;
}

Result<bool> build_object(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables) {
  auto built = [&]() -> Result<bool> {
    if (object.dialect == dialect && object.kind == "sequence" && !session.traits().mariadb) return false;
    if (object.dialect == dialect) return build_own(session, object, tables);
    return std::visit(Builder{session, object, tables}, carry(object, tables, carry_traits(session.traits())).object);
  }();
  if (!built && built.error().kind != ErrorKind::table) return Failure(errors::cannot_build(object, built.error()));
  return built;
}

Result<void> finish_object(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables) {
  if (object.dialect != dialect || object.at_stop.empty()) return {};
  auto done = run_own(session, object.at_stop, tables);
  if (!done) return Failure(errors::cannot_build(object, done.error()));
  return {};
}

Result<std::vector<std::pair<size_t, std::string>>> outside_references(Connection& session,
                                                                       std::span<const TargetTable> tables) {
  // Where names are folded the server may answer in other letters than the plan's.
  const Rows setting = TRY(session.query("SELECT @@lower_case_table_names"));
  const bool folds = setting.integer(0, 0) != 0;
  std::set<std::string> schemas;
  std::map<TableRef, size_t> places;
  for (size_t i = 0; i < tables.size(); ++i) {
    schemas.insert(tables[i].layout->ref.schema);
    places[same_name(tables[i].layout->ref, folds)] = i;
  }
  std::vector<std::pair<size_t, std::string>> out;
  if (schemas.empty()) return out;
  const Rows rows = TRY(session.query(fmt::format(
      "SELECT CONSTRAINT_NAME, CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME FROM "
      "information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA IN ({})",
      literal_list(schemas))));
  for (size_t row = 0; row < rows.size(); ++row) {
    const TableRef from{rows.text(row, 1), rows.text(row, 2)}, to{rows.text(row, 3), rows.text(row, 4)};
    const auto place = places.find(same_name(to, folds));
    if (place == places.end() || places.contains(same_name(from, folds))) continue;
    out.emplace_back(place->second, rows.text(row, 0) + " on " + to_string(from));
  }
  return out;
}

Result<std::vector<TargetTableState>> inspect_tables(Connection& session, std::span<const TargetTable> tables) {
  std::vector<TargetTableState> out(tables.size());
  for (size_t i = 0; i < tables.size(); ++i) {
    const TableDef& layout = *tables[i].layout;
    const Rows columns = TRY(session.query("SELECT COLUMN_NAME, COLUMN_KEY FROM information_schema.COLUMNS WHERE " +
                                           is_table(layout.ref)));
    if (columns.empty()) continue;
    TargetTableState& state = out[i];
    state.exists = true;
    std::set<std::string> there;
    for (size_t row = 0; row < columns.size(); ++row) {
      there.insert(lower_utf8(columns.get(row, 0)));
      state.has_primary_key |= columns.get(row, 1) == "PRI";
    }
    for (const ColumnDef& column : layout.columns)
      if (!there.contains(lower_utf8(column.name))) state.missing_columns.push_back(column.name);
    const Rows any = TRY(session.query(fmt::format("SELECT 1 FROM {} LIMIT 1", quote_name(layout.ref))));
    state.empty = any.empty();
  }
  for (auto& [place, name] : TRY(outside_references(session, tables)))
    out[place].outside_references.push_back(std::move(name));
  return out;
}

Result<void> drop_tables(Connection& session, std::span<const TableRef> tables) {
  for (const TableRef& table : tables) TRY(session.run("DROP TABLE IF EXISTS " + quote_name(table)));
  return {};
}

// One by one, each committed by itself: nothing of a load is there yet, so a second run does the rest.
Result<void> truncate_tables(Connection& session, std::span<const TableRef> tables) {
  for (const TableRef& table : tables) TRY(session.run("TRUNCATE TABLE " + quote_name(table)));
  return {};
}

Result<void> set_sequence(Connection& session, const SequenceState& sequence) {
  const std::string name = sequence.schema + "." + sequence.name;
  if (sequence.owner.name.empty()) {
    const bool set = TRY(set_free_sequence(session, sequence));
    return set ? Result<void>() : Failure(errors::no_such_sequence(name));
  }
  const Rows rows = TRY(session.query(
      fmt::format("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE {} AND EXTRA LIKE '%auto_increment%'",
                  is_table(sequence.owner))));
  if (rows.empty() || lower_utf8(rows.get(0, 0)) != lower_utf8(sequence.column))
    return Failure(errors::no_such_sequence(name));
  if (sequence.last_value < 0) return {};  // it counts from 1 on by itself
  // Behind the last of 64 bits there is one that no row gets.
  const uint64_t next = static_cast<uint64_t>(sequence.last_value) + (sequence.is_called ? 1U : 0U);
  if (next == 0) return {};
  TRY(session.run(fmt::format("ALTER TABLE {} AUTO_INCREMENT = {}", quote_name(sequence.owner), next)));
  return {};
}

}  // namespace godwit::mysql
