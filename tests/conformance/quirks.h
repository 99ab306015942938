#pragma once
// What differs between engines, for the one conformance suite: how to make a pair of databases, tables of given
// native types, transactions on either side, and how to read rows back. Everything else goes through the engine's
// interfaces. A Quirks answers failure with an exception: GoogleTest reports it as the test's failure.

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
enum class Ability { truncate_in_the_log };

class Quirks {
 public:
  virtual ~Quirks() = default;
  // Makes an empty source and target database. A sentence, if there is no server to make them on: the test is
  // skipped.
  virtual std::optional<std::string> open() = 0;
  virtual Engine& engine() = 0;
  virtual Endpoint endpoint(Side side) = 0;

  // Why this source has it not, if so: tests that need it are skipped with these words.
  virtual std::optional<std::string> lacks(Ability) const { return std::nullopt; }

  virtual std::string schema() const = 0;
  virtual std::string integer_type() const = 0;  // at least 32 bits
  virtual std::string text_type() const = 0;     // any length, any characters
  virtual std::span<const TypeCase> types() const = 0;
  virtual size_t widest_table() const = 0;  // columns
  // Whether changes of a table are followed of which the log carries whole old rows.
  virtual bool follows_full_identity() const { return true; }
  // A value so large that the log leaves it out of an UPDATE that does not name its column.
  virtual std::string large_value(char seed) const = 0;

  virtual void create_table(Side side, const TableSpec& table) = 0;
  virtual void run(Side side, const std::vector<Statement>& transaction) = 0;
  // Moves the table's rows to other storage, which no log shows.
  virtual void rewrite(const TableSpec& table) = 0;
  // Every row, every column as text, sorted.
  virtual std::vector<Row> rows(Side side, const TableSpec& table) = 0;
};

struct EngineUnderTest {
  std::string name;
  std::function<std::unique_ptr<Quirks>()> quirks;
};

inline void PrintTo(const EngineUnderTest& engine, std::ostream* out) {
  *out << engine.name;
}  // NOLINT: GoogleTest's name

// The value, or an exception with the error's message.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().code + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace godwit::conformance
