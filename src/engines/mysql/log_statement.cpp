#include "engines/mysql/log_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "base/text.h"
#include "engines/mysql/sql_words.h"

namespace godwit::mysql {
namespace {

using Kind = LogStatement::Kind;

class Words {
 public:
  explicit Words(std::vector<SqlWord> words) : words_(std::move(words)) {}
  bool done() const { return at_ >= words_.size(); }
  const SqlWord& now() const {
    static const SqlWord none{SqlWord::Kind::sign, "", ""};
    return done() ? none : words_[at_];
  }
  void pass() { ++at_; }
  bool take(std::string_view word) {
    if (!now().is(word)) return false;
    pass();
    return true;
  }
  bool take_sign(char sign) {
    if (!now().is_sign(sign)) return false;
    pass();
    return true;
  }
  bool find(std::string_view word) {
    while (!done() && !now().is(word)) pass();
    return take(word);
  }
  // [schema.]table
  bool take_table(std::string_view schema, TableRef& out) {
    if (!now().is_name()) return false;
    out = {std::string(schema), now().value};
    pass();
    if (!take_sign('.')) return true;
    if (!now().is_name()) return false;
    out = {std::move(out.name), now().value};
    pass();
    return true;
  }
  const std::vector<SqlWord>& all() const { return words_; }

