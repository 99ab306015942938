// The conformance suite on PostgreSQL.

#include "postgres_quirks.h"
#include "suite.h"

namespace godwit::conformance {
namespace {

EngineUnderTest engine(const char* plugin) {
  return {plugin, [plugin] { return std::make_unique<PostgresQuirks>(plugin); }};
}

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance,
                         testing::Values(engine("pgoutput"), engine("test_decoding"), engine("pglogical")),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace godwit::conformance
