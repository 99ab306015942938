#pragma once
// The fixture of the conformance suite. Bodies are in the other files of this folder; each engine's <name>_test.cpp
// instantiates them with pairs of ends.

#include <gtest/gtest.h>

#include "migration.h"

namespace godwit::conformance {

// Reports the first row in which the table's two sides differ.
void expect_equal(Pair& quirks, const TableSpec& table);

inline constexpr ApplyMode both_modes[] = {ApplyMode::sets, ApplyMode::in_order};

class Conformance : public testing::TestWithParam<PairUnderTest> {
 protected:
  void SetUp() override {
    quirks_ = std::make_unique<Pair>(GetParam());
    if (const auto reason = quirks_->open()) GTEST_SKIP() << *reason;
  }

  Pair& quirks() { return *quirks_; }
  TableRef name(const std::string& table) const { return {quirks_->schema(), table}; }
  // (id integer primary key, value text)
  TableSpec plain(const std::string& table) const {
    return {name(table), {{"id", quirks_->integer_type(), true}, {"value", quirks_->text_type()}}, {"id"}};
  }
  void create(const TableSpec& table) {
    quirks_->create_table(Side::source, table);
    quirks_->create_table(Side::target, table);
  }
  void run(const std::vector<Statement>& transaction) { quirks_->run(Side::source, transaction); }
  std::vector<Row> rows(Side side, const TableSpec& table) { return quirks_->rows(side, table); }
  void expect_equal(const TableSpec& table) { conformance::expect_equal(*quirks_, table); }

 private:
  std::unique_ptr<Pair> quirks_;
};

}  // namespace godwit::conformance
