#include "engines/postgres/capture_setup.h"

#include <fmt/format.h>

#include <map>
#include <stop_token>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/backends.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/catalog_watch.h"
#include "engines/postgres/ddl_capture.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/lsn.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

constexpr size_t name_bytes_max = 63;

std::string slot_characters(std::string_view text) {
  std::string out;
  for (const char c : lower_ascii(text)) out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  return out;
}

// Whether the publication of tables with, or without, row identity holds the table.
bool belongs(const TableDef& table, bool keyed) {
  return table.logged && (table.identity != RowIdentity::none) == keyed;
}

// A relation that is put into a publication. Only the oid stays when tables are renamed.
struct Published {
  uint32_t oid = 0;
  TableRef ref;
  bool with_partitions = false;
};

// As ALTER PUBLICATION takes it: without the tables that inherit from it, which it would add or drop too.
std::string with_kind(const TableRef& name, bool with_partitions) {
  return (with_partitions ? "" : "ONLY ") + quote_name(name);
}

// What stands for a table in a publication: itself, or each of its partitions where the server takes no parent.
std::vector<Published> published(const TableDef& table, int server) {
  if (!table.partitioned) return {{table.log_id, table.ref, false}};
  if (version::publishes_partitioned_tables(server)) return {{table.log_id, table.ref, true}};
  std::vector<Published> out;
  for (const LeafDef& leaf : table.leaves) out.push_back({leaf.log_id, leaf.ref, false});
  return out;
}

// Tables whose changes can be published at all, split by whether the log identifies their rows.
std::string table_list(std::span<const TableDef* const> tables, bool keyed, int server) {
  std::vector<std::string> names;
  for (const TableDef* table : tables)
    if (belongs(*table, keyed))
      for (const Published& relation : published(*table, server))
        names.push_back(with_kind(relation.ref, relation.with_partitions));
  return join(names, ", ");
}

// Tables that the publication holds and should not, or should and does not. A table may have another name by now than
// it has in the plan, which stands at a position in the log: both are matched by oid.
Result<std::vector<std::string>> misplaced(Connection& session, const std::string& publication,
                                           std::span<const TableDef* const> tables, bool keyed, bool add) {
  const Rows rows =
      TRY(session.query("SELECT r.prrelid, n.nspname, c.relname FROM pg_catalog.pg_publication p JOIN "
                        "pg_catalog.pg_publication_rel r ON r.prpubid = p.oid JOIN pg_catalog.pg_class c ON c.oid = "
                        "r.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = $1",
                        {publication}));
  std::map<uint32_t, TableRef> held;
  for (int i = 0; i < rows.size(); ++i) held[oid_at(rows, i, 0)] = {rows.text(i, 1), rows.text(i, 2)};
  std::map<uint32_t, bool> wanted;
  std::vector<uint32_t> missing;
  for (const TableDef* table : tables) {
    if (!belongs(*table, keyed)) continue;
    for (const Published& relation : published(*table, session.server_version())) {
      wanted[relation.oid] = relation.with_partitions;
      if (!held.contains(relation.oid)) missing.push_back(relation.oid);
    }
  }
  std::vector<std::string> out;
  if (!add) {
    for (const auto& [oid, name] : held)
      // The audit table stays, whatever tables the task has.
      if (!wanted.contains(oid) && name.name != ddl_audit_name) out.push_back(with_kind(name, false));
  } else if (!missing.empty()) {
    for (const auto& [oid, name] : TRY(names_now(session, missing))) out.push_back(with_kind(name, wanted.at(oid)));
  }
  return out;
}

Result<void> alter_publication(Connection& session, const std::string& publication,
                               std::span<const TableDef* const> tables, bool keyed, bool add) {
  const std::vector<std::string> names = TRY(misplaced(session, publication, tables, keyed, add));
  if (names.empty()) return {};
  auto altered = session.run(fmt::format("ALTER PUBLICATION {} {} TABLE {}", quote_name(publication),
                                         add ? "ADD" : "DROP", join(names, ", ")));
  if (!altered) return Failure(errors::publication_failed(altered.error()));
  return {};
}

