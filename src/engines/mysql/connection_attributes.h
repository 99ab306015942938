#pragma once
// DMS's connection attributes of a source of this family, given as parameters of its URI (spec/engine-mysql.md §2,
// §10), and Godwit's own: which there are, what may stand in them, which of them need no heeding.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/endpoint.h"

namespace godwit::mysql {

bool is_set(const Endpoint& endpoint, std::string_view flag, bool otherwise = false);

// Refuses bad values by name. Answers a warning for each attribute that is given and changes nothing, and why, and
// for each parameter that is none.
Result<std::vector<std::string>> check_source_attributes(const Endpoint& endpoint);

}  // namespace godwit::mysql
