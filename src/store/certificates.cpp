#include "store/certificates.h"

#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select =
    "SELECT id, identifier, pem, wallet_base64, owner, signing_algorithm, valid_from_us, valid_to_us, key_bits, "
    "kms_key_id, created_us FROM certificates";

CertificateRecord read(const Row& row) {
  return {row.text(0),          row.text(1),          row.text(2),          row.text(3), row.text(4),    row.text(5),
          row.maybe_integer(6), row.maybe_integer(7), row.maybe_integer(8), row.text(9), row.integer(10)};
}

SqlValue value_of(const std::optional<int64_t>& number) {
  return number ? SqlValue(*number) : SqlValue(nullptr);
}

}  // namespace

Result<void> insert_certificate(Database& database, const CertificateRecord& one) {
  TRY(
      database.run("INSERT INTO certificates (id, identifier, pem, wallet_base64, owner, signing_algorithm, "
                   "valid_from_us, valid_to_us, key_bits, kms_key_id, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
                   "?, ?)",
                   {one.id, one.identifier, one.pem, one.wallet_base64, one.owner, one.signing_algorithm,
                    value_of(one.valid_from_us), value_of(one.valid_to_us), value_of(one.key_bits), one.kms_key_id,
                    one.created_us}));
  return {};
}

Result<void> delete_certificate(Database& database, const std::string& id) {
  TRY(database.run("DELETE FROM certificates WHERE id = ?", {id}));
  return {};
}

Result<std::optional<CertificateRecord>> find_certificate(Database& database, const std::string& id) {
  std::optional<CertificateRecord> found;
  const std::string sql = std::string(select) + " WHERE id = ?";
  TRY(database.each(sql, {id}, [&](const Row& row) { found = read(row); }));
  return found;
}

Result<std::vector<CertificateRecord>> list_certificates(Database& database, const CertificateChoice& choice,
                                                         const ListPage& page) {
  Where where;
  if (choice.ids) where.among("id", *choice.ids);
  if (choice.identifiers) where.among("identifier", *choice.identifiers);
  std::vector<CertificateRecord> out;
  const std::string sql = std::string(select) + where.sql(page);
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

Result<int64_t> count_certificates(Database& database) {
  int64_t count = 0;
  TRY(database.each("SELECT count(*) FROM certificates", {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

}  // namespace godwit
