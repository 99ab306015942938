#include "engines/mysql/target_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "engine/kept_columns.h"
#include "engines/mysql/bent_values.h"
#include "engines/mysql/own_objects.h"
#include "engines/mysql/structure.h"
#include "engines/mysql/target_columns.h"
#include "engines/mysql/target_errors.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {
namespace {

constexpr size_t name_characters_max = 64;
constexpr uint64_t packet_bytes_wanted = 64U << 20U;

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Checks {
 public:
  Checks(Connection& session, std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
         PrepareMode mode, bool fresh)
      : session_(session), tables_(tables), objects_(objects), mode_(mode), fresh_(fresh) {}

  Result<std::vector<Finding>> run() {
    TRY(check_server());
    check_names();
    TRY(read_privileges());
    for (size_t i = 0; i < tables_.size(); ++i) TRY(check_table(tables_[i]));
    for (const TargetTable& table : tables_) check_collations(table);
    check_documents();
    TRY(check_references());
    TRY(check_objects());
    return std::move(findings_);
  }

 private:
  void stop(Error error, const TableRef& table = {}, std::vector<std::string> remedy = {}) {
    findings_.push_back({true, std::move(error), table, std::move(remedy)});
  }
  void warn(Error error, const TableRef& table = {}, std::vector<std::string> remedy = {}) {
    findings_.push_back({false, std::move(error), table, std::move(remedy)});
  }
  // On a whole database: what Godwit makes there is many tables.
  std::vector<std::string> grant(std::string_view privileges, const std::string& schema) const {
    const size_t at = user_.rfind('@');
    const std::string who = at == std::string::npos
                                ? quote_literal(user_)
                                : quote_literal(user_.substr(0, at)) + "@" + quote_literal(user_.substr(at + 1));
    return {fmt::format("GRANT {} ON {}.* TO {};", privileges, quote_name(schema), who)};
  }

  Result<void> check_server() {
    const Rows rows = TRY(session_.query(
        "SELECT @@global.local_infile, @@max_allowed_packet, @@global.read_only, @@lower_case_table_names, "
        "CURRENT_USER()"));
    lower_case_names_ = rows.integer(0, 3);
    user_ = rows.text(0, 4);
    if (rows.integer(0, 0) == 0) stop(errors::local_infile_off(), {}, {"SET GLOBAL local_infile = ON;"});
    if (rows.integer(0, 2) != 0) stop(errors::read_only());
    if (rows.unsigned_integer(0, 1) < packet_bytes_wanted)
      warn(errors::small_packet(rows.unsigned_integer(0, 1)), {}, {"SET GLOBAL max_allowed_packet = 1073741824;"});
    bends_timestamps_ = TRY(variable("explicit_defaults_for_timestamp"))
    != "ON";
    const bool cluster = TRY(variable("wsrep_on"))
    == "ON";
    if (cluster && TRY(variable("wsrep_load_data_splitting")) == "ON") stop(errors::loads_are_split());
    // Servers without roles do not know the function.
    const auto role = session_.query("SELECT CURRENT_ROLE()");
    has_role_ = role && !role->empty() && !role->is_null(0, 0) && role->get(0, 0) != "NONE";
    return {};
  }

  // Of this session; empty: the server has none of the name.
  Result<std::string> variable(std::string_view name) {
    const Rows rows = TRY(session_.query(fmt::format("SHOW SESSION VARIABLES LIKE {}", quote_literal(name))));
    return rows.empty() ? std::string() : upper_utf8(rows.get(0, 1));
  }

  void check_name(std::string_view what, const std::string& name) {
    if (characters(name) > name_characters_max) stop(errors::name_too_long(what, name));
  }

  void check_names() {
    std::map<std::string, std::string> tables;
    for (const TargetTable& table : tables_) {
      const TableRef& name = table.layout->ref;
      check_name("database", name.schema);
      check_name("table", name.name);
      if (lower_case_names_ != 0) {
        const auto [other, fresh] = tables.try_emplace(lower_utf8(to_string(name)), to_string(name));
        if (!fresh && other->second != to_string(name)) stop(errors::names_collide(other->second, to_string(name)));
        if (lower_case_names_ == 1 && lower_utf8(to_string(name)) != to_string(name))
          warn(errors::upper_case_name(name));
      }
      std::map<std::string, std::string> columns;
      for (const ColumnDef& column : table.layout->columns) {
        check_name("column", column.name);
        const auto [other, fresh] = columns.try_emplace(lower_utf8(column.name), column.name);
        if (!fresh) stop(errors::names_collide(to_string(name) + "." + other->second, column.name));
      }
    }
  }

  // What the user has everywhere, and by patterns of databases. Roles are not looked through.
  Result<void> read_privileges() {
    const std::string grantee =
        "CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', "
        "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
    const Rows rows = TRY(session_.query(
        "SELECT '%', PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = " + grantee +
        " UNION ALL SELECT TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = " +
        grantee));
    for (size_t row = 0; row < rows.size(); ++row) granted_[rows.text(row, 0)].insert(rows.text(row, 1));
    return {};
  }

  // Of these the ones that the user lacks; nothing when a role may give them.
  Result<std::string> lacking(const TableRef& table, std::initializer_list<std::string_view> wanted) {
    if (has_role_) return std::string();
    std::vector<std::string> out;
    std::set<std::string> own;
    const Rows rows = TRY(session_.query(
        fmt::format("SELECT PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = {} AND "
                    "TABLE_NAME = {}",
                    quote_literal(table.schema), quote_literal(table.name))));
    for (size_t row = 0; row < rows.size(); ++row) own.insert(rows.text(row, 0));
    for (const auto& [pattern, privileges] : granted_) {
      const Rows fits =
          TRY(session_.query(fmt::format("SELECT {} LIKE {}", quote_literal(table.schema), quote_literal(pattern))));
      if (fits.integer(0, 0) == 1) own.insert(privileges.begin(), privileges.end());
    }
    for (const std::string_view privilege : wanted)
      if (!own.contains(std::string(privilege))) out.emplace_back(privilege);
    return join(out, ", ");
  }

  Result<void> check_table(const TargetTable& table) {
    const TableDef& layout = *table.layout;
    const std::string where = fmt::format("TABLE_SCHEMA = {} AND TABLE_NAME = {}", quote_literal(layout.ref.schema),
                                          quote_literal(layout.ref.name));
    const Rows there = TRY(session_.query("SELECT ENGINE, TABLE_TYPE FROM information_schema.TABLES WHERE " + where));
    const bool dropped = fresh_ && mode_ == PrepareMode::drop_and_create;
    // Neither dropped nor made anew as one, and rows would go through it into the tables behind it.
    if (!there.empty() && there.get(0, 1) != "BASE TABLE" && there.get(0, 1) != "SYSTEM VERSIONED") {
      stop(errors::no_table(layout.ref, there.get(0, 1)), layout.ref);
      return {};
    }
    if (there.empty() || dropped) {
      const std::string missing =
          TRY(lacking(layout.ref, {"CREATE", "ALTER", "INDEX", "SELECT", "INSERT", "UPDATE", "DELETE", "DROP"}));
      if (!missing.empty())
        stop(errors::no_create(user_, layout.ref.schema, missing), layout.ref, grant(missing, layout.ref.schema));
      return {};
    }
    if (there.get(0, 0) != "InnoDB")
      stop(errors::storage_engine(layout.ref, there.get(0, 0)), layout.ref,
           {fmt::format("ALTER TABLE {} ENGINE = InnoDB;", quote_name(layout.ref))});
    const bool emptied = fresh_ && mode_ == PrepareMode::truncate_before_load;
    // TRUNCATE wants what DROP does.
    const std::string missing =
        TRY(lacking(layout.ref, {"SELECT", "INSERT", "UPDATE", "DELETE", emptied ? "DROP" : "SELECT"}));
    if (!missing.empty())
      stop(errors::not_writable(layout.ref, user_, missing), layout.ref, grant(missing, layout.ref.schema));
    TRY(check_columns(table, where));
    const Rows triggers = TRY(session_.query(
        fmt::format("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = {} AND "
                    "EVENT_OBJECT_TABLE = {}",
                    quote_literal(layout.ref.schema), quote_literal(layout.ref.name))));
    for (size_t row = 0; row < triggers.size(); ++row)
      stop(errors::has_triggers(layout.ref, triggers.get(row, 0)), layout.ref,
           {fmt::format("DROP TRIGGER {}.{};", quote_name(layout.ref.schema), quote_name(triggers.get(row, 0)))});
    return {};
  }

  Result<void> check_columns(const TargetTable& table, const std::string& where) {
    const TableDef& layout = *table.layout;
    const Rows rows =
        TRY(session_.query("SELECT COLUMN_NAME, EXTRA, DATA_TYPE, IS_NULLABLE, NUMERIC_SCALE, DATETIME_PRECISION, "
                           "CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, COLUMN_DEFAULT IS NOT NULL FROM "
                           "information_schema.COLUMNS WHERE " +
                           where));
    std::vector<KeptColumn> kept;
    std::map<std::string, size_t> there;
    for (size_t row = 0; row < rows.size(); ++row) there[lower_utf8(rows.get(row, 0))] = row;
    std::vector<std::string> missing, computed, bent;
    for (const ColumnDef& column : layout.columns) {
      const auto found = there.find(lower_utf8(column.name));
      if (found == there.end()) {
        missing.push_back(column.name);
        continue;
      }
      const size_t row = found->second;
      const std::string extra = upper_utf8(rows.get(row, 1)), type = lower_ascii(rows.get(row, 2));
      if (is_computed(extra)) computed.push_back(column.name);
      const bool counts = extra.find("AUTO_INCREMENT") != std::string::npos;
      const auto place = static_cast<uint32_t>(&column - layout.columns.data());
      const bool in_key = layout.key && std::ranges::find(layout.key->columns, place) != layout.key->columns.end();
      if (!column.not_null && !in_key &&
          (counts || (type == "timestamp" && bends_timestamps_ && rows.get(row, 3) == "NO")))
        bent.push_back(column.name);
      check_values(table, column, in_key, own_column(rows, row));
    }
    for (size_t row = 0; row < rows.size(); ++row) {
      const std::string extra = upper_utf8(rows.get(row, 1));
      // An ENUM without a default gives its first label.
      const bool fills_itself = rows.integer(row, 8) != 0 || extra.find("AUTO_INCREMENT") != std::string::npos ||
                                lower_ascii(rows.get(row, 2)) == "enum";
      // It takes a NULL for something else, which is told as such.
      const bool bends = std::ranges::any_of(
          bent, [&](const std::string& name) { return lower_utf8(name) == lower_utf8(rows.get(row, 0)); });
      kept.push_back({rows.text(row, 0), rows.get(row, 3) == "NO" && !bends, fills_itself, is_computed(extra)});
    }
    if (fresh_) check_kept(table, kept);
    // DDL commits by itself: a change that a killed run had carried out is not in the record yet. What else may be
    // missing is told by the first row that needs it.
    if (!missing.empty() && fresh_) stop(errors::missing_target_columns(layout.ref, missing), layout.ref);
    if (!computed.empty()) stop(errors::generated_target_column(layout.ref, computed), layout.ref);
    if (!bent.empty()) stop(errors::bends_nulls(layout.ref, bent), layout.ref);
    return {};
  }

  static bool is_computed(std::string_view extra) {
    return extra.find("VIRTUAL GENERATED") != std::string_view::npos ||
           extra.find("STORED GENERATED") != std::string_view::npos ||
           extra.find("PERSISTENT") != std::string_view::npos;
  }

  void check_kept(const TargetTable& table, std::span<const KeptColumn> columns) {
    const TableRef& name = table.layout->ref;
    const KeptMisfits found = kept_misfits(table, columns, true);
    if (!found.stay_null.empty()) stop(godwit::errors::columns_stay_null(name, found.stay_null), name);
    if (!found.want_values.empty()) stop(godwit::errors::columns_want_values(name, found.want_values), name);
    if (!found.refuse_nulls.empty()) warn(godwit::errors::columns_refuse_nulls(name, found.refuse_nulls), name);
  }

  static OwnColumn own_column(const Rows& rows, size_t row) {
    const auto number = [&](size_t column) {
      return rows.is_null(row, column) ? std::optional<int64_t>() : rows.integer(row, column);
    };
    return {lower_ascii(rows.get(row, 2)), number(6), number(7), number(4), number(5)};
  }

  // Rows could not be found again by a key that the server changes, and two might become one. Later a change of the
  // structure may be under way.
  void check_values(const TargetTable& table, const ColumnDef& column, bool in_key, const OwnColumn& own) {
    const std::optional<Bend> bend = bend_of(column.type, own);
    if (!bend || (bend->blanks_kept && means_no_blanks(table, column))) return;
    if (in_key && !bend->blanks_kept && fresh_)
      stop(errors::bends_key(table.layout->ref, column, own.data_type, bend->what), table.layout->ref);
    else
      warn(errors::bends_values(table.layout->ref, column, own.data_type, bend->what,
                                in_key && bend->blanks_kept.has_value()),
           table.layout->ref);
  }

  // MySQL's own type reads them from their text; MariaDB's is a text.
  void check_documents() {
    if (session_.traits().mariadb) return;
    for (const TargetTable& table : tables_)
      for (const ColumnDef& column : table.layout->columns)
        if (lower_ascii(column.type.native) == "json")
          return warn(errors::document_numbers(table.layout->ref, column.name));
  }

  static std::string_view collation_of(const Type& type) {
    constexpr std::string_view word = " COLLATE ";
    const std::string_view text = type.native;
    const size_t at = text.find(word);
    return at == std::string_view::npos ? std::string_view() : text.substr(at + word.size());
  }

  // Once for each pair.
  void check_collations(const TargetTable& table) {
    for (const ColumnDef& column : table.layout->columns) {
      const auto from = std::ranges::find(table.source->columns, column.number, &ColumnDef::number);
      if (column.number == 0 || from == table.source->columns.end() || from->type.dialect != dialect) continue;
      const std::string_view was = collation_of(from->type), is = collation_of(column.type);
      const bool same = was == is || (was.starts_with("utf8_") && is == "utf8mb3_" + std::string(was.substr(5))) ||
                        (is.starts_with("utf8_") && was == "utf8mb3_" + std::string(is.substr(5)));
      if (same || was.empty() || is.empty() || !collations_told_.emplace(was, is).second) continue;
      warn(errors::other_collation(table.layout->ref, column.name, was, is));
    }
  }

  Result<void> check_references() {
    if (!fresh_ || mode_ == PrepareMode::do_nothing) return {};
    for (const auto& [place, name] : TRY(outside_references(session_, tables_)))
      stop(errors::referenced_from_outside(tables_[place].layout->ref, name), tables_[place].layout->ref);
    return {};
  }

  // What objects of another engine lose here.
  Result<void> check_objects() {
    for (const ObjectDef& object : objects_) {
      if (object.dialect == dialect) {
        const bool lacks = TRY(lacks_other_table(session_, object, tables_));
        if (lacks) warn(errors::other_table_missing(object));
        if (object.kind == "sequence" && !object.create.empty() && !session_.traits().mariadb)
          warn(errors::not_carried(object, "this server has no sequences."));
        continue;
      }
      for (const std::string& note : carry(object, tables_, carry_traits(session_.traits())).notes)
        warn(errors::not_carried(object, note));
    }
    return {};
  }

  Connection& session_;
  const std::span<const TargetTable> tables_;
  const std::span<const ObjectDef> objects_;
  const PrepareMode mode_;
  const bool fresh_;
  std::string user_;
  bool has_role_ = false;
  int64_t lower_case_names_ = 0;
  bool bends_timestamps_ = false;                         // a NULL for a TIMESTAMP NOT NULL becomes the time of now
  std::map<std::string, std::set<std::string>> granted_;  // by pattern of databases
  std::set<std::pair<std::string, std::string>> collations_told_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> check_target(Connection& session, std::span<const TargetTable> tables,
                                          std::span<const ObjectDef> objects, PrepareMode mode, bool fresh) {
  return Checks(session, tables, objects, mode, fresh).run();
}

}  // namespace godwit::mysql
