#include "control/certificates.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "control/account.h"
#include "control/endpoint_faults.h"
#include "control/faults.h"
#include "control/identifiers.h"
#include "store/endpoints.h"

namespace godwit {
namespace {

constexpr size_t certificate_bytes_max = 1 << 20;

// Base64 with its padding; blanks and line ends between the characters go. Nothing: it is none.
std::optional<std::string> canonical_base64(std::string_view text) {
  std::string dense;
  for (const char c : text)
    if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) dense += c;
  if (dense.empty() || dense.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> bytes(dense.size() / 4 * 3);
  const auto* in = reinterpret_cast<const unsigned char*>(dense.data());
  if (EVP_DecodeBlock(bytes.data(), in, static_cast<int>(dense.size())) < 0) return std::nullopt;
  return dense;
}

Result<void> check_size(const std::string& text) {
  if (text.size() > certificate_bytes_max) return Failure(certificate_refused("it is larger than 1 MB."));
  return {};
}

Result<CertificateRecord> record_of(const CertificateInput& input) {
  const bool pem = input.pem && !trim(*input.pem).empty(),
             wallet = input.wallet_base64 && !input.wallet_base64->empty();
  if (pem == wallet) return Failure(certificate_refused("give either CertificatePem or CertificateWallet."));
  CertificateRecord out;
  if (wallet) {
    TRY(check_size(*input.wallet_base64));
    const auto bytes = canonical_base64(*input.wallet_base64);
    if (!bytes) return Failure(certificate_refused("CertificateWallet is no base64 text."));
    out.wallet_base64 = *bytes;
    return out;
  }
  TRY(check_size(*input.pem));
  const CertificateFacts facts = TRY(read_certificate(*input.pem));
  out.pem = *input.pem;
  out.owner = facts.owner;
  out.signing_algorithm = facts.signing_algorithm;
  out.valid_from_us = facts.valid_from_us;
  out.valid_to_us = facts.valid_to_us;
  out.key_bits = facts.key_bits;
  return out;
}

std::string file_of(const Environment& environment, const std::string& id) {
  return environment.folder + "/certificates/" + id + ".pem";
}

bool holds(const std::string& path, const std::string& text) {
  std::ifstream file(path, std::ios::binary);
  return file && std::string(std::istreambuf_iterator<char>(file), {}) == text;
}

// Whole or not at all: a client library may read it at any time.
Result<void> write_file(const std::string& path, const std::string& text) {
  static std::atomic<uint64_t> count = 0;
  std::error_code made;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), made);
  const std::string draft = fmt::format("{}.{}.new", path, ++count);
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool done = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (file >= 0) done = ::close(file) == 0 && done;
  done = done && ::rename(draft.c_str(), path.c_str()) == 0;
  if (done) return {};
  const int why = errno;
  ::unlink(draft.c_str());
  return Failure(certificate_file_not_written(path, std::strerror(why)));
}

}  // namespace

std::string certificate_arn(const Environment& environment, const std::string& id) {
  return make_arn(environment.names, "cert", id);
}

Result<CertificateRecord> import_certificate(Environment& environment, const CertificateInput& input,
                                             const std::vector<Tag>& tags) {
  TRY(read_identifier("CertificateIdentifier", input.identifier));
  CertificateRecord record = TRY(record_of(input));
  record.id = new_resource_id();
  record.identifier = input.identifier;
  record.kms_key_id = input.kms_key_id.value_or(default_kms_key_arn(environment.names));
  record.created_us = environment.now_us();
  Database& database = environment.database;
  return database.atomically([&]() -> Result<CertificateRecord> {
    const auto same = TRY(list_certificates(database, {.identifiers = {{record.identifier}}}));
    if (!same.empty())
      return Failure(already_exists("Certificate", record.identifier, certificate_arn(environment, same.front().id)));
    TRY(require_quota(environment, "Certificates"));
    TRY(insert_certificate(database, record));
    TRY(add_tags(environment, certificate_arn(environment, record.id), tags));
    return record;
  });
}

Result<CertificateRecord> remove_certificate(Environment& environment, const std::string& arn) {
  const auto id = id_of(environment.names, arn, "cert");
  Database& database = environment.database;
  auto removed = database.atomically([&]() -> Result<CertificateRecord> {
    if (!id) return Failure(not_found("Certificate", arn));
    const auto record = TRY(find_certificate(database, *id));
    if (!record) return Failure(not_found("Certificate", arn));
    const auto user = TRY(endpoint_with_certificate(database, *id));
    if (user) return Failure(certificate_in_use(record->identifier, *user));
    TRY(delete_certificate(database, *id));
    return *record;
  });
  if (removed) ::unlink(file_of(environment, *id).c_str());
  return removed;
}

Result<std::vector<CertificateRecord>> certificates_of(const Environment& environment,
                                                       const CertificateChoice& choice, const ListPage& page) {
  return list_certificates(environment.database, choice, page);
}

Result<std::optional<std::string>> certificate_file(const Environment& environment, const std::string& id) {
  const auto record = TRY(find_certificate(environment.database, id));
  if (!record || record->pem.empty()) return std::nullopt;
  const std::string path = file_of(environment, id);
  if (!holds(path, record->pem)) TRY(write_file(path, record->pem));
  return path;
}

}  // namespace godwit
