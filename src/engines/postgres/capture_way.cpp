#include "engines/postgres/capture_way.h"

#include <fmt/format.h>

#include <map>

#include "base/clock.h"
#include "base/text.h"
#include "engines/postgres/capture_setup.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/lsn.h"
#include "engines/postgres/pglogical_sets.h"
#include "engines/postgres/user_publications.h"

namespace godwit::postgres {
namespace {

std::optional<OutputPlugin> named_plugin(std::string_view name) {
  const std::string plugin = lower_ascii(trim(name));
  if (plugin == "pgoutput") return OutputPlugin::pgoutput;
  if (plugin == "pglogical") return OutputPlugin::pglogical;
  if (plugin == "test_decoding" || plugin == "test-decoding") return OutputPlugin::test_decoding;
  return std::nullopt;  // no-preference
}

// The plugin of a slot that the user made for this.
Result<OutputPlugin> plugin_of_slot(Connection& session, const std::string& slot) {
  const Rows rows = TRY(
      session.query("SELECT slot_type, coalesce(plugin, ''), coalesce(database, ''), database = "
                    "pg_catalog.current_database(), coalesce((to_jsonb(s) ->> 'wal_status'), ''), "
                    "coalesce((to_jsonb(s) ->> 'two_phase')::boolean, false) FROM pg_catalog.pg_replication_slots s "
                    "WHERE slot_name = $1",
                    {slot}));
  if (rows.empty()) return Failure(errors::slot_missing(slot));
  if (rows.get(0, 0) != "logical") return Failure(errors::slot_unusable(slot, "it is a physical slot"));
  if (!rows.boolean(0, 3))
    return Failure(errors::slot_unusable(slot, fmt::format("it belongs to database {}", rows.get(0, 2))));
  if (rows.get(0, 4) == "lost")
    return Failure(errors::slot_lost(slot, "the server removed WAL it needs (wal_status lost)"));
  const std::optional<OutputPlugin> plugin = plugin_of_library(rows.get(0, 1));
  if (!plugin)
    return Failure(
        errors::slot_unusable(slot, fmt::format("its output plugin {} is none that can be read", rows.get(0, 1))));
  // pglogical's plugin knows nothing of it and sends such transactions with their commit.
  if (*plugin != OutputPlugin::pglogical && rows.boolean(0, 5))
    return Failure(
        errors::slot_unusable(slot, "it was made with two_phase, whose prepared transactions are not read"));
  return *plugin;
}

Result<void> check_combination(const WantedWay& wanted, OutputPlugin plugin) {
  if (wanted.plugin && *wanted.plugin != plugin)
    return Failure(errors::plugin_disagrees(wanted.slot, library_name(plugin), library_name(*wanted.plugin)));
  if (plugin != OutputPlugin::pgoutput && !wanted.publications.empty())
    return Failure(errors::publication_without_use(library_name(plugin)));
  if (plugin == OutputPlugin::pgoutput && !wanted.slot.empty() && wanted.publications.empty())
    return Failure(errors::slot_needs_publication(wanted.slot));
  return {};
}

Result<void> check_test_decoding(Connection& session, std::vector<Finding>& out) {
  const Rows encoding = TRY(session.query("SELECT pg_catalog.getdatabaseencoding()"));
  if (encoding.get(0, 0) != "UTF8")
    out.push_back({true, errors::database_encoding("test_decoding", encoding.get(0, 0))});
  return {};
}

// A start that the slot cannot serve, which the server would otherwise move to where it can, in silence.
Result<void> check_start(Connection& session, const CaptureWay& way, const CaptureSpec& spec,
                         std::vector<Finding>& out) {
  if (way.owns_slot || spec.loads || !spec.fresh) return {};
  const Position slot = TRY(slot_position(session, way.slot, way.plugin));
  if (spec.start_position.empty()) {
    out.push_back({true, errors::start_needed(way.slot, lsn_text(lsn_of(slot)))});
    return {};
  }
  const Result<Position> start = parse_start(spec.start_position);
  if (!start)
    out.push_back({true, start.error()});
  else if (lsn_of(*start) < lsn_of(slot))
    out.push_back({true, errors::start_too_old(spec.start_position, way.slot, lsn_text(lsn_of(slot)))});
  return {};
}

}  // namespace

Result<Position> parse_start(std::string_view text) {
  const std::optional<Position> position = parse_checkpoint(text);
  int64_t us = 0;
  if (position) return *position;
  return Failure(parse_utc(trim(text), us) ? errors::start_by_time(text) : errors::bad_position(text));
}

WantedWay wanted_way(const Endpoint& endpoint) {
  WantedWay out;
  out.plugin = named_plugin(endpoint.parameter("PluginName").value_or(""));
  out.slot = trim(endpoint.parameter("SlotName").value_or(""));
  for (const std::string& name : split(endpoint.parameter("PublicationName").value_or(""), ','))
    if (!trim(name).empty()) out.publications.emplace_back(trim(name));
  return out;
}

std::string describe(const WantedWay& wanted) {
  std::string out = "slot " + wanted.slot;
  if (wanted.slot.empty()) out = library_name(wanted.plugin.value_or(OutputPlugin::pgoutput));
  if (!wanted.publications.empty()) out += " with publication " + join(wanted.publications, ",");
  return out;
}

Result<CaptureWay> choose_way(Connection& session, const WantedWay& wanted, const std::string& own_name) {
  CaptureWay way;
  way.owns_slot = wanted.slot.empty();
  way.slot = way.owns_slot ? own_name : wanted.slot;
  if (way.owns_slot)
    way.plugin = wanted.plugin.value_or(OutputPlugin::pgoutput);
  else
    way.plugin = TRY(plugin_of_slot(session, wanted.slot));
  TRY(check_combination(wanted, way.plugin));
  way.owns_sets = way.owns_slot && wanted.publications.empty();
  if (!wanted.publications.empty())
    way.sets = wanted.publications;
  else if (way.plugin == OutputPlugin::pgoutput)
    way.sets = {keyed_publication(own_name), insert_only_publication(own_name)};
  else if (way.plugin == OutputPlugin::pglogical)
    way.sets = replication_sets(way.slot);
  return way;
}

Result<void> create_sets(Connection& session, const CaptureWay& way, std::span<const TableDef* const> tables,
                         const TableRef* audit) {
  if (!way.owns_sets || way.plugin == OutputPlugin::test_decoding) return {};
  if (way.plugin == OutputPlugin::pgoutput) return create_publications(session, way.slot, tables, audit);
  return create_replication_sets(session, way.slot, tables, audit);
}

Result<bool> carries_audit(Connection& session, const CaptureWay& way, const TableRef& audit) {
  if (way.owns_sets || way.plugin == OutputPlugin::test_decoding) return true;
  const char* sql =
      way.plugin == OutputPlugin::pgoutput
          ? "SELECT FROM pg_catalog.pg_publication_tables WHERE pubname = ANY ($1) AND schemaname = $2 AND tablename "
            "= "
            "$3"
          : "SELECT FROM pglogical.replication_set s JOIN pglogical.replication_set_table t ON t.set_id = s.set_id "
            "WHERE s.set_name = ANY ($1) AND s.replicate_insert AND t.set_reloid = "
            "pg_catalog.to_regclass(pg_catalog.format('%I.%I', $2::text, $3::text))";
  const Rows rows = TRY(session.query(sql, {array_text(way.sets), audit.schema, audit.name}));
  return !rows.empty();
}

Result<void> update_sets(Connection& session, const CaptureWay& way, std::span<const TableDef* const> tables) {
  if (!way.owns_sets || way.plugin == OutputPlugin::test_decoding) return {};
  if (way.plugin == OutputPlugin::pgoutput) return update_publications(session, way.slot, tables);
  return update_replication_sets(session, way.slot, tables);
}

Result<void> drop_own(Connection& session, const std::string& own_name, const std::string& kept) {
  if (own_name == kept) return {};
  TRY(drop_slot(session, own_name));
  TRY(drop_publications(session, own_name));
  return drop_replication_sets(session, own_name);
}

Result<void> check_way(Connection& session, const CaptureWay& way, const CaptureSpec& spec,
                       std::vector<Finding>& out) {
  TRY(check_start(session, way, spec, out));
  switch (way.plugin) {
    case OutputPlugin::pgoutput:
      return way.owns_sets ? Result<void>() : check_user_publications(session, way.sets, spec.tables, out);
    case OutputPlugin::test_decoding:
      return check_test_decoding(session, out);
    case OutputPlugin::pglogical:
      TRY(check_pglogical(session, spec.tables, out));
      return way.owns_sets ? Result<void>() : check_replication_sets(session, way.slot, spec.tables, out);
  }
  return {};
}

}  // namespace godwit::postgres
