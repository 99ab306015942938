#include "control/access_keys.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "control/server_names.h"

namespace godwit {
namespace {

class AccessKeysTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(key_path_); }

  const std::string key_path_ = testing::TempDir() + "godwit_access_keys_test_" + std::to_string(getpid());
  std::unique_ptr<Database> database_ = Database::open(":memory:").value();
  SecretBox secrets_ = SecretBox::open(key_path_, true).value();
};

TEST_F(AccessKeysTest, a_key_is_known_with_its_secret_until_it_is_revoked) {
  const auto made = create_access_key(*database_, secrets_, "ada", Role::operator_, 1);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->key.id.size(), 20U);
  EXPECT_TRUE(made->key.id.starts_with("GKIA"));
  EXPECT_EQ(made->secret.size(), 40U);
  const auto found = look_up_access_key(*database_, secrets_, made->key.id).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret, made->secret);
  EXPECT_EQ(found->key.role, Role::operator_);
  EXPECT_EQ(found->key.name, "ada");
  ASSERT_TRUE(revoke_key(*database_, made->key.id, 2));
  EXPECT_EQ(look_up_access_key(*database_, secrets_, made->key.id).value()->key.revoked_us, 2);
  EXPECT_EQ(revoke_key(*database_, made->key.id, 3).error().code, "keys.unknown");
  EXPECT_EQ(revoke_key(*database_, "GKIA", 3).error().code, "keys.unknown");
  EXPECT_FALSE(look_up_access_key(*database_, secrets_, "GKIA").value());
}

TEST_F(AccessKeysTest, its_use_is_kept_to_the_minute) {
  const auto made = create_access_key(*database_, secrets_, "ada", Role::viewer, 1).value();
  const auto last_used = [&] { return access_keys(*database_).value().at(0).last_used_us; };
  const auto use = [&](int64_t now_us) {
    ASSERT_TRUE(note_key_use(*database_, access_keys(*database_).value().at(0), now_us));
  };
  EXPECT_EQ(last_used(), std::nullopt);
  use(1'000'000);
  EXPECT_EQ(last_used(), 1'000'000);
  use(60'999'999);
  EXPECT_EQ(last_used(), 1'000'000);
  use(61'000'000);
  EXPECT_EQ(last_used(), 61'000'000);
}

TEST_F(AccessKeysTest, names_are_those_of_users) {
  for (const std::string& name : {std::string("a"), std::string("Ada.L+x=1,@-_"), std::string(64, 'n')})
    EXPECT_TRUE(create_access_key(*database_, secrets_, name, Role::viewer, 1)) << name;
  for (const std::string& name : {std::string(""), std::string("a b"), std::string("a/b"), std::string("é"),
                                  std::string("a\nb"), std::string(65, 'n')})
    EXPECT_EQ(create_access_key(*database_, secrets_, name, Role::viewer, 1).error().code, "keys.name") << name;
}

TEST_F(AccessKeysTest, a_row_put_under_another_key_does_not_open) {
  const auto one = create_access_key(*database_, secrets_, "one", Role::viewer, 1).value();
  const auto two = create_access_key(*database_, secrets_, "two", Role::admin, 1).value();
  ASSERT_TRUE(database_->run(
      "UPDATE access_keys SET sealed_secret = (SELECT sealed_secret FROM access_keys WHERE id = ?) WHERE id = ?",
      {one.key.id, two.key.id}));
  EXPECT_EQ(look_up_access_key(*database_, secrets_, two.key.id).error().code, "secrets.damaged");
}

TEST_F(AccessKeysTest, account_and_region_are_fixed_at_the_first_start) {
  const auto first = fix_server_names(*database_, "eu-west-1", std::nullopt);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->region, "eu-west-1");
  EXPECT_EQ(first->account.size(), 12U);
  const auto again = fix_server_names(*database_, std::nullopt, first->account);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->region, "eu-west-1");
  EXPECT_EQ(again->account, first->account);
  EXPECT_EQ(fix_server_names(*database_, "us-east-1", std::nullopt).error().code, "server.names");
  EXPECT_EQ(fix_server_names(*database_, std::nullopt, "123").error().code, "server.names");
  EXPECT_EQ(fix_server_names(*database_, "Nowhere!", std::nullopt).error().code, "server.names");
}

}  // namespace
}  // namespace godwit
