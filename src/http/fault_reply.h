#pragma once
// The transport's own replies, in the shape of AWS JSON errors (spec/api.md §1.1).

#include <string_view>

#include "http/message.h"

namespace godwit {

HttpReply fault_reply(unsigned status, std::string_view type, std::string_view message);

}  // namespace godwit
