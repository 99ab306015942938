#include "engines/mysql/log_continuity.h"

#include <gtest/gtest.h>

namespace godwit::mysql {
namespace {

TEST(LogContinuity, what_is_being_committed_is_owned_by_somebody) {
  const std::string one = "3e11fa47-71ca-11e1-9e33-c80aa9429562", other = "41414141-4141-4141-4141-414141414141";
  struct Case {
    std::string owned, gtids;
  };
  const Case cases[] = {
      {"", ""},
      {one + ":7#12", one + ":7"},
      {one + ":7#12:9#3:8#1", one + ":7-9"},
      {one + ":7#12,\n" + other + ":1#123", one + ":7," + other + ":1"},
      {one + ":7#12" + other + ":1#123", one + ":7," + other + ":1"},
      {"nonsense:7#12", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(owned_gtids(c.owned).text(), c.gtids) << c.owned;
}

TEST(LogContinuity, mariadb_has_the_same_transactions_at_a_place_or_another_log) {
  struct Case {
    const char *had, *at_place, *now;
    bool same;
  };
  const Case cases[] = {
      {"0-1-5", "0-1-5", "0-1-9", true},       {"0-1-5,1-2-3", "1-2-3,0-1-5", "0-1-9,1-2-3", true},
      {"0-1-5", "0-1-4", "0-1-9", false},      {"0-1-5", "0-2-5", "0-2-9", false},
      {"0-1-5", "", "0-1-9", false},           {"0-1-5", "0-1-5,1-2-3", "0-1-9,1-2-3", false},
      {"0-1-5,1-2-3", "0-1-5", "0-1-9", true},  // the domain was deleted
  };
  for (const Case& c : cases)
    EXPECT_EQ(is_same_maria_log(*GtidSet::parse(c.had), *GtidSet::parse(c.at_place), *GtidSet::parse(c.now)), c.same)
        << c.had << " / " << c.at_place;
}

}  // namespace
}  // namespace godwit::mysql
