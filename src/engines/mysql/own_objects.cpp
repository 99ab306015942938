#include "engines/mysql/own_objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "engine/foreign_objects.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/key_building.h"
#include "engines/mysql/object_sql.h"
#include "engines/mysql/structure.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

using Kind = SqlPiece::Kind;
using Pieces = std::vector<SqlPiece>;

constexpr std::string_view primary_key_there = "mysql.1068", check_name_taken = "mysql.3822";

bool has_primary_key_of_a_rule(const TargetTable& table) {
  return table.layout->key && table.layout->key->origin == KeyDef::Origin::primary_key;
}

Result<bool> exists(Connection& session, const TableRef& table) {
  const Rows rows = TRY(
      session.query(fmt::format("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                                quote_literal(table.schema), quote_literal(table.name))));
  return !rows.empty();
}

CarriedObject carried(const ObjectDef& object, std::span<const TargetTable> tables, const ServerTraits& server) {
  return carry(object, tables, carry_traits(server)).object;
}

Result<bool> build_own_table(Connection& session, const ObjectDef& object, const TargetTable& table,
                             std::span<const TargetTable> tables) {
  const bool there = TRY(exists(session, table.layout->ref));
  if (there) return false;
  const Pieces pieces = with_planned_key(object, table);
  auto made = run_own(session, pieces, tables);
  // Names of checks belong to the whole database.
  if (!made && made.error().code == check_name_taken)
    made = run_own(session, with_own_checks(object, pieces, table), tables);
  return made;
}

// The rule's own key, or the source's where the rows are found by another one.
Result<bool> build_own_primary_key(Connection& session, const ObjectDef& object, const TargetTable& table,
                                   std::span<const TargetTable> tables) {
  CarriedIndex key{&table, object.name, IndexMeaning::Kind::primary};
  if (object.meaning) {
    const CarriedObject meant = carried(object, tables, session.traits());
    if (const auto* index = std::get_if<CarriedIndex>(&meant)) key = *index;
  } else if (table.layout->key) {
    for (const uint32_t c : table.layout->key->columns) key.parts.push_back({&table.layout->columns[c]});
  }
  if (!object.meaning || has_primary_key_of_a_rule(table)) return build_primary_key(session, key);
  auto built = run_own(session, object.create, tables);
  if (built || built.error().code != primary_key_there) return built;
  return key.parts.empty() ? Result<bool>(false) : build_primary_key(session, key);
}

Result<bool> build_own_foreign_key(Connection& session, const ObjectDef& object,
                                   std::span<const TargetTable> tables) {
  const CarriedObject meant = carried(object, tables, session.traits());
  if (const auto* key = std::get_if<CarriedForeignKey>(&meant)) return build_foreign_key(session, *key);
  const TargetTable* planned = planned_table(tables, object.table);
  if (planned == nullptr || planned_table(tables, object.other) != nullptr) return false;
  const bool lacks = TRY(lacks_other_table(session, object, tables));
  if (lacks) {
    log_warning(Component::task_manager, "{}", errors::other_table_missing(object).message);
    return false;
  }
  // The other table is the target's own, under the names that the source has for it.
  const auto& meaning = std::get<ForeignKeyMeaning>(*object.meaning);
  TableDef definition;
  definition.ref = target_name(tables, object.other);
  for (const std::string& name : meaning.other_columns) definition.columns.emplace_back().name = name;
  TargetTable other;
  other.source = other.read = other.layout = std::make_shared<const TableDef>(std::move(definition));
  CarriedForeignKey key{planned, &other, object.name, {}, {}, meaning.on_update, meaning.on_delete};
  for (const std::string& name : meaning.columns) key.columns.push_back(planned_column(*planned, name));
  for (const ColumnDef& column : other.layout->columns) key.other_columns.push_back(&column);
  if (std::ranges::find(key.columns, nullptr) != key.columns.end()) return false;
  return build_foreign_key(session, key);
}

}  // namespace

Result<bool> lacks_other_table(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables) {
  if (object.phase != ObjectPhase::foreign_keys || planned_table(tables, object.other) != nullptr) return false;
  const bool there = TRY(exists(session, target_name(tables, object.other)));
  return !there;
}

std::vector<SqlPiece> with_planned_key(const ObjectDef& object, const TargetTable& table) {
  if (!has_primary_key_of_a_rule(table)) return object.create;
  Pieces out;
  bool leaves_counter = false;
  const auto* meaning = object.meaning ? std::get_if<TableMeaning>(object.meaning.get()) : nullptr;
  const auto counts = [&](const std::string& column) {
    if (meaning == nullptr) return false;
    const auto known = std::ranges::find(meaning->columns, column, &ColumnMeaning::name);
    return known != meaning->columns.end() && known->counts_up;
  };
  std::string counter;
  for (size_t i = 0; i < object.create.size(); ++i) {
    const SqlPiece& piece = object.create[i];
    const bool is_key = piece.kind == Kind::item && i + 1 < object.create.size() &&
                        object.create[i + 1].kind == Kind::text && object.create[i + 1].text == "PRIMARY KEY";
    if (is_key) {
      bool first = true;
      for (++i; object.create[i].kind != Kind::item && object.create[i].kind != Kind::list_end; ++i) {
        if (object.create[i].kind != Kind::column || !std::exchange(first, false)) continue;
        leaves_counter = counts(object.create[i].text);
        counter = object.create[i].text;
      }
      --i;
      continue;
    }
    if (piece.kind == Kind::list_end) {
      std::vector<std::string> names;
      for (const uint32_t c : table.layout->key->columns) names.push_back(quote_name(table.layout->columns[c].name));
      out.push_back({Kind::item, ", ", {}, {}});
      out.push_back({Kind::text, fmt::format("PRIMARY KEY ({})", join(names, ", ")), {}, {}});
      // The server wants a counting column to lead an index from the start.
      const ColumnDef* column = leaves_counter ? planned_column(table, counter) : nullptr;
      if (column != nullptr && quote_name(column->name) != names.front()) {
        out.push_back({Kind::item, ", ", {}, {}});
        out.push_back({Kind::text, fmt::format("KEY ({})", quote_name(column->name)), {}, {}});
      }
    }
    out.push_back(piece);
  }
  return out;
}

std::vector<SqlPiece> with_own_checks(const ObjectDef& object, std::vector<SqlPiece> pieces,
                                      const TargetTable& table) {
  const auto* meaning = object.meaning ? std::get_if<TableMeaning>(object.meaning.get()) : nullptr;
  if (meaning == nullptr) return pieces;
  for (SqlPiece& piece : pieces)
    for (const CheckMeaning& check : meaning->checks)
      if (piece.kind == Kind::text && piece.text == fmt::format("CONSTRAINT {} CHECK (", quote_name(check.name))) {
        const std::string name = fitting_name(table.layout->ref.name + "_" + check.name);
        piece.text = fmt::format("CONSTRAINT {} CHECK (", quote_name(name));
        break;
      }
  return pieces;
}

Result<bool> build_own(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables) {
  const TargetTable* table = object.table.name.empty() ? nullptr : planned_table(tables, object.table);
  if (object.phase == ObjectPhase::tables && table != nullptr)
    return build_own_table(session, object, *table, tables);
  if (object.phase == ObjectPhase::foreign_keys && object.meaning)
    return build_own_foreign_key(session, object, tables);
  if (object.kind == "primary key" && table != nullptr) return build_own_primary_key(session, object, *table, tables);
  bool built = TRY(run_own(session, object.create, tables));
  built |= TRY(run_own(session, object.then, tables));
  return built;
}

}  // namespace godwit::mysql
