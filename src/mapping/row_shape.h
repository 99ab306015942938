#pragma once
// What is done to the rows of one table: the plan that mapping/row_shaper.h carries out. Made by plan_table; plain,
// immutable data, shared between threads.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/table_def.h"
#include "mapping/expression.h"
#include "mapping/form_change.h"
#include "mapping/mask.h"
#include "mapping/predicate.h"

namespace godwit {

// Where an expression's variable comes from.
struct VariableSource {
  enum class Kind : uint8_t {
    column,
    constant,  // $AR_M_…
    stream_position,
    commit_time,  // $AR_H_TIMESTAMP too
    operation,
    user,
    change_sequence,
  };
  Kind kind = Kind::column;
  uint32_t column = 0;    // of the rows that are read
  std::string text = {};  // constant
};

struct ShapedExpression {
  int64_t rule_id = 0;
  ExpressionText text;
  std::vector<VariableSource> sources;  // one for each of the text's variables
  bool reads_change = false;            // its value may differ though no column it reads does
};

// How one column of the layout gets its value.
struct ColumnShape {
  enum class From : uint8_t {
    read,          // the cell of `column`
    before_image,  // what that cell was before an update; NULL in every other row
    expression,
    nothing,  // NULL
  };
  From from = From::read;
  uint32_t column = 0;  // read, before_image: of the rows that are read
  // The cell goes through as it is; else limit, conversion, mask and change of form are applied, in this order.
  bool plain = false;
  std::optional<uint64_t> limit_bytes;
  bool converts = false;
  bool names_rows = false;  // of the layout's key: a value that the conversion changes becomes none
  Type source_type, type;   // conversion from and to
  std::optional<Mask> mask;
  FormChange form_change = nullptr;  // from `type` to `target_type`; null: none
  Type target_type;
  std::shared_ptr<const ShapedExpression> expression;
  std::string name;          // in findings: the source name; of an added column its target name
  bool is_unsteady = false;  // a random mask: the old value cannot be told
};

struct RowShape {
  std::vector<ColumnShape> columns;         // by column of the layout
  std::shared_ptr<const Predicate> filter;  // null: every row passes
  // False: the rows of a load are those that are read (the source has filtered them) and may be forwarded unseen.
  bool shapes_rows = false;
  // operation_indicator() is used: a delete becomes an update of the columns that use it.
  bool marks_deletes = false;
  // By column of the rows that are read: it is part of the key by which the log names old rows, so an update that
  // carries no old row has not changed it.
  std::vector<bool> in_source_key;
  std::vector<uint32_t> key;  // the layout's key, by column of the layout; empty: none
};

}  // namespace godwit
