#include "engines/postgres/replica_identity.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

IndexFacts sound(std::string name, std::vector<std::string> columns) {
  IndexFacts index{std::move(name), std::move(columns)};
  index.unique = index.immediate = index.valid = index.all_not_null = true;
  return index;
}

IndexFacts primary(std::string name, std::vector<std::string> columns) {
  IndexFacts index = sound(std::move(name), std::move(columns));
  index.primary = true;
  return index;
}

const std::vector<std::string> id = {"id"}, code = {"code"};

TEST(ReplicaIdentity, default_is_the_primary_key) {
  const IndexFacts indexes[] = {sound("a", code), primary("t_pkey", id)};
  const IdentityFacts facts = identity_of('d', indexes);
  EXPECT_EQ(facts.identity, RowIdentity::key);
  EXPECT_EQ(facts.key_columns, id);
  EXPECT_EQ(facts.key_name, "t_pkey");
}

TEST(ReplicaIdentity, default_without_a_primary_key_is_none_whatever_unique_indexes_there_are) {
  const IndexFacts indexes[] = {sound("a", code)};
  EXPECT_EQ(identity_of('d', indexes).identity, RowIdentity::none);
}

TEST(ReplicaIdentity, a_deferrable_or_invalid_primary_key_is_none) {
  for (bool IndexFacts::* flaw : {&IndexFacts::immediate, &IndexFacts::valid}) {
    IndexFacts index = primary("t_pkey", id);
    index.*flaw = false;
    EXPECT_EQ(identity_of('d', std::span(&index, 1)).identity, RowIdentity::none);
  }
}

TEST(ReplicaIdentity, index_is_the_chosen_one_even_beside_a_primary_key) {
  IndexFacts indexes[] = {primary("t_pkey", id), sound("b", code)};
  indexes[1].replica_identity = true;
  EXPECT_EQ(identity_of('i', indexes).key_columns, code);
}

TEST(ReplicaIdentity, nothing_is_none_even_with_a_primary_key) {
  const IndexFacts indexes[] = {primary("t_pkey", id)};
  EXPECT_EQ(identity_of('n', indexes).identity, RowIdentity::none);
  EXPECT_TRUE(identity_of('n', indexes).key_columns.empty());
}

TEST(ReplicaIdentity, full_prefers_the_primary_key_then_the_lowest_name) {
  const IndexFacts with_primary[] = {sound("a", code), primary("t_pkey", id)};
  EXPECT_EQ(identity_of('f', with_primary).key_columns, id);
  const IndexFacts without[] = {sound("b", id), sound("a", code)};
  EXPECT_EQ(identity_of('f', without).key_columns, code);
  EXPECT_EQ(identity_of('f', without).identity, RowIdentity::full);
}

TEST(ReplicaIdentity, full_needs_no_key) {
  IndexFacts partial = sound("a", code);
  partial.partial = true;
  IndexFacts nullable = sound("b", code);
  nullable.all_not_null = false;
  const IndexFacts indexes[] = {partial, nullable, sound("expression", {})};
  EXPECT_EQ(identity_of('f', indexes).identity, RowIdentity::full);
  EXPECT_TRUE(identity_of('f', indexes).key_columns.empty());
}

TEST(ReplicaIdentityOfLeaves, agree_or_there_is_none) {
  const IdentityFacts by_id{RowIdentity::key, "a", id}, by_code{RowIdentity::key, "b", code}, none{},
      full{RowIdentity::full, "", {}}, full_by_id{RowIdentity::full, "a", id};
  struct Case {
    std::vector<IdentityFacts> leaves;
    RowIdentity identity;
    std::vector<std::string> columns;
  };
  const Case cases[] = {
      {{}, RowIdentity::none, {}},
      {{by_id, by_id}, RowIdentity::key, id},
      {{by_id, by_code}, RowIdentity::none, {}},
      {{by_id, none}, RowIdentity::none, {}},
      {{full, full}, RowIdentity::full, {}},
      {{full_by_id, full_by_id}, RowIdentity::full, id},
      {{full_by_id, by_id}, RowIdentity::key, id},  // the whole old row holds the key
      {{full, by_id}, RowIdentity::none, {}},
  };
  for (const Case& c : cases) {
    const IdentityFacts facts = identity_of_leaves(c.leaves);
    EXPECT_EQ(facts.identity, c.identity);
    EXPECT_EQ(facts.key_columns, c.columns);
  }
}

}  // namespace
}  // namespace godwit::postgres
