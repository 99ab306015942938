#include "engines/mysql/server_traits.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

TEST(ServerTraits, the_version_says_which_server_it_is) {
  EXPECT_EQ(traits_of_version("8.0.15").version, 80015);
  EXPECT_FALSE(traits_of_version("8.0.15").mariadb);
  EXPECT_EQ(traits_of_version("5.7.22-log").version, 50722);
  EXPECT_EQ(traits_of_version("10.11.19-MariaDB-0+deb12u1-log").version, 101119);
  EXPECT_TRUE(traits_of_version("10.11.19-MariaDB-0+deb12u1-log").mariadb);
  EXPECT_EQ(traits_of_version("5.5.5-10.4.12-MariaDB").version, 100412);
  EXPECT_EQ(traits_of_version("").version, 0);
}

TEST(ServerTraits, abilities_are_asked_by_both_versions) {
  EXPECT_TRUE(traits_of_version("8.0.15").at_least(80000, 100600));
  EXPECT_FALSE(traits_of_version("10.5.1-MariaDB").at_least(80000, 100600));
}

TEST(ServerTraits, prepared_transactions_are_logged_since_5_7_7_and_10_5) {
  EXPECT_TRUE(traits_of_version("5.7.22-log").logs_prepared());
  EXPECT_FALSE(traits_of_version("5.7.6").logs_prepared());
  EXPECT_TRUE(traits_of_version("10.5.1-MariaDB").logs_prepared());
  EXPECT_FALSE(traits_of_version("10.4.34-MariaDB").logs_prepared());
}

TEST(ServerTraits, tables_of_prepared_transactions_stay_where_they_are_since_8_0_and_10_11) {
  EXPECT_TRUE(traits_of_version("8.0.15").prepared_holds_tables());
  EXPECT_TRUE(traits_of_version("10.11.19-MariaDB").prepared_holds_tables());
  EXPECT_FALSE(traits_of_version("5.7.22-log").prepared_holds_tables());
}

}  // namespace
}  // namespace godwit::mysql
