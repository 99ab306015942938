#include "engines/mysql/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

// The backquoted name at the front; `text` goes on behind it.
std::string take_name(std::string_view& text) {
  std::string name;
  const size_t open = text.find('`');
  if (open == std::string_view::npos) return name;
  size_t i = open + 1;
  for (; i < text.size(); ++i) {
    if (text[i] == '`' && (i + 1 >= text.size() || text[i + 1] != '`')) break;
    if (text[i] == '`') ++i;
    name += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return name;
}

// Of "(`a`,`b`(10) DESC)…".
std::vector<std::string> index_columns(std::string_view text) {
  std::vector<std::string> out;
  const size_t open = text.find('(');
  if (open == std::string_view::npos) return out;
  text.remove_prefix(open + 1);
  while (text.starts_with('`')) {
    std::string column = take_name(text);
    const size_t end = text.find_first_of(",)", text.starts_with('(') ? text.find(')') + 1 : 0);
    if (text.starts_with('(')) column += text.substr(0, text.find(')') + 1);
    out.push_back(std::move(column));
    if (end == std::string_view::npos || text[end] == ')') return out;
    text.remove_prefix(end + 1);
  }
  out.emplace_back("(");  // an expression
  return out;
}

// Of "(`a`,`b`)…" behind some words; `text` goes on behind it.
std::vector<std::string> take_names(std::string_view& text) {
  std::vector<std::string> out;
  do out.push_back(take_name(text));
  while (text.starts_with(','));
  return out;
}

std::vector<std::string> lower_names(std::vector<std::string> names) {
  for (std::string& name : names) name = lower_utf8(name);
  std::ranges::sort(names);
  return names;
}

// What stands before a definition.
std::string add_to(std::string_view table) {
  return fmt::format("ALTER TABLE {} ADD ", table);
}

// Whether rows are found by it, or a key of another table rests on it, or a column counts up by it.
class Kept {
 public:
  Kept(Connection& session, const TableDef& layout) : session_(session), layout_(layout) {}

  Result<void> look() {
    const Rows counter = TRY(session_.query(
        fmt::format("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} "
                    "AND EXTRA LIKE '%auto_increment%'",
                    quote_literal(layout_.ref.schema), quote_literal(layout_.ref.name))));
    if (!counter.empty()) counter_ = lower_utf8(counter.get(0, 0));
    const Rows rested = TRY(session_.query(fmt::format(
        "SELECT CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_NAME, REFERENCED_COLUMN_NAME FROM "
        "information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = {} AND REFERENCED_TABLE_NAME = {}",
        quote_literal(layout_.ref.schema), quote_literal(layout_.ref.name))));
    for (size_t row = 0; row < rested.size(); ++row) rested_on_.insert(lower_utf8(rested.get(row, 3)));
    return {};
  }

  bool keeps(const DefinedObject& object) const {
    if (object.kind == "foreign key" || object.columns.empty()) return false;
    const std::string first = lower_utf8(object.columns.front());
    if (first == counter_ || rested_on_.contains(first)) return true;
    if (!layout_.key) return false;
    std::vector<std::string> key;
    for (const uint32_t c : layout_.key->columns) key.push_back(layout_.columns[c].name);
    return lower_names(object.columns) == lower_names(std::move(key));
  }

 private:
  Connection& session_;
  const TableDef& layout_;
  std::string counter_;
  std::set<std::string> rested_on_;
};

}  // namespace

std::vector<DefinedObject> defined_objects(std::string_view create_table) {
  std::vector<DefinedObject> out;
  for (const std::string& whole : split(create_table, '\n')) {
    std::string_view line = trim(whole);
    if (line.ends_with(',')) line.remove_suffix(1);
    DefinedObject object;
    object.definition = line;
    std::string_view rest = line;
    if (line.starts_with("CONSTRAINT ") && line.find(" FOREIGN KEY (") != std::string_view::npos)
      object.kind = "foreign key";
    else if (line.starts_with("UNIQUE KEY "))
      object.kind = "unique index";
    else if (line.starts_with("KEY ") || line.starts_with("FULLTEXT KEY ") || line.starts_with("SPATIAL KEY "))
      object.kind = "index";
    else
      continue;
    object.name = take_name(rest);
    if (object.kind != "foreign key") object.columns = index_columns(rest);
    out.push_back(std::move(object));
  }
  return out;
}

KeyColumns foreign_key_of(const TableRef& table, std::string_view definition) {
  KeyColumns out;
  out.table = table;
  out.name = take_name(definition);
  out.columns = take_names(definition);
  out.other = {table.schema, take_name(definition)};
  if (definition.starts_with('.')) out.other = {out.other.name, take_name(definition)};
  out.other_columns = take_names(definition);
  return out;
}

Result<std::vector<DroppedObject>> plan_rebuild(Connection& session, std::span<const TargetTable> tables,
                                                const std::vector<bool>& held_rows) {
  std::vector<DroppedObject> keys, indexes;
  for (size_t i = 0; i < tables.size(); ++i) {
    const TableDef& layout = *tables[i].layout;
    auto shown = session.query("SHOW CREATE TABLE " + quote_name(layout.ref));
    if (!shown && shown.error().code == "mysql.1146") continue;
    if (!shown) return Failure(shown.error());
    Kept kept(session, layout);
    TRY(kept.look());
    const std::string name = quote_name(layout.ref);
    for (const DefinedObject& object : defined_objects(shown->get(0, 1))) {
      const bool unique = object.kind == "unique index", key = object.kind == "foreign key";
      if (kept.keeps(object) || (unique && held_rows[i])) continue;
      DroppedObject dropped{
          layout.ref,
          name,
          object.kind,
          object.name,
          fmt::format("ALTER TABLE {} DROP {} {}", name, key ? "FOREIGN KEY" : "INDEX", quote_name(object.name)),
          {add_to(name) + object.definition}};
      (key ? keys : indexes).push_back(std::move(dropped));
    }
  }
  // An index under a foreign key may be dropped only after it.
  keys.insert(keys.end(), indexes.begin(), indexes.end());
  return keys;
}

Result<void> drop_objects(Connection& session, std::span<const DroppedObject> objects) {
  for (const DroppedObject& object : objects) {
    const auto done = session.run(object.drop);
    const bool gone = !done && (done.error().code == "mysql.1091" || done.error().code == "mysql.1146");
    if (!done && !gone) return Failure(done.error());
  }
  return {};
}

Result<bool> restore_object(Connection& session, const DroppedObject& object) {
  auto shown = session.query("SHOW CREATE TABLE " + quote_name(object.table));
  if (!shown && shown.error().code == "mysql.1146") return false;
  if (!shown) return Failure(shown.error());
  for (const DefinedObject& there : defined_objects(shown->get(0, 1)))
    if (there.name == object.name && (there.kind == "foreign key") == object.is_foreign_key()) return false;
  for (const std::string& statement : object.restore) {
    // The server takes it without a look at the rows. Looked at first: a key that stands has been.
    if (object.is_foreign_key()) {
      const KeyColumns key =
          foreign_key_of(object.table, std::string_view(statement).substr(add_to(object.on).size()));
      const uint64_t orphans = TRY(count_orphans_of(session, key));
      if (orphans > 0) return Failure(errors::orphans_in_the_way(object.name, object.table, orphans));
    }
    auto done = session.run(statement);
    if (!done) return Failure(done.error());
  }
  return true;
}

}  // namespace godwit::mysql
