#include "engines/postgres/engine.h"

#include <array>

#include "engines/postgres/capture_way.h"
#include "engines/postgres/connection_attributes.h"
#include "engines/postgres/source.h"
#include "engines/postgres/target.h"

namespace godwit {
namespace {

class PostgresEngine : public Engine {
 public:
  std::string_view name() const override { return "postgresql"; }
  std::span<const std::string_view> schemes() const override {
    static constexpr std::array<std::string_view, 2> own = {"postgresql", "postgres"};
    return own;
  }
  const EndpointForm& endpoint_form() const override { return postgres::endpoint_form(); }
  Result<Position> parse_position(std::string_view text) const override { return postgres::parse_start(text); }
  Result<std::unique_ptr<Source>> open_source(const Endpoint& endpoint, const SessionOptions& options) override {
    return postgres::PostgresSource::open(endpoint, options);
  }
  Result<std::unique_ptr<Target>> open_target(const Endpoint& endpoint, const SessionOptions& options) override {
    return postgres::PostgresTarget::open(endpoint, options);
  }
};

}  // namespace

Engine& postgres_engine() {
  static PostgresEngine engine;
  return engine;
}

}  // namespace godwit
