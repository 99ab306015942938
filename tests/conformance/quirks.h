#pragma once
// What differs between engines, for the one conformance suite: how to make a database, tables of given native types,
// transactions, how to read rows back, and what an engine of another family makes of a value. Everything else goes
// through the engine's interfaces. A Quirks is one end; a Pair (pair.h) is two of them. It answers failure with an
// exception: GoogleTest reports it as the test's failure.

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace godwit::conformance {

using Value = std::optional<std::string>;  // text as the engine takes and shows it; nothing for NULL
using Row = std::vector<Value>;

enum class Side { source, target };

struct ColumnSpec {
  std::string name, type;
  bool not_null = false;
};

struct TableSpec {
  TableRef ref;
  std::vector<ColumnSpec> columns;
  std::vector<std::string> key;                       // of the primary key; empty: none
  std::vector<std::vector<std::string>> unique = {};  // further unique keys
  bool full_identity = false;                         // the log carries whole old rows
  std::vector<std::string> leaves = {};               // partitions by hash of the key, in the table's schema
};

// One statement. `who` finds the row: the values of the key, or the whole row of a table without one.
struct Statement {
  Op op = Op::insert;
  const TableSpec* table = nullptr;
  Row who;
  Row row;                                         // insert
  std::vector<std::pair<std::string, Value>> set;  // update: only these columns are named
};

inline Statement insert(const TableSpec& table, Row row) {
  return {Op::insert, &table, {}, std::move(row), {}};
}
inline Statement update(const TableSpec& table, Row who, std::vector<std::pair<std::string, Value>> set) {
  return {Op::update, &table, std::move(who), {}, std::move(set)};
}
inline Statement erase(const TableSpec& table, Row who) {
  return {Op::erase, &table, std::move(who), {}, {}};
}
inline Statement truncate(const TableSpec& table) {
  return {Op::truncate, &table, {}, {}, {}};
}

// A column type and values of it, ordinary and extreme, each in the form in which the engine shows it or takes it.
struct TypeCase {
  std::string type;
  std::vector<std::string> values;
};

// What an engine, or a version of its server, may be without.
enum class Ability {
  truncate_in_the_log,
  partitions_of_their_own,
  merges,                    // as a target: it gathers keys, for a load that goes on under a later snapshot
  snapshots_held_elsewhere,  // a keeper's session holds a snapshot for other processes
};

// What a column of a type is on an end of another family, and what its values are there.
struct Mapping {
  std::string type;    // of the other family
  std::string reason;  // why the type, or without one some of its values, stay out of the list
  // Which values the pair carries; none given: all.
  std::function<bool(const std::string&)> carries = {};
  // A value as this end shows it, in a form that both ends can be brought to; none given: as it is.
  std::function<Value(const std::string&)> here = {}, there = {};  // `there`: from what the other end shows
};

class Quirks {
 public:
  virtual ~Quirks() = default;
  // Makes an empty database for this end. A sentence, if there is no server to make it on: the test is skipped.
  virtual std::optional<std::string> open(Side side) = 0;
  // Engines of one family share their types and show values alike.
  virtual std::string family() const = 0;
  virtual Engine& engine() = 0;
  virtual Endpoint endpoint() = 0;

  // Why this end has it not, if so: tests that need it are skipped with these words.
  virtual std::optional<std::string> lacks(Ability) const { return std::nullopt; }

  virtual std::string schema() const = 0;
  virtual std::string integer_type() const = 0;  // at least 32 bits
  virtual std::string text_type() const = 0;     // any length, any characters
  // The types that this server has, with the values of them that it takes; those of `wanted`, or every one there is.
  virtual std::vector<TypeCase> types(const std::vector<TypeCase>* wanted) = 0;
  // What an end of the other family makes of this type; only asked where the families differ.
  virtual Mapping shown_on(const std::string& family, const std::string& type) const {
    return {"", "there is no mapping of " + type + " to " + family};
  }
  virtual size_t widest_table() const = 0;                   // columns
  virtual int64_t commit_time_step_us() const { return 1; }  // of the log: a commit's time is rounded down to it
  // Whether changes of a table are followed of which the log carries whole old rows.
  virtual bool follows_full_identity() const { return true; }
  // A value so large that the log leaves it out of an UPDATE that does not name its column.
  virtual std::string large_value(char seed) const = 0;

  virtual void create_table(const TableSpec& table) = 0;
  virtual void drop_table(const TableSpec&) {}  // all of them go with the database in the end
  virtual void run(const std::vector<Statement>& transaction) = 0;
  // Brings up to date what the server believes of the table's size, by which slices are cut.
  virtual void analyze(const TableSpec&) {}
  // Moves the table's rows to other storage, which no log shows.
  virtual void rewrite(const TableSpec& table) = 0;
  // Every row, every column as text.
  virtual std::vector<Row> rows(const TableSpec& table) = 0;
  // Whether this server spells values of the type as newer ones of its family do not, and how this one spells such a
  // value.
  virtual bool spells_otherwise(const std::string&) const { return false; }
  virtual std::string respelled(const std::string&, const std::string& value) { return value; }
};

// The value, or an exception with the error's message.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().code + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace godwit::conformance
