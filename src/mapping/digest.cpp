#include "mapping/digest.h"

#include <openssl/sha.h>

namespace godwit {

DigestText sha256_text(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  static constexpr std::string_view digits = "0123456789ABCDEF";
  DigestText text{};
  for (size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = digits[digest[i] >> 4U];
    text[2 * i + 1] = digits[digest[i] & 0xFU];
  }
  return text;
}

}  // namespace godwit
