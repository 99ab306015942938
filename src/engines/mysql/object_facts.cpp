#include "engines/mysql/object_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "engines/mysql/catalog.h"

namespace godwit::mysql {
namespace {

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\'') ++i;
    out += text[i];
  }
  return out;
}

std::optional<ForeignKeyMeaning::Action> action_of(std::string_view rule) {
  if (rule == "CASCADE") return ForeignKeyMeaning::Action::cascade;
  if (rule == "SET NULL") return ForeignKeyMeaning::Action::set_null;
  if (rule == "SET DEFAULT") return ForeignKeyMeaning::Action::set_default;
  if (rule == "RESTRICT") return ForeignKeyMeaning::Action::restrict;
  return ForeignKeyMeaning::Action::none;
}

class FactReader {
 public:
  FactReader(Connection& session, std::span<const TableDef> tables) : session_(session) {
    for (const TableDef& table : tables) {
      out_.tables.push_back({});
      out_.tables.back().def = &table;
      names_.push_back(table.ref);
    }
    for (size_t i = 0; i < out_.tables.size(); ++i) places_[out_.tables[i].def->ref] = i;
    // MySQL escapes quotes within expressions, MariaDB writes them as they are.
    maria_ = session.traits().mariadb;
    quotes_defaults_ = maria_ && session.traits().version >= 100207;
  }

  Result<ObjectFacts> run() {
    for (const std::string& condition : table_conditions(names_)) {
      TRY(tables(condition));
      TRY(columns(condition));
      TRY(indexes(condition));
      TRY(foreign_keys(condition));
    }
    TRY(checks());
    TRY(schemas());
    return std::move(out_);
  }

 private:
  TableFacts* find(const Rows& rows, size_t i) {
    const auto at = places_.find({rows.text(i, 0), rows.text(i, 1)});
    return at == places_.end() ? nullptr : &out_.tables[at->second];
  }

  Result<void> tables(const std::string& condition) {
    const Rows rows =
        TRY(session_.query("SELECT table_schema, table_name, table_comment, table_collation, create_options FROM "
                           "information_schema.tables WHERE " +
                           condition));
    for (size_t i = 0; i < rows.size(); ++i) {
      TableFacts* table = find(rows, i);
      if (table == nullptr) continue;
      table->comment = rows.text(i, 2);
      const std::string collation = rows.text(i, 3);
      table->charset = collation.substr(0, collation.find('_'));
      if (table->charset.empty()) table->charset = "utf8mb4";
      if (rows.get(i, 4).find("partitioned") != std::string_view::npos) TRY(partitions(*table));
    }
    return {};
  }

  Result<void> partitions(TableFacts& table) {
    const Rows rows = TRY(session_.query("SHOW CREATE TABLE " + quote_name(table.def->ref)));
    if (rows.empty()) return {};
    const std::string_view sql = rows.get(0, 1);
    const size_t at = sql.rfind("PARTITION BY ");
    if (at == std::string_view::npos) return {};
    std::string_view clause = trim(sql.substr(at));
    if (clause.ends_with("*/")) clause = trim(clause.substr(0, clause.size() - 2));
    table.partitions = clause;
    return {};
  }

  Result<void> columns(const std::string& condition) {
    const Rows rows = TRY(session_.query(
        "SELECT table_schema, table_name, column_name, column_default, extra, generation_expression, column_comment, "
        "is_nullable FROM information_schema.columns WHERE " +
        condition + " ORDER BY 1, 2, ordinal_position"));
    for (size_t i = 0; i < rows.size(); ++i) {
      TableFacts* table = find(rows, i);
      if (table == nullptr) continue;
      const auto at = find_column(*table->def, rows.get(i, 2));
      if (!at) continue;  // it came after the table was described
      table->columns.push_back(column_of(rows, i, *table->def, table->def->columns[*at]));
    }
    return {};
  }

