#pragma once
// SHA-256 as data-masking-hash-mask and hash_sha256() write it.

#include <array>
#include <string_view>

namespace godwit {

using DigestText = std::array<char, 64>;

// Upper-case hexadecimal digits.
DigestText sha256_text(std::string_view bytes);

}  // namespace godwit
