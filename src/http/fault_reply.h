#pragma once
// The transport's own replies, in the shape of AWS JSON errors (spec/api.md §1.1).

#include <string>
#include <string_view>

#include "http/message.h"

namespace godwit {

// A random UUID (version 4), as x-amzn-RequestId carries one.
std::string new_request_id();

HttpReply fault_reply(unsigned status, std::string_view type, std::string_view message);

}  // namespace godwit
