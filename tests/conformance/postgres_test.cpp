// The conformance suite on PostgreSQL.

#include "postgres_quirks.h"
#include "suite.h"

namespace godwit::conformance {
namespace {

PairUnderTest pair(const char* plugin) {
  return {plugin, [plugin] { return std::make_unique<PostgresQuirks>(plugin); },
          [] { return std::make_unique<PostgresQuirks>(); }};
}

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance,
                         testing::Values(pair("pgoutput"), pair("test_decoding"), pair("pglogical")),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace godwit::conformance