// Who the slot waits for: sessions with a transaction id of their own.
std::string open_transactions(Connection& session) {
  auto rows = session.query(
      "SELECT string_agg(format('pid %s (%s, %s) since %s', pid, usename, application_name, "
      "date_trunc('second', xact_start)), '; ' ORDER BY xact_start) FROM pg_catalog.pg_stat_activity WHERE "
      "backend_xid "
      "IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()");
  return rows && !rows->empty() ? rows->text(0, 0) : std::string();
}

// Waits for the result of a command sent on the walsender; false when the time is up.
Result<bool> wait_for_reply(Connection& walsender, int64_t timeout_s) {
  const int64_t until = monotonic_ms() + timeout_s * 1000;
  while (PQisBusy(walsender.raw()) != 0) {
    const int64_t left = until - monotonic_ms();
    if (left <= 0) return false;
    if (!walsender.wait_readable(static_cast<int>(std::min<int64_t>(left, 1000)), {}))
      return Failure(walsender.connection_error());
    if (PQconsumeInput(walsender.raw()) == 0) return Failure(walsender.connection_error());
  }
  return true;
}

}  // namespace

std::string capture_name(std::string_view task_id, std::string_view target_system, std::string_view database) {
  const uint64_t hash = fnv1a(fmt::format("{}|{}|{}", task_id, target_system, database));
  std::string head = "godwit_" + slot_characters(task_id);
  constexpr size_t tail_bytes = 9;
  constexpr size_t publication_suffix_bytes = 2;  // "_i"
  if (head.size() > name_bytes_max - tail_bytes - publication_suffix_bytes)
    head.resize(name_bytes_max - tail_bytes - publication_suffix_bytes);
  return head + "_" + hex64(hash).substr(0, 8);
}

std::string keyed_publication(std::string_view capture_name) {
  return std::string(capture_name);
}
std::string insert_only_publication(std::string_view capture_name) {
  return std::string(capture_name) + "_i";
}

Result<void> create_publications(Connection& session, std::string_view capture_name,
                                 std::span<const TableDef* const> tables, const TableRef* audit) {
  std::string inserted = table_list(tables, false, session.server_version());
  if (audit != nullptr) inserted += (inserted.empty() ? "" : ", ") + ("ONLY " + quote_name(*audit));
  struct Kind {
    std::string name, list, operations;
  };
  const int server = session.server_version();
  const std::string truncate = version::publishes_truncate(server) ? ", truncate" : "";
  const Kind kinds[] = {
      {keyed_publication(capture_name), table_list(tables, true, server), "insert, update, delete" + truncate},
      {insert_only_publication(capture_name), inserted, "insert" + truncate}};
  for (const Kind& kind : kinds) {
    auto made = session.run(fmt::format("CREATE PUBLICATION {} {} WITH (publish = '{}')", quote_name(kind.name),
                                        kind.list.empty() ? "" : "FOR TABLE " + kind.list, kind.operations));
    if (!made) return Failure(errors::publication_failed(made.error()));
  }
  return {};
}

Result<void> update_publications(Connection& session, std::string_view capture_name,
                                 std::span<const TableDef* const> tables) {
  const std::string keyed = keyed_publication(capture_name), inserts = insert_only_publication(capture_name);
  Transaction transaction = TRY(Transaction::begin(session));
  // Out first: an UPDATE of a table without identity fails on the source while the keyed publication holds it.
  for (const bool add : {false, true}) {
    TRY(alter_publication(session, keyed, tables, true, add));
    TRY(alter_publication(session, inserts, tables, false, add));
  }
  return transaction.commit();
}

Result<void> drop_publications(Connection& session, std::string_view capture_name) {
  return session.run(fmt::format("DROP PUBLICATION IF EXISTS {}, {}", quote_name(keyed_publication(capture_name)),
                                 quote_name(insert_only_publication(capture_name))));
}

