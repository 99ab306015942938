#pragma once
// What captures a source's changes: the output plugin, the slot, and the publications or replication sets that say of
// which tables; and whose they are (spec/engine-postgresql.md §3). What the user made is used as it is: never
// altered, never dropped.

#include <string>
#include <vector>

#include "engine/source.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/output_plugin.h"

namespace godwit::postgres {

struct CaptureWay {
  OutputPlugin plugin = OutputPlugin::pgoutput;
  std::string slot;
  bool owns_slot = true;
  std::vector<std::string> sets;  // pgoutput: publications; pglogical: replication sets; test_decoding: none
  bool owns_sets = true;
};

// What the attributes say, without asking the server. The plugin of a slot named by the user is not known then.
struct WantedWay {
  std::optional<OutputPlugin> plugin;
  std::string slot;  // named by the user; empty: one of our own
  std::vector<std::string> publications;
};
WantedWay wanted_way(const Endpoint& endpoint);
// For the record of a task: the same text, the same way.
std::string describe(const WantedWay& way);

// An LSN or a checkpoint, ours or DMS's. A time is told apart: the log cannot be entered by it.
Result<Position> parse_start(std::string_view text);

// `own_name`: of what the task makes for itself. Errors: a slot or combination that cannot be used.
Result<CaptureWay> choose_way(Connection& session, const WantedWay& wanted, const std::string& own_name);

// The publications or replication sets of the way, where they are ours.
// `audit`: the table that tells structure changes, captured beside the others; null: there is none.
Result<void> create_sets(Connection& session, const CaptureWay& way, std::span<const TableDef* const> tables,
                         const TableRef* audit);
Result<void> update_sets(Connection& session, const CaptureWay& way, std::span<const TableDef* const> tables);
// Removes what a task of this name made in any way: slot, publications, replication sets. `kept`: a slot that is
// never dropped, whatever its name.
Result<void> drop_own(Connection& session, const std::string& own_name, const std::string& kept);

// Whether rows of the audit table come through: sets of the user's must hold it.
Result<bool> carries_audit(Connection& session, const CaptureWay& way, const TableRef& audit);

// What stands in the way of capturing these tables so.
Result<void> check_way(Connection& session, const CaptureWay& way, const CaptureSpec& spec,
                       std::vector<Finding>& out);

}  // namespace godwit::postgres
