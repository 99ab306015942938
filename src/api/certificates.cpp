// Certificates: ImportCertificate, DescribeCertificates, DeleteCertificate (spec/api.md §6.8).

#include "control/certificates.h"

#include "api/filter_values.h"
#include "api/operations.h"
#include "api/paging.h"
#include "api/tag_input.h"

namespace godwit {
namespace {

using nlohmann::json;

json certificate_json(const Call& call, const CertificateRecord& one) {
  json out = {{"CertificateIdentifier", one.identifier},
              {"CertificateCreationDate", json_time(one.created_us)},
              {"CertificateArn", certificate_arn(call.environment, one.id)},
              {"KmsKeyId", one.kms_key_id}};
  for (const auto& [member, text] :
       {std::pair("CertificatePem", &one.pem), std::pair("CertificateWallet", &one.wallet_base64),
        std::pair("CertificateOwner", &one.owner), std::pair("SigningAlgorithm", &one.signing_algorithm)})
    if (!text->empty()) out[member] = *text;
  if (one.valid_from_us) out["ValidFromDate"] = json_time(*one.valid_from_us);
  if (one.valid_to_us) out["ValidToDate"] = json_time(*one.valid_to_us);
  if (one.key_bits) out["KeyLength"] = *one.key_bits;
  return out;
}

Result<json> import(const Call& call) {
  const CertificateInput input{call.text("CertificateIdentifier"), call.maybe_text("CertificatePem"),
                               call.maybe_text("CertificateWallet"), call.maybe_text("KmsKeyId")};
  const CertificateRecord made = TRY(import_certificate(call.environment, input, read_tags(call)));
  return json{{"Certificate", certificate_json(call, made)}};
}

Result<json> remove(const Call& call) {
  const CertificateRecord removed = TRY(remove_certificate(call.environment, call.text("CertificateArn")));
  return json{{"Certificate", certificate_json(call, removed)}};
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(call, {"certificate-arn", "certificate-id"}));
  const CertificateChoice choice{.ids = filter_ids(call, filters, "certificate-arn", "cert"),
                                 .identifiers = filter_identifiers(filters, "certificate-id")};
  const PageRequest page = TRY(read_page(call));
  std::vector<CertificateRecord> rows = TRY(certificates_of(call.environment, choice, list_page(page)));
  return page_reply(
      call, page, "Certificates", std::move(rows),
      [](const CertificateRecord& one) {
        return std::vector<std::string>{std::to_string(one.created_us), one.identifier};
      },
      [&](const CertificateRecord& one) { return certificate_json(call, one); }, "Certificates");
}

constexpr Operation operations[] = {
    {"DeleteCertificate", remove, Role::admin},
    {"DescribeCertificates", describe, Role::viewer},
    {"ImportCertificate", import, Role::admin},
};

}  // namespace

std::span<const Operation> certificate_operations() {
  return operations;
}

}  // namespace godwit
