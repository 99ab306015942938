#pragma once
// The store's schema, version by version. A version that has been released is never edited; a change is a new one.

#include <span>
#include <string_view>

namespace godwit {

// The statements that lead from version i to version i + 1.
std::span<const std::span<const std::string_view>> store_migrations();

}  // namespace godwit
