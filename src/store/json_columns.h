#pragma once
// Columns of the store that hold a JSON array of texts.

#include <string>
#include <string_view>
#include <vector>

namespace godwit {

std::string text_list(const std::vector<std::string>& texts);
// What text_list() wrote; anything else reads as empty.
std::vector<std::string> read_text_list(std::string_view column);

}  // namespace godwit
