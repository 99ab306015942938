#include "engines/mysql/source_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/text.h"
#include "engines/mysql/catalog.h"
#include "engines/mysql/charset.h"
#include "engines/mysql/connection_attributes.h"
#include "engines/mysql/constraints.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

using Findings = std::vector<Finding>;

const std::string full_image = "SET GLOBAL binlog_row_image = 'FULL';";

bool is_off(std::string_view value) {
  return value == "OFF" || value == "0";
}

class Checks {
 public:
  Checks(Connection& session, const Endpoint& endpoint, const CaptureSpec& spec)
      : session_(session), endpoint_(endpoint), spec_(spec) {}

  Result<Findings> run(bool with_changes) {
    const Rows me = TRY(session_.query("SELECT CURRENT_USER()"));
    user_ = me.text(0, 0);
    TRY(reading());
    TRY(storage_engines(with_changes));
    if (!with_changes) return std::move(out_);
    TRY(open_xa());
    if (!TRY(log_itself())) return std::move(out_);
    TRY(retention());
    TRY(replica());
    TRY(privileges());
    TRY(keys());
    TRY(cascades());
    TRY(charsets());
    TRY(ndb());
    return std::move(out_);
  }

 private:
  void fatal(Error error, const TableRef& table = {}, std::vector<std::string> remedy = {}) {
    out_.push_back({true, std::move(error), table, std::move(remedy)});
  }
  void warn(Error error, const TableRef& table = {}, std::vector<std::string> remedy = {}) {
    out_.push_back({false, std::move(error), table, std::move(remedy)});
  }
  // 'app'@'%'
  std::string grantee() const {
    const size_t at = user_.rfind('@');
    if (at == std::string::npos) return quote_literal(user_);
    return quote_literal(user_.substr(0, at)) + "@" + quote_literal(user_.substr(at + 1));
  }
  static std::vector<std::string> alter(const TableRef& table, std::string_view what) {
    return {fmt::format("ALTER TABLE {} {};", quote_name(table), what)};
  }

  Result<std::string> variable(std::string_view name) {
    const auto value = TRY(global_variable(session_, name));
    return value.value_or("");
  }

  // By trying: grants may come by roles, patterns and columns.
  Result<void> reading() {
    for (const TableDef* table : spec_.tables) {
      std::vector<std::string> columns;
      for (const ColumnDef& column : table->columns)
        if (!column.generated) columns.push_back(quote_name(column.name));
      if (columns.empty()) continue;
      auto read =
          session_.query(fmt::format("SELECT {} FROM {} LIMIT 0", join(columns, ", "), quote_name(table->ref)));
      if (read) continue;
      if (session_.broken()) return Failure(read.error());
      // What was dropped, renamed or altered while no worker ran is told by the log.
      const std::string& code = read.error().code;
      if (!spec_.fresh && (code == "mysql.1146" || code == "mysql.1054" || code == "mysql.1049")) continue;
      fatal(errors::not_readable(table->ref, user_, read.error().message), table->ref,
            {fmt::format("GRANT SELECT ON {} TO {};", quote_name(table->ref), grantee())});
    }
    return {};
  }

  Result<void> storage_engines(bool with_changes) {
    const Rows transactional =
        TRY(session_.query("SELECT engine FROM information_schema.engines WHERE transactions = 'YES'"));
    std::set<std::string> good;
    for (size_t i = 0; i < transactional.size(); ++i) good.insert(lower_ascii(transactional.get(i, 0)));
    std::vector<TableRef> names;
    for (const TableDef* table : spec_.tables) names.push_back(table->ref);
    const std::set<TableRef> wanted(names.begin(), names.end());
    for (const std::string& condition : table_conditions(names)) {
      const Rows rows = TRY(session_.query(
          "SELECT table_schema, table_name, engine, table_type FROM information_schema.tables WHERE " + condition));
      for (size_t i = 0; i < rows.size(); ++i) {
        const TableRef name{rows.text(i, 0), rows.text(i, 1)};
        if (!wanted.contains(name)) continue;
        if (!good.contains(lower_ascii(rows.get(i, 2))))
          warn(errors::not_transactional(name, rows.get(i, 2)), name, alter(name, "ENGINE = InnoDB"));
        if (rows.get(i, 3) != "SYSTEM VERSIONED") continue;
        // The log has a DELETE as an UPDATE of a hidden column, and with an UPDATE an INSERT of the old row.
        if (with_changes)
          fatal(errors::system_versioned_followed(name), name, alter(name, "DROP SYSTEM VERSIONING"));
        else
          warn(errors::system_versioned(name), name);
      }
    }
    return {};
  }

