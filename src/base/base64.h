#pragma once
// Bytes as base64 (RFC 4648) and back.

#include <optional>
#include <string>
#include <string_view>

namespace godwit {

std::string base64(std::string_view bytes);      // with padding
std::string base64_url(std::string_view bytes);  // '-' and '_', without padding

// Either alphabet, with padding or without; nothing when the text is none of it.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace godwit
