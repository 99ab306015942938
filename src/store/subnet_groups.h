#pragma once
// Replication subnet groups: table `subnet_groups`, key `identifier`.

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

struct SubnetRecord {
  std::string identifier, availability_zone;
};

struct SubnetGroupRecord {
  std::string identifier;  // lower-case
  std::string description, vpc_id{};
  std::vector<SubnetRecord> subnets{};
  int64_t created_us = 0;
};

// Which groups are asked for: absent, all.
struct SubnetGroupChoice {
  std::optional<std::vector<std::string>> identifiers{};
};

Result<void> insert_subnet_group(Database& database, const SubnetGroupRecord& group);
Result<void> update_subnet_group(Database& database, const SubnetGroupRecord& group);
Result<void> delete_subnet_group(Database& database, std::string_view identifier);
Result<std::optional<SubnetGroupRecord>> find_subnet_group(Database& database, std::string_view identifier);
Result<std::vector<SubnetGroupRecord>> list_subnet_groups(Database& database, const SubnetGroupChoice& choice,
                                                          const ListPage& page = {});

}  // namespace godwit
