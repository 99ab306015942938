#include "store/endpoints.h"

#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select =
    "SELECT id, identifier, type, engine_name, username, server_name, database_name, port, sealed_password, "
    "ssl_mode, "
    "certificate_id, kms_key_id, service_access_role_arn, external_table_definition, extra_connection_attributes, "
    "settings, created_us FROM endpoints";

EndpointRecord read(const Row& row) {
  EndpointRecord out;
  out.id = row.text(0);
  out.identifier = row.text(1);
  out.type = row.text(2);
  out.engine_name = row.text(3);
  out.username = row.text(4);
  out.server_name = row.text(5);
  out.database_name = row.text(6);
  out.port = row.maybe_integer(7);
  out.sealed_password = row.bytes(8);
  out.ssl_mode = row.text(9);
  out.certificate_id = row.text(10);
  out.kms_key_id = row.text(11);
  out.service_access_role_arn = row.text(12);
  out.external_table_definition = row.text(13);
  out.extra_connection_attributes = row.text(14);
  out.settings = row.text(15);
  out.created_us = row.integer(16);
  return out;
}

SqlValue value_of(const std::optional<int64_t>& number) {
  return number ? SqlValue(*number) : SqlValue(nullptr);
}

Result<std::optional<EndpointRecord>> find(Database& database, std::string_view condition, const std::string& value) {
  std::optional<EndpointRecord> found;
  TRY(database.each(std::string(select).append(condition), {value}, [&](const Row& row) { found = read(row); }));
  return found;
}

}  // namespace

Result<void> insert_endpoint(Database& database, const EndpointRecord& one) {
  TRY(database.run(
      "INSERT INTO endpoints (identifier, type, engine_name, username, server_name, database_name, port, "
      "sealed_password, ssl_mode, certificate_id, kms_key_id, service_access_role_arn, external_table_definition, "
      "extra_connection_attributes, settings, id, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, "
      "?)",
      {one.identifier, one.type, one.engine_name, one.username, one.server_name, one.database_name,
       value_of(one.port), std::span(one.sealed_password), one.ssl_mode, one.certificate_id, one.kms_key_id,
       one.service_access_role_arn, one.external_table_definition, one.extra_connection_attributes, one.settings,
       one.id, one.created_us}));
  return {};
}

Result<void> update_endpoint(Database& database, const EndpointRecord& one) {
  TRY(database.run(
      "UPDATE endpoints SET identifier = ?, type = ?, engine_name = ?, username = ?, server_name = ?, database_name "
      "= "
      "?, port = ?, sealed_password = ?, ssl_mode = ?, certificate_id = ?, kms_key_id = ?, service_access_role_arn = "
      "?, external_table_definition = ?, extra_connection_attributes = ?, settings = ? WHERE id = ?",
      {one.identifier, one.type, one.engine_name, one.username, one.server_name, one.database_name,
       value_of(one.port), std::span(one.sealed_password), one.ssl_mode, one.certificate_id, one.kms_key_id,
       one.service_access_role_arn, one.external_table_definition, one.extra_connection_attributes, one.settings,
       one.id}));
  return {};
}

Result<void> delete_endpoint(Database& database, const std::string& id) {
  TRY(database.run("DELETE FROM endpoints WHERE id = ?", {id}));
  return {};
}

Result<std::optional<EndpointRecord>> find_endpoint(Database& database, const std::string& id) {
  return find(database, " WHERE id = ?", id);
}

Result<std::optional<EndpointRecord>> find_endpoint_named(Database& database, const std::string& identifier) {
  return find(database, " WHERE identifier = ?", identifier);
}

Result<std::vector<EndpointRecord>> list_endpoints(Database& database, const EndpointChoice& choice,
                                                   const ListPage& page) {
  Where where;
  if (choice.ids) where.among("id", *choice.ids);
  if (choice.identifiers) where.among("identifier", *choice.identifiers);
  if (choice.types) where.among("type", *choice.types);
  if (choice.engine_names) where.among("engine_name", *choice.engine_names);
  std::vector<EndpointRecord> out;
  const std::string sql = std::string(select) + where.sql(page);
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

Result<int64_t> count_endpoints(Database& database) {
  int64_t count = 0;
  TRY(database.each("SELECT count(*) FROM endpoints", {}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

Result<std::optional<std::string>> endpoint_with_certificate(Database& database, const std::string& certificate_id) {
  std::optional<std::string> found;
  TRY(database.each("SELECT identifier FROM endpoints WHERE certificate_id = ? LIMIT 1", {certificate_id},
                    [&](const Row& row) { found = row.text(0); }));
  return found;
}

}  // namespace godwit
