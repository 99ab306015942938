#pragma once
// What an object around the rows is, without SQL, so that a target that does not speak the source's dialect can build
// its like. Catalogs fill it beside ObjectDef::create; engine/foreign_objects.h puts it under the plan's names.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace godwit {

// Nothing to build elsewhere: what it stands for is in the types, defaults and rows of the tables (an enum type, a
// sequence of a column, a partition, a replica identity).
struct ImplicitMeaning {};

struct SchemaMeaning {};

// What a column gets in a row that gives it no value.
struct DefaultMeaning {
  enum class Kind : uint8_t {
    none,
    literal,  // `text`: canonical, of the column's own form
    now,      // the time of the transaction or statement
    today,
    expression,  // `text`: SQL, for people
  };
  Kind kind = Kind::none;
  std::string text = {};
};

struct ColumnMeaning {
  std::string name;  // on the source
  DefaultMeaning default_value = {};
  bool counts_up = false;      // AUTO_INCREMENT, an identity, a sequence of its own
  bool now_on_update = false;  // MySQL's ON UPDATE CURRENT_TIMESTAMP
  std::string generated = {};  // the SQL that computes it, for people; empty: nothing does
  std::string comment = {};
};

struct CheckMeaning {
  std::string name;
  std::string condition;  // SQL of the object's dialect, without CHECK; read by engine/sql_text.h
};

struct TableMeaning {
  std::vector<ColumnMeaning> columns;  // every one of the table
  std::vector<CheckMeaning> checks = {};
  std::string comment = {};
};

// A key or index. Its name is the object's.
struct IndexMeaning {
  enum class Kind : uint8_t { primary, unique, plain };
  enum class Method : uint8_t { ordered, hash, fulltext, spatial, other };
  struct Part {
    std::string column;                             // empty: an expression
    std::optional<uint32_t> prefix = std::nullopt;  // characters, of bytes bytes
    bool descending = false;
  };
  Kind kind = Kind::plain;
  Method method = Method::ordered;
  std::vector<Part> parts = {};
  bool is_partial = false;   // it holds the rows of a condition only
  bool nulls_equal = false;  // unique: two NULLs are one value
  bool deferrable = false;   // looked at when the transaction ends, if it asks for that
};

// Its table is the object's, the one it points to is ObjectDef::other.
struct ForeignKeyMeaning {
  enum class Action : uint8_t { none, restrict, cascade, set_null, set_default };
  std::vector<std::string> columns, other_columns;
  Action on_update = Action::none, on_delete = Action::none;
  bool deferrable = false, deferred = false;
  std::string special = {};  // what no other engine has, for people: "MATCH FULL"; empty: nothing
};

using ObjectMeaning =
    std::variant<ImplicitMeaning, SchemaMeaning, TableMeaning, IndexMeaning, ForeignKeyMeaning, CheckMeaning>;

}  // namespace godwit
