#include "engines/postgres/constraints.h"

#include <fmt/format.h>

#include <optional>

#include "base/log.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/server_version.h"
#include "engines/postgres/structure_errors.h"

namespace godwit::postgres {
namespace {

// Stands alone on a line between two statements of a script; no statement holds it.
constexpr std::string_view separator = "\n--;\n";

// The tables on the target with all their partitions, by name.
constexpr std::string_view inside_cte = R"(
WITH RECURSIVE wanted AS (
  SELECT c.oid FROM unnest($1::text[], $2::text[]) AS w(schema, name)
  JOIN pg_namespace n ON n.nspname = w.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
), inside AS (
  {}
)
)";

// The table, its key's name and definition, whether it is valid, whether it stands on a partitioned table.
constexpr std::string_view keys_sql = R"(
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(k.conname), pg_get_constraintdef(k.oid),
       k.convalidated, c.relkind = 'p', {}
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f'{}
  AND (k.conrelid IN (SELECT oid FROM inside) OR k.confrelid IN (SELECT oid FROM inside))
ORDER BY 1, 2)";

constexpr std::string_view triggers_sql = R"(
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(t.tgname), t.tgenabled,
       pg_has_role(c.relowner, 'USAGE')
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' {} AND t.tgrelid IN (SELECT oid FROM inside)
ORDER BY 1, 2)";

// Tables at either end of a foreign key between two of the task's, if any such key acts on rows.
constexpr std::string_view acting_keys_sql = R"(
SELECT DISTINCT n.nspname, c.relname
FROM pg_constraint k JOIN pg_class c ON c.oid IN (k.conrelid, k.confrelid) JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f'{} AND k.conrelid IN (SELECT oid FROM inside) AND k.confrelid IN (SELECT oid FROM inside)
  AND EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f'{} AND k.conrelid IN (SELECT oid FROM inside)
              AND k.confrelid IN (SELECT oid FROM inside)
              AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd')))
ORDER BY 1, 2)";

// Each acting key between two of the tables themselves: no row where one stands on a partition alone.
constexpr std::string_view each_acting_key_sql = R"(
SELECT n.nspname, c.relname, m.nspname, o.relname, k.confdeltype, k.confupdtype,
       (SELECT json_agg(a.attname ORDER BY p.i) FROM unnest(k.conkey) WITH ORDINALITY AS p(number, i)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.number),
       (SELECT json_agg(a.attname ORDER BY p.i) FROM unnest(k.confkey) WITH ORDINALITY AS p(number, i)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.number)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class o ON o.oid = k.confrelid JOIN pg_namespace m ON m.oid = o.relnamespace
WHERE k.contype = 'f'{}{} AND k.conrelid IN (SELECT oid FROM wanted) AND k.confrelid IN (SELECT oid FROM wanted)
  AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
ORDER BY 1, 2, k.conname)";

std::string action_of(char letter) {
  return letter == 'c' ? "CASCADE" : letter == 'n' ? "SET NULL" : letter == 'd' ? "SET DEFAULT" : "";
}

// Those that the server made for partitions come and go with their parent's.
std::string_view own_keys(const Connection& connection) {
  return version::has_constraint_parents(connection.server_version()) ? " AND k.conparentid = 0" : "";
}

std::string_view own_triggers(const Connection& connection) {
  return version::has_trigger_parents(connection.server_version()) ? " AND t.tgparentid = 0" : "";
}

Result<Rows> query_inside(Connection& connection, std::span<const TargetTable> tables, std::string_view sql) {
  std::vector<std::string> schemas, names;
  for (const TargetTable& table : tables) {
    schemas.push_back(table.layout->ref.schema);
    names.push_back(table.layout->ref.name);
  }
  const std::string inside = fmt::format(fmt::runtime(inside_cte), with_partitions(connection.traits()));
  return connection.query(inside + std::string(sql), {array_text(schemas), array_text(names)});
}

