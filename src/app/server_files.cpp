#include "app/server_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <thread>

#include "base/base64.h"
#include "store/server_facts.h"

namespace godwit {
namespace {

Error usage(std::string code, std::string message) {
  return {.kind = ErrorKind::usage, .code = std::move(code), .message = std::move(message), .sqlstate = {}};
}

Error folder_failed(const std::string& folder, std::string_view why) {
  return usage("serve.data_dir",
               fmt::format("The server's folder {} cannot be used: {}. Give another with --data-dir.", folder, why));
}

Result<void> make_folder(const std::string& folder) {
  std::error_code failed;
  const mode_t mask = ::umask(0077);
  std::filesystem::create_directories(folder, failed);
  ::umask(mask);
  if (failed) return Failure(folder_failed(folder, failed.message()));
  struct stat facts{};
  if (::stat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
    return Failure(folder_failed(folder, "it is no folder"));
  if ((facts.st_mode & 0022) != 0)
    return Failure(folder_failed(folder, "others than its owner may write to it; chmod 700 it"));
  return {};
}

// Waits a moment for a server that is just ending.
Result<Descriptor> lock_folder(const std::string& folder) {
  constexpr std::chrono::milliseconds pause{50};
  Descriptor file(::open((folder + "/server.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return Failure(folder_failed(folder, std::strerror(errno)));
  for (int look = 0; ::flock(file.get(), LOCK_EX | LOCK_NB) != 0; ++look) {
    if (errno != EWOULDBLOCK) return Failure(folder_failed(folder, std::strerror(errno)));
    if (look == 10) return Failure(folder_failed(folder, "another godwit serve is at work in it"));
    std::this_thread::sleep_for(pause);
  }
  return file;
}

// A command that root runs for a server of another user: what it makes must be that user's, or the server could not
// open it.
Result<void> work_as_owner_of(const std::string& folder) {
  struct stat facts{};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &facts) != 0 || facts.st_uid == 0) return {};
  if (::setgroups(0, nullptr) == 0 && ::setegid(facts.st_gid) == 0 && ::seteuid(facts.st_uid) == 0) return {};
  const passwd* owner = ::getpwuid(facts.st_uid);
  return Failure(folder_failed(
      folder, fmt::format("it belongs to another user; run this as its owner: sudo -u {} godwit keys ...",
                          owner != nullptr ? owner->pw_name : fmt::format("'#{}'", facts.st_uid))));
}

Result<std::string> store_path(const std::string& folder, std::string_view store) {
  if (store.empty()) return folder + "/godwit.db";
  if (store.starts_with("sqlite:") && store.size() > 7) return std::string(store.substr(7));
  return Failure(usage("serve.store", "--store takes sqlite:<path of a file>; other stores are not supported yet."));
}

// A master key is made only for a store that has none yet: with another key no secret would open again. The store
// keeps a text sealed with its key, so that another key is noticed at once.
Result<SecretBox> open_secrets(const std::string& folder, Database& database) {
  constexpr std::string_view fact = "master_key_check", place = "server/master-key";
  const auto sealed = TRY(read_server_fact(database, fact));
  auto secrets = TRY(SecretBox::open(folder + "/master.key", !sealed));
  if (sealed) {
    const std::string bytes = from_base64(*sealed).value_or("");
    TRY(secrets.unseal(std::as_bytes(std::span(bytes)), place));
    return secrets;
  }
  const auto made = secrets.seal("godwit", place);
  TRY(write_server_fact(database, fact, base64({reinterpret_cast<const char*>(made.data()), made.size()})));
  return secrets;
}

}  // namespace

std::string default_data_dir() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data != '\0') return std::string(data) + "/godwit";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/share/godwit";
}

Result<ServerFiles> open_server_files(const std::string& data_dir, const std::string& store, StoreUse use) {
  std::error_code failed;
  const std::string folder = std::filesystem::absolute(data_dir.empty() ? default_data_dir() : data_dir, failed);
  TRY(make_folder(folder));
  Descriptor lock;
  if (use == StoreUse::serve) lock = TRY(lock_folder(folder));
  if (use == StoreUse::beside) TRY(work_as_owner_of(folder));
  const std::string path = TRY(store_path(folder, store));
  auto database = TRY(use == StoreUse::serve ? Database::open(path) : Database::open_beside(path));
  auto secrets = TRY(open_secrets(folder, *database));
  return ServerFiles{
      .folder = folder, .database = std::move(database), .secrets = std::move(secrets), .lock = std::move(lock)};
}

}  // namespace godwit
