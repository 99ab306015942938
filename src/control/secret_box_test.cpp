#include "control/secret_box.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace godwit {
namespace {

class SecretBoxTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ = testing::TempDir() + "godwit_master_key_" + std::to_string(getpid());
};

TEST_F(SecretBoxTest, a_secret_opens_in_its_place_alone_and_under_its_key_alone) {
  const SecretBox box = SecretBox::open(path_, true).value();
  const auto sealed = box.seal("p\0ss wörd", "endpoint/A/password");
  EXPECT_EQ(box.unseal(sealed, "endpoint/A/password").value(), "p\0ss wörd");
  EXPECT_EQ(SecretBox::open(path_, false).value().unseal(sealed, "endpoint/A/password").value(), "p\0ss wörd");
  EXPECT_FALSE(box.unseal(sealed, "endpoint/B/password"));
  std::filesystem::remove(path_);
  EXPECT_FALSE(SecretBox::open(path_, true).value().unseal(sealed, "endpoint/A/password"));
}

TEST_F(SecretBoxTest, a_sealed_secret_that_was_touched_does_not_open) {
  const SecretBox box = SecretBox::open(path_, true).value();
  auto sealed = box.seal("secret", "place");
  EXPECT_NE(sealed, box.seal("secret", "place"));
  for (size_t i = 0; i < sealed.size(); ++i) {
    auto touched = sealed;
    touched[i] ^= std::byte{1};
    EXPECT_FALSE(box.unseal(touched, "place")) << i;
    EXPECT_FALSE(box.unseal(std::span(sealed).first(i), "place")) << i;
  }
  EXPECT_EQ(box.unseal(box.seal("", "place"), "place").value(), "");
}

TEST_F(SecretBoxTest, a_key_that_is_missing_short_or_open_to_others_is_refused) {
  EXPECT_EQ(SecretBox::open(path_, false).error().code, "secrets.master_key");
  std::ofstream(path_) << "short";
  ::chmod(path_.c_str(), 0600);
  EXPECT_FALSE(SecretBox::open(path_, true));
  std::filesystem::remove(path_);
  ASSERT_TRUE(SecretBox::open(path_, true));
  ::chmod(path_.c_str(), 0640);
  EXPECT_FALSE(SecretBox::open(path_, true));
}

}  // namespace
}  // namespace godwit
