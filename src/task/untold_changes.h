#pragma once
// Followed tables to which something happened that the source's log does not tell (Source::untold_changes).

#include <map>
#include <string>

#include "base/result.h"
#include "engine/source.h"
#include "task/context.h"
#include "task/task_document.h"

namespace godwit {

// By index into the context's tables: what happened. Tables that are suspended already are left out. Asks nothing of
// a source whose log tells all.
Result<std::map<size_t, std::string>> untold_changes(const TaskContext& context, const TaskDocument& document,
                                                     Source& source);

}  // namespace godwit