  Result<void> open_xa() {
    if (is_set(endpoint_, "IgnoreOpenXaTransactionsCheck", true)) return {};
    auto rows = session_.query("XA RECOVER");
    if (!rows && session_.broken()) return Failure(rows.error());
    if (!rows)
      fatal(errors::xa_not_listed(rows.error().message));
    else if (!rows->empty())
      fatal(errors::open_xa(rows->size()));
    return {};
  }

  // False: there is none to be looked at any further.
  Result<bool> log_itself() {
    const std::string log_bin = TRY(variable("log_bin"));
    if (is_off(log_bin)) {
      fatal(errors::log_bin_off());
      return false;
    }
    const std::string format = TRY(variable("binlog_format"));
    if (!format.empty() && format != "ROW")
      fatal(errors::log_format(format), {}, {"SET GLOBAL binlog_format = 'ROW';"});
    const std::string id = TRY(variable("server_id"));
    if (id == "0") fatal(errors::server_id_zero(), {}, {"SET GLOBAL server_id = 1;"});
    const std::string image = TRY(variable("binlog_row_image"));
    if (image.empty() || image == "FULL" || image == "FULL_NODUP") return true;
    TRY(row_image(image));
    const std::string partial = TRY(variable("binlog_row_value_options"));
    if (partial.find("PARTIAL_JSON") != std::string::npos) partial_json(image);
    return true;
  }

  // The log names rows by the server's own key alone, which may be none of ours: one with computed columns.
  Result<void> row_image(const std::string& image) {
    warn(errors::row_image_partial(image), {}, {full_image});
    std::map<TableRef, std::set<std::string>> by_other_keys;
    for (const TableDef* table : spec_.tables) {
      if (!table->key) fatal(errors::row_image_keyless(image, table->ref), table->ref, {full_image});
      if (!table->key || table->key->name == "PRIMARY") continue;
      for (const uint32_t c : table->key->columns) by_other_keys[table->ref].insert(table->columns[c].name);
    }
    std::vector<TableRef> names;
    for (const auto& [name, columns] : by_other_keys) names.push_back(name);
    std::map<TableRef, std::set<std::string>> servers_own;
    for (const std::string& condition : table_conditions(names)) {
      const Rows rows =
          TRY(session_.query("SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE "
                             "column_key = 'PRI' AND " +
                             condition));
      for (size_t i = 0; i < rows.size(); ++i)
        servers_own[{rows.text(i, 0), rows.text(i, 1)}].insert(rows.text(i, 2));
    }
    for (const auto& [name, columns] : by_other_keys)
      if (const auto own = servers_own.find(name); own != servers_own.end() && own->second != columns)
        // Later the log tells of it, and rows that cannot be found are parked.
        spec_.fresh ? fatal(errors::row_image_other_key(image, name, own->second, columns), name, {full_image})
                    : warn(errors::row_image_other_key(image, name, own->second, columns), name, {full_image});
    return {};
  }

  void partial_json(const std::string& image) {
    for (const TableDef* table : spec_.tables)
      for (const ColumnDef& column : table->columns)
        if (column.type.native.starts_with("json"))

          warn(errors::partial_json_followed(image, table->ref, column.name), table->ref, {full_image});
  }

  Result<void> retention() {
    constexpr double day_s = 86400;
    const std::string seconds = TRY(variable("binlog_expire_logs_seconds"));
    const std::string days = TRY(variable("expire_logs_days"));
    // 0: never. MariaDB and 8.0 have both; the one that is not 0 counts.
    const auto number = [](const std::string& text) {
      double value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    };
    if (number(seconds) > 0 && number(seconds) < day_s)
      warn(errors::short_retention("binlog_expire_logs_seconds", seconds), {},
           {"SET GLOBAL binlog_expire_logs_seconds = 86400;"});
    else if (number(seconds) <= 0 && number(days) > 0 && number(days) < 1)
      warn(errors::short_retention("expire_logs_days", days), {}, {"SET GLOBAL expire_logs_days = 1;"});
    return {};
  }

  Result<void> replica() {
    const bool maria = session_.traits().mariadb;
    const std::string_view name =
        !maria && session_.traits().version >= 80026 ? "log_replica_updates" : "log_slave_updates";
    const std::string updates = TRY(variable(name));
    if (!is_off(updates)) return {};
    auto rows = session_.query(maria                                ? "SHOW ALL SLAVES STATUS"
                               : session_.traits().version >= 80022 ? "SHOW REPLICA STATUS"
                                                                    : "SHOW SLAVE STATUS");
    if (!rows && session_.broken()) return Failure(rows.error());
    if (rows && !rows->empty()) fatal(errors::replica_logs_nothing(name));
    return {};
  }

