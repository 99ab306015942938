#include "engines/memory/engine.h"

#include <array>

#include "engines/memory/errors.h"
#include "engines/memory/source.h"
#include "engines/memory/state.h"
#include "engines/memory/target.h"

namespace godwit {
namespace {

class MemoryEngine : public Engine {
 public:
  std::string_view name() const override { return "memory"; }
  bool exchanges_rows() const override { return false; }

  std::span<const std::string_view> schemes() const override {
    static constexpr std::array<std::string_view, 1> schemes = {"memory"};
    return schemes;
  }

  Result<Position> parse_position(std::string_view text) const override {
    const auto parsed = TRY(memory::parse_position(text));
    return Position{memory::position_text(parsed)};
  }

  Result<std::unique_ptr<Source>> open_source(const Endpoint& endpoint, const SessionOptions& options) override {
    if (endpoint.database.empty()) return Failure(memory::errors::no_database_name());
    memory::State& state = memory_database(endpoint.database).state();
    const std::scoped_lock lock(state.mutex);
    return std::make_unique<memory::MemorySource>(state, state.open_session(options.tag));
  }

  Result<std::unique_ptr<Target>> open_target(const Endpoint& endpoint, const SessionOptions& options) override {
    if (endpoint.database.empty()) return Failure(memory::errors::no_database_name());
    memory::State& state = memory_database(endpoint.database).state();
    const std::scoped_lock lock(state.mutex);
    return std::make_unique<memory::MemoryTarget>(state, state.open_session(options.tag), options.control);
  }
};

}  // namespace

Engine& memory_engine() {
  static MemoryEngine engine;
  return engine;
}

}  // namespace godwit
