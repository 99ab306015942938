#include "store/json_columns.h"

#include <nlohmann/json.hpp>

namespace godwit {

std::string text_list(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> read_text_list(std::string_view column) {
  std::vector<std::string> texts;
  const auto list = nlohmann::json::parse(column, nullptr, false);
  if (!list.is_array()) return texts;
  for (const auto& text : list)
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

}  // namespace godwit
