#pragma once
// The Tags member of the Create calls and of AddTagsToResource.

#include <vector>

#include "api/call.h"
#include "control/tags.h"

namespace godwit {

// A tag without a key or value reads as one with an empty text; the rules are checked by add_tags().
std::vector<Tag> read_tags(const Call& call);

}  // namespace godwit
