#include "engines/mysql/create_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/parked_row.h"
#include "engines/mysql/structure.h"
#include "engines/mysql/type_name.h"

namespace godwit::mysql {
namespace {

constexpr size_t column_comment_max = 1024, table_comment_max = 2048;

// A text or blob, which most servers give no literal for.
bool is_large(const Type& type) {
  const std::string word = lower_ascii(type.native.substr(0, type.native.find_first_of("( ")));
  return word.ends_with("text") || word.ends_with("blob") || word == "json" || type.form == ValueForm::geometry;
}

std::string in_key_order(const TableDef& layout, const KeyDef& key) {
  std::vector<std::string> names;
  for (const uint32_t c : key.columns) names.push_back(quote_name(layout.columns[c].name));
  return join(names, ", ");
}

std::string literal_default(const CarriedColumn& column, const ServerTraits& server) {
  const Type& type = column.column->type;
  const std::string& text = column.default_value.text;
  std::string literal = quote_literal(text);
  if (type.native.starts_with("bit")) {
    const bool digits = !text.empty() && text.find_first_not_of("01") == std::string::npos;
    literal = text == "t" ? "b'1'" : text == "f" ? "b'0'" : digits ? "b'" + text + "'" : text;
  }
  if (type.form == ValueForm::bytes) literal = hex_literal(text);
  if (!is_large(type)) return " DEFAULT " + literal;
  if (server.mariadb && server.version >= 100201) return " DEFAULT " + literal;
  return !server.mariadb && server.version >= 80013 ? " DEFAULT (" + literal + ")" : "";
}

std::string column_clause(const CarriedColumn& carried, bool in_key, bool counts, const ServerTraits& server) {
  const ColumnDef& column = *carried.column;
  // Without a word a TIMESTAMP is NOT NULL and takes the time of each update on servers of old.
  const bool required = column.not_null || in_key;
  std::string out =
      fmt::format("{} {} {}", quote_name(column.name), column.type.native, required ? "NOT NULL" : "NULL");
  std::string value = counts ? " AUTO_INCREMENT" : default_clause(carried, server);
  if (value.empty() && required && column.type.native.starts_with("timestamp")) value = " DEFAULT 0";
  out += value;
  if (!carried.comment.empty()) out += " COMMENT " + quote_literal(plain_text(carried.comment, column_comment_max));
  return out;
}

// VIRTUAL, since a foreign key may set the columns of a stored one only in part, and it takes no room.
std::string computed_clause(const CarriedComputation& computed) {
  std::string out = fmt::format("{} {} GENERATED ALWAYS AS ({}) VIRTUAL", quote_name(computed.column->name),
                                computed.column->type.native, computed.expression);
  if (!computed.comment.empty()) out += " COMMENT " + quote_literal(plain_text(computed.comment, column_comment_max));
  return out;
}

}  // namespace

bool has_checks(const ServerTraits& server) {
  return server.at_least(80016, 100201);
}

bool has_primary_key(const TableDef& layout) {
  return layout.key && !layout.key->columns.empty() && layout.key->origin != KeyDef::Origin::unique_index;
}

std::string default_clause(const CarriedColumn& column, const ServerTraits& server) {
  const std::string digits =
      column.column->type.precision.value_or(0) > 0 ? fmt::format("({})", *column.column->type.precision) : "";
  switch (column.default_value.kind) {
    case DefaultMeaning::Kind::literal:
      return literal_default(column, server);
    case DefaultMeaning::Kind::now:
      return column.column->type.form == ValueForm::datetime || column.column->type.form == ValueForm::datetime_tz
                 ? " DEFAULT CURRENT_TIMESTAMP" + digits
                 : "";
    case DefaultMeaning::Kind::today:
      return server.at_least(80013, 100201) ? " DEFAULT (CURRENT_DATE)" : "";
    default:
      return "";
  }
}

std::string create_table_sql(const CarriedTable& table, const ServerTraits& server, bool own_names) {
  const TableDef& layout = *table.table->layout;
  const bool primary = has_primary_key(layout);
  const auto in_key = [&](uint32_t c) {
    return primary && std::ranges::find(layout.key->columns, c) != layout.key->columns.end();
  };
  std::vector<std::string> lines;
  std::string index_of_counter;
  bool counter = false;
  const auto add_computed = [&](size_t place) {
    for (const CarriedComputation& computed : table.computed)
      if (computed.place == place) lines.push_back(computed_clause(computed));
  };
  for (uint32_t c = 0; c < table.columns.size(); ++c) {
    add_computed(c);
    const CarriedColumn& column = table.columns[c];
    const bool counts = column.counts_up && !counter && column.column->type.form == ValueForm::integer;
    lines.push_back(column_clause(column, in_key(c), counts, server));
    counter |= counts;
    if (counts && !(primary && layout.key->columns.front() == c))
      index_of_counter = fmt::format("KEY ({})", quote_name(column.column->name));
  }
  add_computed(table.columns.size());
  if (primary) lines.push_back(fmt::format("PRIMARY KEY ({})", in_key_order(layout, *layout.key)));
  if (!index_of_counter.empty()) lines.push_back(index_of_counter);
  if (has_checks(server))
    for (const CheckMeaning& check : table.checks) {
      const std::string name = own_names ? layout.ref.name + "_" + check.name : check.name;
      lines.push_back(fmt::format("CONSTRAINT {} CHECK ({})", quote_name(fitting_name(name)), check.condition));
    }
  const ServerKind kind{server.mariadb, static_cast<uint32_t>(server.version)};
  return fmt::format(
      "CREATE TABLE {} ({}) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE {} ROW_FORMAT=DYNAMIC{}",
      quote_name(layout.ref), join(lines, ", "), exact_collation(kind),
      table.comment.empty() ? "" : " COMMENT=" + quote_literal(plain_text(table.comment, table_comment_max)));
}

}  // namespace godwit::mysql
