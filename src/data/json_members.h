#pragma once
// Members of JSON objects that this folder writes and reads back.

#include <nlohmann/json.hpp>
#include <string>

namespace godwit {

// False: the member is absent or no string; `out` is left as it was.
inline bool read_text(const nlohmann::json& object, const char* key, std::string& out) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string()) return false;
  out = at->get<std::string>();
  return true;
}

}  // namespace godwit
