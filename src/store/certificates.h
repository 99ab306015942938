#pragma once
// Imported certificates as they are stored. Identifiers are compared without regard to case.

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

struct CertificateRecord {
  std::string id;          // the ARN's resource id
  std::string identifier;  // as it was given
  std::string pem;         // one of these two
  std::string wallet_base64;
  std::string owner, signing_algorithm;  // of the PEM's first certificate, as are those below
  std::optional<int64_t> valid_from_us, valid_to_us, key_bits;
  std::string kms_key_id;
  int64_t created_us = 0;
};

struct CertificateChoice {
  std::optional<std::vector<std::string>> ids{}, identifiers{};
};

Result<void> insert_certificate(Database& database, const CertificateRecord& certificate);
Result<void> delete_certificate(Database& database, const std::string& id);
Result<std::optional<CertificateRecord>> find_certificate(Database& database, const std::string& id);
// In order of creation, then identifier.
Result<std::vector<CertificateRecord>> list_certificates(Database& database, const CertificateChoice& choice,
                                                         const ListPage& page = {});
Result<int64_t> count_certificates(Database& database);

}  // namespace godwit
