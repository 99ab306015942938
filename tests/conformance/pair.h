#pragma once
// Two ends, each with its quirks, as the bodies of the suite see them: tables and statements are given in the types
// of the source and brought to the target's.

#include <set>

#include "quirks.h"

namespace godwit::conformance {

struct PairUnderTest {
  std::string name;
  std::function<std::unique_ptr<Quirks>()> source, target;
};

inline void PrintTo(const PairUnderTest& pair, std::ostream* out) {
  *out << pair.name;
}  // NOLINT: GoogleTest's name

class Pair {
 public:
  explicit Pair(const PairUnderTest& pair) : name_(pair.name), source_(pair.source()), target_(pair.target()) {}
  // A sentence, if an end cannot be had: the test is skipped.
  std::optional<std::string> open();

  Engine& engine(Side side) { return at(side).engine(); }
  Endpoint endpoint(Side side) { return at(side).endpoint(); }
  bool same_family() const { return source_->family() == target_->family(); }
  std::optional<std::string> lacks(Ability ability) const {
    return (ability == Ability::merges ? target_ : source_)->lacks(ability);
  }

  std::string schema() const { return source_->schema(); }
  std::string integer_type() const { return source_->integer_type(); }
  std::string text_type() const { return source_->text_type(); }
  // What both ends can hold.
  const std::vector<TypeCase>& types() const { return types_; }
  size_t widest_table() const { return std::min(source_->widest_table(), target_->widest_table()); }
  int64_t commit_time_step_us() const { return source_->commit_time_step_us(); }
  bool follows_full_identity() const { return source_->follows_full_identity(); }
  std::string large_value(char seed) const { return source_->large_value(seed); }

  void create_table(Side side, const TableSpec& table) { at(side).create_table(on(side, table)); }
  void run(Side side, const std::vector<Statement>& transaction);
  void analyze(const TableSpec& table) { source_->analyze(table); }
  void rewrite(const TableSpec& table) { source_->rewrite(table); }
  // Every row as that end shows it, sorted.
  std::vector<Row> rows(Side side, const TableSpec& table);
  // The same in a form in which equal rows of the two ends are equal.
  std::vector<Row> comparable_rows(Side side, const TableSpec& table);
  // The table with the types of that end.
  TableSpec on(Side side, const TableSpec& table) const;

 private:
  Quirks& at(Side side) { return side == Side::source ? *source_ : *target_; }
  bool is_mapped(const std::string& type) const { return !same_family() || absent_.contains(type); }
  Mapping mapping_of(const std::string& type) const;
  struct Types {
    std::vector<TypeCase> common;
    std::set<std::string> absent;  // within a family: types that the target does not have
  };
  Types common_types();

  std::string name_;
  std::unique_ptr<Quirks> source_, target_;
  std::vector<TypeCase> types_;
  std::set<std::string> absent_;
};

}  // namespace godwit::conformance