// Whether the role may take the replica role, tried without leaving a trace in an open transaction.
Result<bool> may_take_replica_role(Connection& connection) {
  if (!connection.traits().has_replica_role) return false;
  const bool nested = connection.in_transaction();
  TRY(connection.run(nested ? "SAVEPOINT godwit_role" : "BEGIN"));
  const auto tried = connection.run("SET LOCAL session_replication_role = replica");
  if (!tried && connection.broken()) return Failure(tried.error());
  TRY(connection.run(nested ? "ROLLBACK TO SAVEPOINT godwit_role; RELEASE SAVEPOINT godwit_role" : "ROLLBACK"));
  if (!tried && tried.error().sqlstate != "42501") return Failure(tried.error());
  return tried.has_value();
}

class Planner {
 public:
  explicit Planner(bool by_role) { plan_.by_role = by_role; }

  void add_trigger(const Rows& rows, int row) {
    const char enabled = char_at(rows, row, 2);
    if (plan_.by_role && enabled == 'O') return;
    const std::string_view mode = enabled == 'A' ? "ALWAYS " : enabled == 'R' ? "REPLICA " : "";
    note_owner(rows, row, 3);
    plan_.statements.push_back(fmt::format("ALTER TABLE {} DISABLE TRIGGER {}", rows.get(row, 0), rows.get(row, 1)));
    restore(fmt::format("ALTER TABLE {} ENABLE {}TRIGGER {}", rows.get(row, 0), mode, rows.get(row, 1)));
  }

  void add_key(const Rows& rows, int row) {
    const std::string_view table = rows.get(row, 0), name = rows.get(row, 1), body = rows.get(row, 2);
    const bool validated = rows.boolean(row, 3), partitioned = rows.boolean(row, 4);
    note_owner(rows, row, 5);
    plan_.statements.push_back(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", table, name));
    const bool in_two_steps = validated && !partitioned;
    restore(
        fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}{}", table, name, body, in_two_steps ? " NOT VALID" : ""));
    if (in_two_steps) restore(fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}", table, name));
  }

  // Tables of which the role is not the owner.
  const std::string& not_owned() const { return not_owned_; }
  ReleasePlan take() { return std::move(plan_); }

 private:
  void restore(std::string_view statement) {
    if (!plan_.script.empty()) plan_.script += separator;
    plan_.script += statement;
  }
  void note_owner(const Rows& rows, int row, int column) {
    if (rows.boolean(row, column) || not_owned_.find(rows.get(row, 0)) != std::string::npos) return;
    not_owned_ += (not_owned_.empty() ? "" : ", ") + rows.text(row, 0);
  }

  ReleasePlan plan_;
  std::string not_owned_;
};

// Already restored, or what it stood on has been dropped since.
bool is_settled(const Error& error) {
  return error.sqlstate == "42710" || error.sqlstate == "42P01" || error.sqlstate == "42704" ||
         error.sqlstate == "3F000";
}

constexpr std::string_view orphans_sql = R"(
SELECT quote_ident(k.conname) || ' on ' || k.conrelid::regclass::text,
       CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END || quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       CASE WHEN o.relkind = 'p' THEN '' ELSE 'ONLY ' END || quote_ident(m.nspname) || '.' || quote_ident(o.relname),
       k.confmatchtype,
       (SELECT json_agg(quote_ident(a.attname) ORDER BY p.i) FROM unnest(k.conkey) WITH ORDINALITY AS p(number, i)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.number),
       (SELECT json_agg(quote_ident(a.attname) ORDER BY p.i) FROM unnest(k.confkey) WITH ORDINALITY AS p(number, i)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.number),
       (SELECT json_agg(format('OPERATOR(%I.%s)', s.nspname, x.oprname) ORDER BY p.i)
        FROM unnest(k.conpfeqop) WITH ORDINALITY AS p(operator, i)
        JOIN pg_operator x ON x.oid = p.operator JOIN pg_namespace s ON s.oid = x.oprnamespace)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class o ON o.oid = k.confrelid JOIN pg_namespace m ON m.oid = o.relnamespace
WHERE k.contype = 'f'{} AND k.conrelid IN (SELECT oid FROM inside){}
ORDER BY 1)";