  ColumnObject column_of(const Rows& rows, size_t i, const TableDef& table, const ColumnDef& def) const {
    ColumnObject out;
    out.name = def.name;
    out.native = def.type.native;
    out.not_null = def.not_null;
    out.comment = rows.text(i, 6);
    const std::string extra = rows.text(i, 4), words = lower_ascii(extra);
    if (def.generated) {
      out.generated = maria_ ? rows.text(i, 5) : unescaped(rows.get(i, 5));
      out.generated_from = columns_in(out.generated, table);
      out.stored = words.find("virtual") == std::string::npos;
      return out;
    }
    out.counts_up = words.find("auto_increment") != std::string::npos;
    DefaultFacts facts{std::nullopt, extra};
    if (!rows.is_null(i, 3)) facts.text = rows.text(i, 3);
    out.default_value = column_default(facts, def.type, quotes_defaults_);
    constexpr std::string_view on_update = "on update ";
    if (const size_t at = words.find(on_update); at != std::string::npos) {
      const std::string_view rest = std::string_view(extra).substr(at + on_update.size());
      out.on_update = rest.substr(0, rest.find_first_of(" ,"));
    }
    return out;
  }

  Result<void> indexes(const std::string& condition) {
    const bool has_expressions = !maria_ && session_.traits().version >= 80013;
    const Rows rows =
        TRY(session_.query(fmt::format("SELECT table_schema, table_name, index_name, non_unique, column_name, "
                                       "sub_part, collation, index_type, {} FROM "
                                       "information_schema.statistics WHERE {} ORDER BY 1, 2, 3, seq_in_index",
                                       has_expressions ? "expression" : "NULL", condition)));
    for (size_t i = 0; i < rows.size(); ++i) {
      TableFacts* table = find(rows, i);
      if (table == nullptr) continue;
      if (table->indexes.empty() || table->indexes.back().name != rows.get(i, 2)) {
        table->indexes.push_back({rows.text(i, 2), rows.integer(i, 3) == 0, IndexMeaning::Method::ordered, {}});
        const std::string_view type = rows.get(i, 7);
        if (type == "FULLTEXT") table->indexes.back().method = IndexMeaning::Method::fulltext;
        if (type == "SPATIAL" || type == "RTREE") table->indexes.back().method = IndexMeaning::Method::spatial;
        if (type == "HASH") table->indexes.back().method = IndexMeaning::Method::hash;
      }
      IndexObject& index = table->indexes.back();
      IndexObject::Part part{rows.text(i, 4), unescaped(rows.get(i, 8)), std::nullopt, rows.get(i, 6) == "D"};
      // A spatial index tells the bytes of its boxes.
      if (!rows.is_null(i, 5) && index.method == IndexMeaning::Method::ordered)
        part.prefix = static_cast<uint32_t>(rows.unsigned_integer(i, 5));
      index.parts.push_back(std::move(part));
    }
    return {};
  }

  Result<void> foreign_keys(const std::string& condition) {
    // Both views have the table's name, of which one must do in the condition.
    const Rows columns = TRY(
        session_.query("SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema, "
                       "referenced_table_name, referenced_column_name FROM information_schema.key_column_usage WHERE "
                       "referenced_table_name IS NOT NULL AND " +
                       condition + " ORDER BY 1, 2, 3, ordinal_position"));
    std::set<std::string> schemas;
    for (size_t i = 0; i < columns.size(); ++i) {
      TableFacts* table = find(columns, i);
      if (table == nullptr) continue;
      auto& keys = table->foreign_keys;
      if (keys.empty() || keys.back().name != columns.get(i, 2)) {
        keys.push_back({});
        keys.back().name = columns.text(i, 2);
        keys.back().other = {columns.text(i, 4), columns.text(i, 5)};
        schemas.insert(columns.text(i, 0));
      }
      keys.back().meaning.columns.push_back(columns.text(i, 3));
      keys.back().meaning.other_columns.push_back(columns.text(i, 6));
    }
    for (const std::string& schema : schemas) TRY(actions(schema));
    return {};
  }

