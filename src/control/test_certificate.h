#pragma once
// For tests: self-signed certificates as PEM.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace godwit {

struct TestCertificate {
  std::string pem, key_pem;
};

// `family`: "RSA" (2048 bits) or "EC" (P-256). Valid from 2024-01-01 to 2034-01-01.
inline TestCertificate make_test_certificate(const std::string& family, const std::string& common_name) {
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  const Key key(family == "RSA" ? EVP_RSA_gen(2048U) : EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509* one = made.get();
  X509_set_version(one, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(one), 1);
  ASN1_TIME_set_string(X509_getm_notBefore(one), "20240101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(one), "20340101000000Z");
  X509_NAME* name = X509_get_subject_name(one);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_issuer_name(one, name);
  X509_set_pubkey(one, key.get());
  X509_sign(one, key.get(), EVP_sha256());
  const auto text_of = [](auto write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    write(out.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return std::string(bytes, static_cast<size_t>(size));
  };
  return {text_of([&](BIO* out) { PEM_write_bio_X509(out, one); }), text_of([&](BIO* out) {
            PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace godwit