// MATCH SIMPLE looks only at keys without NULL; MATCH FULL lets only keys go that are NULL throughout.
std::string orphan_count(const Rows& rows, int row) {
  const std::vector<std::string> columns = strings_at(rows, row, 4), others = strings_at(rows, row, 5),
                                 operators = strings_at(rows, row, 6);
  std::string no_null, some_value, equal;
  for (size_t i = 0; i < columns.size(); ++i) {
    no_null += fmt::format("{}f.{} IS NOT NULL", i == 0 ? "" : " AND ", columns[i]);
    some_value += fmt::format("{}f.{} IS NOT NULL", i == 0 ? "" : " OR ", columns[i]);
    equal += fmt::format("{}p.{} {} f.{}", i == 0 ? "" : " AND ", others[i], operators[i], columns[i]);
  }
  const std::string absent = fmt::format("NOT EXISTS (SELECT FROM {} p WHERE {})", rows.get(row, 2), equal);
  const std::string broken = rows.get(row, 3) == "f"
                                 ? fmt::format("({}) AND (NOT ({}) OR {})", some_value, no_null, absent)
                                 : fmt::format("{} AND {}", no_null, absent);
  return fmt::format("SELECT count(*) FROM {} f WHERE {}", rows.get(row, 1), broken);
}

}  // namespace

Result<ReleasePlan> plan_release(Connection& connection, std::span<const TargetTable> tables) {
  const bool by_role = TRY(may_take_replica_role(connection));
  Planner planner(by_role);
  if (connection.traits().has_triggers) {
    const Rows triggers =
        TRY(query_inside(connection, tables, fmt::format(fmt::runtime(triggers_sql), own_triggers(connection))));
    for (int row = 0; row < triggers.size(); ++row) planner.add_trigger(triggers, row);
  }
  if (!by_role) {
    const std::string_view owns = connection.traits().has_full_catalog ? "pg_has_role(c.relowner, 'USAGE')" : "true";
    const Rows keys =
        TRY(query_inside(connection, tables, fmt::format(fmt::runtime(keys_sql), owns, own_keys(connection))));
    for (int row = 0; row < keys.size(); ++row) planner.add_key(keys, row);
  }
  if (planner.not_owned().empty()) return planner.take();
  const Rows role = TRY(connection.query("SELECT current_user"));
  return Failure(errors::cannot_release_constraints(role.get(0, 0), planner.not_owned()));
}

Result<std::vector<ActingKey>> acting_keys(Connection& connection, std::span<const TargetTable> tables) {
  const std::string_view enforced =
      version::has_unenforced_and_period_keys(connection.server_version()) ? " AND k.conenforced" : "";
  const Rows rows = TRY(query_inside(connection, tables,
                                     fmt::format(fmt::runtime(each_acting_key_sql), own_keys(connection), enforced)));
  std::vector<ActingKey> out;
  for (int row = 0; row < rows.size(); ++row) {
    ActingKey key{{rows.text(row, 0), rows.text(row, 1)},
                  {rows.text(row, 2), rows.text(row, 3)},
                  {},
                  action_of(char_at(rows, row, 4)),
                  action_of(char_at(rows, row, 5))};
    const std::vector<std::string> columns = strings_at(rows, row, 6), others = strings_at(rows, row, 7);
    for (size_t i = 0; i < columns.size() && i < others.size(); ++i) key.columns.emplace_back(columns[i], others[i]);
    out.push_back(std::move(key));
  }
  return out;
}

