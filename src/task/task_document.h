#pragma once
// The record of a task on the target (godwit_task.document): all that a later worker, on any host, needs to go on.
// JSON, read totally: a damaged one is an error, never a crash.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/acting_key.h"
#include "engine/source.h"
#include "engine/target.h"

namespace godwit {

struct TableRecord {
  TableRef table;         // source name
  TableRef target;        // name on the target; empty: of an earlier version of Godwit, which did not note it
  bool created = false;   // Godwit made it on the target, so a restart may drop it
  bool was_empty = true;  // before its load
  std::vector<TableRange> slices;
  std::string structure;  // structure_fingerprint of the source's table as it was planned
  Position snapshot;      // its rows are those of this position
  // How often its load went on under a later snapshot (engine.md §5): its ledger then holds lines of earlier ones
  // too, and one line more, of number slices.size() + merges - 1, once the rows that changed in between are merged
  // in.
  uint32_t merges = 0;
  bool rebuild = false;        // its structure on the target is to be dropped and made again before it is loaded
  std::string suspended;       // why no more changes are applied; empty: they are
  std::string suspend_reason;  // the same in the words of awsdms_suspended_tables
  uint64_t updates = 0, deletes = 0;  // the server's counters at the start, for tables whose log identifies no rows
  // With a log that tells structure changes: what the table was at the stored position. The catalog may be ahead of
  // it.
  std::optional<TableDef> definition;
  // Since a structure change under HandleSourceTableAltered=false: what the target's table was made for, with what
  // was carried out on it since; empty: `definition`.
  std::optional<TableDef> target_definition;
  // A change under way: once the stored position is not before `at`, it is done and this is the definition.
  struct Altering {
    TableDef definition;
    Position at;
    bool reload = false;                                       // its rows are to come again
    bool gone = false;                                         // it was dropped
    std::optional<TableDef> target_definition = std::nullopt;  // the table's from then on; empty: as it was
  };
  std::optional<Altering> altering;
  // A change that an earlier worker had under way may have moved the table on the target already, where the server
  // commits such statements by themselves: the name that it gives there; without a name the table is dropped by it.
  std::optional<TableRef> may_be;
  bool pending = false;  // its rows are still to be loaded, under a snapshot to come
  // Its snapshot is there, and the rows of the load before may still stand on the target: it is emptied before any
  // slice of it is loaded.
  bool clearing = false;
};

// The ledger's line of a table's last merge; merges > 0.
inline uint32_t merge_line(const TableRecord& table) {
  return static_cast<uint32_t>(table.slices.size()) + table.merges - 1;
}

struct TaskDocument {
  std::string worker;  // of the worker that runs the task: another one found here has taken it over
  std::string source_system, source_database, target_system, target_database;
  int64_t fresh_run = 0;  // TaskOptions::fresh_run of the start that made the record; 0: of no control plane
  std::string type;
  std::string mapping_hash;
  std::string shape_hash;   // row_shaping_hash; empty: of an earlier version of Godwit
  std::string capture;      // slot
  std::string capture_way;  // CaptureIdentity::way
  bool users_slot = false;  // the user made it: it is never dropped
  Position start;           // of the stream
  Position loaded_at;       // changes that committed before it were made while the load ran
  std::string snapshot_id;  // that keepers hold now; empty: none
  Position snapshot_position;
  std::vector<TableRecord> tables;
  // The foreign keys on the source's tables whose doings its log does not hold, as they are at the stored position;
  // nothing: of an earlier version of Godwit, which asked the catalog. Then a change of them under way (as
  // TableRecord::altering).
  struct AlteringKeys {
    std::vector<ActingKey> keys;
    Position at;
  };
  std::optional<std::vector<ActingKey>> source_keys;
  std::optional<AlteringKeys> altering_keys;
  std::string restore_script;  // statements that put constraints and triggers back
  bool owes_stop = false;  // the stop after the load or its cached changes, if the settings ask for one, is to come
  std::vector<std::string> failed_objects;  // what could not be built, as object_id() names it
  std::vector<std::string> standing;        // what the log told and was not done, for every summary until --restart
  bool has_orphans = false;                 // rows were found whose foreign key points to nothing
  std::vector<DroppedObject> dropped;       // for the load, or about to be; until each is back
};

std::string to_json(const TaskDocument& document);
Result<TaskDocument> parse_task_document(const std::string& text);

}  // namespace godwit