  Result<void> actions(const std::string& schema) {
    const Rows rows =
        TRY(session_.query("SELECT constraint_schema, table_name, constraint_name, update_rule, delete_rule FROM "
                           "information_schema.referential_constraints WHERE constraint_schema = " +
                           quote_literal(schema)));
    for (size_t i = 0; i < rows.size(); ++i) {
      TableFacts* table = find(rows, i);
      if (table == nullptr) continue;
      const auto key = std::ranges::find(table->foreign_keys, rows.text(i, 2), &ForeignKeyObject::name);
      if (key == table->foreign_keys.end()) continue;
      key->on_update = rows.text(i, 3);
      key->on_delete = rows.text(i, 4);
      key->meaning.on_update = action_of(key->on_update).value_or(ForeignKeyMeaning::Action::none);
      key->meaning.on_delete = action_of(key->on_delete).value_or(ForeignKeyMeaning::Action::none);
    }
    return {};
  }

  Result<void> checks() {
    const int from = maria_ ? 100210 : 80016;
    if (session_.traits().version < from) return {};
    std::set<std::string> schemas;
    for (const TableRef& name : names_) schemas.insert(name.schema);
    for (const std::string& schema : schemas) {
      const std::string in_schema = quote_literal(schema);
      const Rows rows = TRY(session_.query(
          maria_
              ? fmt::format("SELECT constraint_schema, table_name, constraint_name, check_clause FROM "
                            "information_schema.check_constraints WHERE constraint_schema = {} ORDER BY 1, 2, 3",
                            in_schema)
              : fmt::format("SELECT t.table_schema, t.table_name, c.constraint_name, c.check_clause FROM "
                            "information_schema.check_constraints c JOIN information_schema.table_constraints t ON "
                            "t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name "
                            "WHERE c.constraint_schema = {} AND t.constraint_type = 'CHECK' AND t.enforced = 'YES' "
                            "ORDER BY 1, 2, 3",
                            in_schema)));
      for (size_t i = 0; i < rows.size(); ++i)
        if (TableFacts* table = find(rows, i))
          table->checks.push_back({rows.text(i, 2), maria_ ? rows.text(i, 3) : unescaped(rows.get(i, 3))});
    }
    return {};
  }

  Result<void> schemas() {
    std::set<std::string> names;
    for (const TableRef& name : names_) names.insert(name.schema);
    for (const std::string& schema : names) {
      const std::string literal = quote_literal(schema);
      const Rows rows = TRY(session_.query(
          "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = " + literal));
      out_.schemas[schema] = rows.empty() ? "utf8mb4" : rows.text(0, 0);
      const Rows triggers = TRY(session_.query(
          "SELECT event_object_schema, event_object_table, trigger_name FROM information_schema.triggers WHERE "
          "event_object_schema = " +
          literal + " ORDER BY 1, 2, 3"));
      for (size_t i = 0; i < triggers.size(); ++i)
        if (TableFacts* table = find(triggers, i)) table->triggers.push_back(triggers.text(i, 2));
      const Rows others = TRY(session_.query(fmt::format(
          "SELECT 'view', table_name FROM information_schema.tables WHERE table_type = 'VIEW' AND table_schema = {} "
          "UNION ALL SELECT LOWER(routine_type), routine_name FROM information_schema.routines WHERE routine_schema "
          "= "
          "{} UNION ALL SELECT 'event', event_name FROM information_schema.events WHERE event_schema = {}",
          literal, literal, literal)));
      for (size_t i = 0; i < others.size(); ++i)
        out_.left_out.emplace_back(others.text(i, 0), schema + "." + others.text(i, 1));
    }
    return {};
  }

  Connection& session_;
  std::vector<TableRef> names_;
  std::map<TableRef, size_t> places_;
  bool maria_ = false, quotes_defaults_ = false;
  ObjectFacts out_;
};

}  // namespace

std::vector<std::string> columns_in(std::string_view sql, const TableDef& table) {
  std::vector<std::string> out;
  for (const ColumnDef& column : table.columns)
    if (sql.find(quote_name(column.name)) != std::string_view::npos) out.push_back(column.name);
  return out;
}

Result<ObjectFacts> read_object_facts(Connection& session, std::span<const TableDef> tables) {
  return FactReader(session, tables).run();
}

}  // namespace godwit::mysql
