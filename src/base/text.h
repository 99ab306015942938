#pragma once
// Small text helpers: case, joining, hashing, sizes for people.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit {

std::string join(std::span<const std::string> parts, std::string_view separator);
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
// An ASCII digit.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
// ASCII letters only; other bytes stay.
std::string lower_ascii(std::string_view text);
// Simple case folding of UTF-8 text as the C.UTF-8 tables know it (spec/table-mappings.md §4).
std::string lower_utf8(std::string_view text);
std::string upper_utf8(std::string_view text);
// A name as SQL takes it between such quotes: one inside is doubled.
std::string in_quotes(std::string_view name, char quote);
// FNV-1a, 64 bits: for names and fingerprints, not for security.
uint64_t fnv1a(std::string_view text, uint64_t seed = 0xcbf29ce484222325ULL);
std::string hex64(uint64_t value);
// "1.5 GB"
std::string human_bytes(uint64_t bytes);
// "1,234,567"
std::string human_count(uint64_t count);

}  // namespace godwit
