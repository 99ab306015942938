#pragma once
// JSON as replies carry it: compact, and the same text as nlohmann's dump() makes, at several times its speed for
// long strings. A page of tasks is half a megabyte of settings documents, all of it in strings.

#include <nlohmann/json.hpp>
#include <string>

namespace godwit {

// Bytes that are no UTF-8 are replaced by U+FFFD.
std::string json_text(const nlohmann::json& value);

}  // namespace godwit
