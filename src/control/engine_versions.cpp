#include "control/engine_versions.h"

#include <algorithm>

namespace godwit {
namespace {

constexpr EngineVersion versions[] = {
    {"3.4.7", "ACTIVE"},
    {"3.5.2", "ACTIVE"},
    {"3.5.3", "ACTIVE"},
    {"3.5.4", "DEFAULT_VERSION"},
};

// "3.5" of "3.5.4"
std::string_view major_part(std::string_view version) {
  const size_t first = version.find('.');
  return first == std::string_view::npos ? version : version.substr(0, version.find('.', first + 1));
}

}  // namespace

std::span<const EngineVersion> engine_versions() {
  return versions;
}

std::string_view default_engine_version() {
  return std::ranges::find(versions, "DEFAULT_VERSION", &EngineVersion::lifecycle)->version;
}

const EngineVersion* find_engine_version(std::string_view version) {
  const auto* found = std::ranges::find(versions, version, &EngineVersion::version);
  return found == std::end(versions) ? nullptr : found;
}

std::vector<std::string_view> available_upgrades(std::string_view version) {
  std::vector<std::string_view> later;
  const EngineVersion* own = find_engine_version(version);
  if (own == nullptr) return later;
  for (const auto* one = own + 1; one != std::end(versions); ++one) later.push_back(one->version);
  return later;
}

bool is_major_change(std::string_view from, std::string_view to) {
  return major_part(from) != major_part(to);
}

bool is_same_or_newer(std::string_view version, std::string_view than) {
  return find_engine_version(version) >= find_engine_version(than);
}

}  // namespace godwit
