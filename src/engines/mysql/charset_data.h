#pragma once
// What servers know of character sets and glibc does not: generated from servers' answers.

#include <cstdint>
#include <span>
#include <string_view>

namespace godwit::mysql {

// A character that the server converts otherwise than iconv; 0: not at all. Ascending by code, whose bytes are in the
// order of the text.
struct CharPatch {
  uint32_t code = 0;
  uint32_t unicode = 0;
};
std::span<const CharPatch> patches_of(std::string_view charset);

// The character set of a collation of any server, by its number; empty: unknown.
std::string_view charset_of_collation(uint32_t id);

}  // namespace godwit::mysql
