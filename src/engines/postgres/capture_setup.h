#pragma once
// What following the log needs on the source: publications, the slot and its exported snapshot (engine.md §3, §6;
// spec/engine-postgresql.md §4, §5). Everything has deterministic names, so that a later run finds or removes it.

#include <string>

#include "engine/source.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/output_plugin.h"

namespace godwit::postgres {

// godwit_<task>_<8 hex of task, target system and database>, at most 63 bytes.
std::string capture_name(std::string_view task_id, std::string_view target_system, std::string_view database);
// The publication of the tables whose updates and deletes the log carries, and that of the others (INSERT, TRUNCATE).
std::string keyed_publication(std::string_view capture_name);
std::string insert_only_publication(std::string_view capture_name);

// `audit`: the table that tells structure changes, published beside the others; null: there is none.
Result<void> create_publications(Connection& session, std::string_view capture_name,
                                 std::span<const TableDef* const> tables, const TableRef* audit);
// Brings the publications to what the tables are now: made anew, with a key or without one, logged or not. Tables
// that are gone are left out. In one transaction: no table is published by neither in between.
Result<void> update_publications(Connection& session, std::string_view capture_name,
                                 std::span<const TableDef* const> tables);
Result<void> drop_publications(Connection& session, std::string_view capture_name);

struct NewSlot {
  std::string name;
  OutputPlugin plugin = OutputPlugin::pgoutput;
  bool temporary = false;
};
// Creates a slot and exports its snapshot on `walsender`, which must then stay untouched until the snapshot is
// imported. Waits at most `timeout_s` for transactions that are open on the source; `session` names them in the
// error.
Result<Snapshot> create_slot(Connection& walsender, Connection& session, const NewSlot& slot, int64_t timeout_s);

// Where the slot stands; an empty position when there is none; kind fatal when it is invalidated or another's.
Result<Position> slot_position(Connection& session, std::string_view slot, std::optional<OutputPlugin> plugin);
// Ends a reader of our own on the slot, then drops it. Does nothing when there is no such slot.
Result<void> drop_slot(Connection& session, std::string_view slot);

}  // namespace godwit::postgres
