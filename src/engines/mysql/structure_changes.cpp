#include "engines/mysql/structure_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace godwit::mysql {
namespace {

class Changes {
 public:
  Changes(const DdlStatement& ddl, const DdlServer& server)
      : ddl_(ddl), server_(server), dialect_{server.kind, ddl.sql_mode, ddl.schema} {}

  std::vector<StructureStep> run() {
    const std::string& verb = ddl_.statement.verb;
    if (ddl_.statement.kind == LogStatement::Kind::object)
      object();
    else if (ddl_.statement.kind == LogStatement::Kind::drop_schema)
      drop_schema();
    else if (verb == "DROP TABLE")
      drop_tables();
    else if (verb == "CREATE TABLE")
      create();
    else if (verb == "ALTER TABLE")
      alter();
    else if (verb == "RENAME TABLE")
      rename();
    std::ranges::sort(out_, {}, &StructureStep::step);
    std::erase_if(out_, [&](const StructureStep& step) { return step.step <= ddl_.steps_done; });
    return std::move(out_);
  }

 private:
  const TableDef* followed(const TableRef& name) const {
    const TableRef wanted = folded(name, server_);
    const auto found = std::ranges::find_if(
        ddl_.followed, [&](const TableDef* table) { return folded(table->ref, server_) == wanted; });
    return found == ddl_.followed.end() ? nullptr : *found;
  }
  bool is_among(const std::vector<TableRef>& tables, const TableRef& name) const {
    const TableRef wanted = folded(name, server_);
    return std::ranges::any_of(tables, [&](const TableRef& table) { return folded(table, server_) == wanted; });
  }
  bool settled(const TableRef& name) const { return is_among(ddl_.settled, name); }
  bool known(const TableRef& name) const { return followed(name) != nullptr || settled(name); }

  // What the catalog never lists.
  static bool is_reserved(const TableRef& name) {
    constexpr std::string_view systems[] = {
        "mysql",   "information_schema",           "performance_schema", "sys", "innodb",
        "ndbinfo", "mysql_innodb_cluster_metadata"};
    const auto own = [](std::string_view text) { return text.starts_with("awsdms_") || text.starts_with("godwit_"); };
    const std::string schema = lower_ascii(name.schema);
    return std::ranges::find(systems, schema) != std::end(systems) || own(schema) || own(lower_ascii(name.name));
  }

  void add(size_t step, SchemaChange change) { out_.push_back({static_cast<uint32_t>(step), std::move(change)}); }

  SchemaChange change_of(const TableDef& table) const {
    SchemaChange out;
    out.kind = SchemaChange::Kind::table;
    out.command = ddl_.statement.verb;
    out.log_id = table.log_id;
    out.was = out.name = table.ref;
    out.table = table;
    return out;
  }

  void drop(size_t step, const TableDef& table) {
    SchemaChange change = change_of(table);
    change.kind = SchemaChange::Kind::dropped;
    change.table = {};
    add(step, std::move(change));
  }
  void look_anew(size_t step, const TableDef& table) {
    SchemaChange change = change_of(table);
    change.replaced = true;
    add(step, std::move(change));
  }
  // A name that nobody follows has a table now.
  void adopt(size_t step, const TableRef& name) {
    const TableRef ref = stored(name, server_);
    if (known(ref) || is_reserved(ref)) return;
    TableDef table;
    table.ref = ref;
    table.log_id = table_log_id(ref, server_.lower_case_names != 0);
    add(step, change_of(table));
  }

  void object() {
    SchemaChange change;
    if (!ddl_.statement.tables.empty()) {
      const TableDef* table = followed(ddl_.statement.tables[0]);
      if (table == nullptr) return;
      const auto index = read_index_statement(ddl_.sql, dialect_);
      if (index) change = apply_alter(*index, *table, server_, ddl_.sql_mode);
      if (change.replaced) return look_anew(1, *table);
    } else if (!ddl_.follows_schema) {
      return;
    }
    change = {};
    change.kind = SchemaChange::Kind::other;
    change.command = ddl_.statement.verb;
    change.what = ddl_.statement.what;
    add(1, std::move(change));
  }

  // What was dropped already is followed no more.
  void drop_schema() {
    const std::string schema = folded({ddl_.statement.schema, ""}, server_).schema;
    size_t step = ddl_.steps_done;
    for (const TableDef* table : ddl_.followed)
      if (folded(table->ref, server_).schema == schema) drop(++step, *table);
  }

  void drop_tables() {
    for (size_t i = 0; i < ddl_.statement.tables.size(); ++i)
      if (const TableDef* table = followed(ddl_.statement.tables[i])) drop(i + 1, *table);
  }

  void create() {
    if (ddl_.statement.tables.empty()) return;
    const TableDef* table = followed(ddl_.statement.tables[0]);
    if (table == nullptr) return adopt(1, ddl_.statement.tables[0]);
    if (!ddl_.statement.only_if_absent) look_anew(1, *table);
  }

