#pragma once
// SHA-256 and HMAC-SHA-256, by OpenSSL.

#include <array>
#include <string>
#include <string_view>

namespace godwit {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
// 64 lower-case digits.
std::string hex(const Sha256& digest);
inline std::string_view view(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
// Takes as long whether they are equal or not; texts of unequal length are told apart at once.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace godwit
