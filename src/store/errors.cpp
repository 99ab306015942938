#include "store/errors.h"

#include <fmt/format.h>

namespace godwit {
namespace {

Error resource(std::string code, std::string message) {
  return {.kind = ErrorKind::resource, .code = std::move(code), .message = std::move(message), .sqlstate = {}};
}

}  // namespace

Error store_failed(std::string_view path, std::string_view doing, std::string_view sqlite_said) {
  return resource(
      "store.failed",
      fmt::format("The server's store {} failed at \"{}\": {}. Nothing of this call was kept. Look whether "
                  "its disk is full or its file was damaged.",
                  path, doing, sqlite_said));
}

Error store_not_opened(std::string_view path, std::string_view why) {
  return resource(
      "store.not_opened",
      fmt::format("The server's store {} cannot be opened: {}. It must be a file that this user may read and "
                  "write, in a folder where it may make files.",
                  path, why));
}

Error store_of_a_later_version(std::string_view path, int64_t its_version, int64_t our_version) {
  return resource(
      "store.later_version",
      fmt::format("The server's store {} has schema version {}, and this godwit knows versions up to {}. Run "
                  "the later godwit that made it, or restore the copy from before its upgrade.",
                  path, its_version, our_version));
}

Error store_of_another_server(std::string_view path, int64_t its_version, int64_t our_version) {
  return resource(
      "store.other_version",
      fmt::format("The running server's store {} has schema version {}, and this godwit works with version "
                  "{}. Use the godwit that serves it, or stop the server first.",
                  path, its_version, our_version));
}

Error store_in_use(std::string_view path) {
  return resource("store.in_use",
                  fmt::format("Another godwit serve has the store {} open. Stop that one, or give this one another "
                              "--data-dir.",
                              path));
}

}  // namespace godwit
