#include "engines/mysql/ddl_statement.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "engines/mysql/ddl_column.h"

namespace godwit::mysql {
namespace {

using Kind = DdlAction::Kind;

constexpr size_t words_max = 1U << 20U;

// Options of a table that concern neither rows nor columns.
constexpr std::array<std::string_view, 43> plain_options = {"ENGINE",
                                                            "TYPE",
                                                            "AUTO_INCREMENT",
                                                            "COMMENT",
                                                            "ROW_FORMAT",
                                                            "AVG_ROW_LENGTH",
                                                            "MAX_ROWS",
                                                            "MIN_ROWS",
                                                            "PACK_KEYS",
                                                            "CHECKSUM",
                                                            "TABLE_CHECKSUM",
                                                            "DELAY_KEY_WRITE",
                                                            "KEY_BLOCK_SIZE",
                                                            "STATS_PERSISTENT",
                                                            "STATS_AUTO_RECALC",
                                                            "STATS_SAMPLE_PAGES",
                                                            "COMPRESSION",
                                                            "ENCRYPTION",
                                                            "ENCRYPTED",
                                                            "ENCRYPTION_KEY_ID",
                                                            "DATA",
                                                            "INDEX",
                                                            "INSERT_METHOD",
                                                            "TABLESPACE",
                                                            "PAGE_CHECKSUM",
                                                            "PAGE_COMPRESSED",
                                                            "PAGE_COMPRESSION_LEVEL",
                                                            "TRANSACTIONAL",
                                                            "SECONDARY_ENGINE",
                                                            "ENGINE_ATTRIBUTE",
                                                            "SECONDARY_ENGINE_ATTRIBUTE",
                                                            "AUTOEXTEND_SIZE",
                                                            "STORAGE",
                                                            "SECONDARY_LOAD",
                                                            "SECONDARY_UNLOAD",
                                                            "FORCE",
                                                            "NOWAIT",
                                                            "ALGORITHM",
                                                            "LOCK",
                                                            "SEQUENCE",
                                                            "IETF_QUOTES",
                                                            "WAIT",
                                                            "CONNECTION"};

class AlterReader {
 public:
  AlterReader(DdlWords words, const DdlDialect& how) : words_(std::move(words)), dialect_(how) {}

  std::optional<AlterStatement> alter_table() {
    if (!words_.take("ALTER")) return std::nullopt;
    for (;;) {
      if (words_.take("IGNORE"))
        out_.ignores_errors = true;
      else if (!words_.take("ONLINE") && !words_.take("OFFLINE"))
        break;
    }
    if (!words_.take("TABLE")) return std::nullopt;
    words_.take_if_exists();
    if (!words_.take_table(dialect_.schema, out_.table)) return std::nullopt;
    while (!words_.done()) {
      const size_t start = words_.place();
      if (!read_action()) {
        words_.pass_item();
        add(Kind::unknown);
      }
      words_.take_sign(',');
      if (words_.place() == start) words_.pass();
    }
    return std::move(out_);
  }

  std::optional<AlterStatement> index_statement() {
    const bool creates = words_.take("CREATE");
    if (!creates && !words_.take("DROP")) return std::nullopt;
    if (words_.take("OR")) words_.take("REPLACE");
    while (words_.take("ONLINE") || words_.take("OFFLINE")) continue;
    const bool unique = words_.take("UNIQUE");
    if (!unique) words_.take("FULLTEXT") || words_.take("SPATIAL");
    if (!words_.take("INDEX")) return std::nullopt;
    words_.take_if_exists();
    std::string name;
    if (!words_.take_name(name)) return std::nullopt;
    if (words_.take("USING") || words_.take("TYPE")) words_.pass();
    if (!words_.take("ON") || !words_.take_table(dialect_.schema, out_.table)) return std::nullopt;
    if (unique) add(Kind::add_key);
    if (!creates) add(Kind::drop_key).name = name;
    add(Kind::note).what = "index " + name;
    return std::move(out_);
  }

