#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "control/certificates.h"
#include "control/endpoint_faults.h"

namespace godwit {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

int64_t unix_us_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return int64_t{::timegm(&parts)} * 1'000'000;
}

std::string subject(const X509& certificate) {
  const Bio out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(std::max(size, 0L))};
}

// As Java's security libraries, and so DMS, name them: SHA256withRSA, SHA384withECDSA, Ed25519.
std::string signing_algorithm(const X509& certificate) {
  const int signature = X509_get_signature_nid(&certificate);
  int digest = NID_undef, key = NID_undef;
  if (OBJ_find_sigid_algs(signature, &digest, &key) != 1 || digest == NID_undef || key == NID_rsassaPss)
    return signature == NID_undef ? "" : OBJ_nid2sn(signature);
  std::string hash = OBJ_nid2sn(digest);
  if (hash.starts_with("RSA-")) hash = hash.substr(4);
  std::string family = OBJ_nid2sn(key);
  if (key == NID_rsaEncryption) family = "RSA";
  if (key == NID_X9_62_id_ecPublicKey) family = "ECDSA";
  return hash + "with" + family;
}

// Every block must be a certificate that can be read.
Result<std::vector<Certificate>> read_bundle(const std::string& pem) {
  const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::vector<Certificate> out;
  ERR_clear_error();
  while (true) {
    char *name = nullptr, *header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;
    if (PEM_read_bio(in.get(), &name, &header, &bytes, &size) != 1) {
      const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      ERR_clear_error();
      if (!at_end) return Failure(certificate_refused("a block of the PEM text is damaged or not closed."));
      return out;
    }
    const std::string kind = name;
    const unsigned char* at = bytes;
    Certificate one(kind == "CERTIFICATE" ? d2i_X509(nullptr, &at, size) : nullptr, X509_free);
    if (kind == "TRUSTED CERTIFICATE") one.reset(d2i_X509_AUX(nullptr, &at, size));
    OPENSSL_clear_free(bytes, static_cast<size_t>(size));
    OPENSSL_free(name);
    OPENSSL_free(header);
    ERR_clear_error();
    if (kind.find("PRIVATE KEY") != std::string::npos)
      return Failure(
          certificate_refused("the PEM text holds a private key, which no one should be shown. Give the "
                              "certificates alone, and take that key out of use."));
    if (one == nullptr)
      return Failure(certificate_refused(fmt::format("a block of the PEM text ({}) is no X.509 certificate.", kind)));
    out.push_back(std::move(one));
  }
}

}  // namespace

Result<CertificateFacts> read_certificate(const std::string& pem) {
  const std::vector<Certificate> bundle = TRY(read_bundle(pem));
  if (bundle.empty())
    return Failure(certificate_refused("there is no -----BEGIN CERTIFICATE----- in it; give it in PEM form."));
  const X509& first = *bundle.front();
  EVP_PKEY* key = X509_get0_pubkey(&first);
  CertificateFacts out;
  out.owner = subject(first);
  out.signing_algorithm = signing_algorithm(first);
  out.valid_from_us = unix_us_of(X509_get0_notBefore(&first));
  out.valid_to_us = unix_us_of(X509_get0_notAfter(&first));
  out.key_bits = key == nullptr ? 0 : EVP_PKEY_get_bits(key);
  ERR_clear_error();
  return out;
}

}  // namespace godwit
