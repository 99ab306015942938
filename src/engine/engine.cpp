#include "engine/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

#include "base/clock.h"

namespace godwit {
namespace {

// A session that no worker takes for a leftover of its own.
SessionOptions own_session(std::string_view purpose) {
  static std::atomic<uint32_t> count = 0;
  return {fmt::format("{}-{}-{}-{}", purpose, getpid(), now_us() % 1'000'000'000, ++count), "main", {}};
}

}  // namespace

const EndpointForm& Engine::endpoint_form() const {
  static constexpr EndpointForm none;
  return none;
}

Result<Position> Engine::parse_position(std::string_view) const {
  return Failure(Error{ErrorKind::usage, "engine.position",
                       fmt::format("the log of a {} source is not read from a position.", name()), ""});
}

Result<ServerIdentity> Engine::probe(const Endpoint& endpoint, EndpointRole role) {
  if (role == EndpointRole::source) {
    const auto source = TRY(open_source(endpoint, own_session("test")));
    return source->identity();
  }
  const auto target = TRY(open_target(endpoint, own_session("test")));
  return target->identity();
}

Result<std::vector<std::string>> Engine::list_schemas(const Endpoint& endpoint, EndpointRole role) {
  if (role == EndpointRole::source) {
    const auto source = TRY(open_source(endpoint, own_session("schemas")));
    return source->catalog().list_schemas();
  }
  const auto target = TRY(open_target(endpoint, own_session("schemas")));
  return target->catalog().list_schemas();
}

}  // namespace godwit
