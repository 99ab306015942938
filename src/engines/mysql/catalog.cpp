#include "engines/mysql/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "engines/mysql/ddl_apply.h"
#include "engines/mysql/default_value.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {
namespace {

constexpr size_t tables_by_name_max = 12;

using Tables = std::map<TableRef, TableDef>;

// What a key is made of, as information_schema.statistics tells it.
struct KeyFacts {
  std::string name;
  std::vector<uint32_t> columns;
  bool fits = true;
};

// The columns of the key by which the server itself knows rows.
using ServerKeys = std::map<TableRef, std::set<uint32_t>>;

bool is_generated(std::string_view extra) {
  const std::string words = lower_ascii(extra);
  return words.find("virtual generated") != std::string::npos ||
         words.find("stored generated") != std::string::npos || words.find("persistent") != std::string::npos;
}

std::optional<uint64_t> number(const Rows& rows, size_t row, size_t column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return rows.unsigned_integer(row, column);
}

CatalogColumn facts_of_row(const Rows& rows, size_t i) {
  CatalogColumn facts;
  facts.data_type = rows.text(i, 4);
  facts.column_type = rows.text(i, 5);
  facts.length = number(rows, i, 6);
  facts.precision = number(rows, i, 7);
  facts.scale = number(rows, i, 8);
  facts.fraction_digits = number(rows, i, 9);
  facts.charset = rows.text(i, 10);
  facts.collation = rows.text(i, 11);
  if (const auto srs = number(rows, i, 14)) facts.srs_id = static_cast<uint32_t>(*srs);
  return facts;
}

// What the log leaves out of a row under binlog_row_image=MINIMAL.
void set_absent(ColumnDef& column, const Rows& rows, size_t i, const ServerTraits& server) {
  DefaultFacts told{std::nullopt, rows.text(i, 13)};
  if (!rows.is_null(i, 15)) told.text = rows.text(i, 15);
  const ColumnDefault value = column_default(told, column.type, server.mariadb && server.version >= 100207);
  if (value.meaning.kind == DefaultMeaning::Kind::literal) {
    column.when_absent = ColumnDef::Absent::text;
    column.absent_text = value.meaning.text;
  } else if (value.meaning.kind == DefaultMeaning::Kind::none && !column.not_null) {
    column.when_absent = ColumnDef::Absent::null;
  }
}

Result<void> read_tables(Connection& session, const std::string& condition, Tables& out) {
  const Rows fold = TRY(session.query("SELECT @@global.lower_case_table_names"));
  const Rows rows =
      TRY(session.query("SELECT table_schema, table_name, table_rows, data_length, table_collation FROM "
                        "information_schema.tables WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND " +
                        condition));
  for (size_t i = 0; i < rows.size(); ++i) {
    TableDef& table = out[{rows.text(i, 0), rows.text(i, 1)}];
    table.ref = {rows.text(i, 0), rows.text(i, 1)};
    table.log_id = table_log_id(table.ref, fold.integer(0, 0) != 0);
    table.collation = rows.text(i, 4);
    table.identity = RowIdentity::full;
    table.estimated_rows = rows.unsigned_integer(i, 2);
    table.estimated_bytes = rows.unsigned_integer(i, 3);
  }
  return {};
}

// MariaDB's JSON is a longtext with a check: "json_valid(`doc`)".
Result<std::set<std::pair<TableRef, std::string>>> json_columns(Connection& session, const Tables& tables) {
  std::set<std::pair<TableRef, std::string>> out;
  if (!session.traits().mariadb || session.traits().version < 100210) return out;
  std::set<std::string> schemas;
  for (const auto& [name, table] : tables) schemas.insert(name.schema);
  for (const std::string& schema : schemas) {
    const Rows rows = TRY(session.query(
        "SELECT constraint_schema, table_name, check_clause FROM information_schema.check_constraints WHERE "
        "check_clause LIKE 'json\\_valid(`%`)' AND constraint_schema = " +
        quote_literal(schema)));
    constexpr size_t before = std::string_view("json_valid(`").size(), behind = std::string_view("`)").size();
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::string_view clause = rows.get(i, 2);
      out.insert(
          {{rows.text(i, 0), rows.text(i, 1)}, std::string(clause.substr(before, clause.size() - before - behind))});
    }
  }
  return out;
}

Result<void> read_columns(Connection& session, const std::string& condition, Tables& out, ServerKeys& keys) {
  const std::set<std::pair<TableRef, std::string>> json = TRY(json_columns(session, out));
  const bool has_srs = !session.traits().mariadb && session.traits().version >= 80003;
  const Rows rows = TRY(session.query(
      fmt::format("SELECT table_schema, table_name, column_name, ordinal_position, data_type, column_type, "
                  "character_maximum_length, numeric_precision, numeric_scale, datetime_precision, "
                  "character_set_name, collation_name, is_nullable, extra, {}, column_default, column_key FROM "
                  "information_schema.columns WHERE {} "
                  "ORDER BY 1, 2, 4",
                  has_srs ? "srs_id" : "NULL", condition)));
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto table = out.find({rows.text(i, 0), rows.text(i, 1)});
    if (table == out.end()) continue;
    ColumnDef column;
    column.name = rows.text(i, 2);
    column.number = static_cast<int16_t>(rows.integer(i, 3));
    CatalogColumn facts = facts_of_row(rows, i);
    facts.is_json = json.contains({table->first, column.name});
    column.type = type_of(facts);
    column.not_null = rows.get(i, 12) == "NO";
    column.generated = is_generated(rows.get(i, 13));
    set_absent(column, rows, i, session.traits());
    table->second.last_number = column.number;
    if (rows.get(i, 16) == "PRI") keys[table->first].insert(static_cast<uint32_t>(table->second.columns.size()));
    table->second.columns.push_back(std::move(column));
  }
  return {};
}

