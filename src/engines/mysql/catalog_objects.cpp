// What lies around the rows: as statements for a target of the family, and as what it means for others.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "engines/mysql/catalog.h"
#include "engines/mysql/default_value.h"
#include "engines/mysql/free_sequences.h"
#include "engines/mysql/object_facts.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {
namespace {

using Kind = SqlPiece::Kind;
using Pieces = std::vector<SqlPiece>;

std::shared_ptr<const ObjectMeaning> meaning_of(ObjectMeaning meaning) {
  return std::make_shared<const ObjectMeaning>(std::move(meaning));
}

ObjectDef object_of(ObjectPhase phase, std::string kind, std::string name, const TableRef& table) {
  ObjectDef out;
  out.phase = phase;
  out.kind = std::move(kind);
  out.name = std::move(name);
  out.table = table;
  out.dialect = dialect;
  return out;
}

void text(Pieces& out, std::string words) {
  out.push_back({Kind::text, std::move(words), {}, {}});
}

// `opening` opens the list where it stands first, a comma parts it from the one before else.
void item(Pieces& out, bool first, std::string_view opening) {
  out.push_back({Kind::item, std::string(first ? opening : std::string_view(", ")), {}, {}});
}

ObjectDef schema_object(const std::string& schema, const std::string& charset) {
  ObjectDef out = object_of(ObjectPhase::before_tables, "schema", schema, {});
  text(out.create, "CREATE DATABASE IF NOT EXISTS ");
  out.create.push_back({Kind::schema, "", {schema, ""}, {}});
  text(out.create, " CHARACTER SET " + charset);
  out.meaning = meaning_of(SchemaMeaning{});
  return out;
}

void column_pieces(Pieces& out, const TableFacts& table, const ColumnObject& column) {
  const TableRef& ref = table.def->ref;
  if (!column.generated.empty()) {
    // It is in no plan: it comes where all that it is computed from does.
    out.back().table = ref;
    out.back().columns = column.generated_from;
    text(out, fmt::format("{} {} GENERATED ALWAYS AS (", quote_name(column.name), column.native));
    out.push_back({Kind::expression, column.generated, ref, column.generated_from});
    text(out, column.stored ? ") STORED" : ") VIRTUAL");
  } else {
    out.push_back({Kind::column, column.name, ref, {}});
    text(out, " ");
    out.push_back({Kind::type, column.native, ref, {column.name}});
    text(out, column.not_null ? " NOT NULL" : " NULL");
    out.push_back({Kind::own_type, "default", ref, {column.name}});
    if (column.counts_up) text(out, " AUTO_INCREMENT");
    if (!column.default_value.sql.empty()) text(out, " DEFAULT " + column.default_value.sql);
    if (!column.on_update.empty()) text(out, " ON UPDATE " + column.on_update);
    out.push_back({Kind::own_type_end, "", ref, {}});
  }
  if (!column.comment.empty()) text(out, " COMMENT " + quote_literal(column.comment));
}

void index_parts(Pieces& out, const TableFacts& table, const IndexObject& index) {
  bool first = true;
  for (const IndexObject::Part& part : index.parts) {
    item(out, first, " (");
    first = false;
    if (part.column.empty()) {
      out.push_back({Kind::expression, "(" + part.expression + ")", table.def->ref, {}});
    } else {
      out.push_back({Kind::column, part.column, table.def->ref, {}});
      if (part.prefix) text(out, fmt::format("({})", *part.prefix));
    }
    if (part.descending) text(out, " DESC");
  }
  out.push_back({Kind::list_end, ")", {}, {}});
}

std::string_view index_words(const IndexObject& index) {
  if (index.unique) return "UNIQUE INDEX ";
  if (index.method == IndexMeaning::Method::fulltext) return "FULLTEXT INDEX ";
  if (index.method == IndexMeaning::Method::spatial) return "SPATIAL INDEX ";
  return "INDEX ";
}

bool is_primary(const IndexObject& index) {
  return index.name == "PRIMARY";
}

// The server wants a counting column to lead an index from the start.
const IndexObject* index_of_counter(const TableFacts& table) {
  const auto counter = std::ranges::find(table.columns, true, &ColumnObject::counts_up);
  if (counter == table.columns.end()) return nullptr;
  const IndexObject* found = nullptr;
  for (const IndexObject& index : table.indexes) {
    if (index.parts.empty() || index.parts.front().column != counter->name) continue;
    if (is_primary(index)) return nullptr;
    if (found == nullptr) found = &index;
  }
  return found;
}

ObjectDef table_object(const TableFacts& table) {
  const TableRef& ref = table.def->ref;
  ObjectDef out = object_of(ObjectPhase::tables, "table", ref.name, ref);
  text(out.create, "CREATE TABLE ");
  out.create.push_back({Kind::table, "", ref, {}});
  TableMeaning meaning;
  bool first = true;
  for (const ColumnObject& column : table.columns) {
    item(out.create, first, " (");
    first = false;
    column_pieces(out.create, table, column);
    meaning.columns.push_back({column.name, column.default_value.meaning, column.counts_up, !column.on_update.empty(),
                               column.generated, column.comment});
  }
  const IndexObject* counter = index_of_counter(table);
  for (const IndexObject& index : table.indexes) {
    if (!is_primary(index) && &index != counter) continue;
    item(out.create, false, " (");
    for (const IndexObject::Part& part : index.parts) {
      out.create.back().table = ref;
      if (!part.column.empty()) out.create.back().columns.push_back(part.column);
    }
    text(out.create, is_primary(index) ? "PRIMARY KEY" : std::string(index_words(index)) + quote_name(index.name));
    std::vector<std::string> parts;
    // Within a list no other can stand: the parts are pieces of the item itself.
    for (size_t i = 0; i < index.parts.size(); ++i) {
      text(out.create, i == 0 ? " (" : ", ");
      out.create.push_back({Kind::column, index.parts[i].column, ref, {}});
      if (index.parts[i].prefix) text(out.create, fmt::format("({})", *index.parts[i].prefix));
    }
    text(out.create, ")");
  }
  for (const CheckMeaning& check : table.checks) {
    item(out.create, false, " (");
    out.create.back().table = ref;
    out.create.back().columns = columns_in(check.condition, *table.def);
    text(out.create, fmt::format("CONSTRAINT {} CHECK (", quote_name(check.name)));
    out.create.push_back({Kind::expression, check.condition, ref, {}});
    text(out.create, ")");
    meaning.checks.push_back(check);
  }
  out.create.push_back({Kind::list_end, ")", {}, {}});
  text(out.create, " ENGINE=InnoDB DEFAULT CHARACTER SET " + table.charset);
  if (!table.comment.empty()) text(out.create, " COMMENT=" + quote_literal(table.comment));
  if (!table.partitions.empty()) {
    text(out.create, " ");
    out.create.push_back({Kind::partition_key, table.partitions, ref, {}});
  }
  meaning.comment = table.comment;
  out.meaning = meaning_of(std::move(meaning));
  return out;
}

ObjectDef index_object(const TableFacts& table, const IndexObject& index) {
  const TableRef& ref = table.def->ref;
  const bool keys = is_primary(index) || index.unique;
  ObjectDef out = object_of(keys ? ObjectPhase::keys : ObjectPhase::indexes,
                            is_primary(index) ? "primary key"
                            : index.unique    ? "unique key"
                                              : "index",
                            index.name, ref);
  text(out.create, "ALTER TABLE ");
  out.create.push_back({Kind::table, "", ref, {}});
  text(out.create,
       is_primary(index) ? " ADD PRIMARY KEY" : fmt::format(" ADD {}{}", index_words(index), quote_name(index.name)));
  // A part that is not in the plan takes the index with it.
  for (const IndexObject::Part& part : index.parts)
    if (!part.column.empty()) {
      out.create.front().table = ref;
      out.create.front().columns.push_back(part.column);
    }
  index_parts(out.create, table, index);
  IndexMeaning meaning;
  meaning.kind = is_primary(index) ? IndexMeaning::Kind::primary
                 : index.unique    ? IndexMeaning::Kind::unique
                                   : IndexMeaning::Kind::plain;
  meaning.method = index.method;
  for (const IndexObject::Part& part : index.parts)
    meaning.parts.push_back({part.column, part.prefix, part.descending});
  out.meaning = meaning_of(std::move(meaning));
  return out;
}

ObjectDef foreign_key_object(const TableFacts& table, const ForeignKeyObject& key) {
  const TableRef& ref = table.def->ref;
  ObjectDef out = object_of(ObjectPhase::foreign_keys, "foreign key", key.name, ref);
  out.other = key.other;
  text(out.create, "ALTER TABLE ");
  out.create.push_back({Kind::table, "", ref, {}});
  text(out.create, fmt::format(" ADD CONSTRAINT {} FOREIGN KEY (", quote_name(key.name)));
  for (size_t i = 0; i < key.meaning.columns.size(); ++i) {
    if (i > 0) text(out.create, ", ");
    out.create.push_back({Kind::column, key.meaning.columns[i], ref, {}});
  }
  text(out.create, ") REFERENCES ");
  out.create.push_back({Kind::table, "", key.other, {}});
  text(out.create, " (");
  for (size_t i = 0; i < key.meaning.other_columns.size(); ++i) {
    if (i > 0) text(out.create, ", ");
    out.create.push_back({Kind::column, key.meaning.other_columns[i], key.other, {}});
  }
  text(out.create, fmt::format(") ON DELETE {} ON UPDATE {}", key.on_delete, key.on_update));
  out.meaning = meaning_of(key.meaning);
  return out;
}

}  // namespace