Result<Snapshot> create_slot(Connection& walsender, Connection& session, const NewSlot& slot, int64_t timeout_s) {
  const bool new_syntax = version::has_slot_options_in_parentheses(walsender.server_version());
  const std::string sql = fmt::format("CREATE_REPLICATION_SLOT {}{} LOGICAL {} {}", quote_name(slot.name),
                                      slot.temporary ? " TEMPORARY" : "", library_name(slot.plugin),
                                      new_syntax ? "(SNAPSHOT 'export')" : "EXPORT_SNAPSHOT");
  if (PQsendQuery(walsender.raw(), sql.c_str()) == 0) return Failure(walsender.connection_error());
  constexpr int64_t first_look_s = 5;
  bool answered = TRY(wait_for_reply(walsender, std::min(first_look_s, timeout_s)));
  if (!answered && timeout_s > first_look_s) {
    log_info(Component::source_capture, "The slot waits for transactions open on the source: {}",
             open_transactions(session));
    answered = TRY(wait_for_reply(walsender, timeout_s - first_look_s));
  }
  if (!answered) {
    const std::string who = open_transactions(session);
    walsender.cancel();
    while (PGresult* rest = PQgetResult(walsender.raw())) PQclear(rest);
    return Failure(errors::open_transactions(timeout_s, who));
  }
  const Rows made(PQgetResult(walsender.raw()));
  const bool ok = PQresultStatus(made.raw()) == PGRES_TUPLES_OK && made.size() == 1;
  const Error failure = ok ? Error{} : walsender.error_of(made.raw());
  while (PGresult* rest = PQgetResult(walsender.raw())) PQclear(rest);
  if (is_plugin_refusal(failure)) return Failure(errors::plugin_refused(library_name(slot.plugin), failure.message));
  if (!ok)
    return Failure(
        in_context(failure, fmt::format("replication slot {} could not be made on the source", slot.name)));
  const auto lsn = parse_lsn(made.get(0, 1));
  if (!lsn) return Failure(errors::bad_stream("the slot's consistent point", ""));
  return Snapshot{made.text(0, 2), lsn_position(*lsn)};
}

Result<Position> slot_position(Connection& session, std::string_view slot, std::optional<OutputPlugin> plugin) {
  const Rows rows = TRY(session.query(
      fmt::format("SELECT confirmed_flush_lsn, {}, plugin, database = pg_catalog.current_database() FROM "
                  "pg_catalog.pg_replication_slots WHERE slot_name = $1",
                  version::has_wal_status(session.server_version()) ? "wal_status" : "NULL"),
      {std::string(slot)}));
  if (rows.empty()) return Position{};
  if (rows.get(0, 1) == "lost")
    return Failure(errors::slot_lost(slot, "the server removed WAL it needs (wal_status lost)"));
  const std::optional<OutputPlugin> made_with = plugin_of_library(rows.get(0, 2));
  if (!made_with || (plugin && made_with != plugin) || !rows.boolean(0, 3))
    return Failure(errors::slot_lost(slot, "it belongs to another plugin or database"));
  const auto lsn = parse_lsn(rows.get(0, 0));
  if (!lsn) return Failure(errors::slot_lost(slot, "it has no confirmed position"));
  return lsn_position(*lsn);
}

Result<void> drop_slot(Connection& session, std::string_view slot) {
  constexpr int64_t patience_ms = 10000;
  const int64_t until = monotonic_ms() + patience_ms;
  for (;;) {
    const Rows rows =
        TRY(session.query("SELECT s.active_pid, a.application_name, a.application_name LIKE 'godwit:%' FROM "
                          "pg_catalog.pg_replication_slots "
                          "s LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = $1",
                          {std::string(slot)}));
    if (rows.empty()) return {};
    if (rows.is_null(0, 0)) {
      auto dropped = session.run("SELECT pg_catalog.pg_drop_replication_slot($1)", {std::string(slot)});
      if (dropped || dropped.error().sqlstate != "55006") return dropped;
    } else if (!rows.boolean(0, 2) || monotonic_ms() > until) {
      return Failure(errors::slot_active(slot, rows.get(0, 0), rows.get(0, 1)));
    } else {
      constexpr int wait_ms = 1000;
      TRY(end_backends(session, "pid = $1::int", {rows.text(0, 0)}, wait_ms));
    }
    if (monotonic_ms() > until) return Failure(errors::slot_active(slot, rows.get(0, 0), rows.get(0, 1)));
  }
}

}  // namespace godwit::postgres