 private:
  DdlAction& add(Kind kind) {
    out_.actions.emplace_back().kind = kind;
    return out_.actions.back();
  }
  bool note(std::string what) {
    words_.pass_item();
    add(Kind::note).what = std::move(what);
    return true;
  }

  bool read_action() {
    if (words_.take("ADD")) return read_add();
    if (words_.take("CHANGE")) return read_change(true);
    if (words_.take("MODIFY")) return read_change(false);
    if (words_.take("DROP")) return read_drop();
    if (words_.take("RENAME")) return read_rename();
    if (words_.take("ALTER")) return read_alter_column();
    if (words_.take("CONVERT")) return read_convert();
    if (words_.take("ORDER")) return words_.pass_order(), true;
    if (words_.take("ENABLE", "KEYS") || words_.take("DISABLE", "KEYS") || words_.take("WITH", "VALIDATION") ||
        words_.take("WITHOUT", "VALIDATION") || words_.take("FORCE"))
      return true;
    if (words_.take("PARTITION", "BY")) return pass_rest("its partitions");
    if (words_.take("REMOVE", "PARTITIONING") || words_.take("UPGRADE", "PARTITIONING"))
      return note("its partitions");
    if (words_.ahead(1).is("PARTITION")) return read_partition_action();
    return read_options();
  }

  bool pass_rest(std::string what) {
    while (!words_.done()) words_.pass();
    add(Kind::note).what = std::move(what);
    return true;
  }

  bool read_partition_action() {
    const std::string verb = words_.now().upper;
    const bool keeps_rows = verb == "ANALYZE" || verb == "CHECK" || verb == "OPTIMIZE" || verb == "REBUILD" ||
                            verb == "REPAIR" || verb == "REORGANIZE" || verb == "COALESCE";
    const bool known =
        keeps_rows || verb == "TRUNCATE" || verb == "EXCHANGE" || verb == "DISCARD" || verb == "IMPORT";
    if (!known) return false;
    while (!words_.done() && !(verb == "EXCHANGE" && words_.now().is("WITH") && words_.ahead(1).is("TABLE")))
      words_.pass();
    if (words_.take("WITH", "TABLE") && !words_.take_table(dialect_.schema, out_.exchanged.emplace())) return false;
    while (!words_.done()) words_.pass();
    add(keeps_rows ? Kind::note : Kind::partition_rows).what = "its partitions";
    return true;
  }

  // Keys and other things that are no columns; nothing: it is a column.
  std::optional<bool> read_added_object() {
    const size_t start = words_.place();
    std::string name;
    if (words_.take("CONSTRAINT") && !words_.now().is("PRIMARY") && !words_.now().is("UNIQUE") &&
        !words_.now().is("FOREIGN") && !words_.now().is("CHECK")) {
      words_.take_if_exists();
      words_.take_name(name);
    }
    if (words_.take("PRIMARY", "KEY")) return add_key();
    if (words_.take("UNIQUE")) return add_key();
    if (words_.take("FOREIGN", "KEY")) return add_foreign(std::move(name));
    if (words_.now().is("CHECK") && words_.ahead(1).is_sign('(')) return note("a check");
    if (words_.now().is("INDEX") || words_.now().is("KEY") || words_.now().is("FULLTEXT") ||
        words_.now().is("SPATIAL"))
      return note("an index");
    if (words_.take("PARTITION")) return pass_rest("its partitions");
    if (words_.take("SYSTEM", "VERSIONING") || words_.take("PERIOD", "FOR")) return false;
    const bool is_column = words_.place() == start;
    return is_column ? std::nullopt : std::optional(false);
  }

  bool add_foreign(std::string name) {
    DdlForeignKey key;
    key.name = std::move(name);
    words_.take_if_exists();
    std::string index;
    if (!words_.now().is_sign('(')) words_.take_name(index);
    if (!read_names(words_, key.columns) || !words_.take("REFERENCES") || !read_reference(words_, key)) return false;
    add(Kind::add_foreign).foreign = std::move(key);
    return words_.at_item_end();
  }

