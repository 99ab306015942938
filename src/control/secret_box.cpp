#include "control/secret_box.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace godwit {
namespace {

constexpr size_t nonce_bytes = 12, tag_bytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Error key_failed(const std::string& path, std::string_view why) {
  return {
      .kind = ErrorKind::resource,
      .code = "secrets.master_key",
      .message = fmt::format("The master key {} cannot be used: {}. Secrets in the store open with the key they were "
                             "sealed with alone: put that file (32 bytes, mode 0600) back.",
                             path, why),
      .sqlstate = {}};
}

Error secret_damaged(std::string_view place) {
  return {
      .kind = ErrorKind::resource,
      .code = "secrets.damaged",
      .message = fmt::format("The secret of {} does not open with this server's master key: the key file is another "
                             "one, or the store was damaged. Give the secret anew.",
                             place),
      .sqlstate = {}};
}

unsigned char* raw(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Whole or not at all: a crash in between leaves no short key.
Result<std::array<std::byte, 32>> make_key(const std::string& path) {
  std::array<std::byte, 32> key{};
  if (RAND_bytes(raw(key.data()), static_cast<int>(key.size())) != 1)
    return Failure(key_failed(path, "the system gives no random bytes"));
  const std::string draft = path + ".new";
  ::unlink(draft.c_str());
  const File file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool written = file.get() >= 0 && ::write(file.get(), key.data(), key.size()) == ssize_t{key.size()} &&
                       ::fsync(file.get()) == 0 && ::rename(draft.c_str(), path.c_str()) == 0;
  if (!written) return Failure(key_failed(path, std::strerror(errno)));
  return key;
}

}  // namespace

Result<SecretBox> SecretBox::open(const std::string& key_path, bool may_make) {
  const File file(::open(key_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT && may_make) return SecretBox(TRY(make_key(key_path)));
    return Failure(key_failed(key_path, std::strerror(errno)));
  }
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return Failure(key_failed(key_path, std::strerror(errno)));
  if ((facts.st_mode & 077) != 0)
    return Failure(key_failed(key_path, "others than its owner may use it; chmod 600 it"));
  std::array<std::byte, 33> key{};
  if (::read(file.get(), key.data(), key.size()) != 32)
    return Failure(key_failed(key_path, "it does not hold 32 bytes"));
  std::array<std::byte, 32> exact{};
  std::copy_n(key.begin(), exact.size(), exact.begin());
  return SecretBox(exact);
}

std::vector<std::byte> SecretBox::seal(std::string_view secret, std::string_view place) const {
  std::vector<std::byte> sealed(nonce_bytes + secret.size() + tag_bytes);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  const auto size = [](size_t bytes) { return static_cast<int>(bytes); };
  const bool done =
      RAND_bytes(raw(sealed.data()), size(nonce_bytes)) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key_.data()), raw(sealed.data())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &length, raw(place), size(place.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), raw(sealed.data() + nonce_bytes), &length, raw(secret), size(secret.size())) ==
          1 &&
      EVP_EncryptFinal_ex(cipher.get(), raw(sealed.data() + nonce_bytes + length), &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, size(tag_bytes),
                          sealed.data() + nonce_bytes + secret.size()) == 1;
  if (!done) std::abort();  // no memory or no entropy: a secret is never kept in clear instead
  return sealed;
}

Result<std::string> SecretBox::unseal(std::span<const std::byte> sealed, std::string_view place) const {
  if (sealed.size() < nonce_bytes + tag_bytes) return Failure(secret_damaged(place));
  const size_t secret_bytes = sealed.size() - nonce_bytes - tag_bytes;
  std::string secret(secret_bytes, '\0');
  std::array<std::byte, tag_bytes> tag{};
  std::copy(sealed.end() - static_cast<ptrdiff_t>(tag_bytes), sealed.end(), tag.begin());
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  auto* out = reinterpret_cast<unsigned char*>(secret.data());
  const bool done =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key_.data()), raw(sealed.data())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, raw(place), static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out, &length, raw(sealed.data() + nonce_bytes),
                        static_cast<int>(secret_bytes)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out + length, &length) == 1;
  if (!done) return Failure(secret_damaged(place));
  return secret;
}

}  // namespace godwit
