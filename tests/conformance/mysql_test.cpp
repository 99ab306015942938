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
TEST(MysqlTypes, values_are_listed_as_the_server_shows_them) {
  bool any = false;
  for (const Side side : {Side::source, Side::target}) {
    if (!MysqlQuirks::serves(side)) continue;
    any = true;
    MysqlQuirks quirks;
    quirks.connect(side);
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
  if (!any) GTEST_SKIP() << "neither end is a server of MariaDB or MySQL: run ./dev test, which starts them";
}

#ifdef GODWIT_POSTGRES
// Opened without asking for an engine.
std::unique_ptr<Quirks> connected(Side side) {
  if (!MysqlQuirks::serves(side)) {
    auto postgres = std::make_unique<PostgresQuirks>();
    if (const auto reason = postgres->open(side)) throw std::runtime_error(*reason);
    return postgres;
  }
  auto mysql = std::make_unique<MysqlQuirks>();
  mysql->connect(side);
  return mysql;
}

// The mapping is checked against the target alone: what it says of a value can be written there, and reads the same.
TEST(MysqlTypes, what_the_mapping_says_fits_the_other_family) {
  if (MysqlQuirks::serves(Side::source) == MysqlQuirks::serves(Side::target))
    GTEST_SKIP() << "the ends are of one family";
  const std::unique_ptr<Quirks> source = connected(Side::source), target = connected(Side::target);
  for (const TypeCase& type : source->types(nullptr)) {
    const Mapping mapping = source->shown_on(target->family(), type.type);
    SCOPED_TRACE("type " + type.type + " as " + mapping.type);
    const TableSpec here{{"s", "here"}, {{"id", source->integer_type(), true}, {"value", type.type}}, {"id"}};
    const TableSpec there{{"s", "there"}, {{"id", target->integer_type(), true}, {"value", mapping.type}}, {"id"}};
    source->create_table(here);
    target->create_table(there);
    for (const std::string& value : type.values) {
      if (mapping.carries && !mapping.carries(value)) continue;
      source->run({insert(here, {"1", value})});
      const std::string shown = source->rows(here).at(0)[1].value();
      const Value wanted = mapping.here ? mapping.here(shown) : Value(shown);
      target->run({insert(there, {"1", wanted})});
      const Value found = target->rows(there).at(0)[1];
      EXPECT_EQ(found && mapping.there ? mapping.there(*found) : found, wanted);
      source->run({erase(here, {"1"})});
      target->run({erase(there, {"1"})});
    }
    source->drop_table(here);
    target->drop_table(there);
  }
}
#endif

}  // namespace
}  // namespace godwit::conformance
