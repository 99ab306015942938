#pragma once
// Taking foreign keys and triggers out of force on the target while rows are moved, and finding the rows that broke a
// foreign key meanwhile (engine.md §8, §10; spec/engine-postgresql.md §11.3).

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/acting_key.h"
#include "data/target_table.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

struct ReleasePlan {
  bool by_role = false;  // the task's sessions run under session_replication_role = replica
  std::string script;    // restores what `statements` take away; for restore_constraints(). May be empty
  std::vector<std::string> statements;
};

// Finds out what has to be done; changes nothing. By role: ALWAYS and REPLICA triggers, which fire under it, are
// disabled. Otherwise foreign keys of and to the tables are dropped and their user triggers disabled. An error of
// kind prerequisite when the role may do neither. Save the script before the plan is carried out; once it is saved a
// second plan adds nothing to it, so keep the first.
Result<ReleasePlan> plan_release(Connection& connection, std::span<const TargetTable> tables);

// Target::acting_keys.
Result<std::vector<ActingKey>> acting_keys(Connection& connection, std::span<const TargetTable> tables);

// What must be done so that foreign keys act in a session under the origin role: user triggers are disabled.
// `ordered`: Target::let_keys_act; empty: no key acts, and there is nothing to do.
Result<ReleasePlan> plan_acting_keys(Connection& connection, std::span<const TargetTable> tables,
                                     std::vector<TableRef>& ordered);

// All in one transaction: the one that is open, else its own. Where the server has no DDL in transactions each
// statement is one, and a plan made after a failure holds the rest.
Result<void> carry_out(Connection& connection, const ReleasePlan& plan);

// Both at once, in one transaction: what is released and the caller's own writes commit together if the caller has
// opened one. True: by role, and every session that writes rows must SET session_replication_role = replica.
Result<bool> release_constraints(Connection& connection, std::span<const TargetTable> tables, std::string& script);

// One script that does what both do, in this order; either may be empty.
std::string join_scripts(const std::string& first, const std::string& second);

// Runs the script statement by statement, each in a transaction of its own. What is restored already, or is no longer
// there, is passed over, so it may be run again after a crash. Goes on after a failure and answers the first one.
Result<void> restore_constraints(Connection& connection, std::string_view script);

// For each foreign key of the tables: "name on schema.table" and how many rows point to nothing. Keys without such
// rows are left out. Whole tables are read; keys with PERIOD or NOT ENFORCED are not counted.
Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(Connection& connection,
                                                                    std::span<const TargetTable> tables);

}  // namespace godwit::postgres