Result<std::vector<ObjectDef>> MysqlCatalog::read_objects(std::span<const TableDef> tables) {
  const ObjectFacts facts = TRY(read_object_facts(connection_, tables));
  std::vector<ObjectDef> out;
  for (const auto& [schema, charset] : facts.schemas) out.push_back(schema_object(schema, charset));
  std::set<std::string> schemas;
  for (const auto& [schema, charset] : facts.schemas) schemas.insert(schema);
  for (ObjectDef& sequence : TRY(sequence_objects(connection_, schemas))) out.push_back(std::move(sequence));
  for (const TableFacts& table : facts.tables) {
    if (table.columns.empty()) continue;  // dropped or renamed by now: the log says so where it comes to it
    out.push_back(table_object(table));
    for (const IndexObject& index : table.indexes) out.push_back(index_object(table, index));
    for (const ForeignKeyObject& key : table.foreign_keys) out.push_back(foreign_key_object(table, key));
    // Left to the user: its words are the source's.
    for (const std::string& trigger : table.triggers)
      out.push_back(object_of(ObjectPhase::triggers, "trigger", trigger, table.def->ref));
  }
  for (const auto& [kind, name] : facts.left_out) {
    out.push_back(object_of(ObjectPhase::comments, kind, name, {}));
    out.back().optional = true;
  }
  std::ranges::stable_sort(out, {}, &ObjectDef::phase);
  return out;
}

