#include "store/subnet_groups.h"

#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select = "SELECT identifier, description, vpc_id, created_us FROM subnet_groups";

SubnetGroupRecord read(const Row& row) {
  SubnetGroupRecord out;
  out.identifier = row.text(0);
  out.description = row.text(1);
  out.vpc_id = row.text(2);
  out.created_us = row.integer(3);
  return out;
}

Result<void> read_subnets(Database& database, SubnetGroupRecord& group) {
  return database.each("SELECT identifier, availability_zone FROM subnets WHERE subnet_group = ? ORDER BY place",
                       {std::string_view(group.identifier)}, [&](const Row& row) {
                         group.subnets.push_back({.identifier = row.text(0), .availability_zone = row.text(1)});
                       });
}

Result<void> write_subnets(Database& database, const SubnetGroupRecord& group) {
  TRY(database.run("DELETE FROM subnets WHERE subnet_group = ?", {group.identifier}));
  int64_t place = 0;
  for (const SubnetRecord& subnet : group.subnets)
    TRY(database.run("INSERT INTO subnets (subnet_group, place, identifier, availability_zone) VALUES (?, ?, ?, ?)",
                     {group.identifier, place++, subnet.identifier, subnet.availability_zone}));
  return {};
}

}  // namespace

Result<void> insert_subnet_group(Database& database, const SubnetGroupRecord& group) {
  return database.atomically([&]() -> Result<void> {
    TRY(database.run("INSERT INTO subnet_groups (identifier, description, vpc_id, created_us) VALUES (?, ?, ?, ?)",
                     {group.identifier, group.description, group.vpc_id, group.created_us}));
    return write_subnets(database, group);
  });
}

Result<void> update_subnet_group(Database& database, const SubnetGroupRecord& group) {
  return database.atomically([&]() -> Result<void> {
    TRY(database.run("UPDATE subnet_groups SET description = ?, vpc_id = ? WHERE identifier = ?",
                     {group.description, group.vpc_id, group.identifier}));
    return write_subnets(database, group);
  });
}

Result<void> delete_subnet_group(Database& database, std::string_view identifier) {
  TRY(database.run("DELETE FROM subnet_groups WHERE identifier = ?", {identifier}));
  return {};
}

Result<std::optional<SubnetGroupRecord>> find_subnet_group(Database& database, std::string_view identifier) {
  auto found = TRY(list_subnet_groups(database, {.identifiers = {{std::string(identifier)}}}));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::vector<SubnetGroupRecord>> list_subnet_groups(Database& database, const SubnetGroupChoice& choice,
                                                          const ListPage& page) {
  Where where;
  if (choice.identifiers) where.among("identifier", *choice.identifiers);
  std::vector<SubnetGroupRecord> out;
  const std::string sql = std::string(select) + where.sql(page);
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  for (SubnetGroupRecord& group : out) TRY(read_subnets(database, group));
  return out;
}

}  // namespace godwit
