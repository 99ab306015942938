#pragma once
// How the columns of a table made beforehand, which a task keeps, fit the rows it would write there. Pure; each
// engine asks its server for the columns.

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/target_table.h"

namespace godwit {

struct KeptColumn {
  std::string name;
  bool not_null = false;
  bool fills_itself = false;  // a default, an identity, AUTO_INCREMENT
  bool computed = false;
};

// Names as the target has them.
struct KeptMisfits {
  std::vector<std::string> stay_null;     // the source computes them, here nothing does
  std::vector<std::string> want_values;   // not written, and a row without a value is refused
  std::vector<std::string> refuse_nulls;  // NOT NULL, unlike what is written to them
};

// `folds_names`: the server's names of columns are the same in upper and lower case.
KeptMisfits kept_misfits(const TargetTable& table, std::span<const KeptColumn> columns, bool folds_names);

namespace errors {

Error columns_stay_null(const TableRef& table, std::span<const std::string> columns);
Error columns_want_values(const TableRef& table, std::span<const std::string> columns);
Error columns_refuse_nulls(const TableRef& table, std::span<const std::string> columns);

}  // namespace errors
}  // namespace godwit
