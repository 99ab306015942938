#pragma once
// MariaDB's sequences (CREATE SEQUENCE), which belong to no table. Other servers of the family have none.

#include <set>
#include <string>
#include <vector>

#include "engine/catalog.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// Those of these databases. One that the user may not read has no statement: it is left to them.
Result<std::vector<ObjectDef>> sequence_objects(Connection& session, const std::set<std::string>& schemas);

// The same with their next values, which are those of the whole cache further; without those that may not be read.
Result<std::vector<SequenceState>> sequence_states(Connection& session, const std::set<std::string>& schemas);

// The target's sequence of the name; one that is further stays there. False: there is none.
Result<bool> set_free_sequence(Connection& session, const SequenceState& sequence);

}  // namespace godwit::mysql