Result<std::vector<SequenceState>> MysqlCatalog::read_sequences(std::span<const TableDef> tables) {
  std::vector<SequenceState> out;
  std::set<TableRef> wanted;
  std::vector<TableRef> names;
  for (const TableDef& table : tables) {
    names.push_back(table.ref);
    wanted.insert(table.ref);
  }
  for (const std::string& condition : table_conditions(names)) {
    std::map<TableRef, std::string> counters;
    const Rows columns = TRY(connection_.query(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE extra LIKE "
        "'%auto_increment%' AND " +
        condition));
    for (size_t i = 0; i < columns.size(); ++i)
      counters[{columns.text(i, 0), columns.text(i, 1)}] = columns.text(i, 2);
    const Rows rows = TRY(connection_.query(
        "SELECT table_schema, table_name, auto_increment FROM information_schema.tables WHERE auto_increment IS NOT "
        "NULL AND " +
        condition));
    for (size_t i = 0; i < rows.size(); ++i) {
      const TableRef name{rows.text(i, 0), rows.text(i, 1)};
      const auto counter = counters.find(name);
      if (!wanted.contains(name) || counter == counters.end()) continue;
      const uint64_t next = std::min<uint64_t>(rows.unsigned_integer(i, 2), INT64_MAX);
      out.push_back({name.schema, fmt::format("{}.{}", name.name, counter->second), name, counter->second,
                     static_cast<int64_t>(std::max<uint64_t>(next, 2) - 1), next > 1});
    }
  }
  std::set<std::string> schemas;
  for (const TableRef& name : names) schemas.insert(name.schema);
  for (SequenceState& sequence : TRY(sequence_states(connection_, schemas))) out.push_back(std::move(sequence));
  return out;
}

}  // namespace godwit::mysql
