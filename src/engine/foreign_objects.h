#pragma once
// The meanings of a source's objects (object_meaning.h) under the plan's names, with what cannot be carried said in
// words: what a target that does not speak the source's dialect builds its statements of. Pure; every engine reports
// the notes in Target::check and leaves the rest out of Target::build.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/schema_change.h"
#include "data/target_table.h"
#include "engine/catalog.h"
#include "engine/sql_text.h"

namespace godwit {

// The plan of a source table; null: it is not in the task.
const TargetTable* planned_table(std::span<const TargetTable> tables, const TableRef& source);

// The column of the layout that a source column became; null: it does not move. Columns are matched by
// ColumnDef::number, so a source numbers them from 1.
const ColumnDef* planned_column(const TargetTable& table, std::string_view source_name);

// A name of at most so many bytes, the same each time: its end gives way to a hash of the whole.
std::string shortened(std::string_view name, size_t bytes_max);

// The canonical text of a literal of one type in the form of another; nothing where there is none.
std::optional<std::string> carried_literal(std::string_view text, const Type& from, const Type& to);

// The computed columns of `before` that the target cannot keep through the alteration: those that are gone or other
// ones now, and all where the source may compute them in another way. Of the rest those must go whose columns the
// target cannot change beneath them, which is the target's to say.
std::vector<const ColumnDef*> outlived_computations(const TableAlteration& alteration);
// How the note begins that tells of a column whose expression the target cannot have.
std::string uncarried_computation(std::string_view column, const TableRef& table);
// What is told of one that the source still computes.
std::string dropped_computation(std::string_view name);

// The default that a structure change gave a column of another dialect, in the target's form; of kind expression: it
// cannot be carried.
DefaultMeaning carried_default(const ColumnOrigin& origin, const Type& from, const Type& to);

struct CarriedColumn {
  const ColumnDef* column = nullptr;  // of the layout
  Type source;                        // its type on the source; of a column that a rule adds its own
  DefaultMeaning default_value = {};  // none, literal (of the target's form), now or today
  bool counts_up = false;
  std::string comment = {};
};

// A column that the target computes as the source does.
struct CarriedComputation {
  const ColumnDef* column = nullptr;  // of TargetTable::computed
  size_t place = 0;                   // it stands before this column of the layout
  std::string expression;             // in the target's SQL
  std::string comment = {};
};

struct CarriedTable {
  const TargetTable* table = nullptr;
  std::vector<CarriedColumn> columns = {};  // the whole layout, in its order
  std::vector<CheckMeaning> checks = {};    // conditions in the target's SQL
  std::vector<CarriedComputation> computed = {};
  std::string comment = {};
};

struct CarriedIndex {
  const TargetTable* table = nullptr;
  std::string name;  // the source's
  IndexMeaning::Kind kind = IndexMeaning::Kind::plain;
  IndexMeaning::Method method = IndexMeaning::Method::ordered;
  struct Part {
    const ColumnDef* column = nullptr;
    std::optional<uint32_t> prefix = std::nullopt;
    bool descending = false;
  };
  std::vector<Part> parts = {};
};

struct CarriedForeignKey {
  const TargetTable *table = nullptr, *other = nullptr;
  std::string name;
  std::vector<const ColumnDef*> columns, other_columns;
  ForeignKeyMeaning::Action on_update = ForeignKeyMeaning::Action::none, on_delete = ForeignKeyMeaning::Action::none;
  bool deferrable = false, deferred = false;
};

struct CarriedCheck {
  const TargetTable* table = nullptr;
  std::string name, condition;
};

// What is to be built; nothing to build stands first.
using CarriedObject =
    std::variant<std::monostate, SchemaMeaning, CarriedTable, CarriedIndex, CarriedForeignKey, CarriedCheck>;

struct Carried {
  CarriedObject object;
  std::vector<std::string> notes;  // each a whole sentence about what is not carried
};

// What a target can do with what it is given.
struct CarryTraits {
  bool fulltext = false, spatial = false;
  // A prefix of so many characters at most is needed of a text or blob without a length; 0: such columns can be
  // indexed whole.
  uint32_t prefix_of_large = 0;
  bool deferrable_keys = true;
  bool set_default_action = true;
  bool now_on_update = false;
  bool today_as_default = true;
  bool large_defaults = true;  // of texts and blobs without a length
  bool checks = true;
  bool computed_columns = false;
  bool is_mysql = false;  // whose words computed columns are written in
  // The target's quoting, for checks and computed columns.
  std::string (*quote_name)(std::string_view name) = nullptr;
  std::string (*quote_literal)(std::string_view text) = nullptr;
};

// `object` is of another dialect than the target's. One without a meaning has only a note, unless it has no statement
// either: the task itself says that such are left to the user.
Carried carry(const ObjectDef& object, std::span<const TargetTable> tables, const CarryTraits& traits);

}  // namespace godwit
