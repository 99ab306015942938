#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "http/test_client.h"

namespace godwit {
namespace {

using namespace testing_http;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Certificates of this run, made by openssl in a folder that goes with the process.
class Certificates {
 public:
  Certificates() {
    char name[] = "/tmp/godwit_tls_XXXXXX";
    folder_ = ::mkdtemp(name);
    for (const std::string of : {"one", "two"})
      run(
          fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
                      "/CN=localhost -keyout {} -out {} >/dev/null 2>&1",
                      path(of + ".key"), path(of + ".crt")));
    run(fmt::format("openssl ec -aes128 -passout pass:secret -in {} -out {} >/dev/null 2>&1", path("one.key"),
                    path("locked.key")));
    run("echo nothing > " + path("no.pem"));
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  static void run(const std::string& command) {
    // NOLINTNEXTLINE(cert-env33-c): of this test's own words
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl failed: " + command);
  }
  std::string folder_;
};

const Certificates& certificates() {
  static const Certificates all;
  return all;
}

HttpServerOptions with_tls() {
  return {.tls_cert_path = certificates().path("one.crt"), .tls_key_path = certificates().path("one.key")};
}

// What a client that speaks up to `version` gets for its request; "" when there is no handshake.
struct TlsAnswer {
  std::string reply, version, protocol;
};

TlsAnswer ask_by_tls(uint16_t port, int version, std::string_view request) {
  TestClient client(port);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_cipher_list(context.get(), "DEFAULT@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), version);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  constexpr unsigned char offered[] = "\x02h2\x08http/1.1";
  SSL_set_alpn_protos(ssl.get(), offered, sizeof offered - 1);
  SSL_set_fd(ssl.get(), client.socket());
  if (SSL_connect(ssl.get()) != 1) return {};
  TlsAnswer answer{"", SSL_get_version(ssl.get()), ""};
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl.get(), &protocol, &length);
  if (protocol != nullptr) answer.protocol.assign(reinterpret_cast<const char*>(protocol), length);
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  char bytes[4096];
  for (int got = 0; (got = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;)
    answer.reply.append(bytes, static_cast<size_t>(got));
  return answer;
}

TEST(HttpTls, serves_requests_by_tls_1_2_and_1_3) {
  const auto server = started(with_tls());
  EXPECT_TRUE(server->is_tls());
  const std::pair<int, std::string> versions[] = {{TLS1_2_VERSION, "TLSv1.2"}, {TLS1_3_VERSION, "TLSv1.3"}};
  for (const auto& [version, name] : versions) {
    const TlsAnswer answer = ask_by_tls(server->port(), version, post("a") + post("b", "Connection: close\r\n"));
    EXPECT_EQ(answer.version, name);
    EXPECT_EQ(answer.protocol, "http/1.1");
    EXPECT_THAT(answer.reply, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer.reply, HasSubstr("POST /\naHTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer.reply, EndsWith("\nb"));
  }
}

TEST(HttpTls, refuses_older_versions) {
  const auto server = started(with_tls());
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION})
    EXPECT_EQ(ask_by_tls(server->port(), version, post("a")).version, "");
}

TEST(HttpTls, tells_a_client_that_speaks_plain_http) {
  const auto server = started(with_tls());
  TestClient client(server->port());
  const std::string reply = client.ask(post("a"));
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(reply, HasSubstr("https://"));
}

TEST(HttpTls, a_body_too_large_is_answered_413) {
  auto options = with_tls();
  options.body_bytes_max = 1000;
  options.body_timeout = 300ms;
  const auto server = started(options);
  EXPECT_THAT(ask_by_tls(server->port(), TLS1_3_VERSION, post(std::string(200'000, 'a'))).reply,
              StartsWith("HTTP/1.1 413 "));
}

TEST(HttpTls, a_client_that_never_shakes_hands_is_left) {
  auto options = with_tls();
  options.header_timeout = 200ms;
  const auto server = started(options);
  TestClient silent(server->port()), halfway(server->port());
  halfway.send("\x16\x03\x01");
  EXPECT_TRUE(silent.ends_within(5s));
  EXPECT_TRUE(halfway.ends_within(5s));
}

TEST(HttpTls, may_listen_beyond_loopback) {
  auto options = with_tls();
  options.address = "0.0.0.0";
  EXPECT_TRUE(HttpServer::start(options, echo));
}

TEST(HttpTls, unusable_files_are_errors_that_say_why) {
  struct Case {
    std::string cert, key, words;
  };
  const auto& of = certificates();
  const Case cases[] = {
      {of.path("one.crt"), "", "Add --tls-key FILE"},
      {"", of.path("one.key"), "Add --tls-cert FILE"},
      {of.path("missing.crt"), of.path("one.key"),
       "certificate file '" + of.path("missing.crt") + "' cannot be used: it is not there"},
      {of.path("one.crt"), of.path("missing.key"),
       "key file '" + of.path("missing.key") + "' cannot be used: it is not there"},
      {of.path("no.pem"), of.path("one.key"), "certificate file '" + of.path("no.pem")},
      {of.path("one.crt"), of.path("no.pem"), "key file '" + of.path("no.pem")},
      {of.path("one.crt"), of.path("two.key"), "it is not the key of the certificate"},
      {of.path("one.crt"), of.path("locked.key"), "an encrypted key must be decrypted first"},
  };
  for (const Case& one : cases) {
    const auto server = HttpServer::start({.tls_cert_path = one.cert, .tls_key_path = one.key}, echo);
    ASSERT_FALSE(server) << one.words;
    EXPECT_EQ(server.error().code, "http.tls");
    EXPECT_THAT(server.error().message, HasSubstr(one.words));
  }
}

}  // namespace
}  // namespace godwit