  bool add_key() {
    words_.pass_item();
    add(Kind::add_key).what = "a key";
    return true;
  }

  bool read_add() {
    if (const std::optional<bool> object = read_added_object()) return *object;
    words_.take("COLUMN");
    const bool if_exists = words_.take_if_exists();
    if (!words_.take_sign('(')) return read_added_column(if_exists);
    do {
      const std::optional<bool> object = read_added_object();
      if (object ? !*object : !read_added_column(if_exists)) return false;
    } while (words_.take_sign(','));
    return words_.take_sign(')');
  }

  bool read_added_column(bool if_exists) {
    DdlAction action;
    action.kind = Kind::add;
    action.if_exists = if_exists;
    return words_.take_name(action.column.name) && read_definition(std::move(action));
  }

  bool read_definition(DdlAction action) {
    if (!read_column(words_, dialect_, action.column)) return false;
    if (words_.take("FIRST")) action.placed = true;
    if (words_.take("AFTER")) {
      action.placed = true;
      if (!words_.take_name(action.after)) return false;
    }
    if (!words_.at_item_end()) return false;
    out_.actions.push_back(std::move(action));
    return true;
  }

  bool read_change(bool names) {
    words_.take("COLUMN");
    DdlAction action;
    action.kind = Kind::change;
    action.if_exists = words_.take_if_exists();
    if (!words_.take_name(action.name)) return false;
    action.column.name = action.name;
    if (names && !words_.take_name(action.column.name)) return false;
    return read_definition(std::move(action));
  }

  bool read_drop() {
    if (words_.take("PRIMARY", "KEY")) return add(Kind::drop_key).name = "PRIMARY", true;
    if (words_.take("PARTITION")) {
      while (!words_.done()) words_.pass();
      return add(Kind::partition_rows).what = "its partitions", true;
    }
    if (words_.take("SYSTEM", "VERSIONING") || words_.take("PERIOD", "FOR")) return false;
    std::string name;
    const bool foreign = words_.take("FOREIGN", "KEY");
    const bool index = words_.take("INDEX") || words_.take("KEY");
    const bool object = !foreign && !index && (words_.take("CONSTRAINT") || words_.take("CHECK"));
    if (!foreign && !index && !object) words_.take("COLUMN");
    const bool if_exists = words_.take_if_exists();
    if (!words_.take_name(name)) return false;
    words_.take("RESTRICT") || words_.take("CASCADE");
    DdlAction& action = add(foreign  ? Kind::drop_foreign
                            : index  ? Kind::drop_key
                            : object ? Kind::drop_object
                                     : Kind::drop);
    action.name = name;
    action.if_exists = if_exists;
    action.what = index ? "index " + name : "constraint " + name;
    return words_.at_item_end();
  }

  bool read_rename() {
    if (words_.take("COLUMN")) {
      DdlAction action;
      action.kind = Kind::rename;
      action.if_exists = words_.take_if_exists();
      if (!words_.take_name(action.name) || !words_.take("TO") || !words_.take_name(action.new_name)) return false;
      out_.actions.push_back(std::move(action));
      return true;
    }
    if ((words_.now().is("INDEX") || words_.now().is("KEY")) && !words_.ahead(1).is_sign(',') &&
        words_.ahead(1).is_name())
      return note("the name of an index");
    words_.take("TO") || words_.take("AS") || words_.take_sign('=');
    TableRef table;
    if (!words_.take_table(dialect_.schema, table)) return false;
    out_.renamed = std::move(table);
    return true;
  }

