#pragma once
// The engine versions that this server goes by, under DMS-like numbers (spec/api.md §6.1). All of them are this one
// program: a number is kept so that scripts which name it work, and so that an upgrade can be rehearsed.

#include <span>
#include <string_view>
#include <vector>

namespace godwit {

struct EngineVersion {
  std::string_view version;    // "3.5.4"
  std::string_view lifecycle;  // "ACTIVE", "DEFAULT_VERSION"
};

// Oldest first.
std::span<const EngineVersion> engine_versions();
std::string_view default_engine_version();
// Null: no such version.
const EngineVersion* find_engine_version(std::string_view version);
// Those an instance of this version may go to.
std::vector<std::string_view> available_upgrades(std::string_view version);
// Whether the first two numbers differ: 3.4.7 and 3.5.4.
bool is_major_change(std::string_view from, std::string_view to);
// Of listed versions: whether `version` is `than` or later.
bool is_same_or_newer(std::string_view version, std::string_view than);

}  // namespace godwit
