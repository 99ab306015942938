#include "engines/mysql/engine.h"

#include <array>

#include "engines/mysql/target.h"

namespace godwit {
namespace {

class MysqlEngine : public Engine {
 public:
  std::string_view name() const override { return "mysql"; }
  std::span<const std::string_view> schemes() const override {
    static constexpr std::array<std::string_view, 2> all = {"mysql", "mariadb"};
    return all;
  }
  Result<std::unique_ptr<Source>> open_source(const Endpoint&, const SessionOptions&) override {
    return Failure(Error{ErrorKind::usage, "mysql.no_source", "the source half is built elsewhere", ""});
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
