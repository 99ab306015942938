#pragma once
// The task settings document as data: DMS's default document (spec/task-settings.md §2), what each key takes, and
// what is said when a document asks for something that it does not get. Read by settings.cpp.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

namespace godwit {

struct AllowedValue {
  enum class Kind { boolean, integer, text, choice, log_components };
  Kind kind = Kind::boolean;
  int64_t lowest = 0, highest = 0;  // of an integer
  std::string_view choices;         // "A|B|C"
};

struct SettingsKey {
  std::string_view section, key;  // a key at the top level has no section
  AllowedValue allowed;
  std::string_view note;     // the warning; empty where the key has its full effect
  bool note_always = false;  // true: even the default is more than is carried out, so warn wherever the key is sent
};

// A section that is echoed as it was sent and not looked into.
struct OpaqueSection {
  std::string_view name, note;
};

std::span<const SettingsKey> settings_keys();
std::span<const OpaqueSection> opaque_settings_sections();

inline constexpr std::string_view default_log_severity = "LOGGER_SEVERITY_DEFAULT";
// Every component a document may name: those of the default document, and those that DMS knows besides.
std::span<const std::string_view> known_log_components();

nlohmann::json default_settings_document();
// The section "Godwit", which DMS's document does not have.
nlohmann::json default_godwit_settings();

}  // namespace godwit
