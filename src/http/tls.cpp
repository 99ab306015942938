#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <fstream>
#include <string_view>

#include "http/errors.h"

namespace godwit {
namespace {

namespace ssl = boost::asio::ssl;

// An encrypted key is refused: OpenSSL itself would ask for its password on the terminal.
int no_password(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

int select_http_1_1(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  static constexpr std::array<unsigned char, 9> ours = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, ours.data(), ours.size(), offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string last_reason() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "it is no such PEM file" : reason;
}

Result<void> use_key(SSL_CTX* native, std::string_view what, const std::string& path) {
  bool is_encrypted = false;
  SSL_CTX_set_default_passwd_cb(native, no_password);
  SSL_CTX_set_default_passwd_cb_userdata(native, &is_encrypted);
  const bool is_used = SSL_CTX_use_PrivateKey_file(native, path.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(native, nullptr);
  if (is_used && SSL_CTX_check_private_key(native) == 1) return {};
  if (is_encrypted) return Failure(tls_unusable(what, path, "an encrypted key must be decrypted first"));
  if (is_used || ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_X509)
    return Failure(tls_unusable(what, path, "it is not the key of the certificate"));
  return Failure(tls_unusable(what, path, last_reason()));
}

Result<void> check_readable(std::string_view what, const std::string& path) {
  if (!std::ifstream(path)) return Failure(tls_unusable(what, path, "it is not there, or not readable by this user"));
  return {};
}

}  // namespace

Result<ssl::context> server_tls(const std::string& cert_path, const std::string& key_path) {
  constexpr std::string_view cert = "The TLS certificate file", key = "The TLS key file";
  TRY(check_readable(cert, cert_path));
  TRY(check_readable(key, key_path));
  ssl::context context(ssl::context::tls_server);
  SSL_CTX* native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(native, select_http_1_1, nullptr);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(native, cert_path.c_str()) != 1)
    return Failure(tls_unusable(cert, cert_path, last_reason()));
  TRY(use_key(native, key, key_path));
  return context;
}

}  // namespace godwit