  bool read_alter_column() {
    if (words_.now().is("INDEX") || words_.now().is("KEY") || words_.now().is("CHECK") ||
        words_.now().is("CONSTRAINT"))
      return note("an index or a check");
    words_.take("COLUMN");
    DdlAction action;
    action.kind = Kind::set_default;
    action.if_exists = words_.take_if_exists();
    if (!words_.take_name(action.name)) return false;
    if (words_.take("SET", "VISIBLE") || words_.take("SET", "INVISIBLE")) return true;
    if (words_.take("SET", "DEFAULT")) {
      if (!read_default(words_, action.column.value)) return false;
    } else if (!words_.take("DROP", "DEFAULT")) {
      return false;
    }
    out_.actions.push_back(std::move(action));
    return true;
  }

  bool read_convert() {
    if (words_.now().is("PARTITION") || words_.now().is("TABLE")) return read_converted_partition();
    if (!words_.take("TO")) return false;
    DdlType type;
    if (!take_charset(words_, type)) return false;
    take_charset(words_, type);
    DdlAction& action = add(Kind::convert);
    action.charset = type.charset;
    action.collation = type.collation;
    return true;
  }

  // MariaDB: CONVERT PARTITION p TO TABLE t, CONVERT TABLE t TO PARTITION p …
  bool read_converted_partition() {
    const bool splits = words_.take("PARTITION");
    std::string name;
    if (splits && (!words_.take_name(name) || !words_.take("TO", "TABLE"))) return false;
    if (!splits) words_.pass();
    std::optional<TableRef>& other = splits ? out_.split_off : out_.absorbed;
    if (!words_.take_table(dialect_.schema, other.emplace())) return false;
    while (!words_.done()) words_.pass();
    add(Kind::partition_rows).what = "its partitions";
    return true;
  }

  // ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='…', with or without commas.
  bool read_options() {
    bool any = false;
    DdlType charset;
    while (!words_.at_item_end()) {
      const bool with_default = words_.take("DEFAULT");
      if (take_charset(words_, charset)) {
        any = true;
        continue;
      }
      const SqlWord& word = words_.now();
      if (with_default || word.kind != SqlWord::Kind::word ||
          std::ranges::find(plain_options, word.upper) == plain_options.end())
        return false;
      const bool directory = word.is("DATA") || word.is("INDEX");
      const bool alone =
          word.is("FORCE") || word.is("NOWAIT") || word.is("SECONDARY_LOAD") || word.is("SECONDARY_UNLOAD");
      words_.pass();
      if (directory && !words_.take("DIRECTORY")) return false;
      words_.take_sign('=');
      if (!alone && !words_.at_item_end()) words_.pass();
      any = true;
    }
    if (!charset.charset.empty() || !charset.collation.empty()) {
      DdlAction& action = add(Kind::table_charset);
      action.charset = charset.charset;
      action.collation = charset.collation;
    }
    return any;
  }

  DdlWords words_;
  const DdlDialect& dialect_;
  AlterStatement out_;
};

}  // namespace

bool is_strict(uint64_t sql_mode) {
  constexpr uint64_t strict_trans_tables = 1U << 21U, strict_all_tables = 1U << 22U;
  return (sql_mode & (strict_trans_tables | strict_all_tables)) != 0;
}

DdlWords ddl_words(std::string_view sql, uint64_t sql_mode) {
  constexpr uint64_t ansi_quotes = 4, no_backslash_escapes = 1U << 20U;
  DdlWords out(sql,
               read_words(sql, (sql_mode & ansi_quotes) != 0, (sql_mode & no_backslash_escapes) == 0, words_max));
  if (out.take("SET", "STATEMENT"))  // MariaDB: SET STATEMENT … FOR …
    while (!out.done() && !out.take("FOR")) out.pass();
  return out;
}

std::optional<AlterStatement> read_alter_table(std::string_view sql, const DdlDialect& how) {
  return AlterReader(ddl_words(sql, how.sql_mode), how).alter_table();
}

std::optional<AlterStatement> read_index_statement(std::string_view sql, const DdlDialect& how) {
  return AlterReader(ddl_words(sql, how.sql_mode), how).index_statement();
}

}  // namespace godwit::mysql
