// The conformance suite on PostgreSQL.

#include "postgres_quirks.h"
#include "suite.h"

namespace godwit::conformance {
namespace {

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance,
                         testing::Values(EngineUnderTest{"postgres",
                                                         [] { return std::make_unique<PostgresQuirks>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace godwit::conformance
