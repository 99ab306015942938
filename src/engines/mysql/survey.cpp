#include "engines/mysql/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "engines/mysql/catalog.h"
#include "engines/mysql/constraints.h"

namespace godwit::mysql {
namespace {

constexpr std::string_view settings_sql =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', "
    "'binlog_transaction_compression', 'log_bin_compress', 'binlog_row_value_options', 'binlog_expire_logs_seconds', "
    "'expire_logs_days', 'server_id', 'log_slave_updates', 'log_replica_updates', 'gtid_mode', 'gtid_domain_id', "
    "'local_infile', 'net_read_timeout', 'net_write_timeout', 'wait_timeout', 'max_statement_time', "
    "'max_execution_time', 'max_allowed_packet', 'lower_case_table_names', 'innodb_read_only', 'read_only')";

// Who may not look into them sees none.
Result<void> read_transactions(Connection& session, ServerFacts& out) {
  const auto open = session.query(
      "SELECT trx_mysql_thread_id, TIMESTAMPDIFF(SECOND, trx_started, NOW()) FROM information_schema.innodb_trx "
      "WHERE "
      "trx_started < NOW() - INTERVAL 10 MINUTE AND trx_mysql_thread_id <> 0 AND trx_mysql_thread_id <> "
      "CONNECTION_ID() ORDER BY trx_started");
  if (!open && session.broken()) return Failure(open.error());
  if (!open) return {};
  for (size_t i = 0; i < open->size(); ++i)
    out.open_transactions.push_back({fmt::format("connection {}", open->get(i, 0)), open->integer(i, 1),
                                     fmt::format("KILL {};", open->get(i, 0))});
  return {};
}

std::string action_of(std::string_view rule) {
  return rule == "RESTRICT" || rule == "NO ACTION" ? std::string() : std::string(rule);
}

class Survey {
 public:
  Survey(Connection& session, std::span<const TableRef> tables) : session_(session) {
    for (const TableRef& table : tables) out_.emplace_back().table = table;
  }

  Result<std::vector<TableSurvey>> run() {
    const Rows setting = TRY(session_.query("SELECT @@lower_case_table_names"));
    folds_ = setting.integer(0, 0) != 0;
    std::vector<TableRef> names;
    std::set<std::string> schemas;
    for (size_t i = 0; i < out_.size(); ++i) {
      places_[same_name(out_[i].table, folds_)] = i;
      names.push_back(out_[i].table);
      schemas.insert(out_[i].table.schema);
    }
    for (const std::string& condition : table_conditions(names)) {
      TRY(tables(condition));
      TRY(columns(condition));
      TRY(indexes(condition));
    }
    for (const std::string& schema : schemas) {
      TRY(triggers(schema));
      TRY(foreign_keys(schema));
    }
    TRY(checks(schemas));
    return std::move(out_);
  }

 private:
  TableSurvey* find(const Rows& rows, size_t row) {
    const auto at = places_.find(same_name({rows.text(row, 0), rows.text(row, 1)}, folds_));
    return at == places_.end() ? nullptr : &out_[at->second];
  }

  Result<void> tables(const std::string& condition) {
    const Rows rows = TRY(session_.query(
        "SELECT table_schema, table_name, engine, create_options FROM information_schema.tables WHERE " + condition));
    for (size_t i = 0; i < rows.size(); ++i) {
      TableSurvey* table = find(rows, i);
      if (table == nullptr) continue;
      table->exists = true;
      table->storage_engine = rows.text(i, 2);
      table->partitioned = lower_ascii(rows.get(i, 3)).find("partitioned") != std::string::npos;
    }
    return {};
  }

  Result<void> columns(const std::string& condition) {
    const Rows rows =
        TRY(session_.query("SELECT table_schema, table_name, column_name, extra, is_nullable FROM "
                           "information_schema.columns WHERE " +
                           condition + " ORDER BY 1, 2, ordinal_position"));
    for (size_t i = 0; i < rows.size(); ++i) {
      TableSurvey* table = find(rows, i);
      if (table == nullptr) continue;
      const std::string extra = upper_utf8(rows.get(i, 3));
      const auto has = [&](std::string_view word) { return extra.find(word) != std::string::npos; };
      // DEFAULT_GENERATED is a default that is an expression.
      if (has("VIRTUAL GENERATED") || has("STORED GENERATED") || has("PERSISTENT"))
        table->generated_columns.push_back(rows.text(i, 2));
      if (has("INVISIBLE")) table->hidden_columns.push_back(rows.text(i, 2));
      if (has("AUTO_INCREMENT")) table->counting_columns.push_back(rows.text(i, 2));
      if (rows.get(i, 4) == "NO") table->not_null_columns.push_back(rows.text(i, 2));
    }
    return {};
  }

  Result<void> indexes(const std::string& condition) {
    const Rows rows =
        TRY(session_.query("SELECT table_schema, table_name, index_name, non_unique, column_name, nullable, sub_part "
                           "FROM information_schema.statistics WHERE " +
                           condition + " ORDER BY 1, 2, 3, seq_in_index"));
    for (size_t i = 0; i < rows.size(); ++i) {
      TableSurvey* table = find(rows, i);
      if (table == nullptr) continue;
      if (table->indexes.empty() || table->indexes.back().name != rows.get(i, 2)) {
        SurveyedIndex& made = table->indexes.emplace_back();
        made.name = rows.text(i, 2);
        made.primary = made.name == "PRIMARY";
        made.unique = rows.integer(i, 3) == 0;
      }
      SurveyedIndex& index = table->indexes.back();
      if (rows.is_null(i, 4) || !rows.is_null(i, 6)) index.whole = false;
      if (rows.get(i, 5) == "YES") index.nullable = true;
      if (!rows.is_null(i, 4)) index.columns.push_back(rows.text(i, 4));
    }
    return {};
  }

