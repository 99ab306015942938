#pragma once
// Which collation of a server stands for one of another server of the family; pure.

#include <string>
#include <string_view>

#include "engines/mysql/type_class.h"

namespace godwit::mysql {

// The one in which different texts are different: without padding where the server has one.
std::string_view exact_collation(const ServerKind& server);

// The nearest one that the server has, never one that finds texts equal that were not: two rows could have one key.
// Where only a coarser one is there, the exact one is taken.
std::string known_collation(const std::string& name, const ServerKind& server);

}  // namespace godwit::mysql