 private:
  std::vector<SqlWord> words_;
  size_t at_ = 0;
};

// 'text', X'6162' or 0x6162.
bool take_bytes(Words& words, std::string& out) {
  const bool is_hex = words.take("X");
  const SqlWord word = words.now();
  words.pass();
  if (word.kind == SqlWord::Kind::text && !is_hex) {
    out = word.value;
    return true;
  }
  std::string_view digits = word.value;
  if (!is_hex && !digits.starts_with("0x")) return false;
  if (!is_hex) digits.remove_prefix(2);
  ByteBuffer bytes;
  if (!append_unhex(bytes, digits)) return false;
  out = bytes.view();
  return true;
}

void read_xa(Words& words, LogStatement& out) {
  if (words.take("START") || words.take("BEGIN")) {
    out.kind = Kind::xa_start;
  } else if (words.take("END")) {
    out.kind = Kind::xa_end;
  } else if (words.take("COMMIT")) {
    out.kind = Kind::xa_commit;
  } else if (words.take("ROLLBACK")) {
    out.kind = Kind::xa_rollback;
  } else {
    return;
  }
  out.xa.format = 1;
  if (!take_bytes(words, out.xa.global)) return;
  if (words.take_sign(',') && take_bytes(words, out.xa.branch) && words.take_sign(',')) {
    const std::string& number = words.now().value;
    std::from_chars(number.data(), number.data() + number.size(), out.xa.format);
    words.pass();
  }
  out.one_phase = words.take("ONE");
}

void take_tables(Words& words, std::string_view schema, LogStatement& out) {
  TableRef table;
  do {
    if (!words.take_table(schema, table)) return;
    out.tables.push_back(table);
  } while (words.take_sign(','));
}

// True: there was such a clause.
bool pass_if_exists(Words& words) {
  if (!words.take("IF")) return false;
  words.take("NOT");
  words.take("EXISTS");
  return true;
}

// The tables of RENAME TABLE a TO b, c TO d: both names of each.
void take_renamings(Words& words, std::string_view schema, LogStatement& out) {
  TableRef table;
  do {
    if (!words.take_table(schema, table)) return;
    out.tables.push_back(table);
    while (!words.done() && !words.now().is("TO")) words.pass();  // MariaDB: WAIT n, NOWAIT
    if (!words.take("TO") || !words.take_table(schema, table)) return;
    out.tables.push_back(table);
  } while (words.take_sign(','));
}

// Whether ALTER TABLE goes on with the name of another table: RENAME [TO|AS] u, EXCHANGE PARTITION p WITH TABLE u,
// CONVERT TABLE u TO PARTITION …, CONVERT PARTITION p TO TABLE u.
bool find_other_table(Words& words) {
  while (!words.done()) {
    if (words.take("RENAME")) {
      if (words.now().is("COLUMN") || words.now().is("INDEX") || words.now().is("KEY")) continue;
      if (!words.take("TO")) words.take("AS");
      return true;
    }
    if (words.take("EXCHANGE")) {
      if (words.take("PARTITION")) return words.find("TABLE");
    } else if (words.take("CONVERT")) {
      if (words.take("TABLE")) return true;
      if (words.take("PARTITION")) return words.find("TABLE");
    } else {
      words.pass();
    }
  }
  return false;
}

// Behind ALTER TABLE t: a new name, or rows that move, make it two tables' business.
void take_other_tables(Words& words, std::string_view schema, LogStatement& out) {
  TableRef table;
  while (find_other_table(words))
    if (words.take_table(schema, table)) out.tables.push_back(table);
}

// DEFINER = `a`@`b`, SQL SECURITY x, ALGORITHM = x, UNIQUE and so on, before what is made.
void pass_prefixes(Words& words) {
  for (;;) {
    if (words.take("OR")) {
      words.take("REPLACE");
    } else if (words.take("ALGORITHM")) {
      words.take_sign('=');
      words.pass();
    } else if (words.take("DEFINER")) {
      words.take_sign('=');
      words.pass();
      if (words.take_sign('(')) words.take_sign(')');
      if (words.take_sign('@')) words.pass();
    } else if (words.take("SQL")) {
      words.take("SECURITY");
      words.pass();
    } else if (!words.take("UNIQUE") && !words.take("FULLTEXT") && !words.take("SPATIAL") &&
               !words.take("AGGREGATE") && !words.take("ONLINE") && !words.take("OFFLINE")) {
      return;
    }
  }
}

// Something beside tables, whose statement began with `verb`.
void read_object(Words& words, std::string_view verb, std::string_view schema, LogStatement& out) {
  constexpr std::string_view kinds[] = {"INDEX", "VIEW", "TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "SEQUENCE"};
  pass_prefixes(words);
  const std::string kind = words.now().upper;
  if (std::ranges::find(kinds, kind) == std::end(kinds)) return;
  words.pass();
  pass_if_exists(words);
  TableRef name;
  if (!words.take_table(schema, name)) return;
  out.kind = Kind::object;
  out.verb = fmt::format("{} {}", verb, kind);
  out.schema = name.schema;
  out.what = fmt::format("{} {}", lower_ascii(kind), kind == "INDEX" ? name.name : to_string(name));
  if (kind != "INDEX" && (kind != "TRIGGER" || verb != "CREATE")) return;
  TableRef table;
  if (!words.find("ON") || !words.take_table(schema, table)) return;
  out.what += " of table " + to_string(table);
  out.schema = table.schema;
  out.tables.push_back(table);
}

void read_alter(Words& words, std::string_view schema, LogStatement& out) {
  while (words.take("ONLINE") || words.take("OFFLINE") || words.take("IGNORE")) continue;
  if (!words.take("TABLE")) return read_object(words, "ALTER", schema, out);
  out.kind = Kind::ddl;
  out.verb = "ALTER TABLE";
  pass_if_exists(words);
  TableRef table;
  if (!words.take_table(schema, table)) return;
  out.tables.push_back(table);
  take_other_tables(words, schema, out);
}

bool opens_transaction(const Words& words) {
  const std::vector<SqlWord>& all = words.all();
  return all.size() > 2 && all[all.size() - 2].is("START") && all[all.size() - 1].is("TRANSACTION");
}

void read_create(Words& words, std::string_view schema, LogStatement& out) {
  if (words.take("OR")) words.take("REPLACE");
  if (words.take("TEMPORARY")) return;
  if (!words.take("TABLE")) return read_object(words, "CREATE", schema, out);
  out.kind = Kind::ddl;
  out.verb = "CREATE TABLE";
  out.opens_transaction = opens_transaction(words);
  out.only_if_absent = pass_if_exists(words);
  TableRef table;
  if (words.take_table(schema, table)) out.tables.push_back(table);
}

void read_drop(Words& words, std::string_view schema, LogStatement& out) {
  if (words.take("DATABASE") || words.take("SCHEMA")) {
    pass_if_exists(words);
    out.kind = Kind::drop_schema;
    out.verb = "DROP DATABASE";
    out.schema = words.now().value;
    return;
  }
  if (words.take("TEMPORARY")) return;
  if (!words.take("TABLE") && !words.take("TABLES")) return read_object(words, "DROP", schema, out);
  pass_if_exists(words);
  out.kind = Kind::ddl;
  out.verb = "DROP TABLE";
  take_tables(words, schema, out);
}

// DELETE FROM a table of the MEMORY engine that a restart emptied: the server's own, and the table is named.
bool is_plain_delete(const Words& words, std::string_view schema, LogStatement& out) {
  Words copy = words;
  TableRef table;
  if (!copy.take("FROM") || !copy.take_table(schema, table) || !copy.done()) return false;
  out.tables.push_back(table);
  return true;
}

// The word before the name may be left out.
void read_savepoint(Words& words, LogStatement& out) {
  out.savepoint = words.now().value;
  if (words.take("SAVEPOINT") && !words.done()) out.savepoint = words.now().value;
}

// Statements that change rows, or may, by what they call.
constexpr std::string_view data_verbs[] = {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD",   "CALL", "DO",
                                           "WITH",   "SELECT", "VALUES", "MERGE",   "IMPORT", "TABLE"};

void read_data(const Words& words, const QueryEvent& query, LogStatement& out) {
  out.kind = Kind::data;
  out.schemas.emplace_back(query.schema);
  const std::vector<SqlWord>& all = words.all();
  for (size_t i = 0; i + 2 < all.size(); ++i)
    if (all[i].is_name() && all[i + 1].is_sign('.') && all[i + 2].is_name() &&
        std::ranges::find(out.schemas, all[i].value) == out.schemas.end())
      out.schemas.push_back(all[i].value);
}

}  // namespace

LogStatement read_statement(const QueryEvent& query) {
  LogStatement out;
  if (query.sql == "BEGIN") return out.kind = Kind::begin, out;
  if (query.sql == "COMMIT") return out.kind = Kind::commit, out;
  constexpr uint64_t mode_ansi_quotes = 4, mode_no_backslash_escapes = 1048576;
  constexpr size_t words_max = 1U << 20U;
  const uint64_t mode = query.sql_mode.value_or(0);
  Words words(
      read_words(query.sql, (mode & mode_ansi_quotes) != 0, (mode & mode_no_backslash_escapes) == 0, words_max));
  while (words.now().is_sign('(')) words.pass();
  const SqlWord first = words.now();
  out.verb = first.upper;
  words.pass();
  if (first.is("SET") && words.take("STATEMENT") && words.find("FOR")) {  // MariaDB: SET STATEMENT … FOR …
    out.verb = words.now().upper;
    words.pass();
  }
  const std::string verb = out.verb;
  const std::string_view schema = query.schema;
  if (verb == "BEGIN" || (verb == "START" && words.now().is("TRANSACTION"))) {
    out.kind = Kind::begin;
  } else if (verb == "COMMIT") {
    out.kind = Kind::commit;
  } else if (verb == "ROLLBACK") {
    words.take("WORK");
    out.kind = words.take("TO") ? Kind::rollback_to : Kind::rollback;
    if (out.kind == Kind::rollback_to) read_savepoint(words, out);
  } else if (verb == "SAVEPOINT") {
    out.kind = Kind::savepoint;
    out.savepoint = words.now().value;
  } else if (verb == "RELEASE") {
    out.kind = Kind::release;
    read_savepoint(words, out);
  } else if (verb == "XA") {
    read_xa(words, out);
  } else if (verb == "TRUNCATE") {
    words.take("TABLE");
    out.kind = Kind::truncate;
    take_tables(words, schema, out);
  } else if (verb == "RENAME") {
    if (!words.take("TABLE") && !words.take("TABLES")) return out;
    pass_if_exists(words);
    out.kind = Kind::ddl;
    out.verb = "RENAME TABLE";
    take_renamings(words, schema, out);
  } else if (verb == "ALTER") {
    read_alter(words, schema, out);
  } else if (verb == "CREATE") {
    read_create(words, schema, out);
  } else if (verb == "DROP") {
    read_drop(words, schema, out);
  } else if (std::ranges::find(data_verbs, verb) != std::end(data_verbs)) {
    if (verb != "DELETE" || !is_plain_delete(words, schema, out)) out.tables.clear();
    read_data(words, query, out);
  }
  return out;
}

}  // namespace godwit::mysql
