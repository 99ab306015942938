#include "api/tag_input.h"

namespace godwit {

std::vector<Tag> read_tags(const Call& call) {
  std::vector<Tag> tags;
  const auto list = call.input.find("Tags");
  if (list == call.input.end() || !list->is_array()) return tags;
  for (const nlohmann::json& tag : *list)
    if (tag.is_object())
      tags.push_back({.key = tag.value("Key", std::string()), .value = tag.value("Value", std::string())});
  return tags;
}

}  // namespace godwit
