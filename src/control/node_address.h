#pragma once
// What clients are told as the private address of every instance: where this node is reached.

#include <string>

namespace godwit {

// The first IPv4 address of an interface that is up and not the loopback; 127.0.0.1 where there is none. Found once.
const std::string& node_address();

}  // namespace godwit
