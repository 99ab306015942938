#include "control/endpoint_secrets.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace godwit {
namespace {

class EndpointSecrets : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_ + "/prod"); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void put(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(folder_ + "/" + name) << text;
    ::chmod((folder_ + "/" + name).c_str(), mode);
  }

  const std::string folder_ = testing::TempDir() + "godwit_secrets_" + std::to_string(getpid());
  const std::string whole_ = R"({"username":"u","password":"geheim","host":"h","port":5432,"engine":"postgres"})";
};

TEST_F(EndpointSecrets, are_found_by_name_and_by_arn_with_or_without_its_suffix) {
  put("prod/db.json", whole_);
  for (const std::string id : {"prod/db", "arn:aws:secretsmanager:us-east-1:1:secret:prod/db",
                               "arn:aws:secretsmanager:us-east-1:1:secret:prod/db-a1B2c3"}) {
    const auto login = read_secret(folder_, id);
    ASSERT_TRUE(login) << id << ": " << login.error().message;
    EXPECT_EQ(login->username, "u");
    EXPECT_EQ(login->password, "geheim");
    EXPECT_EQ(login->host, "h");
    EXPECT_EQ(login->port, "5432");
  }
}

TEST_F(EndpointSecrets, of_a_name_nothing_is_cut) {
  put("prod/db.json", whole_);
  EXPECT_FALSE(read_secret(folder_, "prod/db-backup"));
  EXPECT_FALSE(read_secret(folder_, "prod/db-a1B2c3"));
}

TEST_F(EndpointSecrets, may_stand_in_the_environment) {
  ::setenv("GODWIT_TEST_SECRET", R"({"username":"u","password":"p","host":"h","port":"3306"})", 1);
  EXPECT_EQ(read_secret("", "env:GODWIT_TEST_SECRET")->port, "3306");
  ::unsetenv("GODWIT_TEST_SECRET");
  EXPECT_FALSE(read_secret("", "env:GODWIT_TEST_SECRET"));
}

TEST_F(EndpointSecrets, are_read_anew_each_time) {
  put("a.json", whole_);
  ASSERT_TRUE(read_secret(folder_, "a"));
  put("a.json", R"({"username":"u","password":"rotated","host":"h"})");
  EXPECT_EQ(read_secret(folder_, "a")->password, "rotated");
  EXPECT_EQ(read_secret(folder_, "a")->port, "");
}

TEST_F(EndpointSecrets, that_cannot_be_used_are_told_by_name_and_never_shown) {
  put("open.json", whole_, 0640);
  put("text.json", "geheim");
  put("list.json", R"(["geheim"])");
  put("lacks.json", R"({"username":"u","password":"geheim"})");
  put("wrong.json", R"({"username":"u","password":["geheim"],"host":"h"})");
  put("large.json", std::string(70000, 'x'));
  put("../outside.json", whole_);
  for (const std::string id : {"none", "open", "text", "list", "lacks", "wrong", "large", "../outside", "/etc/passwd",
                               "", "prod/../../outside", "a b"}) {
    const auto login = read_secret(folder_, id);
    ASSERT_FALSE(login) << id;
    EXPECT_EQ(login.error().code, "endpoint.secret") << id;
    EXPECT_NE(login.error().message.find("the secret " + id), std::string::npos) << login.error().message;
    EXPECT_EQ(login.error().message.find("geheim"), std::string::npos) << login.error().message;
  }
  EXPECT_EQ(read_secret("", "a").error().code, "endpoint.secret_folder");
  std::filesystem::remove(folder_ + "/../outside.json");
}

}  // namespace
}  // namespace godwit
