#pragma once
// A reply as JSON text. The same text as nlohmann's dump(), in a fraction of its time where the reply holds long
// texts, as the settings and mappings of a page of tasks are.

#include <nlohmann/json.hpp>
#include <string>

namespace godwit {

// On one line, members in order of their names. What is not UTF-8 becomes U+FFFD.
std::string json_text(const nlohmann::json& value);

}  // namespace godwit