  Result<void> privileges() {
    const ServerTraits& traits = session_.traits();
    auto end = log_end_position(session_);
    if (!end && session_.broken()) return Failure(end.error());
    if (!end)
      fatal(errors::not_replication_client(user_, traits.mariadb, traits.version), {},
            {fmt::format("GRANT {} ON *.* TO {};",
                         traits.mariadb && traits.version >= 100502 ? "BINLOG MONITOR" : "REPLICATION CLIENT",
                         grantee())});
    const Rows grants = TRY(session_.query("SHOW GRANTS"));
    bool follows = false, by_role = false;
    for (size_t i = 0; i < grants.size(); ++i) {
      const std::string grant = grants.text(i, 0);
      const bool everywhere = grant.find(" ON *.* ") != std::string::npos;
      follows |= everywhere && (grant.find("REPLICATION SLAVE") != std::string::npos ||
                                grant.find("REPLICATION REPLICA") != std::string::npos ||
                                grant.starts_with("GRANT ALL PRIVILEGES"));
      by_role |= grant.find(" ON ") == std::string::npos;  // GRANT `role`@`%` TO …
    }
    if (!follows && !by_role)
      fatal(errors::not_replication_slave(user_, traits.mariadb), {},
            {fmt::format("GRANT REPLICATION SLAVE ON *.* TO {};", grantee())});
    if (end && *end) TRY(left_out_databases());
    return {};
  }

  // binlog_do_db and binlog_ignore_db.
  Result<void> left_out_databases() {
    const Rows rows =
        TRY(session_.query(session_.traits().says_replica() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"));
    if (rows.empty()) return {};
    const std::vector<std::string> only = split(rows.get(0, 2), ','), never = split(rows.get(0, 3), ',');
    std::set<std::string> told;
    for (const TableDef* table : spec_.tables) {
      const std::string& schema = table->ref.schema;
      if (!told.insert(schema).second) continue;
      if (!rows.get(0, 2).empty() && std::ranges::find(only, schema) == only.end())
        fatal(errors::log_filtered(schema, "binlog_do_db"));
      else if (std::ranges::find(never, schema) != never.end())
        fatal(errors::log_filtered(schema, "binlog_ignore_db"));
    }
    return {};
  }

  Result<void> keys() {
    for (const TableDef* table : spec_.tables)
      if (!table->key) warn(errors::no_key(table->ref), table->ref);
    return {};
  }

  // What a key does when a row of a table outside changes is in no log, and nothing on the target would do it.
  // A task that goes on learns of such keys where its log tells them: the catalog may be ahead of it.
  Result<void> cascades() {
    if (!spec_.fresh) return {};
    std::vector<TableRef> names;
    for (const TableDef* table : spec_.tables) names.push_back(table->ref);
    const std::set<TableRef> wanted(names.begin(), names.end());
    for (const ActingKey& key : TRY(keys_on(session_, names)))
      if (key.acts() && !wanted.contains(key.parent)) fatal(errors::cascade_from_outside(key), key.child);
    return {};
  }

  Result<void> charsets() {
    std::map<std::string, bool> known;
    for (const TableDef* table : spec_.tables)
      for (const ColumnDef& column : table->columns) {
        constexpr std::string_view words = " CHARACTER SET ";
        const size_t at = column.type.native.rfind(words);
        if (at == std::string::npos || column.generated) continue;
        const std::string_view rest = std::string_view(column.type.native).substr(at + words.size());
        const std::string charset(rest.substr(0, rest.find(' ')));
        const auto [one, is_new] = known.try_emplace(charset, false);
        if (is_new) one->second = CharsetConverter::open(charset) != nullptr;
        if (!one->second)
          fatal(errors::charset_unknown(table->ref, column.name, charset), table->ref,
                alter(table->ref, "CONVERT TO CHARACTER SET utf8mb4"));
      }
    return {};
  }

  Result<void> ndb() {
    const auto logs = TRY(global_variable(session_, "ndb_log_bin"));
    if (!logs) return {};
    if (is_off(*logs)) fatal(errors::ndb_variable("ndb_log_bin", "ON"));
    for (const std::string_view name : {"ndb_log_update_as_write", "ndb_log_updated_only"}) {
      const std::string value = TRY(variable(name));
      if (!value.empty() && !is_off(value)) fatal(errors::ndb_variable(name, "OFF"));
    }
    return {};
  }

  Connection& session_;
  const Endpoint& endpoint_;
  const CaptureSpec& spec_;
  std::string user_;
  Findings out_;
};

}  // namespace

Result<std::vector<Finding>> check_source(Connection& session, const Endpoint& endpoint, const CaptureSpec& spec,
                                          bool with_changes) {
  return Checks(session, endpoint, spec).run(with_changes);
}

}  // namespace godwit::mysql