// The server's own: minimal images of the log name rows by it alone. Of keys that are no PRIMARY it is the first that
// was defined, which only the columns' facts tell.
void choose_key(TableDef& table, const std::vector<KeyFacts>& keys, const std::set<uint32_t>& servers_own) {
  const KeyFacts* best = nullptr;
  for (const KeyFacts& key : keys) {
    if (!key.fits || key.columns.empty()) continue;
    if (key.name == "PRIMARY" || std::set(key.columns.begin(), key.columns.end()) == servers_own) {
      best = &key;
      break;
    }
    if (best == nullptr || key.columns.size() < best->columns.size()) best = &key;
  }
  if (best == nullptr) return;
  table.key = KeyDef{best->name, best->columns, KeyDef::Origin::source};
  table.identity = RowIdentity::key;
}

// The primary key, or a unique key of whole NOT NULL columns: the server's own, or the shortest where that one does
// not serve.
Result<void> read_keys(Connection& session, const std::string& condition, Tables& out, const ServerKeys& own_keys) {
  const Rows rows =
      TRY(session.query("SELECT table_schema, table_name, index_name, column_name, sub_part, index_type FROM "
                        "information_schema.statistics WHERE non_unique = 0 AND " +
                        condition + " ORDER BY 1, 2, 3, seq_in_index"));
  std::map<TableRef, std::vector<KeyFacts>> keys;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto table = out.find({rows.text(i, 0), rows.text(i, 1)});
    if (table == out.end()) continue;
    std::vector<KeyFacts>& own = keys[table->first];
    if (own.empty() || own.back().name != rows.get(i, 2)) own.push_back({rows.text(i, 2), {}, true});
    const auto column = find_column(table->second, rows.get(i, 3));
    const bool ordered = rows.get(i, 5) == "BTREE" || rows.get(i, 2) == "PRIMARY";
    if (rows.is_null(i, 3) || !rows.is_null(i, 4) || !ordered || !column ||
        !table->second.columns[*column].not_null || table->second.columns[*column].generated)
      own.back().fits = false;
    else
      own.back().columns.push_back(*column);
  }
  for (const auto& [name, own] : keys) {
    const auto servers_own = own_keys.find(name);
    choose_key(out[name], own, servers_own == own_keys.end() ? std::set<uint32_t>() : servers_own->second);
  }
  return {};
}

}  // namespace

std::string user_schema_condition(std::string_view column) {
  return fmt::format(
      "{} NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'ndbinfo', "
      "'mysql_innodb_cluster_metadata') "
      "AND {} NOT LIKE 'awsdms\\_%' AND {} NOT LIKE 'godwit\\_%'",
      column, column, column);
}

std::string exact_name(std::string_view column, std::string_view name) {
  // The bare comparison is what information_schema looks a name up by.
  return fmt::format("{} = {} AND CAST({} AS BINARY) = {}", column, quote_literal(name), column, hex_literal(name));
}

std::vector<std::string> table_conditions(std::span<const TableRef> tables) {
  std::map<std::string, std::vector<std::string>> by_schema;
  for (const TableRef& table : tables) by_schema[table.schema].push_back(table.name);
  std::vector<std::string> out;
  for (const auto& [schema, names] : by_schema) {
    const std::string head = "table_schema = " + quote_literal(schema);
    if (names.size() > tables_by_name_max) {
      out.push_back(head);
      continue;
    }
    for (const std::string& name : names)
      out.push_back(fmt::format("{} AND table_name = {}", head, quote_literal(name)));
  }
  return out;
}

Result<std::vector<std::string>> list_user_schemas(Connection& connection) {
  const Rows rows = TRY(connection.query("SELECT schema_name FROM information_schema.schemata WHERE " +
                                         user_schema_condition("schema_name")));
  std::vector<std::string> out;
  for (size_t i = 0; i < rows.size(); ++i) out.push_back(rows.text(i, 0));
  std::ranges::sort(out);
  return out;
}

Result<std::vector<TableRef>> MysqlCatalog::list_tables() {
  const Rows rows = TRY(connection_.query(fmt::format(
      "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type IN ('BASE TABLE', "
      "'SYSTEM VERSIONED') AND {} AND table_name NOT LIKE 'awsdms\\_%' AND table_name NOT LIKE 'godwit\\_%' "
      "ORDER BY 1, 2",
      user_schema_condition("table_schema"))));
  std::vector<TableRef> out;
  for (size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text(i, 0), rows.text(i, 1)});
  return out;
}

Result<std::vector<TableDef>> MysqlCatalog::describe(std::span<const TableRef> tables) {
  Tables found;
  for (const std::string& condition : table_conditions(tables)) {
    TRY(read_tables(connection_, condition, found));
    ServerKeys keys;
    TRY(read_columns(connection_, condition, found, keys));
    TRY(read_keys(connection_, condition, found, keys));
  }
  std::vector<TableDef> out;
  for (const TableRef& name : tables) {
    const auto at = found.find(name);
    if (at != found.end() && !at->second.columns.empty()) out.push_back(at->second);
  }
  return out;
}

}  // namespace godwit::mysql
