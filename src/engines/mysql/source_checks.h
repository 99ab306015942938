#pragma once
// What can be known before the start to stand in a task's way (spec/engine-mysql.md §1).

#include "base/result.h"
#include "engine/source.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

Result<std::vector<Finding>> check_source(Connection& session, const Endpoint& endpoint, const CaptureSpec& spec,
                                          bool with_changes);

}  // namespace godwit::mysql