Result<ReleasePlan> plan_acting_keys(Connection& connection, std::span<const TargetTable> tables,
                                     std::vector<TableRef>& ordered) {
  const Rows keys = TRY(query_inside(
      connection, tables, fmt::format(fmt::runtime(acting_keys_sql), own_keys(connection), own_keys(connection))));
  for (int row = 0; row < keys.size(); ++row) ordered.push_back({keys.text(row, 0), keys.text(row, 1)});
  Planner planner(false);
  if (ordered.empty()) return planner.take();
  const Rows triggers =
      TRY(query_inside(connection, tables, fmt::format(fmt::runtime(triggers_sql), own_triggers(connection))));
  for (int row = 0; row < triggers.size(); ++row) planner.add_trigger(triggers, row);
  if (planner.not_owned().empty()) return planner.take();
  const Rows role = TRY(connection.query("SELECT current_user"));
  return Failure(errors::cannot_release_constraints(role.get(0, 0), planner.not_owned()));
}

Result<void> carry_out(Connection& connection, const ReleasePlan& plan) {
  if (plan.statements.empty()) return {};
  if (!connection.traits().has_transactional_ddl) {
    // The script is saved: what a death in between leaves undone is planned again, and restored with the rest.
    for (const std::string& statement : plan.statements) TRY(connection.run(statement));
    return {};
  }
  Transaction transaction = TRY(Transaction::begin(connection));
  for (const std::string& statement : plan.statements) TRY(connection.run(statement));
  return transaction.commit();
}

Result<bool> release_constraints(Connection& connection, std::span<const TargetTable> tables, std::string& script) {
  const ReleasePlan plan = TRY(plan_release(connection, tables));
  TRY(carry_out(connection, plan));
  script = plan.script;
  return plan.by_role;
}

std::string join_scripts(const std::string& first, const std::string& second) {
  if (first.empty() || second.empty()) return first + second;
  return first + std::string(separator) + second;
}

Result<void> restore_constraints(Connection& connection, std::string_view script) {
  std::optional<Error> first, unchecked;
  while (!script.empty()) {
    const size_t end = std::min(script.find(separator), script.size());
    const std::string statement(script.substr(0, end));
    script.remove_prefix(std::min(end + separator.size(), script.size()));
    const auto done = connection.run(statement);
    if (done || is_settled(done.error())) continue;
    if (connection.broken() || done.error().kind == ErrorKind::transient) return Failure(done.error());
    const Error error = errors::cannot_restore(statement, done.error());
    log_warning(Component::target_apply, "{}", error.message);
    const bool key_is_there =
        done.error().sqlstate == "23503" && statement.find(" VALIDATE CONSTRAINT ") != std::string::npos;
    std::optional<Error>& kept = key_is_there ? unchecked : first;
    if (!kept) kept = key_is_there ? errors::keys_not_valid(error) : error;
  }
  if (!first) first = std::move(unchecked);
  if (first) return Failure(std::move(*first));
  return {};
}

Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(Connection& connection,
                                                                    std::span<const TargetTable> tables) {
  // Without the role the keys are dropped while rows are written, and look at every row when they come back.
  if (!connection.traits().has_replica_role) return {};
  const std::string_view plain_only = version::has_unenforced_and_period_keys(connection.server_version())
                                          ? " AND k.conenforced AND NOT k.conperiod"
                                          : "";
  const Rows keys =
      TRY(query_inside(connection, tables, fmt::format(fmt::runtime(orphans_sql), own_keys(connection), plain_only)));
  std::vector<std::pair<std::string, uint64_t>> out;
  for (int row = 0; row < keys.size(); ++row) {
    const Rows counted = TRY(connection.query(orphan_count(keys, row)));
    const auto count = static_cast<uint64_t>(counted.integer(0, 0));
    if (count > 0) out.emplace_back(keys.text(row, 0), count);
  }
  return out;
}

}  // namespace godwit::postgres
