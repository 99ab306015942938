#include "control/certificates.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "control/connectable.h"
#include "control/endpoint_fixture.h"
#include "control/test_certificate.h"

namespace godwit {
namespace {

class Certificates : public EndpointFixture {
 protected:
  Result<CertificateRecord> import(const std::string& name, const std::string& pem) {
    return import_certificate(*environment_, {.identifier = name, .pem = pem}, {});
  }
  std::string import_arn(const std::string& name, const std::string& pem) {
    return certificate_arn(*environment_, import(name, pem).value().id);
  }
  const TestCertificate ec_ = make_test_certificate("EC", "Wurzel, ä");
};

TEST_F(Certificates, tell_who_they_are_of_by_the_first_one_of_a_bundle) {
  const TestCertificate rsa = make_test_certificate("RSA", "Root CA");
  const auto facts = read_certificate("a comment\n" + rsa.pem + "\n" + ec_.pem);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->owner, "CN=Root CA");
  EXPECT_EQ(facts->signing_algorithm, "SHA256withRSA");
  EXPECT_EQ(facts->key_bits, 2048);
  EXPECT_EQ(facts->valid_from_us, 1704067200000000);
  EXPECT_EQ(facts->valid_to_us, 2019686400000000);
  const auto other = read_certificate(ec_.pem + rsa.pem);
  EXPECT_EQ(other->owner, "CN=Wurzel\\, ä");
  EXPECT_EQ(other->signing_algorithm, "SHA256withECDSA");
  EXPECT_EQ(other->key_bits, 256);
}

TEST_F(Certificates, what_is_none_is_refused) {
  const std::string cut = ec_.pem.substr(0, ec_.pem.size() / 2);
  std::string bent = ec_.pem;
  bent[bent.size() / 2] = '!';
  std::string other = ec_.pem;
  for (size_t at = 0; (at = other.find("CERTIFICATE", at)) != std::string::npos;) other.replace(at, 11, "X509 CRL");
  const std::string cases[] = {"",
                               "  \n",
                               "text",
                               cut,
                               bent,
                               other,
                               ec_.pem + ec_.key_pem,
                               ec_.key_pem,
                               ec_.pem + cut,
                               std::string(2 << 20, ' ') + ec_.pem};
  for (const std::string& pem : cases) {
    const auto imported = import("c", pem);
    ASSERT_FALSE(imported) << pem;
    EXPECT_EQ(imported.error().code, "InvalidCertificateFault") << pem;
  }
  EXPECT_EQ(count_certificates(*database_).value(), 0);
}

TEST_F(Certificates, are_either_a_pem_or_a_wallet) {
  EXPECT_FALSE(import_certificate(*environment_, {.identifier = "w"}, {}));
  EXPECT_FALSE(import_certificate(*environment_, {.identifier = "w", .pem = ec_.pem, .wallet_base64 = "AAAA"}, {}));
  EXPECT_FALSE(import_certificate(*environment_, {.identifier = "w", .wallet_base64 = "?"}, {}));
  const auto wallet = import_certificate(*environment_, {.identifier = "w", .wallet_base64 = "AAEC\nAwQ="}, {});
  ASSERT_TRUE(wallet) << wallet.error().message;
  EXPECT_EQ(wallet->wallet_base64, "AAECAwQ=");
  EXPECT_FALSE(wallet->key_bits);
  EXPECT_EQ(certificate_file(*environment_, wallet->id).value(), std::nullopt);
}

TEST_F(Certificates, of_one_name_there_is_one) {
  ASSERT_TRUE(import("Root", ec_.pem));
  EXPECT_EQ(import("root", ec_.pem).error().code, "ResourceAlreadyExistsFault");
  EXPECT_EQ(import("2nd", ec_.pem).error().code, "InvalidParameterValueException");
}

TEST_F(Certificates, that_an_endpoint_names_stay_and_serve_it_as_a_file) {
  const std::string arn = import_arn("root", ec_.pem);
  EndpointInput wanted = input();
  wanted.ssl_mode = "verify-ca";
  wanted.certificate_arn = arn;
  const auto made = create_endpoint(*environment_, wanted, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(remove_certificate(*environment_, arn).error().code, "InvalidResourceStateFault");

  const auto login = connectable(*environment_, *made);
  ASSERT_TRUE(login) << login.error().message;
  EXPECT_EQ(login->parameters.at("sslmode"), "verify-ca");
  const std::string path = login->parameters.at("sslrootcert");
  struct stat facts{};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  std::ofstream(path) << "touched";
  ASSERT_TRUE(connectable(*environment_, *made));
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), ec_.pem);

  ASSERT_TRUE(delete_endpoint(*environment_, endpoint_arn(*environment_, *made)));
  EXPECT_TRUE(remove_certificate(*environment_, arn));
  EXPECT_NE(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(remove_certificate(*environment_, arn).error().code, "ResourceNotFoundFault");
}

}  // namespace
}  // namespace godwit
