// The conformance suite on MariaDB and MySQL, with each other and with PostgreSQL: the ends are what
// GODWIT_TEST_SOURCE_URI and GODWIT_TEST_TARGET_URI name.

#include "mysql_quirks.h"
#include "suite.h"
#ifdef GODWIT_POSTGRES
#include "postgres_quirks.h"
#endif

namespace godwit::conformance {
namespace {

std::unique_ptr<Quirks> end(Side side) {
#ifdef GODWIT_POSTGRES
  // Where neither end is one of ours, ours stands in for the target and says so.
  if (!MysqlQuirks::serves(side) && (side == Side::source || MysqlQuirks::serves(Side::source)))
    return std::make_unique<PostgresQuirks>();
#endif
  return std::make_unique<MysqlQuirks>();
}

INSTANTIATE_TEST_SUITE_P(Mysql, Conformance,
                         testing::Values(PairUnderTest{"ends", [] { return end(Side::source); },
                                                       [] { return end(Side::target); }}),
                         [](const auto& info) { return info.param.name; });

// What the suite stands on: a value that the server would show otherwise could not be told from one that was changed.
// Each server is the source of some pair.
TEST(MysqlTypes, values_are_listed_as_the_server_shows_them) {
  if (!MysqlQuirks::serves(Side::source)) GTEST_SKIP() << "the source is no server of MariaDB or MySQL";
  MysqlQuirks quirks;
  quirks.connect(Side::source);
  for (const TypeCase& type : quirks.types(nullptr)) {
    SCOPED_TRACE("type " + type.type);
    const TableSpec table{{"s", "shown"}, {{"id", "int", true}, {"value", type.type}}, {"id"}};
    quirks.create_table(table);
    for (size_t i = 0; i < type.values.size(); ++i) {
      quirks.run({insert(table, {std::to_string(i), type.values[i]})});
      const std::vector<Row> rows = quirks.rows(table);
      ASSERT_EQ(rows.size(), 1U);
      EXPECT_EQ(rows[0][1], Value(type.values[i])) << "value " << i;
      quirks.run({erase(table, {std::to_string(i)})});
    }
    quirks.drop_table(table);
  }
}

}  // namespace
}  // namespace godwit::conformance