  void alter() {
    if (ddl_.statement.tables.empty()) return;
    const auto statement = read_alter_table(ddl_.sql, dialect_);
    const TableDef* table = followed(ddl_.statement.tables[0]);
    if (table != nullptr && !statement) look_anew(1, *table);
    if (!statement) return;
    // The name's own table was loaded later, from what this one became.
    const bool moves =
        table != nullptr && statement->renamed && folded(*statement->renamed, server_) != folded(table->ref, server_);
    if (moves && settled(*statement->renamed))
      drop(1, *table);
    else if (table != nullptr)
      add(1, with_own_names(apply_alter(*statement, *table, server_, ddl_.sql_mode)));
    else if (statement->renamed && !settled(statement->table))
      adopt(1, *statement->renamed);
    if (statement->exchanged && !server_.ignores_partitions)
      if (const TableDef* other = followed(*statement->exchanged)) look_anew(2, *other);
    if (statement->split_off) adopt(2, *statement->split_off);
    if (statement->absorbed)
      if (const TableDef* other = followed(*statement->absorbed)) drop(2, *other);
  }

  // New keys in the names that the task knows tables and columns by, whatever capitals the statement has.
  SchemaChange with_own_names(SchemaChange change) const {
    for (ActingKey& key : change.keys.made) {
      const TableDef* parent = followed(key.parent);
      if (parent != nullptr) key.parent = parent->ref;
      for (auto& [own, other] : key.columns) {
        own = own_name(own, change.table);
        if (parent != nullptr) other = own_name(other, parent->ref == change.was ? change.table : *parent);
      }
    }
    return change;
  }

  static std::string own_name(const std::string& name, const TableDef& table) {
    const auto found = std::ranges::find_if(
        table.columns, [&](const ColumnDef& column) { return lower_utf8(column.name) == lower_utf8(name); });
    return found == table.columns.end() ? name : found->name;
  }

  struct Place {
    TableRef name;                  // folded
    TableRef written;               // as it is to be stored
    bool was_there = false;         // its first mention takes the name from a table
    std::optional<size_t> content;  // the place whose table has the name now
  };

  size_t place_of(std::vector<Place>& places, const TableRef& name, bool is_source) const {
    const TableRef wanted = folded(name, server_);
    const auto found = std::ranges::find(places, wanted, &Place::name);
    if (found != places.end()) return static_cast<size_t>(found - places.begin());
    Place& place = places.emplace_back();
    place.name = wanted;
    place.written = stored(name, server_);
    place.was_there = is_source;
    if (is_source) place.content = places.size() - 1;
    return places.size() - 1;
  }

  // First what others took the place of, then what moved or is gone, then what is new: so that what an earlier step
  // did to the tables of the task does not change what a later one is.
  void rename() {
    std::vector<Place> places;
    const std::vector<TableRef>& names = ddl_.statement.tables;
    for (size_t i = 0; i + 1 < names.size(); i += 2) {
      const size_t from = place_of(places, names[i], true), to = place_of(places, names[i + 1], false);
      places[to].content = std::exchange(places[from].content, std::nullopt);
    }
    for (size_t i = 0; i < places.size(); ++i) {
      if (const TableDef* table = followed(places[i].name))
        follow(places, i, *table);
      else
        find_newcomer(places, i);
    }
  }

  void follow(const std::vector<Place>& places, size_t i, const TableDef& table) {
    const size_t count = places.size();
    const std::optional<size_t>& content = places[i].content;
    if (content == i) return;
    if (content || !places[i].was_there) return look_anew(i + 1, table);
    const auto now = std::ranges::find(places, std::optional(i), &Place::content);
    // A table in error does not come again under its name: whether this one may have it is not decided here.
    const bool comes_again = now != places.end() && known(now->name) && !is_among(ddl_.in_error, now->name);
    if (now == places.end() || comes_again) return drop(count + i + 1, table);
    SchemaChange change = change_of(table);
    change.name = change.table.ref = now->written;
    change.table.log_id = table_log_id(now->written, server_.lower_case_names != 0);
    add(count + i + 1, std::move(change));
  }

  void find_newcomer(const std::vector<Place>& places, size_t i) {
    const std::optional<size_t>& content = places[i].content;
    if (!content || *content == i || settled(places[i].name)) return;
    const bool moved_here = followed(places[*content].name) != nullptr && !places[*content].content;
    if (!moved_here) adopt(2 * places.size() + i + 1, places[i].written);
  }

  const DdlStatement& ddl_;
  const DdlServer& server_;
  DdlDialect dialect_;
  std::vector<StructureStep> out_;
};

}  // namespace

std::vector<StructureStep> structure_changes(const DdlStatement& ddl, const DdlServer& server) {
  return Changes(ddl, server).run();
}

}  // namespace godwit::mysql
