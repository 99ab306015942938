#pragma once
// Certificates that endpoints verify their servers by (spec/endpoints.md §2.2, spec/api.md §6.8): PEM bundles of
// X.509 certificates, or wallets, which are kept as they are.

#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "control/tags.h"
#include "store/certificates.h"

namespace godwit {

struct CertificateInput {
  std::string identifier;
  std::optional<std::string> pem{}, wallet_base64{}, kms_key_id{};
};

// InvalidCertificateFault: neither or both, no certificate in the PEM, a broken one, or a private key beside it.
Result<CertificateRecord> import_certificate(Environment& environment, const CertificateInput& input,
                                             const std::vector<Tag>& tags);
// Refused while an endpoint names it. Answers it as it was.
Result<CertificateRecord> remove_certificate(Environment& environment, const std::string& arn);
Result<std::vector<CertificateRecord>> certificates_of(const Environment& environment,
                                                       const CertificateChoice& choice, const ListPage& page);
std::string certificate_arn(const Environment& environment, const std::string& id);

// The PEM as a file (0600) in the data folder, for the client libraries; made when it is not there, or not the same.
// Nothing: there is no such certificate, or it is a wallet.
Result<std::optional<std::string>> certificate_file(const Environment& environment, const std::string& id);

// What the first certificate of a PEM bundle says of itself; an error in words for the caller when there is none, or
// when something else stands in it.
struct CertificateFacts {
  std::string owner;              // its subject: "CN=Root CA,O=Example"
  std::string signing_algorithm;  // "SHA256withRSA"
  int64_t valid_from_us = 0, valid_to_us = 0, key_bits = 0;
};
Result<CertificateFacts> read_certificate(const std::string& pem);

}  // namespace godwit
