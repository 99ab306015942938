#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/server_files.h"
#include "base/clock.h"
#include "control/access_keys.h"

namespace godwit {
namespace {

std::string time_or_never(const std::optional<int64_t>& us) {
  return us ? iso_seconds(*us) + "Z" : "never";
}

std::string_view status_of(const AccessKey& key) {
  return key.revoked_us ? "Revoked" : "Active";
}

nlohmann::json json_of(const AccessKey& key) {
  nlohmann::json out = {{"AccessKeyId", key.id},
                        {"Name", key.name},
                        {"Role", to_string(key.role)},
                        {"Status", status_of(key)},
                        {"CreateDate", iso_seconds(key.created_us) + "Z"}};
  if (key.last_used_us) out["LastUsedDate"] = iso_seconds(*key.last_used_us) + "Z";
  if (key.revoked_us) out["RevokeDate"] = iso_seconds(*key.revoked_us) + "Z";
  return out;
}

Result<void> create(const KeysArguments& arguments) {
  const ServerFiles files = TRY(open_server_files(arguments.data_dir, arguments.store, StoreUse::beside));
  const Role role = role_of(arguments.role).value_or(Role::viewer);  // the command line knows the words
  const std::string name = arguments.name.empty() ? arguments.role : arguments.name;
  const auto made = TRY(create_access_key(*files.database, files.secrets, name, role, now_us()));
  if (arguments.output == "json") {
    nlohmann::json out = json_of(made.key);
    out["SecretAccessKey"] = made.secret;
    fmt::print("{}\n", out.dump());
  } else {
    print_new_key(made);
  }
  return {};
}

Result<void> list(const KeysArguments& arguments) {
  const ServerFiles files = TRY(open_server_files(arguments.data_dir, arguments.store, StoreUse::beside));
  const auto keys = TRY(access_keys(*files.database));
  if (arguments.output == "json") {
    nlohmann::json out = nlohmann::json::array();
    for (const AccessKey& key : keys) out.push_back(json_of(key));
    fmt::print("{}\n", out.dump());
    return {};
  }
  fmt::print("{:<20}  {:<8}  {:<7}  {:<20}  {:<20}  {}\n", "ACCESS KEY ID", "ROLE", "STATUS", "MADE", "LAST USED",
             "NAME");
  for (const AccessKey& key : keys)
    fmt::print("{:<20}  {:<8}  {:<7}  {:<20}  {:<20}  {}\n", key.id, to_string(key.role), status_of(key),
               iso_seconds(key.created_us) + "Z", time_or_never(key.last_used_us), key.name);
  return {};
}

Result<void> revoke(const KeysArguments& arguments) {
  const ServerFiles files = TRY(open_server_files(arguments.data_dir, arguments.store, StoreUse::beside));
  TRY(revoke_key(*files.database, arguments.id, now_us()));
  fmt::print("Access key {} is revoked: a running server refuses it from now on.\n", arguments.id);
  return {};
}

int status_of(const Result<void>& done) {
  if (done) return 0;
  fmt::print(stderr, "error: {} [{}]\n", done.error().message, done.error().code);
  return done.error().kind == ErrorKind::usage ? 2 : 1;
}

}  // namespace

void print_new_key(const AccessKeyWithSecret& made) {
  fmt::print(
      "An access key of role {} was made. Its secret is shown this once; put it where the AWS CLI looks:\n\n"
      "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n\n",
      to_string(made.key.role), made.key.id, made.secret);
}

int keys_create(const KeysArguments& arguments) {
  return status_of(create(arguments));
}
int keys_list(const KeysArguments& arguments) {
  return status_of(list(arguments));
}
int keys_revoke(const KeysArguments& arguments) {
  return status_of(revoke(arguments));
}

}  // namespace godwit
