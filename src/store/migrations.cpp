#include "store/migrations.h"

#include <array>

namespace godwit {
namespace {

// Version 1: one group of statements per resource.
constexpr std::string_view version_1[] = {
    // What the server knows of itself: account, region.
    "CREATE TABLE server_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT",
};

constexpr std::array<std::span<const std::string_view>, 1> versions = {version_1};

}  // namespace

std::span<const std::span<const std::string_view>> store_migrations() {
  return versions;
}

}  // namespace godwit
