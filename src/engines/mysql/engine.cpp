#include "engines/mysql/engine.h"

#include <array>

#include "engines/mysql/connection_attributes.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/source.h"
#include "engines/mysql/target.h"

namespace godwit {
namespace {

class MysqlEngine : public Engine {
 public:
  std::string_view name() const override { return "mysql"; }
  std::span<const std::string_view> schemes() const override {
    static constexpr std::array<std::string_view, 6> own = {"mysql",        "mariadb",   "aurora",
                                                            "aurora-mysql", "gcp-mysql", "azure-mysql"};
    return own;
  }
  const EndpointForm& endpoint_form() const override { return mysql::endpoint_form(); }
  Result<Position> parse_position(std::string_view text) const override { return mysql::parse_start(text); }
  bool finds_times() const override { return true; }
  Result<std::unique_ptr<Source>> open_source(const Endpoint& endpoint, const SessionOptions& options) override {
    return mysql::MysqlSource::open(endpoint, options);
  }
  Result<std::unique_ptr<Target>> open_target(const Endpoint& endpoint, const SessionOptions& options) override {
    return mysql::MysqlTarget::open(endpoint, options);
  }
};

}  // namespace

Engine& mysql_engine() {
  static MysqlEngine engine;
  return engine;
}

}  // namespace godwit