  Result<void> triggers(const std::string& schema) {
    const Rows rows = TRY(session_.query(
        "SELECT event_object_schema, event_object_table, trigger_name FROM information_schema.triggers WHERE "
        "event_object_schema = " +
        quote_literal(schema) + " ORDER BY 1, 2, 3"));
    for (size_t i = 0; i < rows.size(); ++i)
      if (TableSurvey* table = find(rows, i)) table->triggers.push_back(rows.text(i, 2));
    return {};
  }

  // Of this database, and those that point into it.
  Result<void> foreign_keys(const std::string& schema) {
    const Rows rows = TRY(session_.query(fmt::format(
        "SELECT constraint_schema, table_name, constraint_name, unique_constraint_schema, referenced_table_name, "
        "delete_rule, update_rule FROM information_schema.referential_constraints WHERE constraint_schema = {0} OR "
        "unique_constraint_schema = {0} ORDER BY 1, 2, 3",
        quote_literal(schema))));
    for (size_t i = 0; i < rows.size(); ++i) {
      SurveyedForeignKey key;
      key.child = {rows.text(i, 0), rows.text(i, 1)};
      key.name = rows.text(i, 2);
      key.parent = {rows.text(i, 3), rows.text(i, 4)};
      key.on_delete = action_of(rows.get(i, 5));
      key.on_update = action_of(rows.get(i, 6));
      // Each end is taken up with its own database, so that a key between two of them is not there twice.
      const auto child = places_.find(same_name(key.child, folds_));
      const auto parent = places_.find(same_name(key.parent, folds_));
      if (child != places_.end() && key.child.schema == schema) out_[child->second].foreign_keys.push_back(key);
      if (parent != places_.end() && key.parent.schema == schema)
        out_[parent->second].referenced_by.push_back(std::move(key));
    }
    return {};
  }

  // MariaDB says of which table; MySQL 8 by the names of constraints; older servers have none.
  Result<void> checks(const std::set<std::string>& schemas) {
    for (const std::string& schema : schemas) {
      const auto rows = session_.query(
          "SELECT table_schema, table_name, count(*) FROM information_schema.table_constraints WHERE constraint_type "
          "= "
          "'CHECK' AND table_schema = " +
          quote_literal(schema) + " GROUP BY 1, 2");
      if (!rows) return Failure(rows.error());
      for (size_t i = 0; i < rows->size(); ++i)
        if (TableSurvey* table = find(*rows, i)) table->checks = rows->integer(i, 2);
    }
    return {};
  }

  Connection& session_;
  bool folds_ = false;
  std::map<TableRef, size_t> places_;
  std::vector<TableSurvey> out_;
};

bool is_text(std::string_view type) {
  return type.ends_with("text") || type.ends_with("char") || type == "enum" || type == "set";
}

}  // namespace

Result<ServerFacts> server_facts(Connection& session) {
  ServerFacts out;
  const Rows server = TRY(session.query("SELECT VERSION(), CURRENT_USER()"));
  out.product = session.traits().mariadb ? "MariaDB" : "MySQL";
  out.version = server.text(0, 0);
  out.version_number = session.traits().version;
  const std::string user = server.text(0, 1);
  const size_t at = user.rfind('@');
  out.user = at == std::string::npos ? quote_literal(user)
                                     : quote_literal(user.substr(0, at)) + "@" + quote_literal(user.substr(at + 1));
  const Rows settings = TRY(session.query(std::string(settings_sql)));
  for (size_t i = 0; i < settings.size(); ++i) out.settings[lower_ascii(settings.get(i, 0))] = settings.text(i, 1);
  TRY(read_transactions(session, out));
  return out;
}

Result<std::vector<TableSurvey>> survey(Connection& session, std::span<const TableRef> tables) {
  return Survey(session, tables).run();
}

Result<std::vector<ValueSizes>> measure_values(Connection& session, const TableRef& table,
                                               std::span<const MeasuredColumn> columns) {
  std::vector<ValueSizes> out;
  const Rows there = TRY(session.query(
      fmt::format("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = {} AND "
                  "table_name = {}",
                  quote_literal(table.schema), quote_literal(table.name))));
  std::map<std::string, std::string> types;
  for (size_t i = 0; i < there.size(); ++i) types[lower_utf8(there.get(i, 0))] = lower_ascii(there.get(i, 1));
  std::vector<std::string> wanted;
  for (const MeasuredColumn& column : columns) {
    const auto type = types.find(lower_utf8(column.column));
    if (type == types.end()) continue;
    // Documents are text where their server keeps them in binary.
    const std::string name = quote_name(column.column);
    const std::string size = is_text(type->second) || type->second == "json"
                                 ? fmt::format("OCTET_LENGTH(CONVERT({} USING utf8mb4))", name)
                                 : fmt::format("OCTET_LENGTH({})", name);
    wanted.push_back(fmt::format("MAX({0}), COALESCE(SUM({0} > {1}), 0)", size, column.limit_bytes));
    out.push_back({column.column, 0, 0});
  }
  if (out.empty()) return out;
  const Rows rows = TRY(session.query(fmt::format("SELECT {} FROM {}", join(wanted, ", "), quote_name(table))));
  for (size_t i = 0; i < out.size(); ++i) {
    out[i].largest_bytes = rows.unsigned_integer(0, 2 * i);
    out[i].above_limit = rows.unsigned_integer(0, 2 * i + 1);
  }
  return out;
}

}  // namespace godwit::mysql
