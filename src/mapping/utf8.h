#pragma once
// Characters of UTF-8 text. Bytes that are none count as a character each.

#include <cstddef>
#include <string_view>

namespace godwit {

// Bytes of the character that begins the text; 0 for an empty one.
size_t character_bytes(std::string_view text);
size_t count_characters(std::string_view text);
// The longest beginning of at most `bytes` bytes that ends between two characters.
std::string_view cut_at_character(std::string_view text, size_t bytes);

}  // namespace godwit
