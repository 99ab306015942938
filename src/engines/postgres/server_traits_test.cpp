#include "engines/postgres/server_traits.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

constexpr std::string_view endpoint = "postgresql://db:26257/shop";

TEST(ServerTraits, a_postgres_server_can_do_everything) {
  const auto traits = traits_of("PostgreSQL 15.4 (Debian 15.4-1) on x86_64-pc-linux-gnu, compiled by gcc", endpoint);
  ASSERT_TRUE(traits);
  EXPECT_FALSE(traits->is_cockroach);
  EXPECT_TRUE(traits->has_temporary_tables);
  EXPECT_EQ(traits->transaction_bytes_max, UINT64_MAX);
}

TEST(ServerTraits, cockroach_is_told_by_its_name) {
  const auto traits =
      traits_of("CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27 01:53:43, go1.19.10)", endpoint);
  ASSERT_TRUE(traits);
  EXPECT_TRUE(traits->is_cockroach);
  EXPECT_EQ(traits->version, "23.1.11");
  EXPECT_FALSE(traits->has_temporary_tables);
  EXPECT_FALSE(traits->has_replica_role);
  EXPECT_FALSE(traits->has_transactional_ddl);
  EXPECT_LT(traits->transaction_bytes_max, 64U << 20U);
}

struct Case {
  std::string_view release;
  bool supported;
};

class Releases : public testing::TestWithParam<Case> {};

TEST_P(Releases, are_taken_from_their_minimum_on) {
  const std::string version = "CockroachDB OSS v" + std::string(GetParam().release) + " (x86_64, go1.17)";
  const auto traits = traits_of(version, endpoint);
  ASSERT_EQ(traits.has_value(), GetParam().supported);
  if (traits) return;
  EXPECT_EQ(traits.error().kind, ErrorKind::prerequisite);
  EXPECT_NE(traits.error().message.find("CockroachDB v21.2.13+ or v22.1+ is required."), std::string::npos);
  EXPECT_NE(traits.error().message.find(endpoint), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Cockroach, Releases,
                         testing::Values(Case{"20.2.19", false}, Case{"21.1.21", false}, Case{"21.2.12", false},
                                         Case{"21.2.13", true}, Case{"21.2.17", true}, Case{"22.0.1", false},
                                         Case{"22.1.0", true}, Case{"22.1.0-beta.3", true}, Case{"23.1.11", true},
                                         Case{"100.1.2", true}, Case{"nonsense", false}, Case{"22", false}));

TEST(ServerTraits, a_cockroach_without_a_number_is_refused) {
  EXPECT_FALSE(traits_of("CockroachDB", endpoint));
  EXPECT_FALSE(traits_of("CockroachDB v", endpoint));
  EXPECT_FALSE(traits_of("CockroachDB v22.1.", endpoint));
}

}  // namespace
}  // namespace godwit::postgres
